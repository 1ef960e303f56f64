// What chaos injects arrives, is recorded, keeps every promise of the
// primitives, and comes again in a replay.
#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/replay/replay_source.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kSeeds = 200;

LabConfig Config(std::uint64_t seed, const ChaosConfig& chaos) {
  RecorderConfig recording = RecorderConfig::Enabled();
  recording.record_wakers = true;
  // What chaos ends is an error of others, which nobody joins here.
  return LabConfig(seed)
      .WithReplayRecording(recording)
      .WithChaos(chaos)
      .WithoutOracle("unseen_error");
}

std::uint64_t Injected(const LabRuntime& runtime, ChaosKind kind) {
  return runtime.chaos_stats().injected[static_cast<std::size_t>(kind)];
}

// Two producers, a consumer and a lock, all of it under chaos.
struct Program {
  int sent = 0;
  int received = 0;
  int in_critical_section = 0;
  bool overlapped = false;

  void Spawn(LabRuntime& runtime) {
    runtime.SpawnRoot([this](Cx& cx) -> Task<absl::Status> {
      ScopeOptions options;
      options.policy = ScopePolicy::kCollectAll;
      Mutex mutex;
      auto [tx, rx] = mpsc::Channel<int>(2);
      auto consumer = cx.Spawn(
          "consumer", [this, rx = std::move(rx)](Cx& cx) mutable -> Task<> {
            while ((co_await rx.Recv(cx)).ok()) ++received;
          });
      auto produce = [&, tx = std::move(tx)](
                         Cx& cx) mutable -> Task<absl::Status> {
        for (int i = 0; i < 2; ++i) {
          cx.Spawn([&, tx](Cx& cx) -> Task<absl::Status> {
            for (int j = 0; j < 4; ++j) {
              MutexGuard guard = co_await Try(mutex.Lock(cx));
              overlapped |= ++in_critical_section > 1;
              absl::Status slept = co_await cx.Sleep(absl::Microseconds(1));
              --in_critical_section;
              co_await Try(slept);
              auto permit = co_await Try(tx.Reserve(cx));
              permit.Send(j);
              ++sent;
            }
            co_return absl::OkStatus();
          });
        }
        co_return absl::OkStatus();
      };
      (void)co_await Scope(cx, options, std::move(produce));
      (void)co_await consumer.Join(cx);
      co_return absl::OkStatus();
    });
  }
};

TEST(ChaosTest, PromisesHoldUnderHeavyChaos) {
  ChaosStats all;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime(Config(seed, ChaosConfig::Heavy()));
    Program program;
    program.Spawn(runtime);
    RunResult result = runtime.RunUntilQuiescent();
    ASSERT_TRUE(result.quiescent()) << seed << "\n" << result.report;
    EXPECT_FALSE(program.overlapped) << seed;
    EXPECT_LE(program.received, program.sent) << seed;
    all.Add(runtime.chaos_stats());
    runtime.Conclude();
    EXPECT_TRUE(runtime.violations().empty())
        << seed << ": " << runtime.violations()[0].message;
  }
  for (ChaosKind kind :
       {ChaosKind::kCancel, ChaosKind::kDelay, ChaosKind::kSpuriousWake,
        ChaosKind::kBatchedWake, ChaosKind::kTimerJitter, ChaosKind::kBudget}) {
    EXPECT_GT(all.injected[static_cast<std::size_t>(kind)], 20u) << kind;
  }
}

TEST(ChaosTest, CertainSpuriousWakesKeepNobodyFromItsEnd) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    LabRuntime runtime(
        Config(seed, ChaosConfig::Off().With(ChaosKind::kSpuriousWake, 1)));
    Program program;
    program.Spawn(runtime);
    RunResult result = runtime.RunUntilQuiescent();
    ASSERT_TRUE(result.quiescent()) << seed << "\n" << result.report;
    EXPECT_EQ(program.received, 8);
    EXPECT_GT(runtime.chaos_stats().total(), 8u);
  }
}

TEST(ChaosTest, EachInjectionIsAnEvent) {
  LabRuntime runtime(Config(3, ChaosConfig::Heavy()));
  Program program;
  program.Spawn(runtime);
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
  std::uint64_t events = 0;
  const ReplayTrace trace = *runtime.TakeReplayTrace();
  for (const EventRecord& record : trace.events()) {
    events += Kind(record.event) == EventKind::kChaosInjection;
  }
  EXPECT_GT(events, 0u);
  EXPECT_EQ(events, runtime.chaos_stats().total());
}

TEST(ChaosTest, AReplayInjectsTheSame) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    const LabConfig config = Config(seed, ChaosConfig::Heavy());
    LabRuntime runtime(config);
    Program program;
    program.Spawn(runtime);
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    const ReplayTrace trace = *runtime.TakeReplayTrace();
    // Another seed: what is replayed comes from the trace.
    LabRuntime again(config.WithSeeds(DeriveSeeds(seed + 1000, "")));
    ReplayChoiceSource source(trace);
    again.DriveBy(source, &source);
    Program other;
    other.Spawn(again);
    (void)again.RunUntilQuiescent();
    EXPECT_EQ(source.Finish(again.certificate(), again.fingerprint().value()),
              ReplayVerdict::kIdentical)
        << (source.diverged() ? source.report().ToString() : "");
    EXPECT_EQ(other.received, program.received);
    EXPECT_EQ(again.chaos_stats().injected, runtime.chaos_stats().injected);
  }
}

