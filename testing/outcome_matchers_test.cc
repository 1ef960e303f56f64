#include "asupersync/testing/outcome_matchers.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::_;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Eq;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Matcher;
using ::testing::Not;
using ::testing::Pointee;
using ::testing::PrintToString;

constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kAborted = absl::StatusCode::kAborted;

absl::Status NotFound() { return absl::NotFoundError("no such key"); }
CancelReason Timeout() {
  return CancelReason(CancelKind::kTimeout, "after 100ms");
}
PanicInfo Panic() {
  return PanicInfo::FromException(
      std::make_exception_ptr(std::out_of_range("index 7")));
}

// What GoogleTest would print below "Actual:" after the value.
template <class T, class M>
std::string Explain(const M& matcher, const T& value) {
  ::testing::StringMatchResultListener listener;
  ::testing::SafeMatcherCast<const T&>(matcher).MatchAndExplain(value,
                                                                &listener);
  return listener.str();
}
template <class T, class M>
std::string Describe(const M& matcher) {
  return ::testing::DescribeMatcher<const T&>(matcher);
}
template <class T, class M>
std::string DescribeNot(const M& matcher) {
  return ::testing::DescribeMatcher<const T&>(matcher, /*negation=*/true);
}

TEST(OutcomeMatchersTest, EachResultHasExactlyOneKind) {
  const Outcome<int> outcomes[] = {5, NotFound(), Timeout(), Panic()};
  for (int i = 0; i < 4; ++i) {
    SCOPED_TRACE(i);
    const Matcher<const Outcome<int>&> matchers[] = {IsOk(), IsErr(),
                                                     IsCancelled(),
                                                     IsPanicked()};
    for (int j = 0; j < 4; ++j) {
      EXPECT_EQ(matchers[j].Matches(outcomes[i]), i == j) << j;
    }
  }
}

TEST(OutcomeMatchersTest, StatusesAreTakenAsOutcomes) {
  EXPECT_THAT(absl::OkStatus(), IsOk());
  EXPECT_THAT(absl::StatusOr<int>(5), IsOk());
  EXPECT_THAT(NotFound(), Not(IsOk()));
  EXPECT_THAT(NotFound(), IsErr(kNotFound));
  EXPECT_THAT(absl::StatusOr<int>(NotFound()), IsErr(kNotFound));
  EXPECT_THAT(absl::CancelledError("x"), Not(IsErr()));
  EXPECT_THAT(absl::CancelledError("x"), IsCancelled(CancelKind::kUser));
  EXPECT_THAT(absl::StatusOr<int>(Timeout().ToStatus()),
              IsCancelled(CancelKind::kTimeout, "after 100ms"));
  EXPECT_THAT(Outcome<void>(), IsOk());
}

TEST(OutcomeMatchersTest, PartsAreMatchedToo) {
  EXPECT_THAT(NotFound(), IsErr(kNotFound, "no such key"));
  EXPECT_THAT(NotFound(), IsErr(AnyOf(kAborted, kNotFound), EndsWith("key")));
  EXPECT_THAT(NotFound(), Not(IsErr(kAborted)));
  EXPECT_THAT(NotFound(), Not(IsErr(kNotFound, "another")));
  const Outcome<int> cancelled = Timeout();
  EXPECT_THAT(cancelled, IsCancelled(AnyOf(CancelKind::kTimeout,
                                           CancelKind::kDeadline)));
  EXPECT_THAT(cancelled, Not(IsCancelled(CancelKind::kUser)));
  EXPECT_THAT(cancelled, Not(IsCancelled(CancelKind::kTimeout, "another")));
  const Outcome<void> panicked = Panic();
  EXPECT_THAT(panicked, IsPanicked("index 7"));
  EXPECT_THAT(panicked, Not(IsPanicked(HasSubstr("index 8"))));
}

TEST(OutcomeMatchersTest, HoldsMatchesValuesThatCannotBeCopied) {
  const Outcome<std::unique_ptr<int>> outcome = std::make_unique<int>(5);
  EXPECT_THAT(outcome, IsOkAndHolds(Pointee(5)));
  EXPECT_THAT(outcome, Not(IsOkAndHolds(Pointee(6))));
  EXPECT_THAT(absl::StatusOr<std::string>("a"), IsOkAndHolds("a"));
  EXPECT_THAT(absl::StatusOr<long>(5), IsOkAndHolds(5));
  EXPECT_THAT(absl::StatusOr<int>(NotFound()), Not(IsOkAndHolds(_)));
}

