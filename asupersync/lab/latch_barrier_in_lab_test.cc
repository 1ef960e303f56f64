#include <cstdint>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/barrier.h"
#include "asupersync/sync/latch.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

TEST(LatchInLabTest, OpensWhenTheLastOfManyHasCountedDown) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Latch latch(3);
    int ready = 0;
    int passed = 0;
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.Yield());
        ++ready;
        latch.CountDown();
        co_await Try(latch.Wait(cx));
        EXPECT_EQ(ready, 3);
        ++passed;
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(passed, 3);
    EXPECT_TRUE(latch.open());
  }
}

TEST(LatchInLabTest, ReportsHowManyAreMissingAndCanBeCancelled) {
  LabRuntime runtime(LabConfig(1));
  Latch latch(2);
  auto waiter = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    latch.CountDown();
    co_return co_await latch.Wait(cx);
  });
  EXPECT_THAT(runtime.RunUntilQuiescent().report,
              HasSubstr("waits to pass latch (1 to go)"));
  runtime.Cancel(waiter);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(waiter.outcome_kind(), OutcomeKind::kCancelled);
}

TEST(LatchInLabDeathTest, CountingBelowZeroSaysWhatHappened) {
  EXPECT_DEATH(
      {
        Latch latch(1);
        latch.CountDown(2);
      },
      "CountDown\\(2\\) with 1 to go");
}

TEST(BarrierInLabTest, EachRoundHasOneLeaderAndNobodyRunsAhead) {
  constexpr int kTasks = 3;
  constexpr int kRounds = 4;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Barrier barrier(kTasks);
    int arrived[kRounds] = {};
    int leaders = 0;
    for (int i = 0; i < kTasks; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        for (int& count : arrived) {
          co_await Try(cx.Yield());
          ++count;
          if (co_await Try(barrier.Arrive(cx))) ++leaders;
          EXPECT_EQ(count, kTasks);
        }
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(leaders, kRounds);
  }
}

TEST(BarrierInLabTest, ACancelledTaskHasNotArrived) {
  LabRuntime runtime(LabConfig(1));
  Barrier barrier(2);
  auto arrive = [&](Cx& cx) -> Task<absl::StatusOr<bool>> {
    co_return co_await barrier.Arrive(cx);
  };
  auto first = runtime.SpawnRoot(arrive);
  EXPECT_THAT(runtime.RunUntilQuiescent().report,
              HasSubstr("waits to pass barrier (1 of 2 arrived)"));
  runtime.Cancel(first);
  runtime.RunUntilQuiescent();
  auto second = runtime.SpawnRoot(arrive);
  EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
  auto third = runtime.SpawnRoot(arrive);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_FALSE(second.TakeOutcome().value());
  EXPECT_TRUE(third.TakeOutcome().value());
}

TEST(BarrierInLabDeathTest, NeedsAParty) {
  EXPECT_DEATH(Barrier(0),
               "latch_barrier_in_lab_test.cc:[0-9]+: .*at least one party");
}

}  // namespace
}  // namespace asupersync
