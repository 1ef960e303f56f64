// What the failure of a task, a deadline and a cancellation of a region mean
// for the scope's body, its tasks and the task that runs it.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr std::uint64_t kSeeds = 50;

ScopeOptions CollectAll() {
  ScopeOptions options;
  options.policy = ScopePolicy::kCollectAll;
  return options;
}

ScopeOptions Until(Cx& cx, absl::Duration duration) {
  ScopeOptions options;
  options.budget = options.budget.WithDeadline(cx.Now() + duration);
  return options;
}

// Why a sleep of an hour ended.
Task<absl::Status> Sleeper(Cx& cx, std::vector<std::string>& log) {
  absl::Status status = co_await cx.Sleep(absl::Hours(1));
  log.push_back(status.ok() ? "slept"
                            : Name(CancelReason::FromStatus(status)->kind()));
  co_return status;
}

Task<absl::Status> FailsAfter(Cx& cx, absl::Duration duration) {
  co_await Try(cx.Sleep(duration));
  co_return absl::DataLossError("broken");
}

TEST(ScopePolicyTest, FailFastCancelsSiblingsAndTheBodyAndGivesTheError) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::vector<std::string> log;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::Status status =
          co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
            cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
            cx.Spawn([](Cx& cx) { return FailsAfter(cx, absl::Seconds(2)); });
            co_return co_await Sleeper(cx, log);
          });
      // The task itself goes on.
      co_await Try(cx.Sleep(absl::Seconds(1)));
      co_return status;
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_THAT(log, ElementsAre("fail_fast", "fail_fast"));
    EXPECT_EQ(handle.TakeOutcome().status(), absl::DataLossError("broken"));
    runtime.Conclude();
    EXPECT_TRUE(runtime.violations().empty())
        << runtime.violations()[0].message;
    EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(3));
  }
}

TEST(ScopePolicyTest, TheReasonNamesTheTaskThatFailed) {
  LabRuntime runtime(LabConfig(1));
  std::string reason;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    (void)co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.Spawn("culprit",
               [](Cx& cx) { return FailsAfter(cx, absl::Seconds(2)); });
      absl::Status status = co_await cx.Sleep(absl::Hours(1));
      reason = CancelReason::FromStatus(status)->ToString();
      co_return status;
    });
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(reason, HasSubstr("fail_fast: T2 'culprit' failed: DATA_LOSS"));
  EXPECT_THAT(reason, HasSubstr("scope_policy_test.cc"));
}

TEST(ScopePolicyTest, FailFastPassesAnExceptionOnWhichThenIsSeen) {
  LabRuntime runtime(LabConfig(1));
  std::string caught;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    try {
      (void)co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        cx.Spawn([](Cx&) -> Task<> {
          throw std::runtime_error("kaput");
          co_return;
        });
        co_return absl::OkStatus();
      });
    } catch (const std::runtime_error& e) {
      caught = e.what();
    }
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(caught, "kaput");
  EXPECT_TRUE(runtime.UnseenFailures().empty());
}

TEST(ScopePolicyTest, AnErrorThatTheResultCannotCarryIsThrown) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<int> {
    co_return co_await Scope(cx, [](Cx& cx) -> Task<int> {
      cx.Spawn([](Cx& cx) { return FailsAfter(cx, absl::Seconds(1)); });
      co_return 1;
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(handle.TakeOutcome().panic().what, HasSubstr("broken"));
}

TEST(ScopePolicyTest, ABodyThatFailedByItselfKeepsItsError) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
      cx.Spawn([](Cx& cx) { return FailsAfter(cx, absl::Seconds(1)); });
      (void)co_await cx.Sleep(absl::Seconds(5));
      co_return absl::NotFoundError("the body's");
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().status(), absl::NotFoundError("the body's"));
}

TEST(ScopePolicyTest, CollectAllLetsTheOthersGoOn) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(
        cx, CollectAll(), [&](Cx& cx) -> Task<absl::Status> {
          cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
          auto bad = cx.Spawn(
              [](Cx& cx) { return FailsAfter(cx, absl::Seconds(2)); });
          EXPECT_EQ((co_await bad.Join(cx)).status(),
                    absl::DataLossError("broken"));
          co_return co_await Sleeper(cx, log);
        });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("slept", "slept"));
  EXPECT_TRUE(handle.TakeOutcome().ok());
}

