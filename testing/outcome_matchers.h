#ifndef ASUPERSYNC_TESTING_OUTCOME_MATCHERS_H_
#define ASUPERSYNC_TESTING_OUTCOME_MATCHERS_H_

#include <ostream>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// Matchers of results: Outcome<T>, absl::Status, absl::StatusOr<T>; and of how
// a run ended.
//
//   EXPECT_THAT(co_await handle.Join(cx), IsOkAndHolds(Gt(5)));
//   EXPECT_THAT(status, IsErr(absl::StatusCode::kNotFound, HasSubstr("key")));
//   EXPECT_THAT(outcome, IsCancelled(CancelKind::kUser));
//   EXPECT_THAT(outcome, IsPanicked("out of range"));
//   EXPECT_THAT(runtime().RunUntilQuiescent(), IsQuiescent());
//
// A Status or StatusOr is taken as the Outcome that it becomes at a task's
// boundary, so that each result is exactly one of Ok, Err, Cancelled and
// Panicked: a status of code kCancelled is Cancelled, not an Err. One that says
// "panicked" is an Err; IsPanicked() does not compile for it.
//
// Where a matcher is wanted, a value means Eq(value), as everywhere in gmock.
// Codes and kinds are matchers too: IsErr(AnyOf(kAborted, kUnavailable)).
//
// This header also prints a StatusOr as the Outcome it becomes: "Ok(5)",
// "Err(NOT_FOUND: x)". Without it GoogleTest would print its bytes.
//
// Lifetime: a matcher owns what it compares with.

namespace asupersync {
namespace testing_internal {

// What a result amounts to, without its value.
Outcome<void> FateOf(const absl::Status& result);
template <class T>
Outcome<void> FateOf(const absl::StatusOr<T>& result) {
  return FateOf(result.status());
}
template <class T>
Outcome<void> FateOf(const Outcome<T>& result) {
  switch (result.kind()) {
    case OutcomeKind::kCancelled:
      return result.reason();
    case OutcomeKind::kPanicked:
      return result.panic();
    default:
      return result.status();
  }
}

// Types of results; whether they can say "panicked", and hold a value.
template <class R>
struct ResultTraits {
  static constexpr bool kIsResult = false;
  static constexpr bool kHasPanics = false;
  static constexpr bool kHasValue = false;
};
template <>
struct ResultTraits<absl::Status> {
  static constexpr bool kIsResult = true;
  static constexpr bool kHasPanics = false;
  static constexpr bool kHasValue = false;
};
template <class T>
struct ResultTraits<absl::StatusOr<T>> {
  static constexpr bool kIsResult = true;
  static constexpr bool kHasPanics = false;
  static constexpr bool kHasValue = true;
};
template <class T>
struct ResultTraits<Outcome<T>> {
  static constexpr bool kIsResult = true;
  static constexpr bool kHasPanics = true;
  static constexpr bool kHasValue = !std::is_void_v<T>;
};
template <class R>
using TraitsOfResult = ResultTraits<std::remove_cvref_t<R>>;

// Matches results by what they amount to; if kNeedsPanics only Outcomes.
template <bool kNeedsPanics>
class FateMatcher {
 public:
  explicit FateMatcher(::testing::Matcher<const Outcome<void>&> fate)
      : fate_(std::move(fate)) {}

  template <class R>
  operator ::testing::Matcher<R>() const {  // NOLINT: a polymorphic matcher
    static_assert(TraitsOfResult<R>::kIsResult,
                  "this matcher is for Outcome<T>, absl::Status and "
                  "absl::StatusOr<T>; await a Task first");
    static_assert(TraitsOfResult<R>::kHasPanics || !kNeedsPanics,
                  "IsPanicked() is for Outcome<T>: a status says nothing about "
                  "exceptions");
    return ::testing::Matcher<R>(new Impl<R>(fate_));
  }

 private:
  template <class R>
  class Impl : public ::testing::MatcherInterface<R> {
   public:
    explicit Impl(::testing::Matcher<const Outcome<void>&> fate)
        : fate_(std::move(fate)) {}
    bool MatchAndExplain(
        R result, ::testing::MatchResultListener* listener) const override {
      return fate_.MatchAndExplain(FateOf(result), listener);
    }
    void DescribeTo(std::ostream* os) const override { fate_.DescribeTo(os); }
    void DescribeNegationTo(std::ostream* os) const override {
      fate_.DescribeNegationTo(os);
    }

   private:
    ::testing::Matcher<const Outcome<void>&> fate_;
  };

  ::testing::Matcher<const Outcome<void>&> fate_;
};

// Matches results that are Ok by their value.
template <class M>
class OkAndHoldsMatcher {
 public:
  explicit OkAndHoldsMatcher(M value) : value_(std::move(value)) {}

  template <class R>
  operator ::testing::Matcher<R>() const {  // NOLINT: a polymorphic matcher
    static_assert(TraitsOfResult<R>::kHasValue,
                  "IsOkAndHolds() is for Outcome<T> and absl::StatusOr<T> that "
                  "hold a value; for others there is IsOk()");
    return ::testing::Matcher<R>(new Impl<R>(value_));
  }

