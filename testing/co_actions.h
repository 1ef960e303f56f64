#ifndef ASUPERSYNC_TESTING_CO_ACTIONS_H_
#define ASUPERSYNC_TESTING_CO_ACTIONS_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <source_location>
#include <tuple>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"

// Actions of mocked methods that return a Task<T>.
//
//   class MockStore : public Store {
//    public:
//     MOCK_METHOD(Task<absl::StatusOr<int>>, Get, (Cx& cx, std::string key),
//                 (override));
//   };
//   EXPECT_CALL(store, Get(_, "a"))
//       .WillOnce(CoReturnError(absl::UnavailableError("busy")))
//       .WillOnce(CoSleepThenReturn(absl::Milliseconds(5), 1))
//       .WillOnce(CoInvoke([](Cx& cx, std::string key) -> Task<...> { ... }))
//       .WillRepeatedly(CoReturn(2));
//
// A Task is lazy: gmock counts, matches and orders the *calls* of the method;
// what these actions do happens when the Task is awaited, and never if it is
// not.
//
// Lifetime: gmock destroys an action's arguments, and its own copy of the
// action, when the call returns, long before the Task is awaited. So these
// actions keep what the Task needs: the value; for CoInvoke the callable with
// its captures, and a copy of each argument. Of arguments, `T&` stays a
// reference (a Cx& must), and so does a `const T&` whose T cannot be copied.
// A view (absl::string_view, a pointer) is copied, what it points to is not: a
// mocked method should take std::string. An action that is written by hand, as
// a lambda that is itself a coroutine, keeps nothing: give it to CoInvoke.
//
// Values: one that can be copied is copied for each call. A move-only one is
// handed out once; a second call ends the program with a message.
//
// An uninteresting or unexpected call gives a Task of T() if that says
// something (absl::Status: OK), and else of the error FailedPrecondition.
//
// Determinism: CoReturn, CoReturnError, CoThrow and CoInvoke add no scheduling
// point; CoSleepThenReturn is cx.Sleep().

namespace asupersync {
namespace testing_internal {

[[noreturn]] void FailSecondUse(const std::source_location& site);
// `error`, which must not be OK.
absl::Status CheckError(absl::Status error, const std::source_location& site);
absl::Status NoActionError();

// The T of a mocked method's Task<T>.
template <class R>
struct TaskResult {
  static_assert(!std::is_same_v<R, R>,
                "the actions of co_actions.h are for methods that return a "
                "Task<T>");
};
template <class T>
struct TaskResult<Task<T>> {
  using Type = T;
};
template <class R>
using ResultOf = typename TaskResult<R>::Type;

// A value that each call of a mock gives: a copy, or once the value itself.
template <class V>
class HandedOut {
 public:
  HandedOut(V value, std::source_location site)
      : value_(std::move(value)), site_(site) {}

  template <class T>
  T Get() {
    static_assert(std::is_convertible_v<V, T>,
                  "the value does not convert to the T of the method's "
                  "Task<T>");
    if constexpr (std::is_copy_constructible_v<V>) {
      V copy = value_;
      return ConvertTo<T>(std::move(copy));
    } else {
      if (std::exchange(given_, true)) FailSecondUse(site_);
      return ConvertTo<T>(std::move(value_));
    }
  }

 private:
  template <class T>
  static T ConvertTo(V&& value) {
    return std::move(value);
  }

  V value_;
  std::source_location site_;
  bool given_ = false;
};

template <class T, class V>
Task<T> ReturnLater(std::shared_ptr<HandedOut<V>> value) {
  co_return value->template Get<T>();
}

template <class V>
class CoReturnAction {
 public:
  CoReturnAction(V value, std::source_location site)
      : value_(std::make_shared<HandedOut<V>>(std::move(value), site)) {}

  template <class R, class... Args>
  operator ::testing::Action<R(Args...)>() const {  // NOLINT: as gmock's Return
    return [value = value_](const Args&...) -> R {
      return ReturnLater<ResultOf<R>>(value);
    };
  }

