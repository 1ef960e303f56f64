#include "asupersync/replay/replayer.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <source_location>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/trace_file.h"
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

enum class Kind { kMemory, kFile, kFileThatEndsEarly };

std::string PathOf(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "/", name);
}

std::string Save(const ReplayTrace& trace, const std::string& name) {
  const std::string path = PathOf(name);
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path);
  EXPECT_TRUE(writer.ok() && writer->WriteTrace(trace).ok() &&
              writer->Finish().ok());
  return path;
}

std::unique_ptr<TraceReplayer> Make(Kind kind) {
  if (kind == Kind::kMemory) return std::make_unique<TraceReplayer>(Trace());
  const std::string path = Save(Trace(), "replayer.async");
  if (kind == Kind::kFileThatEndsEarly) {
    // Without the trailer, the footer and half of its header.
    std::filesystem::resize_file(path,
                                 std::filesystem::file_size(path) - 100);
  }
  return std::make_unique<TraceReplayer>(*TraceReader::Open(path));
}

class ReplayerTest : public ::testing::TestWithParam<Kind> {};
INSTANTIATE_TEST_SUITE_P(Sources, ReplayerTest,
                         ::testing::Values(Kind::kMemory, Kind::kFile,
                                           Kind::kFileThatEndsEarly));

TEST_P(ReplayerTest, WalksThroughAllEvents) {
  const auto owner = Make(GetParam());
  TraceReplayer& replayer = *owner;
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
std::vector<size_t> Stops(Kind kind, ReplayMode mode) {
  const auto owner = Make(kind);
  TraceReplayer& replayer = *owner;
  replayer.SetMode(mode);
  EXPECT_TRUE(replayer.mode() == mode);
  std::vector<size_t> stops;
  while (!replayer.is_completed()) {
    EXPECT_GT(replayer.Run(), 0u);
    if (replayer.at_breakpoint()) stops.push_back(replayer.current()->index);
  }
  return stops;
}

TEST_P(ReplayerTest, StopsWhereTheModeSays) {
  EXPECT_EQ(Stops(GetParam(), ReplayMode::Run()), std::vector<size_t>());
  EXPECT_EQ(Stops(GetParam(), ReplayMode::Step()).size(), 12u);
  EXPECT_EQ(Stops(GetParam(), ReplayMode::RunTo(Breakpoint::Tick(4))),
            std::vector<size_t>({6}));
  const auto of_task = Breakpoint::Task(CompactTaskId(2));
  EXPECT_EQ(Stops(GetParam(), ReplayMode::RunTo(of_task)),
            std::vector<size_t>({0, 4, 8}));
  EXPECT_EQ(Stops(GetParam(), ReplayMode::RunTo(Breakpoint::EventIndex(5))),
            std::vector<size_t>({5}));
  EXPECT_EQ(Stops(GetParam(), ReplayMode::RunTo(Breakpoint::Tick(7))),
            std::vector<size_t>());
}

TEST_P(ReplayerTest, SeeksToAnyEvent) {
  const auto owner = Make(GetParam());
  TraceReplayer& replayer = *owner;
  for (const uint64_t index : {7, 0, 12, 3}) {
    ASSERT_TRUE(replayer.Seek(index).ok());
    EXPECT_EQ(replayer.current_index(), index);
    EXPECT_EQ(replayer.is_completed(), index == 12);
    if (index < 12) {
      EXPECT_EQ(*replayer.Peek(), Trace().At(index)->event);
    }
    if (index > 0) {
      EXPECT_EQ(replayer.current()->index, index - 1);
    }
  }
  EXPECT_EQ(replayer.Seek(13).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(replayer.current_index(), 3u);
}

TEST_P(ReplayerTest, VerifiesWithoutPassing) {
  const auto owner = Make(GetParam());
  TraceReplayer& replayer = *owner;
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

// Four blocks and more, events with and without sites.
ReplayTrace LongTrace(const RecorderConfig& config) {
  Recorder recorder(config);
  for (uint64_t tick = 1; tick <= 60000; ++tick) {
    const CompactTaskId task(1 + tick * tick % 1000);
    recorder.Record(TaskScheduled{task, tick},
                    recorder.Intern(std::source_location::current()));
    recorder.Record(UserTrace{"x"}, SiteId());
  }
  return recorder.TakeTrace(1, 2);
}

TEST(FileReplayerTest, DoesWhatTheReplayerInMemoryDoes) {
  for (const uint64_t last : {120000, 90000}) {
    const ReplayTrace trace = LongTrace(RecorderConfig::Enabled().WithMaxEvents(
        last, LimitPolicy::kDropOldest));
    TraceReplayer memory(trace);
    TraceReplayer file(*TraceReader::Open(Save(trace, "long.async")));
    ASSERT_TRUE(file.status().ok()) << file.status();
    EXPECT_EQ(file.event_count(), last);
    EXPECT_EQ(file.first_index(), 120000 - last);
    EXPECT_EQ(file.current_index(), file.first_index());
    for (TraceReplayer* replayer : {&memory, &file}) {
      replayer->SetMode(ReplayMode::RunTo(Breakpoint::Tick(30000)));
      replayer->Run();
      EXPECT_TRUE(replayer->at_breakpoint());
      EXPECT_EQ(replayer->current()->tick, 30000u);
    }
    EXPECT_EQ(file.current(), memory.current());
    for (const uint64_t index : {119999, 120000, 50000, 77777}) {
      ASSERT_TRUE(memory.Seek(index).ok());
      ASSERT_TRUE(file.Seek(index).ok());
      EXPECT_EQ(file.current(), memory.current());
      EXPECT_EQ(file.current_index(), index);
      EXPECT_EQ(file.is_completed(), memory.is_completed());
      if (!file.is_completed()) {
        EXPECT_EQ(*file.Peek(), *memory.Peek());
      }
      EXPECT_EQ(file.site(file.current()->site), memory.site(
          memory.current()->site));
      // What stood around it is told from the file.
      EXPECT_EQ(file.VerifyEvent(RngSeed{1}), memory.VerifyEvent(RngSeed{1}));
      EXPECT_EQ(file.divergence()->before, memory.divergence()->before);
      EXPECT_EQ(file.divergence()->next_expected,
                memory.divergence()->next_expected);
      EXPECT_EQ(file.divergence()->expected_site,
                memory.divergence()->expected_site);
      EXPECT_EQ(file.current_index(), index);
    }
    EXPECT_EQ(file.Seek(120001).code(), absl::StatusCode::kOutOfRange);
    file.Reset();
    EXPECT_EQ(file.current_index(), file.first_index());
    file.SetMode(ReplayMode::Run());
    EXPECT_EQ(file.Run(), last);
    EXPECT_TRUE(file.is_completed());
  }
}

TEST(FileReplayerTest, DamageOnTheWayIsAStatusAndNoEnd) {
  const std::string path =
      Save(LongTrace(RecorderConfig::Enabled()), "damaged.async");
  {
    std::fstream bytes(path, std::ios::in | std::ios::out | std::ios::binary);
    bytes.seekp(static_cast<std::streamoff>(std::filesystem::file_size(path)) /
                2);
    bytes << "damage";
  }
  TraceReplayer replayer(*TraceReader::Open(path));
  EXPECT_TRUE(replayer.status().ok());
  EXPECT_EQ(replayer.event_count(), 120000u);
  EXPECT_GT(replayer.Run(), 1000u);
  EXPECT_EQ(replayer.Peek(), nullptr);
  EXPECT_EQ(replayer.Next(), nullptr);
  EXPECT_FALSE(replayer.is_completed());
  EXPECT_EQ(replayer.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(replayer.VerifyEvent(RngSeed{1}), replayer.status());
  replayer.Reset();
  EXPECT_TRUE(replayer.status().ok());
  EXPECT_NE(replayer.Peek(), nullptr);
}

}  // namespace
}  // namespace asupersync
