#include "asupersync/testing/co_assert.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::HasSubstr;

// The coroutines that a CO_ASSERT can end, and some that it cannot.
template <class T>
concept CanAssert = requires(typename Task<T>::promise_type promise,
                             absl::Status end) {
  promise.return_value(std::move(end));
};
static_assert(CanAssert<absl::Status>);
static_assert(CanAssert<absl::StatusOr<int>>);
static_assert(CanAssert<absl::StatusOr<std::unique_ptr<int>>>);
static_assert(CanAssert<absl::StatusOr<std::string>>);
static_assert(CanAssert<Outcome<int>>);
static_assert(!CanAssert<int>);
static_assert(!CanAssert<bool>);
static_assert(!CanAssert<std::string>);
static_assert(!CanAssert<void>);

template <class T>
OutcomeOf<T> RunBody(Task<T> (*body)()) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([=](Cx&) { return body(); });
  runtime.RunUntilQuiescent();
  return handle.TakeOutcome();
}

Task<absl::Status> Fails() {
  CO_ASSERT_EQ(1, 2) << "because";
  co_return absl::OkStatus();
}
Task<absl::StatusOr<int>> FailsWithAValue() {
  CO_ASSERT_TRUE(false);
  co_return 1;
}
Task<Outcome<int>> FailsWithAnOutcome() {
  CO_FAIL();
  co_return 1;
}
Task<absl::StatusOr<std::string>> HandsOn() {
  co_await Try(FailsWithAValue());
  co_return "not reached";
}
Task<absl::Status> Holds() {
  CO_ASSERT_EQ(1, 1);
  CO_ASSERT_NE(1, 2);
  CO_ASSERT_LT(1, 2);
  CO_ASSERT_LE(1, 1);
  CO_ASSERT_GT(2, 1);
  CO_ASSERT_GE(1, 1);
  CO_ASSERT_TRUE(true);
  CO_ASSERT_FALSE(false);
  CO_ASSERT_STREQ("a", "a");
  CO_ASSERT_NEAR(1.0, 1.1, 0.2);
  CO_ASSERT_THAT("abc", HasSubstr("b"));
  CO_ASSERT_NO_THROW((void)0);
  CO_ASSERT_THROW(throw 1, int);
  CO_ASSERT_ANY_THROW(throw 1);
  if (true)
    CO_ASSERT_TRUE(true);
  else
    CO_FAIL() << "belongs to the if above";
  co_return absl::OkStatus();
}

TEST(CoAssertTest, EndsTheCoroutineWithARecordedFailure) {
  static Outcome<void>* outcome = nullptr;
  EXPECT_FATAL_FAILURE(outcome = new Outcome<void>(RunBody(&Fails)), "because");
  const absl::Status status = outcome->status();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("assertion failed at testing/co_assert_test.cc:"));
  EXPECT_TRUE(IsReportedAssertion(status));
  delete outcome;
}

TEST(CoAssertTest, EndsTasksWithValuesToo) {
  static bool reported = false;
  EXPECT_FATAL_FAILURE(
      reported = IsReportedAssertion(RunBody(&FailsWithAValue).status()),
      "false");
  EXPECT_TRUE(reported);
  EXPECT_FATAL_FAILURE(
      reported = IsReportedAssertion(RunBody(&FailsWithAnOutcome).status()),
      "Failed");
  EXPECT_TRUE(reported);
}

TEST(CoAssertTest, StaysKnownWhenItIsHandedOn) {
  static bool reported = false;
  EXPECT_FATAL_FAILURE(
      reported = IsReportedAssertion(RunBody(&HandsOn).status()), "false");
  EXPECT_TRUE(reported);
}

TEST(CoAssertTest, HoldingAssertionsGoOn) { EXPECT_TRUE(RunBody(&Holds).ok()); }

TEST(CoAssertTest, OtherErrorsAreNotTakenForIt) {
  EXPECT_FALSE(IsReportedAssertion(absl::OkStatus()));
  EXPECT_FALSE(IsReportedAssertion(absl::AbortedError("assertion failed")));
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