 private:
  template <class R>
  class Impl : public ::testing::MatcherInterface<R> {
    using Value = std::remove_cvref_t<decltype(*std::declval<R>())>;

   public:
    explicit Impl(const M& value)
        : value_(::testing::SafeMatcherCast<const Value&>(value)) {}
    bool MatchAndExplain(
        R result, ::testing::MatchResultListener* listener) const override {
      if (!result.ok()) {
        *listener << "which is not Ok";
        return false;
      }
      const Value& value = *result;
      if (!listener->IsInterested()) return value_.Matches(value);
      ::testing::StringMatchResultListener inner;
      const bool matched = value_.MatchAndExplain(value, &inner);
      *listener << "whose value " << ::testing::PrintToString(value)
                << (matched ? " matches" : " doesn't match");
      if (!inner.str().empty()) *listener << ", " << inner.str();
      return matched;
    }
    void DescribeTo(std::ostream* os) const override {
      *os << "is Ok with a value that ";
      value_.DescribeTo(os);
    }
    void DescribeNegationTo(std::ostream* os) const override {
      *os << "isn't Ok or has a value that ";
      value_.DescribeNegationTo(os);
    }

   private:
    ::testing::Matcher<const Value&> value_;
  };

  M value_;
};

::testing::Matcher<const Outcome<void>&> FateIsOk();
::testing::Matcher<const Outcome<void>&> FateIsErr(
    ::testing::Matcher<absl::StatusCode> code,
    ::testing::Matcher<const std::string&> message);
::testing::Matcher<const Outcome<void>&> FateIsCancelled(
    ::testing::Matcher<CancelKind> kind,
    ::testing::Matcher<const std::string&> message);
::testing::Matcher<const Outcome<void>&> FateIsPanicked(
    ::testing::Matcher<const std::string&> what);

using AnyFateMatcher = FateMatcher</*kNeedsPanics=*/false>;

}  // namespace testing_internal

// Matches Ok.
inline testing_internal::AnyFateMatcher IsOk() {
  return testing_internal::AnyFateMatcher(testing_internal::FateIsOk());
}

// Matches Ok with a value that `value` matches. Not for results without one.
template <class M>
testing_internal::OkAndHoldsMatcher<std::decay_t<M>> IsOkAndHolds(M&& value) {
  return testing_internal::OkAndHoldsMatcher<std::decay_t<M>>(
      std::forward<M>(value));
}

// Matches an Err with such a code and message.
inline testing_internal::AnyFateMatcher IsErr(
    ::testing::Matcher<absl::StatusCode> code = ::testing::_,
    ::testing::Matcher<const std::string&> message = ::testing::_) {
  return testing_internal::AnyFateMatcher(
      testing_internal::FateIsErr(std::move(code), std::move(message)));
}

// Matches Cancelled by a reason of such a kind and message, which are those of
// the reason itself, not of what caused it. What Timeout() gives when its time
// has run out is an Err, of kDeadlineExceeded: cancelled is what it ran.
inline testing_internal::AnyFateMatcher IsCancelled(
    ::testing::Matcher<CancelKind> kind = ::testing::_,
    ::testing::Matcher<const std::string&> message = ::testing::_) {
  return testing_internal::AnyFateMatcher(
      testing_internal::FateIsCancelled(std::move(kind), std::move(message)));
}

// Matches Panicked by an exception whose what() `what` matches.
inline testing_internal::FateMatcher</*kNeedsPanics=*/true> IsPanicked(
    ::testing::Matcher<const std::string&> what = ::testing::_) {
  return testing_internal::FateMatcher</*kNeedsPanics=*/true>(
      testing_internal::FateIsPanicked(std::move(what)));
}

// Match a RunResult with such a verdict, and whose report `report` matches.
::testing::Matcher<const RunResult&> HasVerdict(
    ::testing::Matcher<RunVerdict> verdict,
    ::testing::Matcher<const std::string&> report = ::testing::_);
::testing::Matcher<const RunResult&> IsQuiescent();
::testing::Matcher<const RunResult&> IsDeadlock(
    ::testing::Matcher<const std::string&> report = ::testing::_);

}  // namespace asupersync

namespace testing {
namespace internal {

// A template of GoogleTest's that takes precedence over PrintTo(), which would
// have to stand in namespace absl.
template <class T>
class UniversalPrinter<absl::StatusOr<T>> {
 public:
  static void Print(const absl::StatusOr<T>& result, std::ostream* os) {
    if (result.ok()) {
      *os << "Ok(";
      UniversalPrint(*result, os);
      *os << ")";
    } else {
      *os << ::asupersync::testing_internal::FateOf(result);
    }
  }
};

}  // namespace internal
}  // namespace testing

#endif  // ASUPERSYNC_TESTING_OUTCOME_MATCHERS_H_