 private:
  std::shared_ptr<HandedOut<V>> value_;
};

inline Task<void> ReturnNothing() { co_return; }

class CoReturnVoidAction {
 public:
  template <class R, class... Args>
  operator ::testing::Action<R(Args...)>() const {  // NOLINT: as gmock's Return
    static_assert(std::is_same_v<R, Task<void>>,
                  "CoReturn() without a value is for methods that return a "
                  "Task<void>");
    return [](const Args&...) -> R { return ReturnNothing(); };
  }
};

template <class T, class E>
[[noreturn]] T ThrowNow(E exception) {
  throw exception;
}
template <class T, class E>
Task<T> ThrowLater(E exception) {
  co_return ThrowNow<T, E>(std::move(exception));
}

template <class E>
class CoThrowAction {
 public:
  explicit CoThrowAction(E exception) : exception_(std::move(exception)) {}

  template <class R, class... Args>
  operator ::testing::Action<R(Args...)>() const {  // NOLINT: as gmock's Throw
    return [exception = exception_](const Args&...) -> R {
      return ThrowLater<ResultOf<R>, E>(exception);
    };
  }

 private:
  E exception_;
};

// How an argument that a mocked method takes as an A is kept for its Task.
template <class A>
struct KeptAs {
  using Type = A;
};
template <class A>
struct KeptAs<A&&> {
  using Type = A;
};
template <class A>
struct KeptAs<const A&> {
  // A copy of a base class would lack what was derived.
  using Type = std::conditional_t<std::is_copy_constructible_v<A> &&
                                      !std::is_polymorphic_v<A>,
                                  A, const A&>;
};

// Calls a function that is kept with arguments that are: by value, or by
// reference where they are references.
template <class T, class F, class... Kept>
Task<T> InvokeLater(std::shared_ptr<F> function, Kept... arguments) {
  if constexpr (std::is_invocable_v<F&, Kept...>) {
    co_return co_await std::invoke(*function, std::forward<Kept>(arguments)...);
  } else {
    static_assert(std::is_invocable_v<F&>,
                  "CoInvoke(f): f must be callable with the mocked method's "
                  "arguments, or with none");
    co_return co_await std::invoke(*function);
  }
}

template <class F>
class CoInvokeAction {
 public:
  explicit CoInvokeAction(F function)
      : function_(std::make_shared<F>(std::move(function))) {}

  template <class R, class... Args>
  operator ::testing::Action<R(Args...)>() const {  // NOLINT: as gmock's Invoke
    return [function = function_](Args... arguments) -> R {
      return InvokeLater<ResultOf<R>, F, typename KeptAs<Args>::Type...>(
          function, std::forward<Args>(arguments)...);
    };
  }

 private:
  std::shared_ptr<F> function_;
};

template <class T, class V>
Task<T> SleepThenReturnLater(Cx& cx, absl::Duration duration,
                             std::shared_ptr<HandedOut<V>> value,
                             std::source_location site) {
  if constexpr (kCarriesErrors<T>) {
    co_await Try(cx.Sleep(duration, site));
  } else {
    static_cast<void>(co_await cx.Sleep(duration, site));
  }
  co_return value->template Get<T>();
}

inline constexpr std::size_t kFirstCx = static_cast<std::size_t>(-1);

// The index of the first Cx& of Args, or their number if there is none.
template <class... Args>
constexpr std::size_t IndexOfCx() {
  std::size_t index = 0;
  static_cast<void>(((std::is_same_v<Args, Cx&> || (++index, false)) || ...));
  return index;
}

template <std::size_t kCxIndex, class V>
class CoSleepThenReturnAction {
 public:
  CoSleepThenReturnAction(absl::Duration duration, V value,
                          std::source_location site)
      : duration_(duration),
        value_(std::make_shared<HandedOut<V>>(std::move(value), site)),
        site_(site) {}

