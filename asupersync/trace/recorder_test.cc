#include "asupersync/trace/recorder.h"

#include <source_location>
#include <string>
#include <vector>

#include "asupersync/base/prng.h"
#include "asupersync/trace/random_events.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

std::vector<EventRecord> All(const ReplayTrace& trace) {
  return {trace.events().begin(), trace.events().end()};
}

// Records `count` random events; returns what the trace should hold.
std::vector<EventRecord> RecordRandomly(Recorder& recorder, uint64_t seed,
                                        int count) {
  const std::source_location locations[] = {
      std::source_location::current(), std::source_location::current(),
      std::source_location::current(), std::source_location()};
  Prng prng(seed);
  std::vector<EventRecord> expected;
  for (int i = 0; i < count; ++i) {
    const uint64_t tick = recorder.tick() + prng.Below(2);
    recorder.BeginStep(tick);
    const ReplayEvent event = RandomEvent(tick, prng);
    const SiteId site = recorder.Intern(locations[prng.Below(4)]);
    recorder.Record(event, site);
    expected.push_back({expected.size(), tick, site, event});
  }
  return expected;
}

TEST(RecorderTest, TheTraceHoldsWhatWasRecorded) {
  Recorder recorder(RecorderConfig::Enabled().WithAccesses(true));
  recorder.metadata().seed = 42;
  const auto expected = RecordRandomly(recorder, 1, 200);
  EXPECT_EQ(recorder.event_count(), 200u);
  const ReplayTrace trace = recorder.TakeTrace(7, 8);
  EXPECT_EQ(All(trace), expected);
  EXPECT_EQ(trace.metadata().seed, 42u);
  EXPECT_TRUE(trace.metadata().accesses_recorded);
  EXPECT_EQ(trace.summary(), (TraceSummary{200, expected.back().tick, 7, 8}));
  EXPECT_EQ(trace.sites().size(), 3u);
}

TEST(RecorderTest, LongTracesAreCutIntoBlocksThatStandAlone) {
  Recorder recorder(
      RecorderConfig::Enabled().WithAccesses(true).WithCapacity(1000));
  const auto expected = RecordRandomly(recorder, 2, 40000);
  const ReplayTrace trace = recorder.TakeTrace(0, 0);
  EXPECT_GE(trace.blocks().size(), 4u);
  EXPECT_EQ(All(trace), expected);
  for (const uint64_t index : {0, 1, 9999, 20000, 39999}) {
    EXPECT_EQ(trace.At(index), expected[index]);
  }
  EXPECT_EQ(trace.At(40000), std::nullopt);
}

TEST(RecorderTest, ACopyHoldsTheTraceSoFarAndChangesNothing) {
  for (const int count : {0, 1, 200, 40000}) {
    Recorder copied(RecorderConfig::Enabled().WithAccesses(true));
    Recorder plain(RecorderConfig::Enabled().WithAccesses(true));
    const auto expected = RecordRandomly(copied, 3, count);
    RecordRandomly(plain, 3, count);
    EXPECT_TRUE(copied.CopyTrace(1, 2) == plain.TakeTrace(1, 2)) << count;
    RecordRandomly(copied, 4, count);
    std::vector<EventRecord> all = All(copied.TakeTrace(1, 2));
    ASSERT_EQ(all.size(), 2 * expected.size());
    all.resize(expected.size());
    EXPECT_EQ(all, expected) << count;
  }
}

TEST(RecorderTest, AReusedRecorderWritesTheSameBytes) {
  Recorder reused(RecorderConfig::Enabled());
  RecordRandomly(reused, 3, 5000);
  // Interned in another order than below.
  reused.Intern(std::source_location::current());
  reused.Reset();
  EXPECT_EQ(reused.event_count(), 0u);
  RecordRandomly(reused, 4, 5000);
  Recorder fresh(RecorderConfig::Enabled());
  RecordRandomly(fresh, 4, 5000);
  EXPECT_TRUE(reused.TakeTrace(1, 2) == fresh.TakeTrace(1, 2));
}

TEST(RecorderTest, DisabledRecordsNothing) {
  Recorder recorder(RecorderConfig::Disabled());
  RecordRandomly(recorder, 5, 100);
  EXPECT_EQ(recorder.event_count(), 0u);
  EXPECT_EQ(recorder.bytes(), 0u);
  EXPECT_TRUE(recorder.TakeTrace(0, 0).empty());
}

TEST(RecorderTest, ConfigLeavesOutKinds) {
  const auto count = [](const RecorderConfig& config) {
    Recorder recorder(config);
    recorder.Record(RngValue{1}, SiteId());
    recorder.Record(WakerWake{}, SiteId());
    recorder.Record(WakerBatchWake{}, SiteId());
    recorder.Record(ObjectAccessed{}, SiteId());
    recorder.Record(RngSeed{1}, SiteId());
    return recorder.event_count();
  };
  const RecorderConfig config = RecorderConfig::Enabled();
  EXPECT_EQ(count(config), 4u);
  EXPECT_EQ(count(config.WithRng(false)), 3u);
  EXPECT_EQ(count(config.WithWakers(false)), 2u);
  EXPECT_EQ(count(config.WithAccesses(true)), 5u);
  EXPECT_FALSE(
      Recorder(config.WithRng(false)).TakeTrace(0, 0).metadata().rng_recorded);
}

