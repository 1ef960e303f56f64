#include "asupersync/testing/trace_comparer.h"

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr std::uint64_t kSeed = 7;

// Two tasks; the second one yields so often.
void RunTwoTasks(LabRuntime& runtime, int yields) {
  runtime.SpawnRoot("first", [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  runtime.SpawnRoot("second", [yields](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < yields; ++i) co_await Try(cx.Yield());
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
}

ReplayTrace Record(int yields) {
  LabRuntime runtime(LabConfig(kSeed).WithDefaultReplayRecording());
  RunTwoTasks(runtime, yields);
  return *runtime.TakeReplayTrace();
}

// The difference of an execution from that with three yields.
std::optional<TraceDifference> Compare(int yields, std::uint64_t seed) {
  TraceComparer comparer(Record(3));
  LabRuntime runtime(LabConfig(seed).WithDefaultReplayRecording());
  comparer.Attach(&runtime.recorder());
  RunTwoTasks(runtime, yields);
  EXPECT_TRUE(runtime.last_run()->quiescent());  // it was not stopped
  comparer.Finish(runtime.certificate(), runtime.fingerprint().value());
  return comparer.difference();
}

TEST(TraceComparerTest, TheSameExecutionHasNoDifference) {
  EXPECT_FALSE(Compare(3, kSeed).has_value());
}

TEST(TraceComparerTest, ADifferenceNamesBothEventsPlacesAndTasks) {
  const std::optional<TraceDifference> difference = Compare(1, kSeed);
  ASSERT_TRUE(difference.has_value());
  EXPECT_NE(difference->expected, difference->actual);
  EXPECT_EQ(difference->expected_task, "T2 'second'");
  EXPECT_EQ(difference->actual_task, "T2 'second'");
  EXPECT_THAT(difference->expected, HasSubstr("TaskYielded"));
  EXPECT_THAT(difference->expected, HasSubstr(" in step "));
  EXPECT_THAT(difference->expected_site, HasSubstr("trace_comparer_test.cc:"));
  EXPECT_EQ(difference->report.index, difference->index);
  EXPECT_EQ(difference->report.actual, difference->actual);
  EXPECT_FALSE(difference->report.before.empty());
}

TEST(TraceComparerTest, AnotherScheduleIsADifference) {
  bool differs = false;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    differs |= Compare(3, seed).has_value();
  }
  EXPECT_TRUE(differs);
}

TEST(TraceComparerTest, AnExecutionThatEndsEarlyLacksTheNextEvent) {
  TraceComparer comparer(Record(3));
  LabRuntime runtime(LabConfig(kSeed).WithDefaultReplayRecording());
  comparer.Attach(&runtime.recorder());
  comparer.Finish(runtime.certificate(), runtime.fingerprint().value());
  ASSERT_TRUE(comparer.difference().has_value());
  EXPECT_EQ(comparer.difference()->index, 0u);
  EXPECT_THAT(comparer.difference()->actual, HasSubstr("has ended"));
  EXPECT_THAT(comparer.difference()->report.before, SizeIs(0));
}

TEST(TraceComparerTest, WithoutATraceNothingDiffers) {
  TraceComparer comparer;
  LabRuntime runtime(LabConfig(kSeed).WithDefaultReplayRecording());
  comparer.Attach(&runtime.recorder());
  RunTwoTasks(runtime, 2);
  comparer.Finish(1, 2);
  EXPECT_FALSE(comparer.difference().has_value());
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
