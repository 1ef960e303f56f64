// Budgets end what they limit, at the step or the nanosecond that they say, and
// are handed down; priorities bias and never starve; clean-up is limited.
#include <algorithm>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/limits.h"
#include "asupersync/task/runtime.h"
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

SpawnOptions With(const Budget& budget) {
  SpawnOptions options;
  options.budget = budget;
  return options;
}

CancelKind KindOf(const Outcome<void>& outcome) {
  return outcome.reason().kind();
}

Task<absl::Status> SleepsAnHour(Cx& cx) {
  co_return co_await cx.Sleep(absl::Hours(1));
}

TEST(BudgetInLabTest, ADeadlineCancelsTheTaskAtThatMoment) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(
      With(Budget().WithDeadline(absl::UnixEpoch() + absl::Seconds(3))),
      SleepsAnHour);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(KindOf(handle.TakeOutcome()), CancelKind::kDeadline);
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(3));
}

TEST(BudgetInLabTest, ATaskThatEndsInTimeLeavesNoTimer) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(
      With(Budget().WithDeadline(absl::UnixEpoch() + absl::Hours(9))),
      SleepsAnHour);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(handle.TakeOutcome().ok());
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Hours(1));
}

TEST(BudgetInLabTest, ADeadlineInThePastCancelsBeforeTheStart) {
  LabRuntime runtime(LabConfig(1).WithDefaultReplayRecording());
  bool started = false;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Sleep(absl::Seconds(5)));
    auto late = cx.Spawn(With(Budget().WithDeadline(cx.Now())),
                         [&](Cx&) -> Task<absl::Status> {
                           started = true;
                           co_return absl::OkStatus();
                         });
    EXPECT_EQ(KindOf(co_await late.Join(cx)), CancelKind::kDeadline);
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_FALSE(started);
  int timers = 0;
  const ReplayTrace trace = *runtime.TakeReplayTrace();
  for (const EventRecord& record : trace.events()) {
    timers += std::holds_alternative<TimerCreated>(record.event);
  }
  EXPECT_EQ(timers, 1);  // the sleep's
}

TEST(BudgetInLabTest, APollQuotaAllowsThatManySteps) {
  LabRuntime runtime(LabConfig(1));
  int yields = 0;
  auto handle = runtime.SpawnRoot(With(Budget().WithPollQuota(10)),
                                  [&](Cx& cx) -> Task<absl::Status> {
                                    for (;;) {
                                      co_await Try(cx.Yield());
                                      ++yields;
                                    }
                                  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(KindOf(handle.TakeOutcome()), CancelKind::kPollQuota);
  EXPECT_EQ(yields, 9);  // the first step starts it
}

TEST(BudgetInLabTest, ChargingMoreThanTheCostQuotaCancels) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(
      With(Budget().WithCostQuota(100)), [&](Cx& cx) -> Task<absl::Status> {
        EXPECT_TRUE(cx.Charge(60).ok());
        EXPECT_EQ(cx.budget().cost_quota, 40u);
        EXPECT_TRUE(cx.Charge(40).ok());
        EXPECT_TRUE(cx.Charge(0).ok());
        absl::Status status = cx.Charge(1);
        EXPECT_EQ(CancelReason::FromStatus(status)->kind(),
                  CancelKind::kCostBudget);
        co_return status;
      });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(KindOf(handle.TakeOutcome()), CancelKind::kCostBudget);
}

TEST(BudgetInLabTest, NothingIsLeftOfAQuotaThatWasExceeded) {
  LabRuntime runtime(LabConfig(1));
  Budget left;
  runtime.SpawnRoot(With(Budget().WithPollQuota(2).WithCostQuota(5)),
                    [&](Cx& cx) -> Task<absl::Status> {
                      absl::Status ended = cx.Charge(9);
                      CancelMask mask(cx);
                      for (int i = 0; i < 3; ++i) co_await Try(cx.Yield());
                      left = cx.budget();
                      co_return ended;
                    });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(left.poll_quota, 0u);
  EXPECT_EQ(left.cost_quota, 0u);
}

TEST(BudgetInLabTest, ATaskWithoutABudgetMayChargeAnything) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    EXPECT_TRUE(cx.Charge(UINT64_MAX).ok());
    EXPECT_TRUE(cx.budget().IsUnlimited());
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(BudgetInLabTest, AChildHasTheMeetOfItsOwnItsParentsAndItsRegions) {
  LabRuntime runtime(LabConfig(1));
  const Budget parent = Budget()
                            .WithDeadlineNs(1'000'000'000)
                            .WithCostQuota(50)
                            .WithPriority(200);
  runtime.SpawnRoot(With(parent), [](Cx& cx) -> Task<absl::Status> {
    EXPECT_TRUE(cx.Charge(20).ok());
    ScopeOptions options;
    options.budget = options.budget.WithDeadlineNs(500'000'000);
    co_return co_await Scope(
        cx, options, [](Cx& cx) -> Task<absl::Status> {
          cx.Spawn(With(Budget().WithDeadlineNs(700'000'000).WithCostQuota(40)),
                   [](Cx& cx) -> Task<absl::Status> {
                     EXPECT_EQ(cx.budget(), Budget()
                                                .WithDeadlineNs(500'000'000)
                                                .WithCostQuota(30));
                     co_return absl::OkStatus();
                   });
          cx.Spawn(With(Budget().WithDeadlineNs(300'000'000).WithCostQuota(10)),
                   [](Cx& cx) -> Task<absl::Status> {
                     EXPECT_EQ(cx.budget(), Budget()
                                                .WithDeadlineNs(300'000'000)
                                                .WithCostQuota(10));
                     co_return absl::OkStatus();
                   });
          co_return absl::OkStatus();
        });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(BudgetInLabTest, AChildThatOutlivesItsParentKeepsTheDeadline) {
  LabRuntime runtime(LabConfig(1));
  std::string ended;
  runtime.SpawnRoot(With(Budget().WithDeadlineNs(1'000)),
                    [&](Cx& cx) -> Task<absl::Status> {
                      cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
                        absl::Status status = co_await SleepsAnHour(cx);
                        ended = Name(CancelReason::FromStatus(status)->kind());
                        co_return status;
                      });
                      co_return absl::OkStatus();
                    });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(ended, "deadline");
  EXPECT_EQ(runtime.NowNanos(), 1'000);
}

Task<> Spins(Cx& cx, char letter, std::string& log) {
  for (;;) {
    log.push_back(letter);
    (void)co_await cx.Yield();
  }
}

TEST(BudgetInLabTest, PrioritiesBiasAndNeverStarve) {
  LabRuntime runtime(LabConfig(1));
  std::string log;
  const auto spawn = [&](std::uint8_t priority, char letter) {
    runtime.SpawnRoot(
        With(Budget().WithPriority(priority)),
        [&log, letter](Cx& cx) { return Spins(cx, letter, log); });
  };
  spawn(10, 'l');
  spawn(Budget::kDefaultPriority, 'd');
  spawn(200, 'h');
  runtime.StepN(17 * 17 * 20);
  const auto count = [&](char c) {
    return std::count(log.begin(), log.end(), c);
  };
  EXPECT_EQ(count('h'), 16 * 17 * 20);
  EXPECT_EQ(count('d'), 16 * 20);
  EXPECT_EQ(count('l'), 20);
}

TEST(BudgetInLabTest, WhoRunsAloneUsesUpNoTurn) {
  LabRuntime runtime(LabConfig(1));
  std::string log;
  runtime.SpawnRoot(With(Budget().WithPriority(200)),
                    [&](Cx& cx) { return Spins(cx, 'h', log); });
  runtime.StepN(1000);
  log.clear();
  runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, 'd', log); });
  runtime.StepN(17);
  EXPECT_EQ(log, std::string(16, 'h') + "d");
}

TEST(BudgetInLabTest, PrioritiesAreNothingWhereLanesAreNot) {
  LabRuntime runtime(LabConfig(1).WithLanePolicy(LanePolicy::kAny));
  std::string log;
  runtime.SpawnRoot(With(Budget().WithPriority(10)),
                    [&](Cx& cx) { return Spins(cx, 'l', log); });
  runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, 'd', log); });
  runtime.StepN(1000);
  EXPECT_GT(std::count(log.begin(), log.end(), 'l'), 400);
}

