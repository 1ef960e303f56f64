#include "asupersync/testing/event_log.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ExecutionRecord RecordOf(int yields) {
  LabRuntime runtime(LabConfig(42, "S.N").WithDefaultReplayRecording());
  runtime.SpawnRoot("worker", [=](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < yields; ++i) co_await Try(cx.Yield());
    co_return co_await cx.Sleep(absl::Milliseconds(5));
  });
  runtime.RunUntilQuiescent();
  ExecutionRecord record;
  record.test_id = "S.N";
  record.seeds = DeriveSeeds(42, "S.N");
  record.has_runtime = true;
  record.steps = runtime.steps();
  record.trace = runtime.TakeReplayTrace();
  return record;
}

std::vector<std::string> Lines(const std::string& text) {
  return absl::StrSplit(text, '\n');
}

TEST(EventLogTest, TheHeaderHasWhatEveryLogMustHave) {
  ExecutionRecord record = RecordOf(1);
  record.subsystem = "channel";
  record.phases.push_back({"drain", {}});
  EXPECT_EQ(Lines(RenderEventLog(record))[0],
            "test_id=S.N seed=0x000000000000002a subsystem=channel "
            "invariant=- phase=drain outcome=passed");
}

TEST(EventLogTest, EventsHaveTickTimeTaskAndSite) {
  const std::string log = RenderEventLog(RecordOf(1));
  EXPECT_THAT(log, HasSubstr("t=5ms TimerFired timer=1\n"));
  EXPECT_THAT(log, HasSubstr("TaskCompleted task=T1 outcome=ok 'worker' at "
                             "testing/event_log_test.cc:"));
}

TEST(EventLogTest, MarksStandWhereTheyHappened) {
  ExecutionRecord record = RecordOf(1);
  FailedAssertion failure;
  failure.file = "a.cc";
  failure.line = 7;
  failure.fatal = true;
  failure.message = "first\nsecond";
  failure.position.events = 3;
  failure.position.tick = 1;
  record.failures.push_back(failure);
  record.phases.push_back({"p", {3, 1, 0, ""}});
  EXPECT_THAT(RenderEventLog(record),
              HasSubstr("\n== phase p tick=1 t=0\n"
                        "!! FATAL FAILURE tick=1 t=0 at a.cc:7\n"
                        "!!   first\n"
                        "!!   second\n"
                        "#3 "));
}

TEST(EventLogTest, TheMiddleOfALongExecutionIsLeftOut) {
  const ExecutionRecord record = RecordOf(6000);
  const std::uint64_t size = record.trace->size();
  ASSERT_GT(size, 12'000u);
  const std::string log = RenderEventLog(record);
  EXPECT_THAT(log, HasSubstr(absl::StrCat("\n... ", size - 11'000,
                                          " events more; ")));
  EXPECT_THAT(log, AllOf(HasSubstr("\n#999 "), Not(HasSubstr("\n#1000 ")),
                         HasSubstr(absl::StrCat("\n#", size - 10'000, " ")),
                         HasSubstr(absl::StrCat("\n#", size - 1, " "))));
}

TEST(EventLogTest, WithoutARuntimeItSaysSo) {
  ExecutionRecord record;
  record.test_id = "S.N";
  EXPECT_THAT(RenderEventLog(record), HasSubstr("made no runtime"));
}

TEST(FailedAssertionsTest, TextThatIsNotUtf8IsRepaired) {
  ExecutionRecord record;
  record.failures.emplace_back().message = "\xff\xfe";
  EXPECT_THAT(RenderFailedAssertions(record), HasSubstr("\xef\xbf\xbd"));
}

TEST(FailureReasonTest, IsTheTellingLine) {
  ExecutionRecord record;
  EXPECT_EQ(FailureReason(record), "");
  FailedAssertion& failure = record.failures.emplace_back();
  failure.message = "DEADLOCK after 3 steps\n  T1 waits";
  EXPECT_EQ(FailureReason(record), "DEADLOCK after 3 steps ...");
  failure.message = "Failed\nin SetUp\nmore";
  EXPECT_EQ(FailureReason(record), "in SetUp ...");
  failure.message = "Failed\nin SetUp\n";
  EXPECT_EQ(FailureReason(record), "in SetUp");
  failure.message = "Expected equality of these values:\n  1\n  2";
  EXPECT_EQ(FailureReason(record),
            "Expected equality of these values:   1   2");
  failure.message = std::string(1000, 'x');
  EXPECT_EQ(FailureReason(record), std::string(200, 'x') + "...");
}

TEST(FormatFingerprintTest, HasSixteenDigits) {
  EXPECT_EQ(FormatFingerprint(0x2a), "foata64:000000000000002a");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
