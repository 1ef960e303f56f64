#include "asupersync/testing/co_assert.h"

#include <cstdlib>
#include <fstream>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"
#include "asupersync/base/reported_error.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"
#include "re2/re2.h"

// The program's arguments are GoogleTest's headers.

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::HasSubstr;

std::vector<std::string>& GtestHeaders() {
  static std::vector<std::string> headers;
  return headers;
}


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

// A predicate of any number of integers, and its formatted form.
constexpr auto SumIsThree = [](auto... n) { return (n + ...) == 3; };

template <class... N>
::testing::AssertionResult SumOf(N... n) {
  if (SumIsThree(n...)) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "the sum is " << (n + ...);
}
::testing::AssertionResult CheckSum(const char*, int a) { return SumOf(a); }
::testing::AssertionResult CheckSum(const char*, const char*, int a, int b) {
  return SumOf(a, b);
}
::testing::AssertionResult CheckSum(const char*, const char*, const char*,
                                    int a, int b, int c) {
  return SumOf(a, b, c);
}
::testing::AssertionResult CheckSum(const char*, const char*, const char*,
                                    const char*, int a, int b, int c, int d) {
  return SumOf(a, b, c, d);
}
::testing::AssertionResult CheckSum(const char*, const char*, const char*,
                                    const char*, const char*, int a, int b,
                                    int c, int d, int e) {
  return SumOf(a, b, c, d, e);
}

void FailsFatally() { FAIL() << "inner"; }

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
  CO_ASSERT_STRNE("a", "A");
  CO_ASSERT_STRCASEEQ("a", "A");
  CO_ASSERT_STRCASENE("a", "b");
  CO_ASSERT_FLOAT_EQ(1.0f, 1.0f);
  CO_ASSERT_DOUBLE_EQ(1.0, 1.0);
  CO_ASSERT_NEAR(1.0, 1.1, 0.2);
  CO_ASSERT_THAT("abc", HasSubstr("b"));
  CO_ASSERT_PRED1(SumIsThree, 3);
  CO_ASSERT_PRED2(SumIsThree, 1, 2);
  CO_ASSERT_PRED3(SumIsThree, 1, 1, 1);
  CO_ASSERT_PRED4(SumIsThree, 1, 1, 1, 0);
  CO_ASSERT_PRED5(SumIsThree, 1, 1, 1, 0, 0);
  CO_ASSERT_PRED_FORMAT1(CheckSum, 3);
  CO_ASSERT_PRED_FORMAT2(CheckSum, 1, 2);
  CO_ASSERT_PRED_FORMAT3(CheckSum, 1, 1, 1);
  CO_ASSERT_PRED_FORMAT4(CheckSum, 1, 1, 1, 0);
  CO_ASSERT_PRED_FORMAT5(CheckSum, 1, 1, 1, 0, 0);
  CO_ASSERT_NO_THROW((void)0);
  CO_ASSERT_THROW(throw 1, int);
  CO_ASSERT_ANY_THROW(throw 1);
  CO_ASSERT_NO_FATAL_FAILURE((void)0);
  CO_ASSERT_DEATH(std::abort(), "") << "no message";
  CO_ASSERT_DEATH_IF_SUPPORTED(std::abort(), "");
  CO_ASSERT_EXIT(std::_Exit(3), ::testing::ExitedWithCode(3), "");
#ifdef NDEBUG
  CO_ASSERT_DEBUG_DEATH((void)0, "");
#else
  CO_ASSERT_DEBUG_DEATH(std::abort(), "");
#endif
  if (true)
    CO_ASSERT_TRUE(true);
  else
    CO_FAIL() << "belongs to the if above";
  co_return absl::OkStatus();
}

// A use of each twin that fails. The name stands in the table once, as a macro.
struct FailingUse {
  std::string twin;
  Task<absl::Status> (*body)();
};
#define FAILING(macro, operands)                                  \
  FailingUse {                                                    \
    #macro, +[]() -> Task<absl::Status> {                         \
      macro operands << " told";                                  \
      ADD_FAILURE() << "the coroutine went on after " << #macro;  \
      co_return absl::OkStatus();                                 \
    }                                                             \
  }

