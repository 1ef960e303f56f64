// Limits and storage of a Recorder.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "asupersync/base/prng.h"
#include "asupersync/trace/block_storage.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/random_events.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// An event as people read it: site numbers may differ, places may not.
using Line = std::pair<EventRecord, std::string>;

std::vector<Line> Lines(const ReplayTrace& trace) {
  std::vector<Line> lines;
  for (const EventRecord& record : trace.events()) {
    lines.emplace_back(record, ToString(trace.site(record.site)));
  }
  return lines;
}

// Many kinds of events, and small ones for the short way, from 5 lines of
// which some come up only now and then.
ReplayTrace Record(Recorder& recorder, int count) {
  const std::source_location locations[] = {
      std::source_location::current(), std::source_location::current(),
      std::source_location::current(), std::source_location::current(),
      std::source_location()};
  Prng prng(5);
  for (int i = 0; i < count; ++i) {
    const bool rare = prng.Below(1000) == 0;
    const SiteId site =
        recorder.Intern(locations[rare ? 3 : prng.Below(3) + (i < 5 ? 1 : 0)]);
    const CompactTaskId task(prng.Below(200));
    if (prng.Below(4) == 0) {
      recorder.Record(RandomEvent(recorder.tick(), prng), site);
    } else if (prng.Below(2) == 0) {
      recorder.Record(TaskScheduled{task, recorder.tick() + 1}, site);
    } else {
      recorder.Record(TaskYielded{task}, site);
    }
  }
  return recorder.CopyTrace(7, 8);
}

ReplayTrace RecordWith(const RecorderConfig& config, int count) {
  Recorder recorder(config);
  return Record(recorder, count);
}

const RecorderConfig kOn = RecorderConfig::Enabled().WithAccesses(true);

TEST(RecorderLimitsTest, StopKeepsExactlyTheFirstEvents) {
  const auto all = Lines(RecordWith(kOn, 60000));
  ASSERT_EQ(all.size(), 60000u);
  for (const uint64_t most : {1, 2, 63, 64, 65, 1000, 45000, 59999}) {
    const ReplayTrace trace =
        RecordWith(kOn.WithMaxEvents(most, LimitPolicy::kStop), 60000);
    ASSERT_EQ(trace.size(), most);
    EXPECT_EQ(trace.first_index(), 0u);
    EXPECT_TRUE(
        std::equal(all.begin(), all.begin() + most, Lines(trace).begin()));
    ASSERT_TRUE(trace.complete());
    EXPECT_EQ(trace.summary()->limit, RecordingLimit::kStopped);
    EXPECT_EQ(trace.summary()->events_lost, 60000 - most);
    EXPECT_EQ(trace.summary()->event_count, most);
  }
  const ReplayTrace exact =
      RecordWith(kOn.WithMaxEvents(60000, LimitPolicy::kStop), 60000);
  EXPECT_EQ(exact.summary()->limit, RecordingLimit::kNone);
  EXPECT_EQ(exact.size(), 60000u);
}

TEST(RecorderLimitsTest, AFlightRecorderKeepsExactlyTheLastEvents) {
  const auto all = Lines(RecordWith(kOn, 60000));
  for (const uint64_t most : {1, 2, 1000, 25000, 59999, 60000, 70000}) {
    const ReplayTrace trace =
        RecordWith(kOn.WithMaxEvents(most, LimitPolicy::kDropOldest), 60000);
    const uint64_t first = 60000 - std::min<uint64_t>(most, 60000);
    ASSERT_EQ(trace.size(), 60000 - first);
    EXPECT_EQ(trace.first_index(), first);
    EXPECT_EQ(trace.end_index(), 60000u);
    EXPECT_EQ(trace.metadata().first_event, first);
    // The same indices, ticks, events and places.
    const auto lines = Lines(trace);
    ASSERT_TRUE(std::equal(lines.begin(), lines.end(), all.begin() + first));
    EXPECT_EQ(trace.At(first), all[first].first);
    EXPECT_EQ(trace.At(59999), all[59999].first);
    if (first > 0) {
      EXPECT_EQ(trace.At(first - 1), std::nullopt);
      EXPECT_EQ(*trace.From(0).begin(), all[first].first);
    }
    EXPECT_EQ(trace.summary()->limit, first > 0 ? RecordingLimit::kDropped
                                                : RecordingLimit::kNone);
    EXPECT_EQ(trace.summary()->events_lost, first);
    EXPECT_EQ(trace.summary()->event_count, 60000u);
    const EventRecord& begin = all[first].first;
    EXPECT_EQ(trace.metadata().start_tick,
              first == 0 ? 0
                         : begin.tick - (Kind(begin.event) ==
                                         EventKind::kTaskScheduled));
  }
}