TEST(ScopePolicyTest, TheDeadlineOfAScopeEndsBodyAndTasksAndNothingElse) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::vector<std::string> log;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await Scope(
          cx, Until(cx, absl::Seconds(5)),
          [&](Cx& cx) -> Task<absl::Status> {
            cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
            co_return co_await Sleeper(cx, log);
          });
      EXPECT_EQ(CancelReason::FromStatus(status)->kind(),
                CancelKind::kDeadline);
      EXPECT_TRUE(cx.Checkpoint().ok());
      co_return co_await cx.Sleep(absl::Seconds(1));
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_THAT(log, ElementsAre("deadline", "deadline"));
    EXPECT_TRUE(handle.TakeOutcome().ok());
    runtime.Conclude();
    EXPECT_TRUE(runtime.violations().empty())
        << runtime.violations()[0].message;
    EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(6));
  }
}

TEST(ScopePolicyTest, AScopeThatEndsInTimeTakesItsTimerBack) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(
        cx, Until(cx, absl::Hours(5)),
        [](Cx& cx) -> Task<absl::Status> {
          co_return co_await cx.Sleep(absl::Seconds(1));
        });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(1));
}

TEST(ScopePolicyTest, AnOuterDeadlineReachesInnerScopesAndTheirTasks) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    (void)co_await Scope(
        cx, Until(cx, absl::Seconds(2)), [&](Cx& cx) -> Task<absl::Status> {
          absl::Status inner = co_await Scope(
              cx, Until(cx, absl::Seconds(9)),
              [&](Cx& cx) -> Task<absl::Status> {
                cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
                co_return co_await Sleeper(cx, log);
              });
          EXPECT_FALSE(cx.Checkpoint().ok());
          co_return inner;
        });
    EXPECT_TRUE(cx.Checkpoint().ok());
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(2));
  EXPECT_THAT(log, ElementsAre("parent_cancelled", "parent_cancelled"));
}

TEST(ScopePolicyTest, ADeadlineInsideAMaskedSectionStillWorks) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    absl::Status asked = co_await cx.Sleep(absl::Hours(1));
    {
      CancelMask mask(cx);
      absl::Status status = co_await Scope(
          cx, Until(cx, absl::Seconds(3)),
          [&](Cx& cx) { return Sleeper(cx, log); });
      EXPECT_FALSE(status.ok());
      EXPECT_TRUE(cx.Checkpoint().ok());
    }
    co_return asked;
  });
  runtime.StepN(5);
  runtime.Cancel(handle);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("deadline"));
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(3));
}

TEST(ScopePolicyTest, ADeadlineThatHasPassedCancelsAtOnce) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Sleep(absl::Seconds(5)));
    absl::Status status =
        co_await Scope(cx, Until(cx, absl::ZeroDuration()),
                       [&](Cx& cx) { return Sleeper(cx, log); });
    EXPECT_FALSE(status.ok());
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("deadline"));
}

TEST(ScopePolicyTest, TheNameStandsInTheDeadlockReport) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    ScopeOptions options;
    options.name = "workers";
    co_return co_await Scope(
        cx, options, [](Cx& cx) -> Task<absl::Status> {
          cx.Spawn("stuck", [](Cx& cx) -> Task<absl::Status> {
            co_return co_await cx.Sleep(absl::InfiniteDuration());
          });
          co_return absl::OkStatus();
        });
  });
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report, HasSubstr("close region R2 'workers'"));
  EXPECT_THAT(result.report, HasSubstr("T2 'stuck' waits to sleep for ever"));
  EXPECT_THAT(result.report, HasSubstr("in region R2 'workers'"));
}

// Equivalent schedules have one fingerprint: which of the tasks ends last
// makes no difference to anybody.
TEST(ScopePolicyTest, TheOrderInWhichIndependentTasksEndIsNoDifference) {
  std::uint64_t first = 0;
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      co_return co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
        // They start after the scope's body has ended.
        for (int i = 0; i < 3; ++i) {
          cx.Spawn([](Cx& cx) -> Task<absl::Status> {
            co_await Try(cx.Sleep(absl::Seconds(1)));
            co_await Try(cx.Yield());
            co_return absl::OkStatus();
          });
        }
        co_return absl::OkStatus();
      });
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    if (seed == 0) first = runtime.fingerprint().value();
    EXPECT_EQ(runtime.fingerprint().value(), first) << seed;
  }
}

}  // namespace
}  // namespace asupersync
