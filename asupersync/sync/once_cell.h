#ifndef ASUPERSYNC_SYNC_ONCE_CELL_H_
#define ASUPERSYNC_SYNC_ONCE_CELL_H_

#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/sync/grant.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/try.h"

// OnceCell<T>: a value that the first task which needs it makes, once.
//
//   OnceCell<Config> config;
//   const Config* loaded = co_await Try(config.GetOrInit(cx, LoadConfig));
//
// where LoadConfig(Cx&) gives a Task<absl::StatusOr<Config>>.
//
//   state         meaning                        leaves by
//   empty         nobody makes the value         GetOrInit, Set
//   initializing  one task makes it, others wait the initializer's success;
//                                                its failure or cancellation:
//                                                the next waiter's turn, or
//                                                empty if there is none
//   ready         the value is there for good    -
//
// Determinism: GetOrInit is a scheduling point; Get and Set belong to the
// current step. Waiters get their turn in the order in which they asked.
// Reading a value that is ready is a footprint of kind read, so those tasks do
// not depend on each other. Events: ObligationReserved when a task gets the
// turn to initialize, ObligationCommitted when it ends, well or not.
//
// Lifetime and cancellation: the value lives as long as the OnceCell, which
// must outlive every GetOrInit() that runs and every pointer that was given. A
// waiter resumes in a step of its own after the one that made the value or
// failed to. The initializer runs in the task that called GetOrInit and is
// cancelled with it; the waiter that waits longest then makes its own attempt,
// with its own initializer. A cancelled waiter leaves the queue.

namespace asupersync {
namespace once_cell_internal {

struct Turn {};

template <class T>
struct State final : sync_internal::GrantState<State<T>, Turn> {
  static constexpr ObligationKind kObligation = ObligationKind::kLock;

  State() : sync_internal::GrantState<State, Turn>("once cell") {}
  // Also given to those who come when there is nothing left to do.
  bool Take(Turn, const TaskNode& taker) {
    if (value.has_value()) return true;
    if (initializing) return false;
    initializing = true;
    initializer = taker.Label();
    return true;
  }
  void Free(Turn) { initializing = false; }
  Access AccessOf(Turn) const {
    return value.has_value() && !initializing ? Access::kRead : Access::kWrite;
  }
  WaitDescription Describe(Turn) const {
    return {"get the value of a once cell", this->object.id(), initializer};
  }

  std::optional<T> value;
  bool initializing = false;  // by a task that has its turn
  TaskLabel initializer;      // REQUIRES: initializing
};

// The turn of one task. Its end lets the next one go.
template <class T>
class [[nodiscard]] TurnGuard : public sync_internal::Grant<State<T>> {
 public:
  using sync_internal::Grant<State<T>>::Grant;
};

// Waits for the value or for the turn to make it. Gives null if there is a
// value, or a CancelledError.
template <class T>
class [[nodiscard]] TurnOperation final
    : public sync_internal::GrantWaiter<State<T>> {
 public:
  TurnOperation(const Cx& cx, RefPtr<State<T>> state, std::source_location site)
      : sync_internal::GrantWaiter<State<T>>(cx, std::move(state), {}, site) {}

  absl::StatusOr<std::optional<TurnGuard<T>>> await_resume() {
    if (this->cancelled()) return this->CancelledStatus();
    this->TakeOver();
    if (this->state()->value.has_value()) return std::nullopt;
    return TurnGuard<T>(this->state(), {}, this->node(), this->region(),
                        this->site());
  }
};

}  // namespace once_cell_internal

template <class T>
class OnceCell {
 public:
  OnceCell() : state_(MakeRef<once_cell_internal::State<T>>()) {}
  OnceCell(const OnceCell&) = delete;
  OnceCell& operator=(const OnceCell&) = delete;

  // The value; if there is none, what `init(cx)` makes, a
  // Task<absl::StatusOr<T>>. At most one initializer runs at a time, and none
  // after one has succeeded. Its error or exception is its own caller's; the
  // next waiter then tries. A cell whose initializer asks for the cell's value
  // waits for itself, which the deadlock report shows.
  template <class F>
  Task<absl::StatusOr<const T*>> GetOrInit(
      Cx& cx, F init,
      std::source_location site = std::source_location::current()) {
    static_assert(std::is_same_v<std::invoke_result_t<F&, Cx&>,
                                 Task<absl::StatusOr<T>>>,
                  "GetOrInit(cx, f): f(cx) must be a Task<absl::StatusOr<T>>");
    return RunInit(cx, state_, std::move(init), site);
  }

  // The value, or null. The pointer stays valid.
  const T* Get() const {
    Touch(state_->object, Access::kRead);
    return state_->value.has_value() ? &*state_->value : nullptr;
  }

  // Puts a value there, without waiting: AlreadyExists if there is one,
  // Unavailable while a task makes one.
  absl::Status Set(T value) {
    Touch(state_->object, Access::kWrite);
    if (state_->value.has_value()) {
      return absl::AlreadyExistsError("the once cell has a value");
    }
    if (state_->initializing) {
      return absl::UnavailableError(
          absl::StrCat("the once cell is being initialized by ",
                       state_->initializer.ToString()));
    }
    state_->value.emplace(std::move(value));
    return absl::OkStatus();
  }

 private:
  using State = once_cell_internal::State<T>;

  template <class F>
  static Task<absl::StatusOr<const T*>> RunInit(Cx& cx, RefPtr<State> state,
                                                F init,
                                                std::source_location site) {
    auto turn =
        co_await Try(once_cell_internal::TurnOperation<T>(cx, state, site));
    if (turn.has_value()) state->value.emplace(co_await Try(init(cx)));
    co_return &*state->value;
  }

  RefPtr<State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_ONCE_CELL_H_
