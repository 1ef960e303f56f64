#include "asupersync/replay/recorded_run.h"

#include <source_location>

#include "asupersync/base/ids.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

constexpr CompactTaskId kParent(1), kChild(2);
constexpr CompactRegionId kRoot(1);

TEST(RecordedRunTest, GathersWhatEachTaskDid) {
  Recorder recorder(RecorderConfig::Enabled());
  const SiteId here = recorder.Intern(std::source_location::current());
  recorder.Record(TaskSpawned{kParent, kRoot, 0, {}}, here);
  recorder.Record(TaskScheduled{kParent, 1}, here);
  recorder.Record(TaskSpawned{kChild, kRoot, 1, kParent}, SiteId());
  recorder.Record(TaskNamed{kChild, "child"}, SiteId());
  recorder.Record(RngValue{77}, SiteId());
  recorder.Record(TaskBlocked{kParent}, here);
  recorder.Record(TaskScheduled{kChild, 2}, SiteId());
  recorder.Record(TimerCreated{5, 100}, SiteId());
  recorder.Record(Choice{4, 1, 3}, SiteId());
  recorder.Record(TaskCompleted{kChild, 0}, SiteId());
  recorder.Record(TimerFired{5}, SiteId());
  recorder.Record(TaskScheduled{kParent, 3}, here);
  recorder.Record(TaskYielded{kParent}, here);
  recorder.Record(TaskScheduled{kParent, 4}, here);
  const RecordedRun run(recorder.TakeTrace(0, 0));
  ASSERT_EQ(run.tasks().size(), 3u);
  const RecordedTask& parent = run.tasks()[1];
  const RecordedTask& child = run.tasks()[2];
  EXPECT_EQ(run.tasks()[0].children, std::vector<uint32_t>{1});
  EXPECT_EQ(parent.children, std::vector<uint32_t>{2});
  EXPECT_EQ(parent.identity, ChildIdentity<TaskId>(0, 0).AsRaw());
  EXPECT_EQ(child.identity,
            ChildIdentity<TaskId>(parent.identity, 0).AsRaw());
  EXPECT_EQ(child.name, "child");
  EXPECT_TRUE(child.completed);
  EXPECT_FALSE(parent.completed);
  EXPECT_EQ(parent.random_values, std::vector<uint64_t>{77});
  EXPECT_EQ(child.choices[4], std::vector<uint32_t>{1});
  ASSERT_EQ(child.timers.size(), 1u);
  EXPECT_TRUE(child.timers[0].fired);
  EXPECT_EQ(child.timers[0].fired_event, 10u);
  EXPECT_EQ(parent.steps, (std::vector<uint32_t>{0, 2, 3}));
  EXPECT_FALSE(run.steps()[0].is_retry);
  EXPECT_TRUE(run.steps()[2].is_retry);
  EXPECT_FALSE(run.steps()[3].is_retry);
  EXPECT_EQ(run.steps()[2].event, 11u);
  EXPECT_EQ(run.steps()[2].tick, 3u);
  EXPECT_EQ(run.steps()[0].site, here);
}

// Of tasks from before the start little is known.
TEST(RecordedRunTest, ATraceFromMidRunHasTasksWithoutIdentity) {
  Recorder recorder(RecorderConfig::Disabled());
  recorder.EnableRecording(RecorderConfig::Enabled(), 7, 0);
  recorder.Record(TaskScheduled{CompactTaskId(3), 8}, SiteId());
  recorder.Record(TaskSpawned{CompactTaskId(4), kRoot, 8, CompactTaskId(3)},
                  SiteId());
  recorder.Record(TaskYielded{CompactTaskId(3)}, SiteId());
  recorder.Record(TaskScheduled{CompactTaskId(3), 9}, SiteId());
  const RecordedRun run(recorder.TakeTrace(0, 0));
  ASSERT_EQ(run.tasks().size(), 3u);
  EXPECT_EQ(run.tasks()[1].identity, 0u);
  EXPECT_EQ(run.tasks()[2].identity, 0u);
  EXPECT_TRUE(run.steps()[0].is_unknown);
  EXPECT_FALSE(run.steps()[1].is_unknown);
}

// What no recorder writes: events of tasks and timers that were never made.
TEST(RecordedRunTest, ForeignNumbersDoNoHarm) {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.Record(TaskCompleted{CompactTaskId(~0u), 0}, SiteId());
  recorder.Record(TimerFired{9}, SiteId());
  recorder.Record(Choice{200, 1, 3}, SiteId());
  recorder.Record(RngValue{1}, SiteId());
  recorder.Record(TaskYielded{CompactTaskId(0)}, SiteId());
  const RecordedRun run(recorder.TakeTrace(0, 0));
  EXPECT_TRUE(run.steps().empty());
  EXPECT_EQ(run.tasks().size(), 2u);
}

}  // namespace
}  // namespace asupersync
