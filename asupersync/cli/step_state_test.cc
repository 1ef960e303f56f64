#include "asupersync/cli/step_state.h"

#include <cstdint>

#include "asupersync/base/ids.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

using Status = TaskState::Status;

class StepStateTest : public ::testing::Test {
 protected:
  // Applies an event of `tick` at the site `line`.
  void Apply(const ReplayEvent& event, uint64_t tick = 1, uint32_t line = 0) {
    state_.Apply({index_++, tick, SiteId(line), event});
  }
  const TaskState& task(uint64_t number) { return state_.tasks().at(number); }

  TraceState state_;
  uint64_t index_ = 0;
};

constexpr CompactTaskId kT1(1);
constexpr CompactRegionId kR1(1);

TEST_F(StepStateTest, ATaskGoesThroughItsStates) {
  Apply(TaskSpawned{kT1, kR1, 0, CompactTaskId(9)}, 0, 4);
  Apply(TaskNamed{kT1, "one"});
  EXPECT_EQ(task(1).status, Status::kReady);
  EXPECT_EQ(task(1).name, "one");
  EXPECT_EQ(task(1).parent, 9u);
  EXPECT_EQ(task(1).site, SiteId(4));
  EXPECT_EQ(state_.regions().at(1).tasks, 1u);
  Apply(TaskScheduled{kT1, 7}, 7);
  EXPECT_EQ(task(1).status, Status::kRunning);
  EXPECT_EQ(task(1).last_step, 7u);
  EXPECT_EQ(state_.running(), 1u);
  Apply(TaskBlocked{kT1}, 7, 5);
  EXPECT_EQ(task(1).status, Status::kBlocked);
  EXPECT_EQ(task(1).site, SiteId(5));
  EXPECT_EQ(state_.running(), 1u);
  Apply(WakerWake{kT1}, 7);
  EXPECT_EQ(state_.running(), 0u);
  EXPECT_EQ(task(1).status, Status::kReady);
  Apply(TaskCancelRequested{kT1, 3});
  EXPECT_EQ(task(1).cancel, 3);
  Apply(TaskScheduled{kT1, 8}, 8);
  Apply(TaskCompleted{kT1, 2}, 8);
  EXPECT_EQ(task(1).status, Status::kDone);
  EXPECT_EQ(task(1).outcome, 2);
  EXPECT_EQ(state_.done_count(), 1u);
  EXPECT_EQ(state_.regions().at(1).tasks, 0u);
}

TEST_F(StepStateTest, ATimerIsPendingUntilItFiresAndWakesWhoWaits) {
  Apply(TaskScheduled{kT1, 1});
  Apply(TimerCreated{5, 100}, 1, 6);
  Apply(TaskBlocked{kT1}, 1, 6);
  EXPECT_EQ(task(1).timer, 5u);
  EXPECT_EQ(state_.timers().at(5).deadline_nanos, 100u);
  EXPECT_EQ(state_.timers().at(5).task, 1u);
  Apply(TimeAdvanced{0, 100});
  EXPECT_EQ(state_.now_nanos(), 100u);
  EXPECT_EQ(task(1).status, Status::kBlocked);
  Apply(TimerFired{5});
  EXPECT_EQ(task(1).status, Status::kReady);
  EXPECT_FALSE(task(1).timer.has_value());
  EXPECT_TRUE(state_.timers().empty());
}

TEST_F(StepStateTest, ACancelledTimerWakesNobody) {
  Apply(TaskScheduled{kT1, 1});
  Apply(TimerCreated{5, 100});
  Apply(TaskBlocked{kT1});
  Apply(TimerCancelled{5});
  EXPECT_EQ(task(1).status, Status::kBlocked);
  EXPECT_TRUE(state_.timers().empty());
}

TEST_F(StepStateTest, AnObligationIsPendingUntilItIsResolved) {
  Apply(ObligationReserved{1, 0, kT1}, 3, 8);
  Apply(ObligationReserved{2, 1, kT1}, 3, 9);
  EXPECT_EQ(state_.obligations().at(1).site, SiteId(8));
  EXPECT_EQ(state_.obligations().at(2).event, 1u);
  Apply(ObligationCommitted{1});
  Apply(ObligationAborted{2});
  EXPECT_TRUE(state_.obligations().empty());
}

TEST_F(StepStateTest, ARegionIsThereFromItsCreationToItsEnd) {
  Apply(RegionCreated{CompactRegionId(2), kR1});
  Apply(RegionNamed{CompactRegionId(2), "pool"});
  Apply(RegionCancelled{CompactRegionId(2), 1});
  EXPECT_EQ(state_.regions().at(2).parent, 1u);
  EXPECT_EQ(state_.regions().at(2).name, "pool");
  EXPECT_EQ(state_.regions().at(2).cancel, 1);
  Apply(RegionClosed{CompactRegionId(2)});
  EXPECT_TRUE(state_.regions().empty());
}

TEST_F(StepStateTest, TheLastObjectThatAStepTouchedIsWhatItWaitsFor) {
  Apply(TaskScheduled{kT1, 1});
  Apply(ObjectAccessed{11, 0});
  Apply(ObjectAccessed{12, 1});
  Apply(TaskBlocked{kT1});
  EXPECT_EQ(task(1).object, 12u);
  Apply(TaskScheduled{kT1, 2});
  EXPECT_FALSE(task(1).object.has_value());
}

TEST_F(StepStateTest, OnlyTheLastTasksThatAreDoneAreKept) {
  for (uint64_t n = 1; n <= TraceState::kDoneMax + 5; ++n) {
    Apply(TaskSpawned{CompactTaskId(n), kR1, 0, CompactTaskId()}, 0);
    Apply(TaskCompleted{CompactTaskId(n), 0});
  }
  EXPECT_EQ(state_.tasks().size(), TraceState::kDoneMax);
  EXPECT_EQ(state_.tasks().begin()->first, 6u);
  EXPECT_EQ(state_.done_count(), TraceState::kDoneMax + 5);
}

TEST_F(StepStateTest, ATaskThatATraceDoesNotIntroduceIsThereOnceItActs) {
  Apply(TaskBlocked{CompactTaskId(4)}, 900, 2);
  EXPECT_EQ(task(4).status, Status::kBlocked);
  EXPECT_EQ(task(4).site, SiteId(2));
}

TEST_F(StepStateTest, ACopyIsACheckpoint) {
  const ReplayTrace trace = ToyTrace().Make();
  for (const EventRecord& record : trace.events()) {
    if (record.index == 10) break;
    state_.Apply(record);
  }
  const TraceState checkpoint = state_;
  TraceState whole;
  for (const EventRecord& record : trace.events()) {
    if (record.index >= 10) state_.Apply(record);
    whole.Apply(record);
  }
  EXPECT_EQ(checkpoint.tasks().at(1).status, Status::kBlocked);
  EXPECT_EQ(state_.tasks().at(2).status, Status::kDone);
  EXPECT_EQ(state_.tasks().at(1).status, whole.tasks().at(1).status);
  EXPECT_EQ(state_.now_nanos(), 100000000u);
}

}  // namespace
}  // namespace asupersync::cli
