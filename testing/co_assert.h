#ifndef ASUPERSYNC_TESTING_CO_ASSERT_H_
#define ASUPERSYNC_TESTING_CO_ASSERT_H_

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

// CO_ASSERT_*: GoogleTest's ASSERT_* for coroutines.
//
//   Task<absl::Status> Check(Cx& cx) {
//     int first = co_await Try(rx.Recv(cx));
//     CO_ASSERT_EQ(first, 0) << "after " << n << " messages";
//     co_return absl::OkStatus();
//   }
//
// Each assertion of GoogleTest that returns from its function has a twin here:
// its name with CO_ in front, and CO_FAIL, CO_FAIL_AT and CO_SKIP for FAIL,
// GTEST_FAIL_AT and GTEST_SKIP. (ASSERT_HRESULT_* are for Windows.) EXPECT_*,
// ADD_FAILURE and SUCCEED do not return and are used as they are.
//
// One that fails records a fatal failure and ends the coroutine, with the
// error Aborted "assertion failed at file:line". The coroutine must be a
// Task<absl::Status>, Task<absl::StatusOr<T>> or Task<Outcome<T>>; in another
// the macro does not compile: what it returns, an absl::Status, is no result of
// such a task. A caller that hands the error on
// (co_await Try) ends likewise; neither LAB_TEST nor an oracle reports it once
// more, whether anybody sees it or not (asupersync/base/reported_error.h).
//
// The operands may wait: CO_ASSERT_EQ(co_await Try(rx.Recv(cx)), 0). So may the
// statement of CO_ASSERT_THROW, _NO_THROW and _ANY_THROW. That of a death
// test, which runs in another process, and that of
// CO_ASSERT_NO_FATAL_FAILURE, which listens to all failures of the thread, must
// not: a co_await there does not compile.
//
// Determinism: not a scheduling point.

namespace asupersync {
namespace testing_internal {

// Records a part result of the given type when a message is assigned, as
// GoogleTest's AssertHelper does.
class CoAssertHelper {
 public:
  CoAssertHelper(::testing::TestPartResult::Type type, const char* file,
                 int line, const char* message);
  absl::Status operator=(const ::testing::Message& message) const;

 private:
  ::testing::TestPartResult::Type type_;
  const char* file_;
  int line_;
  ::testing::internal::AssertHelper helper_;
};

}  // namespace testing_internal
}  // namespace asupersync

#define ASUPERSYNC_CO_END_(type, message)                               \
  co_return ::asupersync::testing_internal::CoAssertHelper(             \
      ::testing::TestPartResult::type, __FILE__, __LINE__, (message)) = \
      ::testing::Message()
#define ASUPERSYNC_CO_FAIL_(message) ASUPERSYNC_CO_END_(kFatalFailure, message)

// Does not compile if `statement` awaits something; else does nothing.
#define ASUPERSYNC_CO_NEVER_WAITS_(statement)                   \
  GTEST_AMBIGUOUS_ELSE_BLOCKER_                                 \
  if ([[maybe_unused]] const auto never_called = [&] {          \
        GTEST_SUPPRESS_UNREACHABLE_CODE_WARNING_BELOW_(statement); \
      };                                                        \
      false) {                                                  \
  } else /* NOLINT */

#define CO_FAIL() ASUPERSYNC_CO_FAIL_("Failed")
#define CO_FAIL_AT(file, line)                                  \
  co_return ::asupersync::testing_internal::CoAssertHelper(     \
      ::testing::TestPartResult::kFatalFailure, (file), (line), \
      "Failed") = ::testing::Message()
// Ends the coroutine and marks the test as skipped.
#define CO_SKIP() ASUPERSYNC_CO_END_(kSkip, "")

