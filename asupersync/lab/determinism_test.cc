// The same program and seed: the same trace bytes, certificate, identities and
// random values; recording changes nothing.
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// A bit of everything. Blocked, sleeping and cancelled tasks included.
void Populate(LabRuntime& runtime) {
  auto mutex = std::make_shared<Mutex>();
  for (int i = 0; i < 4; ++i) {
    runtime.SpawnRoot(
        absl::StrCat("worker", i), [mutex, i](Cx& cx) -> Task<absl::Status> {
          auto [tx, rx] = mpsc::Channel<std::uint64_t>(2);
          co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
            auto sender = cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
              for (int j = 0; j < 3; ++j) {
                co_await Try(tx.Send(cx, cx.RandomBelow(100)));
                co_await Try(cx.Sleep(absl::Milliseconds(1 + j)));
              }
              co_return absl::OkStatus();
            });
            for (int j = 0; j < 3; ++j) {
              std::uint64_t value = co_await Try(rx.Recv(cx));
              MutexGuard guard = co_await Try(mutex->Lock(cx));
              cx.Trace(absl::StrCat("received ", value));
              co_await Try(cx.Yield());
            }
            if (i == 2) sender.Cancel();
            co_return absl::OkStatus();
          });
        });
  }
}

struct Recorded {
  ReplayTrace trace;
  std::uint64_t certificate;
  std::uint64_t fingerprint;
};

Recorded RunIn(LabRuntime& runtime) {
  Populate(runtime);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  return Recorded{*runtime.TakeReplayTrace(), runtime.certificate(),
                  runtime.fingerprint().value()};
}

LabConfig Recording(std::uint64_t seed) {
  return LabConfig(seed, "Determinism")
      .WithReplayRecording(RecorderConfig::Enabled().WithAccesses(true));
}

void ExpectSame(const Recorded& a, const Recorded& b) {
  EXPECT_EQ(a.certificate, b.certificate);
  EXPECT_EQ(a.fingerprint, b.fingerprint);
  EXPECT_EQ(a.trace.blocks(), b.trace.blocks());  // the bytes
  EXPECT_TRUE(a.trace == b.trace);
  EXPECT_GT(a.trace.size(), 200u);
}

TEST(DeterminismTest, TwoRuntimesGiveTheSameBytes) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    LabRuntime first(Recording(seed));
    const Recorded a = RunIn(first);
    LabRuntime second(Recording(seed));  // while the first one is there
    ExpectSame(a, RunIn(second));
  }
}

TEST(DeterminismTest, OtherSeedsGiveOtherSchedules) {
  std::set<std::uint64_t> certificates;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime(Recording(seed));
    certificates.insert(RunIn(runtime).certificate);
  }
  EXPECT_EQ(certificates.size(), 50u);
}

TEST(DeterminismTest, ARuntimeThatIsReplacedOrResetGivesTheSameBytes) {
  LabRuntime fresh(Recording(7));
  const Recorded expected = RunIn(fresh);
  const DerivedSeeds seeds = Recording(7).seeds();
  auto runtime = std::make_unique<LabRuntime>(Recording(1));
  for (int i = 0; i < 3; ++i) {
    // Left in the middle, with tasks blocked, sleeping and runnable.
    Populate(*runtime);
    runtime->StepN(20 + 15 * i);
    runtime->AdvanceTime(absl::Milliseconds(i));
    runtime->Reset(seeds);
    EXPECT_EQ(runtime->steps(), 0u);
    EXPECT_EQ(runtime->Now(), absl::UnixEpoch());
    EXPECT_FALSE(runtime->last_run().has_value());
    ExpectSame(expected, RunIn(*runtime));
    runtime = std::make_unique<LabRuntime>(Recording(7));
    ExpectSame(expected, RunIn(*runtime));
  }
}