TEST(OutcomeMatchersTest, DescribeThemselves) {
  using R = Outcome<int>;
  EXPECT_EQ(Describe<R>(IsOk()), "is Ok");
  EXPECT_EQ(DescribeNot<R>(IsOk()), "isn't Ok");
  EXPECT_EQ(Describe<R>(IsOkAndHolds(Gt(5))),
            "is Ok with a value that is > 5");
  EXPECT_EQ(DescribeNot<R>(IsOkAndHolds(Gt(5))),
            "isn't Ok or has a value that isn't > 5");
  EXPECT_EQ(Describe<R>(IsErr()), "is an Err");
  EXPECT_EQ(Describe<R>(IsErr(kNotFound, HasSubstr("key"))),
            "is an Err with a code that is equal to NOT_FOUND and a message "
            "that has substring \"key\"");
  EXPECT_EQ(DescribeNot<R>(IsErr(kNotFound)),
            "isn't an Err with a code that is equal to NOT_FOUND");
  EXPECT_EQ(Describe<R>(IsCancelled(CancelKind::kTimeout)),
            "is Cancelled with a kind that is equal to timeout");
  EXPECT_EQ(Describe<R>(IsPanicked("x")),
            "is Panicked with a text that is equal to \"x\"");
  EXPECT_EQ(Describe<RunResult>(IsDeadlock(HasSubstr("x"))),
            "is a run with a verdict that is equal to deadlock and a report "
            "that has substring \"x\"");
}

TEST(OutcomeMatchersTest, ExplainWhatDiffers) {
  EXPECT_EQ(Explain(IsOk(), NotFound()), "which is an Err");
  EXPECT_EQ(Explain(IsErr(), absl::OkStatus()), "which is Ok");
  EXPECT_EQ(Explain(IsErr(kNotFound), absl::CancelledError("x")),
            "which is Cancelled");
  EXPECT_EQ(Explain(IsErr(kAborted), NotFound()),
            "whose code is NOT_FOUND");
  EXPECT_EQ(Explain(IsErr(kNotFound, "x"), NotFound()),
            "whose message is \"no such key\"");
  EXPECT_EQ(Explain(IsCancelled(), NotFound()), "which is an Err");
  EXPECT_EQ(Explain(IsCancelled(CancelKind::kUser), Timeout().ToStatus()),
            "whose kind is timeout");
  EXPECT_EQ(Explain(IsPanicked(), Outcome<int>(Timeout())),
            "which is Cancelled");
  EXPECT_EQ(Explain(IsPanicked("x"), Outcome<int>(Panic())),
            "whose text is \"index 7\"");
  EXPECT_EQ(Explain(IsOkAndHolds(6), Outcome<int>(5)),
            "whose value 5 doesn't match");
  EXPECT_EQ(Explain(IsOkAndHolds(ElementsAre(1, 3)),
                    Outcome<std::vector<int>>(std::vector<int>{1, 2})),
            "whose value { 1, 2 } doesn't match, whose element #1 doesn't "
            "match");
  EXPECT_EQ(Explain(IsOkAndHolds(6), Outcome<int>(NotFound())),
            "which is not Ok");
}

TEST(OutcomeMatchersTest, FailingExpectationsAreReadable) {
  EXPECT_NONFATAL_FAILURE(
      EXPECT_THAT(Outcome<int>(NotFound()), IsOkAndHolds(5)),
      "Expected: is Ok with a value that is equal to 5\n"
      "  Actual: Err(NOT_FOUND: no such key), which is not Ok");
}

TEST(OutcomeMatchersTest, StatusOrPrintsAsAnOutcome) {
  EXPECT_EQ(PrintToString(absl::StatusOr<int>(5)), "Ok(5)");
  EXPECT_EQ(PrintToString(absl::StatusOr<std::string>("a")), "Ok(\"a\")");
  EXPECT_EQ(PrintToString(absl::StatusOr<int>(NotFound())),
            "Err(NOT_FOUND: no such key)");
  EXPECT_THAT(PrintToString(absl::StatusOr<int>(Timeout().ToStatus())),
              HasSubstr("Cancelled(timeout: after 100ms (at testing/"));
}

TEST(OutcomeMatchersTest, RunsMatchByTheirVerdict) {
  const RunResult quiescent;
  RunResult deadlock;
  deadlock.verdict = RunVerdict::kDeadlock;
  deadlock.report = "T1 waits";
  EXPECT_THAT(quiescent, IsQuiescent());
  EXPECT_THAT(deadlock, Not(IsQuiescent()));
  EXPECT_THAT(deadlock, IsDeadlock());
  EXPECT_THAT(deadlock, IsDeadlock(HasSubstr("T1")));
  EXPECT_THAT(deadlock, Not(IsDeadlock(HasSubstr("T2"))));
  EXPECT_THAT(quiescent, Not(IsDeadlock()));
  EXPECT_THAT(deadlock, HasVerdict(Not(RunVerdict::kStopped)));
}

}  // namespace
}  // namespace asupersync
