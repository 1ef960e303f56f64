#ifndef ASUPERSYNC_SYNC_SHARED_H_
#define ASUPERSYNC_SYNC_SHARED_H_

#include <functional>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"

// Shared<T>: a value whose every access by tasks is visible to the runtime.
//
//   Shared<int> balance(100);
//   int now = co_await Try(balance.Read(cx));
//   co_await Try(balance.Write(cx, now - 80));          // a lost update!
//   co_await Try(balance.Update(cx, [](int& b) { b -= 80; }));   // none
//
// Plain memory that tasks share is invisible: between two awaits a task runs
// alone, so that no schedule ever separates a read from the write that depends
// on it, although in a program with threads one could. Here each access is an
// operation of its own, so that the lab tries what can come between, and a
// footprint, so that a partial-order exploration knows which steps depend on
// each other.
//
// Determinism: Read, Write and Update are scheduling points and never block.
//
// Lifetime and cancellation: operations keep the value alive. A cancelled
// access has no effect and gives a CancelledError.

namespace asupersync {
namespace shared_internal {

template <class T>
struct State final : RefCounted<State<T>> {
  template <class... Args>
  explicit State(Args&&... args) : value(std::forward<Args>(args)...) {}
  SharedObject object{"shared value"};
  T value;
};

// One access: calls `function(T&)` in the task's step.
template <class T, class F, Access kAccess>
class [[nodiscard]] AccessOperation final : public Operation {
  using Result = std::invoke_result_t<F&, T&>;

 public:
  AccessOperation(TaskNode& node, RefPtr<State<T>> state, F function,
                  std::source_location site)
      : Operation(node, site),
        state_(std::move(state)),
        function_(std::move(function)) {}

  auto await_resume() {
    if constexpr (std::is_void_v<Result>) {
      if (cancelled()) return CancelledStatus();
      function_(state_->value);
      return absl::OkStatus();
    } else {
      if (cancelled()) return absl::StatusOr<Result>(CancelledStatus());
      return absl::StatusOr<Result>(function_(state_->value));
    }
  }

  WaitDescription Describe() const override {
    return {"access shared value", state_->object.id(), {}};
  }

 private:
  bool Poll() override {
    Touch(state_->object, kAccess);
    return true;
  }
  void Abandon() override {}

  RefPtr<State<T>> state_;
  F function_;
};

}  // namespace shared_internal

template <class T>
class Shared {
 public:
  // Constructs the value from `args`.
  template <class... Args>
  explicit Shared(Args&&... args)
      : state_(MakeRef<shared_internal::State<T>>(
            std::forward<Args>(args)...)) {}
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;

  // co_await gives absl::StatusOr<T>: a copy of the value.
  auto Read(Cx& cx, std::source_location site =
                        std::source_location::current()) const {
    return ReadWith(cx, [](const T& value) { return value; }, site);
  }
  // co_await gives absl::StatusOr<R> of `function(const T&)`, or absl::Status
  // if that is void.
  template <class F>
  auto ReadWith(Cx& cx, F function,
                std::source_location site =
                    std::source_location::current()) const {
    auto read = [function = std::move(function)](T& value) mutable {
      return function(std::as_const(value));
    };
    return shared_internal::AccessOperation<T, decltype(read), Access::kRead>(
        cx.node(site), state_, std::move(read), site);
  }
  // co_await gives absl::Status.
  auto Write(Cx& cx, T value, std::source_location site =
                                  std::source_location::current()) {
    return Update(
        cx,
        [value = std::move(value)](T& old) mutable { old = std::move(value); },
        site);
  }
  // Changes the value with `function(T&)`, in one step. co_await gives
  // absl::StatusOr<R> of its result, or absl::Status if that is void.
  template <class F>
  auto Update(Cx& cx, F function,
              std::source_location site = std::source_location::current()) {
    return shared_internal::AccessOperation<T, F, Access::kWrite>(
        cx.node(site), state_, std::move(function), site);
  }

  // Without a runtime's knowledge: for set-up and for assertions after a run.
  T& unchecked() { return state_->value; }
  const T& unchecked() const { return state_->value; }

 private:
  RefPtr<shared_internal::State<T>> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_SHARED_H_