TEST(DeterminismTest, RecordingChangesNothing) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    LabRuntime recording(Recording(seed));
    const Recorded expected = RunIn(recording);

    LabRuntime silent(LabConfig(seed, "Determinism"));
    Populate(silent);
    EXPECT_TRUE(silent.RunUntilQuiescent().quiescent());
    EXPECT_FALSE(silent.TakeReplayTrace().has_value());
    EXPECT_EQ(silent.certificate(), expected.certificate);
    EXPECT_EQ(silent.fingerprint().value(), expected.fingerprint);
    EXPECT_EQ(silent.steps(), recording.steps());

    LabRuntime partly(LabConfig(seed, "Determinism"));
    Populate(partly);
    partly.StepN(30);
    const std::uint64_t middle = partly.certificate();
    partly.EnableRecording();
    EXPECT_TRUE(partly.RunUntilQuiescent().quiescent());
    EXPECT_EQ(partly.certificate(), expected.certificate);
    std::optional<ReplayTrace> trace = partly.TakeReplayTrace();
    ASSERT_TRUE(trace.has_value());
    EXPECT_EQ(trace->metadata().start_tick, 30u);
    EXPECT_EQ(trace->metadata().start_certificate, middle);
    EXPECT_EQ(trace->summary()->certificate, expected.certificate);
    EXPECT_LT(trace->size(), expected.trace.size());
  }
}

TEST(DeterminismTest, AMidRunTraceIsTheTailOfAWholeOne) {
  const LabConfig config =
      LabConfig(5, "Determinism").WithDefaultReplayRecording();
  LabRuntime whole(config);
  Populate(whole);
  whole.RunUntilQuiescent();
  const ReplayTrace all = *whole.TakeReplayTrace();

  LabRuntime late(LabConfig(5, "Determinism"));
  Populate(late);
  late.StepN(30);
  late.EnableRecording();
  late.RunUntilQuiescent();
  const ReplayTrace tail = *late.TakeReplayTrace();

  std::vector<ReplayEvent> expected, actual;
  for (const EventRecord& record : all.events()) {
    if (record.tick > 30) expected.push_back(record.event);
  }
  for (const EventRecord& record : tail.events()) {
    actual.push_back(record.event);
  }
  EXPECT_EQ(actual, expected);
}

// What must not depend on the schedule: per task name, its identity, what it
// drew, and what it made.
struct Facts {
  std::map<std::string, std::vector<std::uint64_t>> by_task;
  friend bool operator==(const Facts&, const Facts&) = default;
};

Task<absl::Status> Independent(Cx& cx, std::string name, int depth,
                               Facts& facts) {
  SharedObject made("made first");
  auto& mine = facts.by_task[name];
  mine.push_back(cx.node().identity);
  mine.push_back(made.id().AsRaw());
  for (int i = 0; i < 2; ++i) {
    co_await Try(cx.Yield());
    mine.push_back(cx.Random()());
    if (depth > 0) {
      cx.Spawn([name = absl::StrCat(name, ".", i), depth, &facts](Cx& cx) {
        return Independent(cx, name, depth - 1, facts);
      });
    }
  }
  SharedObject last("made last");
  mine.push_back(last.id().AsRaw());
  co_return absl::OkStatus();
}

TEST(DeterminismTest, IndependentTasksAreTheSameUnderEverySchedule) {
  std::optional<Facts> expected;
  std::set<std::uint64_t> fingerprints, certificates;
  LabRuntime runtime(LabConfig(0));
  DerivedSeeds seeds = DeriveSeeds(0, "");
  for (std::uint64_t i = 0; i < 100; ++i) {
    seeds.schedule = i;  // the program's random values stay
    runtime.Reset(seeds);
    Facts facts;
    for (int root = 0; root < 3; ++root) {
      runtime.SpawnRoot([&, root](Cx& cx) {
        return Independent(cx, absl::StrCat(root), 2, facts);
      });
    }
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(facts.by_task.size(), 3u * (1 + 2 + 4));
    if (!expected.has_value()) expected = facts;
    ASSERT_EQ(facts, *expected);
    fingerprints.insert(runtime.fingerprint().value());
    certificates.insert(runtime.certificate());
  }
  EXPECT_EQ(fingerprints.size(), 1u);
  EXPECT_EQ(certificates.size(), 100u);
}

TEST(DeterminismTest, ATaskSpawnedThroughTheRuntimeInAStepIsAChild) {
  std::set<std::uint64_t> identities;
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::uint64_t a = 0, b = 0;
    for (std::uint64_t* mine : {&a, &b}) {
      runtime.SpawnRoot([&runtime, mine](Cx&) -> Task<> {
        runtime.SpawnRoot([mine](Cx& cx) -> Task<> {
          *mine = cx.node().identity;
          co_return;
        });
        co_return;
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    identities.insert(a);
    identities.insert(b);
  }
  EXPECT_EQ(identities.size(), 2u);
}

}  // namespace
}  // namespace asupersync