std::vector<FailingUse> FailingUses() {
  return {
      FAILING(CO_FAIL, ()),
      FAILING(CO_FAIL_AT, ("elsewhere.cc", 7)),
      FAILING(CO_ASSERT_TRUE, (false)),
      FAILING(CO_ASSERT_FALSE, (true)),
      FAILING(CO_ASSERT_EQ, (1, 2)),
      FAILING(CO_ASSERT_NE, (1, 1)),
      FAILING(CO_ASSERT_LT, (2, 1)),
      FAILING(CO_ASSERT_LE, (2, 1)),
      FAILING(CO_ASSERT_GT, (1, 2)),
      FAILING(CO_ASSERT_GE, (1, 2)),
      FAILING(CO_ASSERT_STREQ, ("a", "b")),
      FAILING(CO_ASSERT_STRNE, ("a", "a")),
      FAILING(CO_ASSERT_STRCASEEQ, ("a", "b")),
      FAILING(CO_ASSERT_STRCASENE, ("a", "A")),
      FAILING(CO_ASSERT_FLOAT_EQ, (1.0f, 2.0f)),
      FAILING(CO_ASSERT_DOUBLE_EQ, (1.0, 2.0)),
      FAILING(CO_ASSERT_NEAR, (1.0, 2.0, 0.5)),
      FAILING(CO_ASSERT_THAT, ("abc", HasSubstr("d"))),
      FAILING(CO_ASSERT_PRED1, (SumIsThree, 4)),
      FAILING(CO_ASSERT_PRED2, (SumIsThree, 1, 1)),
      FAILING(CO_ASSERT_PRED3, (SumIsThree, 1, 1, 0)),
      FAILING(CO_ASSERT_PRED4, (SumIsThree, 1, 1, 0, 0)),
      FAILING(CO_ASSERT_PRED5, (SumIsThree, 1, 1, 0, 0, 0)),
      FAILING(CO_ASSERT_PRED_FORMAT1, (CheckSum, 4)),
      FAILING(CO_ASSERT_PRED_FORMAT2, (CheckSum, 1, 1)),
      FAILING(CO_ASSERT_PRED_FORMAT3, (CheckSum, 1, 1, 0)),
      FAILING(CO_ASSERT_PRED_FORMAT4, (CheckSum, 1, 1, 0, 0)),
      FAILING(CO_ASSERT_PRED_FORMAT5, (CheckSum, 1, 1, 0, 0, 0)),
      FAILING(CO_ASSERT_THROW, ((void)0, int)),
      FAILING(CO_ASSERT_NO_THROW, (throw 1)),
      FAILING(CO_ASSERT_ANY_THROW, ((void)0)),
      FAILING(CO_ASSERT_EXIT, ((void)0, ::testing::ExitedWithCode(0), "")),
      FAILING(CO_ASSERT_DEATH, ((void)0, "")),
      FAILING(CO_ASSERT_DEATH_IF_SUPPORTED, ((void)0, "")),
#ifndef NDEBUG  // elsewhere it never fails
      FAILING(CO_ASSERT_DEBUG_DEATH, ((void)0, "")),
#endif
  };
}

Task<absl::Status> FailsByAnInnerFailure() {
  CO_ASSERT_NO_FATAL_FAILURE(FailsFatally()) << " told";
  co_return absl::OkStatus();
}
Task<absl::Status> Skips() {
  CO_SKIP() << " told";
  co_return absl::OkStatus();
}

// What GoogleTest would have been told, and the task's end.
struct Recorded {
  ::testing::TestPartResultArray parts;
  absl::Status end;
};
void RunRecorded(Task<absl::Status> (*body)(), Recorded* recorded) {
  ::testing::ScopedFakeTestPartResultReporter reporter(
      ::testing::ScopedFakeTestPartResultReporter::
          INTERCEPT_ONLY_CURRENT_THREAD,
      &recorded->parts);
  recorded->end = RunBody(body).status();
}

TEST(CoAssertTest, EachTwinThatFailsEndsItsCoroutine) {
  for (const FailingUse& use : FailingUses()) {
    SCOPED_TRACE(use.twin);
    Recorded recorded;
    RunRecorded(use.body, &recorded);
    ASSERT_EQ(recorded.parts.size(), 1);
    EXPECT_TRUE(recorded.parts.GetTestPartResult(0).fatally_failed());
    EXPECT_THAT(recorded.parts.GetTestPartResult(0).message(),
                HasSubstr(" told"));
    EXPECT_TRUE(IsReported(recorded.end));
  }
}

