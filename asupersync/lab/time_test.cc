// Virtual time: when it moves, how far, and what the bounds of a run mean.
#include "absl/time/time.h"

#include <cstdint>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kEnd = std::numeric_limits<std::int64_t>::max();

std::int64_t Seconds(const LabRuntime& runtime) {
  return absl::ToUnixSeconds(runtime.Now());
}

TEST(TimeTest, StandsStillWhileATaskIsRunnable) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Seconds(1));
  });
  int yields = 0;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    for (; yields < 100; ++yields) {
      EXPECT_EQ(cx.Now(), absl::UnixEpoch());
      co_await Try(cx.Yield());
    }
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(yields, 100);
  EXPECT_EQ(Seconds(runtime), 1);
}

TEST(TimeTest, StepNeverMovesTheClock) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Seconds(1));
  });
  EXPECT_EQ(runtime.StepN(100), 2u);  // up to the sleep, and into it
  EXPECT_FALSE(runtime.Step());
  EXPECT_EQ(Seconds(runtime), 0);
  runtime.AdvanceTime(absl::Seconds(1));
  EXPECT_EQ(runtime.StepN(100), 1u);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(TimeTest, AdvanceTimeRunsNoTaskAndFiresInOrderOfDeadline) {
  LabRuntime runtime(LabConfig(1));
  std::vector<int> order;
  for (int i : {3, 1, 2, 9}) {
    runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(i)));
      order.push_back(i);
      EXPECT_EQ(cx.Now(), absl::UnixEpoch() + absl::Seconds(5));
      co_return absl::OkStatus();
    });
  }
  runtime.StepN(100);
  const std::uint64_t steps = runtime.steps();
  runtime.AdvanceTime(absl::Seconds(5));
  EXPECT_EQ(runtime.steps(), steps);
  EXPECT_EQ(Seconds(runtime), 5);
  runtime.StepN(3);
  EXPECT_EQ(std::set<int>(order.begin(), order.end()),
            (std::set<int>{1, 2, 3}));
  runtime.AdvanceTime(absl::ZeroDuration());
  runtime.AdvanceTime(-absl::Seconds(1));
  EXPECT_EQ(Seconds(runtime), 5);
}

TEST(TimeTest, RunUntilStopsAtTheBoundAndGoesOnLater) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::int64_t> ticks;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 5; ++i) {
      co_await Try(cx.Sleep(absl::Seconds(1)));
      ticks.push_back(absl::ToUnixSeconds(cx.Now()));
    }
    co_return absl::OkStatus();
  });
  RunResult result =
      runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(2500));
  EXPECT_EQ(result.verdict, RunVerdict::kStopped);
  EXPECT_EQ(result.report, "");
  EXPECT_THAT(ticks, ElementsAre(1, 2));
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Milliseconds(2500));
  // The bound itself is included.
  runtime.RunUntil(absl::UnixEpoch() + absl::Seconds(3));
  EXPECT_THAT(ticks, ElementsAre(1, 2, 3));
  EXPECT_TRUE(
      runtime.RunUntil(absl::UnixEpoch() + absl::Seconds(60)).quiescent());
  EXPECT_THAT(ticks, ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(Seconds(runtime), 60);
}

TEST(TimeTest, RunUntilTickStopsAfterThatStep) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 3; ++i) co_await Try(cx.Sleep(absl::Seconds(1)));
    co_return absl::OkStatus();
  });
  EXPECT_EQ(runtime.RunUntilTick(4).verdict, RunVerdict::kStopped);
  EXPECT_EQ(runtime.steps(), 4u);
  EXPECT_EQ(runtime.RunUntilTick(4).verdict, RunVerdict::kStopped);
  EXPECT_EQ(runtime.steps(), 4u);
  EXPECT_TRUE(runtime.RunUntilTick(1000).quiescent());
  EXPECT_LT(runtime.steps(), 1000u);
}

TEST(TimeTest, AnEmptyRuntimeIsQuiescent) {
  LabRuntime runtime(LabConfig(1));
  EXPECT_FALSE(runtime.last_run().has_value());
  EXPECT_FALSE(runtime.Step());
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(runtime.RunUntilTick(0).quiescent());
  EXPECT_EQ(Seconds(runtime), 0);
}

TEST(TimeTest, ADeadlineThatPassedCostsAStepButNoTime) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Sleep(absl::ZeroDuration()));
    co_await Try(cx.Sleep(-absl::InfiniteDuration()));
    co_await Try(cx.SleepUntil(absl::InfinitePast()));
    co_await Try(cx.SleepUntil(absl::UnixEpoch()));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(runtime.steps(), 5u);
  EXPECT_EQ(Seconds(runtime), 0);
}

TEST(TimeTest, AnInfiniteSleepDoesNotMoveTheClock) {
  for (bool until : {false, true}) {
    LabRuntime runtime(LabConfig(1));
    auto handle = runtime.SpawnRoot([=](Cx& cx) -> Task<absl::Status> {
      if (until) co_return co_await cx.SleepUntil(absl::InfiniteFuture());
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
    EXPECT_EQ(Seconds(runtime), 0);
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kCancelled);
  }
}

TEST(TimeTest, TheLastRepresentableMomentsWork) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.SleepUntil(absl::FromUnixNanos(kEnd - 2)));
    co_await Try(cx.Sleep(absl::Nanoseconds(1)));
    EXPECT_EQ(absl::ToUnixNanos(cx.Now()), kEnd - 1);
    co_return co_await cx.Sleep(absl::Nanoseconds(2));  // past the end
  });
  EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
  EXPECT_EQ(runtime.NowNanos(), kEnd - 1);
  runtime.AdvanceTime(absl::InfiniteDuration());
  EXPECT_EQ(runtime.NowNanos(), kEnd);
  runtime.AdvanceTime(absl::Seconds(1));
  EXPECT_EQ(runtime.NowNanos(), kEnd);
  EXPECT_FALSE(handle.done());
}

TEST(TimeTest, TimersDueTogetherFireInEveryOrder) {
  std::set<std::vector<int>> orders;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::vector<int> order;
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.SleepUntil(absl::FromUnixSeconds(1)));
        order.push_back(i);
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    orders.insert(order);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(TimeTest, ManyTimersDueTogetherAreNotQuadratic) {
  // 100,000 erasures from the front of a vector would move 40 GB.
  constexpr int kTasks = 100'000;
  LabRuntime runtime(LabConfig(1));
  int woken = 0;
  for (int i = 0; i < kTasks; ++i) {
    runtime.SpawnRoot([&](Cx& cx) -> Task<> {
      (void)co_await cx.Sleep(absl::Seconds(1));
      ++woken;
    });
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(woken, kTasks);
}

}  // namespace
}  // namespace asupersync
