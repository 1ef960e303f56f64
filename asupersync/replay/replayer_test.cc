#include "asupersync/replay/replayer.h"

#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "asupersync/base/ids.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Steps 1 to 6 of tasks 1 and 2 in turn: TaskScheduled, then TaskYielded.
ReplayTrace Trace() {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.metadata().seed = 42;
  for (uint64_t tick = 1; tick <= 6; ++tick) {
    const CompactTaskId task(1 + tick % 2);
    recorder.Record(TaskScheduled{task, tick}, SiteId());
    recorder.Record(TaskYielded{task}, SiteId());
  }
  return recorder.TakeTrace(1, 2);
}

TEST(ReplayerTest, WalksThroughAllEvents) {
  TraceReplayer replayer(Trace());
  EXPECT_EQ(replayer.metadata().seed, 42u);
  EXPECT_EQ(replayer.event_count(), 12u);
  EXPECT_EQ(replayer.current(), std::nullopt);
  size_t scheduled = 0;
  while (const ReplayEvent* peeked = replayer.Peek()) {
    const ReplayEvent expected = *peeked;
    const ReplayEvent* event = replayer.Next();
    ASSERT_NE(event, nullptr);
    EXPECT_EQ(*event, expected);
    EXPECT_EQ(replayer.current()->index + 1, replayer.current_index());
    EXPECT_FALSE(replayer.at_breakpoint());
    scheduled += std::holds_alternative<TaskScheduled>(*event);
  }
  EXPECT_EQ(scheduled, 6u);
  EXPECT_TRUE(replayer.is_completed());
  EXPECT_EQ(replayer.Next(), nullptr);
  replayer.Reset();
  EXPECT_EQ(replayer.current_index(), 0u);
  EXPECT_FALSE(replayer.is_completed());
}

// The indices after which the replayer stops.
std::vector<size_t> Stops(ReplayMode mode) {
  TraceReplayer replayer(Trace());
  replayer.SetMode(mode);
  EXPECT_TRUE(replayer.mode() == mode);
  std::vector<size_t> stops;
  while (!replayer.is_completed()) {
    EXPECT_GT(replayer.Run(), 0u);
    if (replayer.at_breakpoint()) stops.push_back(replayer.current()->index);
  }
  return stops;
}

TEST(ReplayerTest, StopsWhereTheModeSays) {
  EXPECT_EQ(Stops(ReplayMode::Run()), std::vector<size_t>());
  EXPECT_EQ(Stops(ReplayMode::Step()).size(), 12u);
  EXPECT_EQ(Stops(ReplayMode::RunTo(Breakpoint::Tick(4))),
            std::vector<size_t>({6}));
  EXPECT_EQ(Stops(ReplayMode::RunTo(Breakpoint::Task(CompactTaskId(2)))),
            std::vector<size_t>({0, 4, 8}));
  EXPECT_EQ(Stops(ReplayMode::RunTo(Breakpoint::EventIndex(5))),
            std::vector<size_t>({5}));
  EXPECT_EQ(Stops(ReplayMode::RunTo(Breakpoint::Tick(7))),
            std::vector<size_t>());
}

TEST(ReplayerTest, SeeksToAnyEvent) {
  TraceReplayer replayer(Trace());
  for (const uint64_t index : {7, 0, 12, 3}) {
    ASSERT_TRUE(replayer.Seek(index).ok());
    EXPECT_EQ(replayer.current_index(), index);
    EXPECT_EQ(replayer.is_completed(), index == 12);
    if (index < 12) {
      EXPECT_EQ(*replayer.Peek(), replayer.trace().At(index)->event);
    }
    if (index > 0) {
      EXPECT_EQ(replayer.current()->index, index - 1);
    }
  }
  EXPECT_EQ(replayer.Seek(13).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(replayer.current_index(), 3u);
}

TEST(ReplayerTest, VerifiesWithoutPassing) {
  TraceReplayer replayer(Trace());
  const ReplayEvent first = *replayer.Peek();
  EXPECT_TRUE(replayer.VerifyEvent(first).ok());
  EXPECT_EQ(replayer.current_index(), 0u);
  EXPECT_FALSE(replayer.divergence().has_value());

  const absl::Status status = replayer.VerifyEvent(TimerFired{3});
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_TRUE(absl::StrContains(status.message(), "TimerFired timer=3"));
  EXPECT_TRUE(absl::StrContains(status.message(), "TaskScheduled task=T2"));
  EXPECT_EQ(replayer.divergence()->index, 0u);

  ASSERT_TRUE(replayer.Seek(12).ok());
  const absl::Status end = replayer.VerifyEvent(first);
  EXPECT_EQ(end.code(), absl::StatusCode::kOutOfRange);
  EXPECT_TRUE(absl::StrContains(end.message(), "ended at event 12"));
  EXPECT_EQ(replayer.divergence()->category, DivergenceCategory::kLength);
}

}  // namespace
}  // namespace asupersync
