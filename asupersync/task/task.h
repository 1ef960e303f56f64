#ifndef ASUPERSYNC_TASK_TASK_H_
#define ASUPERSYNC_TASK_TASK_H_

#include <concepts>
#include <coroutine>
#include <exception>
#include <ostream>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/call_chain.h"

// Task<T>: a lazy coroutine that ends with a T.
//
//   Task<absl::StatusOr<int>> Add(Cx& cx, int a, int b) {
//     co_await Try(cx.Sleep(absl::Milliseconds(1)));
//     co_return a + b;
//   }
//   ...
//   int sum = co_await Try(Add(cx, 1, 2));   // inside another Task
//   auto handle = cx.Spawn([](Cx& cx) { return Add(cx, 1, 2); });
//
// Nothing runs before the task is awaited or spawned. Errors inside a task are
// absl::Status and absl::StatusOr; an exception that leaves a coroutine is
// rethrown from the caller's co_await and, at the task's boundary, becomes
// Outcome::Panicked.
//
// Lifetime and cancellation: parameters taken by reference must outlive the
// task. Awaiting consumes the Task; the awaited frame is destroyed before its
// caller resumes. The caller resumes in the same step, on the same thread.
// A Task that is destroyed without having been awaited never runs.
//
// Determinism: awaiting a Task is not a scheduling point.

namespace asupersync {

// Where a coroutine leaves its result for whoever awaits it.
template <class T>
class ResultSlot {
 public:
  using Value = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

  template <class... Args>
  void SetValue(Args&&... args) {
    state_.template emplace<1>(std::forward<Args>(args)...);
  }
  void SetException(std::exception_ptr exception) {
    state_.template emplace<2>(std::move(exception));
  }

  void Clear() { state_.template emplace<0>(); }

  bool has_value() const { return state_.index() == 1; }
  bool has_exception() const { return state_.index() == 2; }
  // REQUIRES: has_value() or has_exception() respectively.
  Value& value() { return *std::get_if<1>(&state_); }
  const Value& value() const { return *std::get_if<1>(&state_); }
  const std::exception_ptr& exception() const {
    return *std::get_if<2>(&state_);
  }

  // Moves the value out, or rethrows the exception.
  T Take() {
    if (has_exception()) std::rethrow_exception(exception());
    if constexpr (!std::is_void_v<T>) return std::move(value());
  }

 private:
  struct Empty {};
  std::variant<Empty, Value, std::exception_ptr> state_;
};

// True for the results that can say "error": those a `co_await Try(...)` can
// end a coroutine with.
template <class T>
inline constexpr bool kCarriesErrors =
    !std::is_void_v<T> && std::constructible_from<T, absl::Status>;

// What a task's result amounts to, without moving it.
template <class T>
OutcomeKind KindOfResult(const T&) {
  return OutcomeKind::kOk;
}
inline OutcomeKind KindOfResult(const absl::Status& result) {
  if (result.ok()) return OutcomeKind::kOk;
  return absl::IsCancelled(result) ? OutcomeKind::kCancelled
                                   : OutcomeKind::kErr;
}
template <class T>
OutcomeKind KindOfResult(const absl::StatusOr<T>& result) {
  return KindOfResult(result.status());
}
template <class T>
OutcomeKind KindOfResult(const Outcome<T>& result) {
  return result.kind();
}

// The error, cancellation or panic that a result is. REQUIRES: it is one.
template <class T>
Outcome<void> FailureOfResult(const T& result) {
  if constexpr (std::is_same_v<T, absl::Status>) {
    return result;
  } else if constexpr (requires { result.panic(); }) {
    if (result.kind() == OutcomeKind::kPanicked) return result.panic();
    return result.status();
  } else if constexpr (requires { result.status(); }) {
    return result.status();
  } else {
    Fatal("a plain value is no failure");
  }
}

template <class T = void>
class Task;

namespace task_internal {

template <class T>
class ReturnPromise : public PromiseBase {
 public:
  template <class U = T>
    requires std::constructible_from<T, U&&>
  void return_value(U&& value) {
    slot->SetValue(std::forward<U>(value));
  }

  ResultSlot<T>* slot = nullptr;
};

template <>
class ReturnPromise<void> : public PromiseBase {
 public:
  void return_void() { slot->SetValue(); }

  ResultSlot<void>* slot = nullptr;
};

}  // namespace task_internal

template <class T>
class [[nodiscard]] Task {
 public:
  using value_type = T;

  class promise_type final : public task_internal::ReturnPromise<T> {
   public:
    promise_type() { this->template CheckHandle<promise_type>(); }

    Task get_return_object() { return Task(this); }

    auto final_suspend() const noexcept {
      struct ReturnToChain {
        bool await_ready() const noexcept { return false; }
        void await_suspend(
            std::coroutine_handle<promise_type> self) const noexcept {
          self.promise().chain->Return();
        }
        void await_resume() const noexcept {}
      };
      return ReturnToChain{};
    }

    void unhandled_exception() {
      this->slot->SetException(std::current_exception());
    }
  };

  Task(Task&& other) noexcept
      : promise_(std::exchange(other.promise_, nullptr)), place_(this) {}
  // Destroys the coroutine that this one held, if it was never awaited.
  Task& operator=(Task&& other) noexcept {
    Task taken(std::move(other));
    std::swap(promise_, taken.promise_);
    return *this;
  }
  // Destroys the coroutine if it was never awaited.
  ~Task() {
    if (promise_ != nullptr) promise_->handle().destroy();
  }

  class Awaiter;
  // Calls the coroutine and gives its result, or rethrows what it threw.
  // REQUIRES: *this was not awaited or moved from before.
  Awaiter operator co_await() && {
    CheckPlace();
    return Awaiter(std::move(*this));
  }

  // Hands the suspended coroutine to a runtime. REQUIRES: as co_await.
  promise_type& Release() && {
    CheckPlace();
    if (promise_ == nullptr) {
      Fatal(
          "a Task was awaited or spawned twice, or after it was moved from; "
          "each call of a coroutine runs once");
    }
    return *std::exchange(promise_, nullptr);
  }

  friend std::ostream& operator<<(std::ostream& os, const Task& task) {
    return os << (task.promise_ != nullptr ? "Task that has not started"
                                           : "Task that was awaited or moved");
  }

 private:
  explicit Task(promise_type* promise) : promise_(promise), place_(this) {}

  // g++ 12 evaluates both operands of `co_await (c ? a : b)` and awaits a
  // bitwise copy, which would destroy the frame twice.
  void CheckPlace() const {
    if (place_ == this) return;
    Fatal(
        "a Task is awaited at another place than it was made: g++ 12 copies "
        "the operands of `co_await (c ? a : b)`; write if (c) co_await a; else "
        "co_await b; instead");
  }

  promise_type* promise_;
  const Task* place_;  // never observable
};

template <class T>
class [[nodiscard]] Task<T>::Awaiter {
 public:
  explicit Awaiter(Task task) : task_(std::move(task)) {}

  bool await_ready() const noexcept { return false; }

  template <AwaitsInsideATask Promise>
  void await_suspend(std::coroutine_handle<Promise> caller) {
    promise_type& callee = std::move(task_).Release();
    callee.slot = &slot_;
    caller.promise().chain->Call(callee, caller.promise());
  }

  T await_resume() { return slot_.Take(); }

 private:
  Task task_;
  ResultSlot<T> slot_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_H_
