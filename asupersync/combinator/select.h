#ifndef ASUPERSYNC_COMBINATOR_SELECT_H_
#define ASUPERSYNC_COMBINATOR_SELECT_H_

#include <array>
#include <concepts>
#include <cstddef>
#include <functional>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/types/span.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/fallible.h"
#include "asupersync/task/located_cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/task.h"

// Select(cx, On(operation, handler), ...): waits for several operations at once
// and takes the first one that is ready; the others have no effect.
//
//   bool more = co_await Try(Select(
//       cx,
//       On(rx.Recv(cx), [&](absl::StatusOr<Job> job) {
//         if (job.ok()) jobs.push_back(*std::move(job));
//         return job.ok();
//       }),
//       On(cx.Sleep(absl::Seconds(1)), [] { return true; })));
//
// An operation is what a primitive gives to co_await: a receive, a lock, a
// sleep, a tick, a join of a TaskHandle. It is not awaited on its own but made
// in the call to On; the handler is called with what its co_await would give,
// or without arguments, within the step in which the operation is taken. It is
// a plain function: what has to wait comes after the Select.
//
// Select gives what the handlers return, which must be one type R, as
// FallibleOf<R>: absl::Status for void, absl::StatusOr<R> otherwise (Status and
// StatusOr<U> stay what they are); a CancelledError, and no handler called, if
// the caller is cancelled. To race coroutines use Race.
//
// Determinism: Select is one scheduling point. Of several operations that are
// ready when the task runs it takes one by the task's random stream (one value
// per Select of two or more), so that none starves; SelectInOrder, and a Cx
// without kRandom, takes the first in the list and draws nothing. Only what was
// asked until one was ready is touched.
//
// Lifetime and cancellation: losers leave their queues at the end of the full
// expression, in the same step. What was handed to a loser in the meantime (a
// lock, a slot, a notification) goes back or on to the next waiter; a message
// is taken only by the winner. Two kinds of effect cannot be undone: the
// message moved into a Send that lost is destroyed (select Reserve instead),
// and an Arrive at a Barrier that others have passed counts.

namespace asupersync {

template <class Op, class Handler>
struct SelectArm {
  Op& operation;
  Handler handler;
};

// An arm of a Select.
template <std::derived_from<Operation> Op, class Handler>
SelectArm<Op, Handler> On(Op&& operation, Handler handler) {
  static_assert(!std::is_lvalue_reference_v<Op>,
                "On(operation, handler): make the operation in the call");
  return SelectArm<Op, Handler>{operation, std::move(handler)};
}

namespace select_internal {

// The part of a Select that does not depend on types.
class SelectOperationBase : public Operation {
 public:
  WaitDescription Describe() const override;

 protected:
  SelectOperationBase(Cx& cx, bool in_order, std::source_location site)
      : Operation(cx.node(site), site), cx_(cx), in_order_(in_order) {}

  // `arms` must outlive the operation.
  void SetArms(absl::Span<Operation* const> arms) { arms_ = arms; }
  std::size_t winner() const { return winner_; }

 private:
  bool Poll() override;
  void Abandon() override;

  Cx& cx_;
  absl::Span<Operation* const> arms_;
  bool in_order_;
  bool has_first_ = false;
  std::size_t first_ = 0;  // which arm is asked first
  std::size_t winner_ = 0;
};

template <class Arm>
struct ArmTraits;
template <class Op, class Handler>
struct ArmTraits<SelectArm<Op, Handler>> {
  using Result = decltype(std::declval<Op&>().await_resume());
  static constexpr bool kTakesResult =
      std::is_invocable_v<Handler&, Result>;
  static_assert(kTakesResult || std::is_invocable_v<Handler&>,
                "On(operation, handler): the handler must be callable with "
                "what the operation gives, or with nothing");

  static decltype(auto) Run(SelectArm<Op, Handler>& arm) {
    if constexpr (kTakesResult) {
      return std::invoke(arm.handler, arm.operation.await_resume());
    } else {
      (void)arm.operation.await_resume();
      return std::invoke(arm.handler);
    }
  }
  using Returned = std::remove_cvref_t<decltype(Run(
      std::declval<SelectArm<Op, Handler>&>()))>;
};

template <class T>
inline constexpr bool kIsTask = false;
template <class T>
inline constexpr bool kIsTask<Task<T>> = true;

template <class... Arms>
class [[nodiscard]] SelectOperation final : public SelectOperationBase {
  using R = typename ArmTraits<
      std::tuple_element_t<0, std::tuple<Arms...>>>::Returned;
  static_assert((std::is_same_v<typename ArmTraits<Arms>::Returned, R> && ...),
                "all handlers of a Select must return the same type");
  static_assert(!kIsTask<R>,
                "a handler of a Select is a plain function; do what has to "
                "wait after the Select");

 public:
  SelectOperation(Cx& cx, bool in_order, std::source_location site,
                  Arms... arms)
      : SelectOperationBase(cx, in_order, site),
        arms_(std::move(arms)...),
        operations_(std::apply(
            [](auto&... arm) {
              return std::array<Operation*, sizeof...(Arms)>{
                  &arm.operation...};
            },
            arms_)) {
    SetArms(operations_);
  }

  FallibleOf<R> await_resume() {
    if (cancelled()) return CancelledStatus();
    return RunWinner<0>();
  }

 private:
  template <std::size_t I>
  FallibleOf<R> RunWinner() {
    if constexpr (I + 1 < sizeof...(Arms)) {
      if (winner() != I) return RunWinner<I + 1>();
    }
    auto& arm = std::get<I>(arms_);
    using Traits = ArmTraits<std::remove_reference_t<decltype(arm)>>;
    if constexpr (std::is_void_v<R>) {
      Traits::Run(arm);
      return absl::OkStatus();
    } else {
      return ToFallible(ToOutcome(Traits::Run(arm)));
    }
  }

  std::tuple<Arms...> arms_;
  std::array<Operation*, sizeof...(Arms)> operations_;
};

}  // namespace select_internal

// Await it where it is made: the operations live in the same expression.
template <class... Op, class... Handler>
  requires(sizeof...(Op) > 0)
auto Select(LocatedCx at, SelectArm<Op, Handler>... arms) {
  return select_internal::SelectOperation<SelectArm<Op, Handler>...>(
      at.cx, /*in_order=*/false, at.site, std::move(arms)...);
}
template <class... Op, class... Handler>
  requires(sizeof...(Op) > 0)
auto SelectInOrder(LocatedCx at, SelectArm<Op, Handler>... arms) {
  return select_internal::SelectOperation<SelectArm<Op, Handler>...>(
      at.cx, /*in_order=*/true, at.site, std::move(arms)...);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_SELECT_H_