TEST(BudgetInLabTest, AMaskEndsWhenTheCleanUpTakesTooManySteps) {
  struct Row {
    CancelKind kind;
    int steps;
  };
  for (const Row& row : {Row{CancelKind::kUser, 1000},
                         Row{CancelKind::kTimeout, 500},
                         Row{CancelKind::kPollQuota, 300},
                         Row{CancelKind::kRaceLost, 200},
                         Row{CancelKind::kParentCancelled, 200},
                         Row{CancelKind::kShutdown, 50}}) {
    EXPECT_EQ(CleanupStepsMax(row.kind), row.steps);
    LabRuntime runtime(LabConfig(1));
    int masked_steps = 0;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      CancelMask mask(cx);
      co_await Try(cx.Sleep(absl::Seconds(1)));
      for (;;) {
        co_await Try(cx.Yield());
        ++masked_steps;
      }
    });
    runtime.StepN(2);
    handle.Cancel(CancelReason(row.kind));
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(KindOf(handle.TakeOutcome()), row.kind);
    EXPECT_EQ(masked_steps, row.steps - 1);  // one ended the sleep
  }
}

TEST(BudgetInLabTest, AMoreSevereRequestLeavesFewerSteps) {
  LabRuntime runtime(LabConfig(1));
  int steps = 0;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    CancelMask mask(cx);
    for (;;) {
      co_await Try(cx.Yield());
      ++steps;
    }
  });
  runtime.StepN(1);
  handle.Cancel(CancelReason(CancelKind::kUser));
  runtime.StepN(100);
  handle.Cancel(CancelReason(CancelKind::kShutdown));
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(steps, 150);
}

TEST(BudgetInLabTest, AScopeIsWaitedForHoweverLongTheCleanUpTakes) {
  LabRuntime runtime(LabConfig(1));
  bool inner_done = false;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    absl::Status status =
        co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
          cx.Spawn([&](Cx& cx) -> Task<> {
            // Its own clean-up is over, but it does not listen.
            for (int i = 0; i < 5000; ++i) (void)co_await cx.Yield();
            inner_done = true;
          });
          co_return absl::OkStatus();
        });
    EXPECT_TRUE(inner_done);
    co_return status;
  });
  runtime.StepN(10);
  handle.Cancel(CancelReason(CancelKind::kShutdown));
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(inner_done);
}

}  // namespace
}  // namespace asupersync
