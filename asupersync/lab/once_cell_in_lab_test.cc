// OnceCell on a runtime: one initializer at a time, and its failures.
#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/once_cell.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Gives `value` after a second, or an error if it is negative.
auto Make(int value, int* calls) {
  return [value, calls](Cx& cx) -> Task<absl::StatusOr<int>> {
    ++*calls;
    co_await Try(cx.Sleep(absl::Seconds(1)));
    if (value < 0) co_return absl::NotFoundError("negative");
    co_return value;
  };
}

TEST(OnceCellInLabTest, OneTaskMakesTheValueAndEverybodyGetsIt) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      LabRuntime runtime(LabConfig(seed).WithYieldPolicy(policy));
      OnceCell<int> cell;
      int calls = 0;
      std::vector<int> seen;
      for (int i = 0; i < 4; ++i) {
        runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
          const int* value =
              co_await Try(cell.GetOrInit(cx, Make(i, &calls)));
          EXPECT_EQ(value, cell.Get());
          seen.push_back(*value);
          co_return absl::OkStatus();
        });
      }
      ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
      EXPECT_EQ(calls, 1);
      ASSERT_EQ(seen.size(), 4u);
      EXPECT_EQ(seen, std::vector<int>(4, *cell.Get()));
      EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(1));
    }
  }
}

TEST(OnceCellInLabTest, AnErrorLetsTheNextWaiterTryInOrder) {
  LabRuntime runtime(LabConfig(1));
  OnceCell<int> cell;
  int calls = 0;
  std::vector<std::string> log;
  for (int value : {-1, -1, 7, 8}) {
    runtime.SpawnRoot([&, value](Cx& cx) -> Task<absl::Status> {
      auto got = co_await cell.GetOrInit(cx, Make(value, &calls));
      log.push_back(got.ok() ? std::to_string(**got) : "error");
      co_return absl::OkStatus();
    });
    runtime.StepN(5);
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("error", "error", "7", "7"));
  EXPECT_EQ(calls, 3);
}

TEST(OnceCellInLabTest, AnExceptionIsItsCallersAndLetsTheNextOneTry) {
  LabRuntime runtime(LabConfig(1));
  OnceCell<int> cell;
  auto first = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cell.GetOrInit(
        cx, [](Cx&) -> Task<absl::StatusOr<int>> {
          throw std::runtime_error("cannot");
          co_return 1;
        }));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(first.TakeOutcome().panic().what, "cannot");
  EXPECT_EQ(cell.Get(), nullptr);
  int calls = 0;
  auto second = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return (co_await cell.GetOrInit(cx, Make(3, &calls))).status();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(second.outcome_kind(), OutcomeKind::kOk);
  EXPECT_EQ(*cell.Get(), 3);
}

TEST(OnceCellInLabTest, CancellingTheInitializerHandsOverToTheNextWaiter) {
  for (int steps : {1, 2, 3, 4, 5}) {
    LabRuntime runtime(LabConfig(1));
    OnceCell<int> cell;
    int calls = 0;
    std::vector<TaskHandle<absl::Status>> handles;
    std::vector<int> seen;
    for (int i = 0; i < 3; ++i) {
      handles.push_back(
          runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
            seen.push_back(
                *co_await Try(cell.GetOrInit(cx, Make(i, &calls))));
            co_return absl::OkStatus();
          }));
      runtime.StepN(steps);
    }
    handles[0].Cancel();
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handles[0].outcome_kind(), OutcomeKind::kCancelled);
    ASSERT_THAT(seen.size(), 2u);
    EXPECT_EQ(seen[0], *cell.Get());
    EXPECT_EQ(seen[1], *cell.Get());
    EXPECT_LE(calls, 2);
  }
}

TEST(OnceCellInLabTest, ACancelledWaiterDoesNotDisturbTheOthers) {
  LabRuntime runtime(LabConfig(1));
  OnceCell<int> cell;
  int calls = 0;
  std::vector<TaskHandle<absl::Status>> handles;
  for (int i = 0; i < 3; ++i) {
    handles.push_back(runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
      co_return (co_await cell.GetOrInit(cx, Make(i, &calls))).status();
    }));
    runtime.StepN(5);
  }
  handles[1].Cancel();
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handles[0].outcome_kind(), OutcomeKind::kOk);
  EXPECT_EQ(handles[1].outcome_kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(handles[2].outcome_kind(), OutcomeKind::kOk);
  EXPECT_EQ(calls, 1);
}

TEST(OnceCellInLabTest, SetSaysWhyNot) {
  LabRuntime runtime(LabConfig(1));
  OnceCell<int> cell;
  OnceCell<int> other;
  int calls = 0;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    EXPECT_EQ(cell.Get(), nullptr);
    EXPECT_TRUE(cell.Set(4).ok());
    EXPECT_TRUE(absl::IsAlreadyExists(cell.Set(5)));
    EXPECT_EQ(*cell.Get(), 4);
    EXPECT_EQ(*co_await Try(cell.GetOrInit(cx, Make(6, &calls))), 4);
    cx.Spawn("maker", [&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await other.GetOrInit(cx, Make(1, &calls))).status();
    });
    co_await Try(cx.Sleep(absl::Milliseconds(1)));
    const absl::Status busy = other.Set(2);
    EXPECT_TRUE(absl::IsUnavailable(busy));
    EXPECT_THAT(busy.message(), HasSubstr("initialized by T2 'maker'"));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(calls, 1);
}

TEST(OnceCellInLabTest, AnInitializerThatWaitsForItsOwnCellIsACycle) {
  LabRuntime runtime(LabConfig(1));
  OnceCell<int> cell;
  int calls = 0;
  runtime.SpawnRoot("snake", [&](Cx& cx) -> Task<absl::Status> {
    auto init = [&](Cx& cx) -> Task<absl::StatusOr<int>> {
      co_return *co_await Try(cell.GetOrInit(cx, Make(1, &calls)));
    };
    co_return (co_await cell.GetOrInit(cx, init)).status();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("waits to get the value of a once cell"));
  EXPECT_THAT(result.report,
              HasSubstr("cycle of waits: T1 'snake' -> T1 'snake'"));
}

TEST(OnceCellInLabTest, ARuntimeThatEndsInBetweenLeavesNothing) {
  const int before = LiveProbe::alive();
  {
    OnceCell<LiveProbe> cell;
    LabRuntime runtime(LabConfig(1));
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        auto init = [probe = LiveProbe()](
                        Cx& cx) -> Task<absl::StatusOr<LiveProbe>> {
          co_await Try(cx.Sleep(absl::InfiniteDuration()));
          co_return LiveProbe();
        };
        co_return (co_await cell.GetOrInit(cx, std::move(init))).status();
      });
    }
    runtime.StepN(20);
    EXPECT_GE(LiveProbe::alive(), before + 3);
  }
  EXPECT_EQ(LiveProbe::alive(), before);
}

}  // namespace
}  // namespace asupersync