TEST(RecorderLimitsTest, AFlightRecorderKeepsWithinItsBytes) {
  const auto all = Lines(RecordWith(kOn, 60000));
  const size_t most = 150000;
  Recorder recorder(kOn.WithMaxBytes(most, LimitPolicy::kDropOldest));
  for (int round = 0; round < 10; ++round) {
    recorder.Reset();
    Record(recorder, 6000 * (round + 1));
    EXPECT_LE(recorder.bytes(), most);
  }
  EXPECT_GT(recorder.bytes(), most / 2);
  const auto lines = Lines(recorder.CopyTrace(0, 0));
  ASSERT_GT(lines.size(), 1000u);
  EXPECT_TRUE(std::equal(lines.rbegin(), lines.rend(), all.rbegin()));
}

TEST(RecorderLimitsTest, StopKeepsWithinItsBytes) {
  const auto all = Lines(RecordWith(kOn, 60000));
  for (const size_t most : {10, 3000, 70000, 150000}) {
    Recorder recorder(kOn.WithMaxBytes(most, LimitPolicy::kStop));
    const auto lines = Lines(Record(recorder, 60000));
    EXPECT_LE(recorder.bytes(), most);
    EXPECT_TRUE(std::equal(lines.begin(), lines.end(), all.begin()));
    EXPECT_EQ(recorder.limit(), RecordingLimit::kStopped);
    EXPECT_EQ(recorder.CopyTrace(0, 0).summary()->events_lost,
              60000 - lines.size());
    if (most >= 70000) {
      EXPECT_GT(recorder.bytes(), most / 2);
    }
  }
}

