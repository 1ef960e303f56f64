#ifndef ASUPERSYNC_COMBINATOR_JOIN_H_
#define ASUPERSYNC_COMBINATOR_JOIN_H_

#include <optional>
#include <source_location>
#include <tuple>
#include <utility>

#include "asupersync/base/outcome.h"
#include "asupersync/combinator/branches.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/located_cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

// Join(cx, a, b, ...): runs all branches at the same time and waits for all.
//
//   auto [user, orders] = co_await Join(
//       cx, [&](Cx& cx) { return FetchUser(cx, id); },      // Task<T>
//       [&](Cx& cx) { return FetchOrders(cx, id); });
//   co_return Page(co_await Try(std::move(user)), ...);
//
// Gives std::tuple<OutcomeOf<T>...> in order of the arguments, always whole: a
// branch that fails or throws cancels nothing, its outcome says so. (For "one
// failure ends all" see Scope.) JoinAll does the same for a vector.
//
// Determinism: each branch is a task of its own in a region of its own; the
// order in which they end is not observable and so orders nothing.
//
// Lifetime and cancellation: branches may capture by reference what lives in
// the caller. Cancelling the caller cancels the branches (kParentCancelled) and
// waits for them; the outcomes then tell what each made of it. A Cx that must
// not spawn has no outcomes to give: absl::BadStatusOrAccess is thrown, as for
// any Scope without a result that can say so.
//
// Compilers, for every combinator: g++ 12 destroys the captures of a lambda
// twice if it is written inside a co_await expression and a capture has a
// destructor. Write `auto join = Join(cx, [tx = std::move(tx)](Cx& cx) {...});
// co_await std::move(join);`, or give the lambda a name and move it in.
// Captures by reference and of plain values are safe.

namespace asupersync {
namespace combinator_internal {

template <class... F>
Task<std::tuple<OutcomeOf<BranchValue<F>>...>> RunJoin(
    Cx& cx, std::source_location site, F... branches) {
  std::tuple<std::optional<TaskHandle<BranchValue<F>>>...> handles;
  co_await Scope(
      cx, CollectAllScope("Join"),
      [&](Cx& cx) -> Task<> {
        std::apply(
            [&](auto&... handle) {
              (handle.emplace(cx.Spawn(std::move(branches), site)), ...);
            },
            handles);
        co_return;  // the scope waits
      },
      site);
  co_return std::apply(
      [](auto&... handle) {
        return std::tuple<OutcomeOf<BranchValue<F>>...>(
            handle->TakeOutcome()...);
      },
      handles);
}

}  // namespace combinator_internal

template <combinator_internal::Branch... F>
  requires(sizeof...(F) > 0)
auto Join(LocatedCx at, F... branches) {
  return combinator_internal::RunJoin<F...>(at.cx, at.site,
                                            std::move(branches)...);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_JOIN_H_