  template <class R, class... Args>
  operator ::testing::Action<R(Args...)>() const {  // NOLINT: as gmock's Return
    constexpr std::size_t kIndex =
        kCxIndex == kFirstCx ? IndexOfCx<Args...>() : kCxIndex;
    static_assert(kIndex < sizeof...(Args),
                  "CoSleepThenReturn() needs a Cx& among the arguments of the "
                  "mocked method");
    return [duration = duration_, value = value_,
            site = site_](const Args&... arguments) -> R {
      Cx& cx = std::get<kIndex>(std::forward_as_tuple(arguments...));
      return SleepThenReturnLater<ResultOf<R>>(cx, duration, value, site);
    };
  }

 private:
  absl::Duration duration_;
  std::shared_ptr<HandedOut<V>> value_;
  std::source_location site_;
};

// What an uninteresting or unexpected call gives.
template <class T>
struct DefaultResult {
  static constexpr bool kSaysSomething =
      std::is_default_constructible_v<T> &&
      (!kCarriesErrors<T> || std::is_same_v<T, absl::Status> ||
       std::is_same_v<T, Outcome<void>>);
  static constexpr bool kExists =
      std::is_void_v<T> || kSaysSomething || kCarriesErrors<T>;

  static Task<T> Make() {
    if constexpr (std::is_void_v<T>) {
      co_return;
    } else if constexpr (kSaysSomething) {
      co_return T();
    } else {
      co_return T(NoActionError());
    }
  }
};

}  // namespace testing_internal

// A Task that ends with `value`, or with nothing. `value` is anything that
// converts to the Task's T: for a StatusOr<int> an int, a Status, a StatusOr.
template <class V>
testing_internal::CoReturnAction<std::decay_t<V>> CoReturn(
    V&& value, std::source_location site = std::source_location::current()) {
  return testing_internal::CoReturnAction<std::decay_t<V>>(
      std::forward<V>(value), site);
}
inline testing_internal::CoReturnVoidAction CoReturn() { return {}; }

// A Task that ends with `error`. REQUIRES: it is not OK, else aborts.
inline testing_internal::CoReturnAction<absl::Status> CoReturnError(
    absl::Status error,
    std::source_location site = std::source_location::current()) {
  return testing_internal::CoReturnAction<absl::Status>(
      testing_internal::CheckError(std::move(error), site), site);
}

// A Task that throws a copy of `exception`.
template <class E>
testing_internal::CoThrowAction<std::decay_t<E>> CoThrow(E&& exception) {
  return testing_internal::CoThrowAction<std::decay_t<E>>(
      std::forward<E>(exception));
}

// A Task that calls `function` with the method's arguments, or without, when
// it is awaited, and ends with what the Task that it returns ends with.
template <class F>
testing_internal::CoInvokeAction<std::decay_t<F>> CoInvoke(F&& function) {
  return testing_internal::CoInvokeAction<std::decay_t<F>>(
      std::forward<F>(function));
}

// A Task that waits for `duration` of the runtime's time and ends with `value`.
// It waits by the Cx& among the method's arguments: the first one, or that of
// the given index (CoSleepThenReturn<1>(...)). If it is cancelled meanwhile it
// ends with that error; if its T has no errors, at once with `value`.
template <std::size_t kCxIndex = testing_internal::kFirstCx, class V>
testing_internal::CoSleepThenReturnAction<kCxIndex, std::decay_t<V>>
CoSleepThenReturn(
    absl::Duration duration, V&& value,
    std::source_location site = std::source_location::current()) {
  return testing_internal::CoSleepThenReturnAction<kCxIndex, std::decay_t<V>>(
      duration, std::forward<V>(value), site);
}

}  // namespace asupersync

namespace testing {
namespace internal {

// A template of gmock's: what a method gives that was told nothing. The public
// way, DefaultValue<Task<T>>, is per T.
template <class T>
class BuiltInDefaultValue<asupersync::Task<T>> {
  using Default = asupersync::testing_internal::DefaultResult<T>;

 public:
  static bool Exists() { return Default::kExists; }
  static asupersync::Task<T> Get() {
    if constexpr (Default::kExists) {
      return Default::Make();
    } else {
      Assert(false, __FILE__, __LINE__, "this Task has no default");
      return Invalid<asupersync::Task<T>>();
    }
  }
};

}  // namespace internal
}  // namespace testing

#endif  // ASUPERSYNC_TESTING_CO_ACTIONS_H_