TEST(RecorderLimitsTest, FailAsksTheRuntimeToStopAndSaysWhy) {
  Recorder recorder(kOn.WithMaxEvents(100, LimitPolicy::kFail));
  Record(recorder, 100);
  EXPECT_TRUE(recorder.status().ok());
  EXPECT_FALSE(recorder.stop_requested());
  recorder.Record(RngSeed{1}, SiteId());
  EXPECT_EQ(recorder.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(recorder.status().message().find("after 100 events"),
            std::string::npos)
      << recorder.status();
  EXPECT_TRUE(recorder.stop_requested());
  const ReplayTrace trace = recorder.TakeTrace(0, 0);
  EXPECT_EQ(trace.size(), 100u);
  EXPECT_EQ(trace.summary()->limit, RecordingLimit::kFailed);
  EXPECT_EQ(trace.summary()->events_lost, 1u);
  // The next trace has its own limit.
  EXPECT_FALSE(recorder.stop_requested());
  recorder.Record(RngSeed{1}, SiteId());
  EXPECT_EQ(recorder.CopyTrace(0, 0).size(), 1u);
}

class Counter : public EventObserver {
 public:
  bool OnEvent(const EventRecord& record) override {
    EXPECT_EQ(record.index, count++);
    return true;
  }
  uint64_t count = 0;
};

TEST(RecorderLimitsTest, AnObserverSeesWhatTheLimitLeavesOut) {
  for (const LimitPolicy policy :
       {LimitPolicy::kStop, LimitPolicy::kDropOldest}) {
    Recorder recorder(kOn.WithMaxEvents(100, policy));
    Counter counter;
    recorder.SetObserver(&counter);
    EXPECT_TRUE(Record(recorder, 5000) ==
                RecordWith(kOn.WithMaxEvents(100, policy), 5000));
    EXPECT_EQ(counter.count, 5000u);
    recorder.SetObserver(nullptr);
  }
}

// Blocks of the smallest size, each with its own memory, zeroed.
class SmallBlocks : public BlockStorage {
 public:
  explicit SmallBlocks(size_t blocks_max) : blocks_max_(blocks_max) {}

  void Reserve(size_t bytes) override { reserved = bytes; }
  absl::Span<uint8_t> Open(uint64_t first_event, uint64_t) override {
    EXPECT_FALSE(open_);
    if (blocks_.size() == blocks_max_) return {};
    open_ = true;
    EXPECT_EQ(first_event, next_event_);
    blocks_.push_back(std::make_unique<std::vector<uint8_t>>(kBytesMin));
    return absl::MakeSpan(*blocks_.back());
  }
  void Close(const BlockFacts& facts) override {
    EXPECT_TRUE(open_);
    open_ = false;
    EXPECT_LE(facts.bytes, kBytesMin);
    next_event_ += facts.event_count;
    bytes_ += facts.bytes;
  }
  void DropOldest(absl::string_view, uint32_t) override {
    EXPECT_FALSE(open_);
    std::fill(blocks_[dropped]->begin(), blocks_[dropped]->end(), 0xff);
    ++dropped;
  }
  void Reset() override {
    EXPECT_FALSE(open_);
    blocks_.clear();
    next_event_ = dropped = bytes_ = 0;
  }
  size_t blocks() const { return blocks_.size(); }
  size_t bytes() const { return bytes_; }

  size_t reserved = 0;
  size_t dropped = 0;

 private:
  size_t blocks_max_;
  bool open_ = false;
  uint64_t next_event_ = 0;
  size_t bytes_ = 0;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> blocks_;
};

TEST(RecorderStorageTest, EventsLieInTheStorageThatIsGiven) {
  const auto storage = std::make_shared<SmallBlocks>(1000);
  Recorder recorder(kOn.WithStorage(storage).WithCapacity(1000));
  EXPECT_GE(storage->reserved, 1000u);
  const ReplayTrace expected = RecordWith(kOn, 20000);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(Lines(Record(recorder, 20000)), Lines(expected));
    EXPECT_GT(storage->blocks(), 5u);
    const size_t blocks = storage->blocks();
    EXPECT_EQ(recorder.TakeTrace(7, 8).blocks().size(), blocks);
    EXPECT_EQ(storage->blocks(), 0u);
    recorder.Reset();
  }
}

TEST(RecorderStorageTest, MoreThanTheLargestCapacityReservesThat) {
  const auto storage = std::make_shared<SmallBlocks>(1000);
  Recorder recorder(kOn.WithStorage(storage).WithCapacity(
      std::numeric_limits<size_t>::max()));
  EXPECT_EQ(storage->reserved, 3 * RecorderConfig::kCapacityMax);
}

TEST(RecorderStorageTest, OldBlocksAreGivenBack) {
  const auto storage = std::make_shared<SmallBlocks>(1000);
  const auto config = kOn.WithMaxEvents(3000, LimitPolicy::kDropOldest);
  Recorder recorder(config.WithStorage(storage));
  EXPECT_EQ(Lines(Record(recorder, 20000)), Lines(RecordWith(config, 20000)));
  EXPECT_GE(storage->dropped, 4u);
}

TEST(RecorderStorageTest, AFullStorageEndsTheRecording) {
  const auto all = Lines(RecordWith(kOn, 20000));
  const auto storage = std::make_shared<SmallBlocks>(3);
  Recorder recorder(kOn.WithStorage(storage));
  const ReplayTrace trace = Record(recorder, 20000);
  const auto lines = Lines(trace);
  EXPECT_GT(storage->bytes(), 2 * BlockStorage::kBytesMin);
  EXPECT_TRUE(std::equal(lines.begin(), lines.end(), all.begin()));
  EXPECT_EQ(trace.summary()->limit, RecordingLimit::kNoRoom);
  EXPECT_EQ(trace.summary()->events_lost, 20000 - lines.size());
  EXPECT_FALSE(recorder.stop_requested());
}

}  // namespace
}  // namespace asupersync