TEST(RecorderTest, RecordingMayStartInMidRun) {
  Recorder recorder;
  RecordRandomly(recorder, 6, 50);
  const uint64_t tick = recorder.tick();
  recorder.EnableRecording(RecorderConfig::Enabled(), tick, 99);
  const auto expected = RecordRandomly(recorder, 7, 50);
  const ReplayTrace trace = recorder.TakeTrace(1, 2);
  EXPECT_EQ(trace.metadata().start_tick, tick);
  EXPECT_EQ(trace.metadata().start_certificate, 99u);
  EXPECT_EQ(trace.At(0), expected[0]);
}

TEST(RecorderTest, AfterATakenTraceAnotherBegins) {
  Recorder recorder(RecorderConfig::Enabled());
  const SiteId site = recorder.Intern(std::source_location::current());
  recorder.Record(TaskScheduled{CompactTaskId(1), 1}, site);
  recorder.TakeTrace(5, 0);
  recorder.Record(TaskYielded{CompactTaskId(1)}, site);
  const ReplayTrace second = recorder.TakeTrace(6, 0);
  EXPECT_EQ(second.metadata().start_tick, 1u);
  EXPECT_EQ(second.metadata().start_certificate, 5u);
  ASSERT_EQ(second.size(), 1u);
  EXPECT_EQ(second.At(0)->tick, 1u);
  EXPECT_EQ(second.site(site).line, second.sites()[0].line);
}

class Watcher : public EventObserver {
 public:
  explicit Watcher(uint64_t stop_at) : stop_at_(stop_at) {}
  bool OnEvent(const EventRecord& record) override {
    records.push_back(record);
    return record.index != stop_at_;
  }
  std::vector<EventRecord> records;

 private:
  uint64_t stop_at_;
};

TEST(RecorderTest, AnObserverSeesEveryRecordedEventAndCanStop) {
  for (const bool enabled : {true, false}) {
    Recorder recorder(enabled ? RecorderConfig::Enabled()
                              : RecorderConfig::Disabled());
    Watcher watcher(/*stop_at=*/30);
    recorder.SetObserver(&watcher);
    RecordRandomly(recorder, 8, 20);
    EXPECT_FALSE(recorder.stop_requested());
    RecordRandomly(recorder, 8, 20);
    EXPECT_TRUE(recorder.stop_requested());
    EXPECT_EQ(recorder.event_count(), watcher.records.size());
    if (enabled) {
      EXPECT_EQ(All(recorder.TakeTrace(0, 0)), watcher.records);
    } else {
      EXPECT_TRUE(recorder.TakeTrace(0, 0).empty());
    }
    recorder.SetObserver(nullptr);
    EXPECT_FALSE(recorder.stop_requested());
    EXPECT_EQ(recorder.active(), enabled);
  }
}

// The short way and the general one, which an observer forces, agree.
TEST(RecorderTest, AnObserverDoesNotChangeTheBytes) {
  const auto record = [](EventObserver* observer) {
    Recorder recorder(RecorderConfig::Enabled());
    recorder.SetObserver(observer);
    Prng prng(9);
    uint64_t tick = 0;
    SiteId sites[3];
    for (int i = 0; i < 3; ++i) {
      sites[i] = recorder.Intern(std::source_location::current());
    }
    sites[1] = recorder.Intern(std::source_location::current());
    for (int i = 0; i < 50000; ++i) {
      const CompactTaskId task(prng.Next() >> (64 - prng.Below(20)) % 64);
      tick += prng.Below(10) == 0 ? prng.Below(3) : 1;
      recorder.Record(TaskScheduled{task, tick}, sites[prng.Below(3)]);
      const CompactTaskId ends(prng.Below(5) == 0 ? 77 : task.AsRaw());
      if (prng.Below(2) == 0) {
        recorder.Record(TaskYielded{ends}, sites[prng.Below(3)]);
      } else {
        recorder.Record(TaskBlocked{ends}, SiteId());
      }
    }
    return recorder.TakeTrace(0, 0);
  };
  Watcher watcher(/*stop_at=*/0);
  const ReplayTrace fast = record(nullptr);
  EXPECT_TRUE(fast == record(&watcher));
  EXPECT_EQ(All(fast), watcher.records);
}

TEST(RecorderTest, LongTextIsCut) {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.RecordUserTrace(std::string(100000, 'x'), SiteId());
  recorder.RecordTaskName(CompactTaskId(1), "name", SiteId());
  const ReplayTrace trace = recorder.TakeTrace(0, 0);
  EXPECT_EQ(trace.At(0)->event,
            ReplayEvent(UserTrace{std::string(kEventTextBytesMax, 'x')}));
  EXPECT_EQ(trace.At(1)->event,
            ReplayEvent(TaskNamed{CompactTaskId(1), "name"}));
}

}  // namespace
}  // namespace asupersync