TEST(CoAssertTest, NoFatalFailureFailsBesideTheInnerFailure) {
  Recorded recorded;
  RunRecorded(&FailsByAnInnerFailure, &recorded);
  ASSERT_EQ(recorded.parts.size(), 2);
  EXPECT_THAT(recorded.parts.GetTestPartResult(0).message(),
              HasSubstr("inner"));
  EXPECT_THAT(recorded.parts.GetTestPartResult(1).message(),
              HasSubstr("Expected: FailsFatally() doesn't generate"));
  EXPECT_TRUE(IsReported(recorded.end));
}

TEST(CoAssertTest, SkipEndsTheCoroutineWithoutAFailure) {
  Recorded recorded;
  RunRecorded(&Skips, &recorded);
  ASSERT_EQ(recorded.parts.size(), 1);
  EXPECT_TRUE(recorded.parts.GetTestPartResult(0).skipped());
  EXPECT_TRUE(IsReported(recorded.end));
  EXPECT_THAT(std::string(recorded.end.message()), HasSubstr("skipped at"));
}

TEST(CoAssertTest, EveryAssertionThatReturnsHasATwin) {
  std::set<std::string> twins = {"CO_ASSERT_DEBUG_DEATH",
                                 "CO_ASSERT_NO_FATAL_FAILURE", "CO_SKIP"};
  for (const FailingUse& use : FailingUses()) twins.insert(use.twin);
  int assertions = 0;
  for (const std::string& path : GtestHeaders()) {
    std::ifstream file(path);
    std::ostringstream stream;
    stream << file.rdbuf();
    const std::string text = stream.str();
    ASSERT_FALSE(text.empty()) << path;
    re2::StringPiece rest(text);
    std::string name;
    while (RE2::FindAndConsume(
        &rest,
        R"((?m)^#\s*define (?:GTEST_)?(ASSERT_\w*\w|FAIL|FAIL_AT|SKIP)\()",
        &name)) {
      ++assertions;
      if (RE2::PartialMatch(name, "^ASSERT_HRESULT_")) continue;  // Windows
      if (name == "ASSERT_") continue;                             // internal
      EXPECT_EQ(twins.count("CO_" + name), 1u)
          << name << " of " << path << " has no twin in co_assert.h";
    }
  }
  EXPECT_GE(assertions, 45) << "these headers are not GoogleTest's";
}

TEST(CoAssertTest, EndsTheCoroutineWithARecordedFailure) {
  static Outcome<void>* outcome = nullptr;
  EXPECT_FATAL_FAILURE(outcome = new Outcome<void>(RunBody(&Fails)), "because");
  const absl::Status status = outcome->status();
  EXPECT_TRUE(absl::IsAborted(status));
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("assertion failed at testing/co_assert_test.cc:"));
  EXPECT_TRUE(IsReported(status));
  delete outcome;
}

TEST(CoAssertTest, EndsTasksWithValuesToo) {
  static bool reported = false;
  EXPECT_FATAL_FAILURE(
      reported = IsReported(RunBody(&FailsWithAValue).status()),
      "false");
  EXPECT_TRUE(reported);
  EXPECT_FATAL_FAILURE(
      reported = IsReported(RunBody(&FailsWithAnOutcome).status()),
      "Failed");
  EXPECT_TRUE(reported);
}

TEST(CoAssertTest, StaysKnownWhenItIsHandedOn) {
  static bool reported = false;
  EXPECT_FATAL_FAILURE(
      reported = IsReported(RunBody(&HandsOn).status()), "false");
  EXPECT_TRUE(reported);
}

TEST(CoAssertTest, HoldingAssertionsGoOn) { EXPECT_TRUE(RunBody(&Holds).ok()); }

TEST(CoAssertTest, OtherErrorsAreNotTakenForIt) {
  EXPECT_FALSE(IsReported(absl::OkStatus()));
  EXPECT_FALSE(IsReported(absl::AbortedError("assertion failed")));
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync

int main(int argc, char** argv) {
  ::testing::InitGoogleMock(&argc, argv);
  asupersync::testing_internal::GtestHeaders().assign(argv + 1, argv + argc);
  return RUN_ALL_TESTS();
}
