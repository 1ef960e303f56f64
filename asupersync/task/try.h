#ifndef ASUPERSYNC_TASK_TRY_H_
#define ASUPERSYNC_TASK_TRY_H_

#include <coroutine>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/call_chain.h"
#include "asupersync/task/task.h"

// co_await Try(x): the value of x, or the end of the enclosing coroutine.
//
//   Task<absl::Status> Copy(Cx& cx, Receiver<int>& from, Sender<int>& to) {
//     int value = co_await Try(from.Recv(cx));
//     co_return co_await to.Send(cx, value);
//   }
//
// x is anything that can be awaited and gives an absl::Status, StatusOr<U> or
// Outcome<U>, or such a value itself. On success the expression is the U (or
// void). On an error the coroutine ends there: its locals are destroyed in
// reverse order as by a co_return, and its result is the error, so its type
// must be absl::Status, absl::StatusOr<T> or Outcome<T>. No exception is
// thrown; one that x throws passes through.
//
// Lifetime: x may be a temporary; it lives until the expression is done. Await
// the result of Try where it is made, do not store it.
//
// Determinism: adds no choice and no event to those of x.

namespace asupersync {
namespace try_internal {

// The value inside a result, whether it is one, and the error otherwise.
template <class R>
struct ResultTraits {
  static_assert(!std::is_same_v<R, R>,
                "Try(x): x must give absl::Status, absl::StatusOr<T> or "
                "asupersync::Outcome<T>; await anything else without Try");
};
template <>
struct ResultTraits<absl::Status> {
  using Value = void;
  static bool ok(const absl::Status& r) { return r.ok(); }
  static absl::Status Error(absl::Status&& r) { return std::move(r); }
  static void Unwrap(absl::Status&&) {}
};
template <class U>
struct ResultTraits<absl::StatusOr<U>> {
  using Value = U;
  static bool ok(const absl::StatusOr<U>& r) { return r.ok(); }
  static absl::Status Error(absl::StatusOr<U>&& r) {
    return std::move(r).status();
  }
  static U Unwrap(absl::StatusOr<U>&& r) { return *std::move(r); }
};
template <class U>
struct ResultTraits<Outcome<U>> {
  using Value = U;
  static bool ok(const Outcome<U>& r) { return r.ok(); }
  static absl::Status Error(Outcome<U>&& r) { return r.status(); }
  static U Unwrap(Outcome<U>&& r) {
    if constexpr (!std::is_void_v<U>) return std::move(r).value();
  }
};

// A result that is already there.
template <class R>
class Ready {
 public:
  explicit Ready(R result) : result_(std::move(result)) {}
  bool await_ready() const noexcept { return true; }
  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise>) const noexcept {}
  R await_resume() { return std::move(result_); }

 private:
  R result_;
};

// Inner is an awaiter, or a reference to one that outlives the expression.
template <class Inner>
class [[nodiscard]] TryAwaiter final : private Completion {
  using Result = decltype(std::declval<Inner&>().await_resume());
  using Traits = ResultTraits<Result>;
  static constexpr bool kMayThrow =
      !noexcept(std::declval<Inner&>().await_resume());

 public:
  template <class Make>
  explicit TryAwaiter(Make&& make) : inner_(std::forward<Make>(make)()) {}
  TryAwaiter(const TryAwaiter&) = delete;
  TryAwaiter& operator=(const TryAwaiter&) = delete;

  bool await_ready() {
    if (!inner_.await_ready()) return false;
    result_.emplace(inner_.await_resume());
    return Traits::ok(*result_);
  }

  template <class Promise>
  void await_suspend(std::coroutine_handle<Promise> awaiting) {
    static_assert(
        requires(Promise& p) { p.slot->value(); } &&
            kCarriesErrors<
                std::remove_cvref_t<decltype(std::declval<Promise&>()
                                                 .slot->value())>>,
        "co_await Try(...) needs an enclosing Task<absl::Status>, "
        "Task<absl::StatusOr<T>> or Task<Outcome<T>>");
    PromiseBase& promise = awaiting.promise();
    promise.completion = this;
    fail_ = [](PromiseBase& failed, absl::Status error) {
      static_cast<Promise&>(failed).slot->SetValue(std::move(error));
    };
    if (result_.has_value()) {
      promise.chain->Reconsider();
    } else {
      inner_.await_suspend(awaiting);
    }
  }

  typename Traits::Value await_resume() {
    if constexpr (kMayThrow) {
      if (exception_) std::rethrow_exception(std::move(exception_));
    }
    return Traits::Unwrap(*std::move(result_));
  }

 private:
  bool Deliver(PromiseBase& awaiting) noexcept override {
    if (!result_.has_value() && !TakeResult()) return true;
    if (Traits::ok(*result_)) return true;
    fail_(awaiting, Traits::Error(*std::move(result_)));
    return false;
  }

  // False if there is an exception instead, for await_resume() to rethrow.
  bool TakeResult() noexcept {
    if constexpr (kMayThrow) {
      try {
        result_.emplace(inner_.await_resume());
      } catch (...) {
        exception_ = std::current_exception();
        return false;
      }
    } else {
      result_.emplace(inner_.await_resume());
    }
    return true;
  }

  struct NoException {};

  Inner inner_;
  // Gives the awaiting coroutine's caller an error for a result.
  void (*fail_)(PromiseBase& awaiting, absl::Status error) = nullptr;
  std::optional<Result> result_;
  [[no_unique_address]] std::conditional_t<kMayThrow, std::exception_ptr,
                                           NoException>
      exception_;
};

template <class R>
auto TryResult(R result) {
  return TryAwaiter<Ready<R>>([&] { return Ready<R>(std::move(result)); });
}

}  // namespace try_internal

template <class T>
auto Try(Task<T>&& task) {
  using Awaiter = typename Task<T>::Awaiter;
  return try_internal::TryAwaiter<Awaiter>(
      [&] { return std::move(task).operator co_await(); });
}

inline auto Try(absl::Status result) {
  return try_internal::TryResult(std::move(result));
}
template <class T>
auto Try(absl::StatusOr<T> result) {
  return try_internal::TryResult(std::move(result));
}
template <class T>
auto Try(Outcome<T> result) {
  return try_internal::TryResult(std::move(result));
}

// For the operations of this library's primitives, which are awaiters.
template <class Awaiter>
  requires requires(Awaiter& a) { a.await_resume(); }
auto Try(Awaiter&& awaiter) {
  using Reference = std::remove_reference_t<Awaiter>&;
  return try_internal::TryAwaiter<Reference>(
      [&]() -> Reference { return awaiter; });
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TRY_H_