#define CO_ASSERT_PRED_FORMAT1(format, a) \
  GTEST_PRED_FORMAT1_(format, a, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED_FORMAT2(format, a, b) \
  GTEST_PRED_FORMAT2_(format, a, b, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED_FORMAT3(format, a, b, c) \
  GTEST_PRED_FORMAT3_(format, a, b, c, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED_FORMAT4(format, a, b, c, d) \
  GTEST_PRED_FORMAT4_(format, a, b, c, d, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED_FORMAT5(format, a, b, c, d, e) \
  GTEST_PRED_FORMAT5_(format, a, b, c, d, e, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED1(pred, a) GTEST_PRED1_(pred, a, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED2(pred, a, b) \
  GTEST_PRED2_(pred, a, b, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED3(pred, a, b, c) \
  GTEST_PRED3_(pred, a, b, c, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED4(pred, a, b, c, d) \
  GTEST_PRED4_(pred, a, b, c, d, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_PRED5(pred, a, b, c, d, e) \
  GTEST_PRED5_(pred, a, b, c, d, e, ASUPERSYNC_CO_FAIL_)

#define CO_ASSERT_TRUE(condition)                             \
  GTEST_TEST_BOOLEAN_(condition, #condition, false, true,     \
                      ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_FALSE(condition)                            \
  GTEST_TEST_BOOLEAN_(!(condition), #condition, true, false,  \
                      ASUPERSYNC_CO_FAIL_)

#define CO_ASSERT_EQ(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::EqHelper::Compare, a, b)
#define CO_ASSERT_NE(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperNE, a, b)
#define CO_ASSERT_LT(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperLT, a, b)
#define CO_ASSERT_LE(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperLE, a, b)
#define CO_ASSERT_GT(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperGT, a, b)
#define CO_ASSERT_GE(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperGE, a, b)

#define CO_ASSERT_STREQ(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperSTREQ, a, b)
#define CO_ASSERT_STRNE(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperSTRNE, a, b)
#define CO_ASSERT_STRCASEEQ(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperSTRCASEEQ, a, b)
#define CO_ASSERT_STRCASENE(a, b) \
  CO_ASSERT_PRED_FORMAT2(::testing::internal::CmpHelperSTRCASENE, a, b)

#define CO_ASSERT_FLOAT_EQ(a, b) \
  CO_ASSERT_PRED_FORMAT2(        \
      ::testing::internal::CmpHelperFloatingPointEQ<float>, a, b)
#define CO_ASSERT_DOUBLE_EQ(a, b) \
  CO_ASSERT_PRED_FORMAT2(         \
      ::testing::internal::CmpHelperFloatingPointEQ<double>, a, b)
#define CO_ASSERT_NEAR(a, b, abs_error)                                    \
  CO_ASSERT_PRED_FORMAT3(::testing::internal::DoubleNearPredFormat, a, b, \
                         abs_error)

#define CO_ASSERT_THAT(value, matcher) \
  CO_ASSERT_PRED_FORMAT1(              \
      ::testing::internal::MakePredicateFormatterFromMatcher(matcher), value)

#define CO_ASSERT_THROW(statement, exception) \
  GTEST_TEST_THROW_(statement, exception, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_NO_THROW(statement) \
  GTEST_TEST_NO_THROW_(statement, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_ANY_THROW(statement) \
  GTEST_TEST_ANY_THROW_(statement, ASUPERSYNC_CO_FAIL_)

#define CO_ASSERT_NO_FATAL_FAILURE(statement) \
  ASUPERSYNC_CO_NEVER_WAITS_(statement)       \
  GTEST_TEST_NO_FATAL_FAILURE_(statement, ASUPERSYNC_CO_FAIL_)

#define CO_ASSERT_EXIT(statement, predicate, matcher) \
  ASUPERSYNC_CO_NEVER_WAITS_(statement)               \
  GTEST_DEATH_TEST_(statement, predicate, matcher, ASUPERSYNC_CO_FAIL_)
#define CO_ASSERT_DEATH(statement, matcher)                                  \
  CO_ASSERT_EXIT(statement, ::testing::internal::ExitedUnsuccessfully, matcher)
// Death tests are supported wherever this library is.
#define CO_ASSERT_DEATH_IF_SUPPORTED(statement, matcher) \
  CO_ASSERT_DEATH(statement, matcher)
#ifdef NDEBUG
#define CO_ASSERT_DEBUG_DEATH(statement, matcher) \
  ASUPERSYNC_CO_NEVER_WAITS_(statement)           \
  GTEST_EXECUTE_STATEMENT_(statement, matcher)
#else
#define CO_ASSERT_DEBUG_DEATH(statement, matcher) \
  CO_ASSERT_DEATH(statement, matcher)
#endif

#endif  // ASUPERSYNC_TESTING_CO_ASSERT_H_