// Answers as the seeded source does, but injects nothing after the first
// `faults`.
class FewFaults final : public ChoiceSource {
 public:
  FewFaults(const DerivedSeeds& seeds, int faults)
      : seeded_(seeds), left_(faults) {}
  std::uint32_t Choose(ChoiceKind kind, std::uint32_t count,
                       const CandidateView& candidates) override {
    return seeded_.Choose(kind, count, candidates);
  }
  std::uint64_t Draw(DrawPurpose purpose, std::uint64_t stream,
                     std::uint64_t index) override {
    if (purpose == DrawPurpose::kFault && left_-- <= 0) return kNoFault;
    return seeded_.Draw(purpose, stream, index);
  }
  void Reset(const DerivedSeeds& seeds) override { seeded_.Reset(seeds); }

 private:
  RandomChoiceSource seeded_;
  int left_;
};

TEST(ChaosTest, ASourceMayLeaveFaultsOut) {
  const LabConfig config = Config(3, ChaosConfig::Heavy());
  LabRuntime runtime(config);
  FewFaults none(config.seeds(), 0);
  runtime.DriveBy(none);
  Program program;
  program.Spawn(runtime);
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(runtime.chaos_stats().total(), 0u);
  EXPECT_GT(runtime.chaos_stats().opportunities, 0u);
  EXPECT_EQ(program.received, 8);
}

TEST(ChaosTest, ABodyFromOutsideIsNeverEnded) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    LabRuntime runtime(Config(seed, ChaosConfig::Off()
                                        .With(ChaosKind::kCancel, 0.5)
                                        .With(ChaosKind::kBudget, 0.5)));
    auto body = runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 20; ++i) co_await Try(cx.Yield());
      auto child = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
        for (;;) co_await Try(cx.Yield());
      });
      const Outcome<void> ended = co_await child.Join(cx);
      EXPECT_EQ(ended.kind(), OutcomeKind::kCancelled);
      EXPECT_THAT(ended.reason().ToString(), HasSubstr("injected by chaos"));
      co_return absl::OkStatus();
    });
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(body.TakeOutcome().ok());
  }
}

TEST(ChaosTest, ADelayTakesVirtualTimeAndNoMore) {
  LabRuntime runtime(Config(1, ChaosConfig::Off()
                                   .With(ChaosKind::kDelay, 1)
                                   .WithDelayMax(absl::Milliseconds(10))));
  int yields = 0;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    for (; yields < 10; ++yields) co_await Try(cx.Yield());
    co_return absl::OkStatus();
  });
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(yields, 10);
  EXPECT_EQ(Injected(runtime, ChaosKind::kDelay), 10u);
  EXPECT_GT(runtime.NowNanos(), 0);
  EXPECT_LE(runtime.Now(), absl::UnixEpoch() + absl::Milliseconds(100));
}

TEST(ChaosTest, ACancelledTaskLeavesItsDelayAtOnce) {
  LabRuntime runtime(Config(1, ChaosConfig::Off()
                                   .With(ChaosKind::kDelay, 1)
                                   .WithDelayMax(absl::Hours(1))));
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  runtime.StepN(2);
  EXPECT_THAT(runtime.DescribeTasks(), HasSubstr("T1 waits to yield"));
  runtime.Cancel(handle);
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(runtime.NowNanos(), 0);
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kCancelled);
}

TEST(ChaosTest, ARuntimeMayBeDestroyedOrResetAtAnyMoment) {
  LabRuntime reused(Config(9, ChaosConfig::Heavy()));
  for (int steps = 0; steps < 120; ++steps) {
    LabRuntime runtime(Config(9, ChaosConfig::Heavy()));
    Program program;
    program.Spawn(runtime);
    runtime.StepN(steps);
    Program again;
    reused.Reset(DeriveSeeds(static_cast<std::uint64_t>(steps), ""));
    again.Spawn(reused);
    reused.StepN(steps);
    reused.Reset(DeriveSeeds(1, ""));
  }
}

TEST(ChaosTest, TimersAreLateAndNeverEarly) {
  bool late = false;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime(
        Config(seed, ChaosConfig::Off()
                         .With(ChaosKind::kTimerJitter, 0.5)
                         .WithJitterMax(absl::Milliseconds(3))));
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Milliseconds(10));
    });
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    const absl::Duration slept = runtime.Now() - absl::UnixEpoch();
    EXPECT_GE(slept, absl::Milliseconds(10));
    EXPECT_LE(slept, absl::Milliseconds(13));
    late |= slept > absl::Milliseconds(10);
  }
  EXPECT_TRUE(late);
}

// The n-th decision about a task does not depend on the other tasks: the same
// faults hit it in every schedule of the others.
TEST(ChaosTest, FaultsOfATaskDoNotDependOnTheSchedule) {
  std::set<std::string> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    LabConfig config = Config(seed, ChaosConfig::Off().With(
                                        ChaosKind::kDelay, 0.3));
    DerivedSeeds seeds = config.seeds();
    seeds.fault = 42;  // the schedule differs, the faults do not
    LabRuntime runtime(config.WithSeeds(seeds));
    for (int task = 0; task < 3; ++task) {
      runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
        for (int i = 0; i < 20; ++i) co_await Try(cx.Yield());
        co_return absl::OkStatus();
      });
    }
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    std::string own;
    const ReplayTrace trace = *runtime.TakeReplayTrace();
    for (const EventRecord& record : trace.events()) {
      const auto* chaos = std::get_if<ChaosInjection>(&record.event);
      if (chaos != nullptr && chaos->task == CompactTaskId(1)) {
        own += std::to_string(chaos->data) + " ";
      }
    }
    seen.insert(own);
  }
  EXPECT_EQ(seen.size(), 1u);
}

}  // namespace
}  // namespace asupersync
