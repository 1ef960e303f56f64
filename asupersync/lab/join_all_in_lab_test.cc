#include "asupersync/combinator/join_all.h"

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ContainsRegex;
using ::testing::ElementsAre;

// Counts how many run at the same time, and in which order they started.
struct Crowd {
  int now = 0;
  int most = 0;
  std::vector<int> started;
  std::vector<int> delays_ms = {10, 9, 8, 7, 6, 5};  // later ones are quicker
};

auto Members(Crowd& crowd, int count) {
  const auto member = [&crowd](int i) {
    return [&crowd, i](Cx& cx) -> Task<absl::StatusOr<int>> {
      crowd.started.push_back(i);
      crowd.most = std::max(crowd.most, ++crowd.now);
      absl::Status status =
          co_await cx.Sleep(absl::Milliseconds(crowd.delays_ms[i]));
      --crowd.now;
      co_await Try(status);
      if (i == 2) co_return absl::NotFoundError("two");
      co_return i * 10;
    };
  };
  std::vector<decltype(member(0))> members;
  for (int i = 0; i < count; ++i) members.push_back(member(i));
  return members;
}

TEST(JoinAllTest, RunsAllAtOnceAndKeepsTheirOrder) {
  ForEachSchedule([](LabRuntime& runtime) {
    Crowd crowd;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const std::vector<Outcome<int>> outcomes =
          co_await JoinAll(cx, Members(crowd, 5));
      EXPECT_EQ(outcomes.size(), 5u);
      for (int i = 0; i < 5; ++i) {
        if (i == 2) {
          EXPECT_EQ(outcomes[i].status(), absl::NotFoundError("two"));
        } else {
          EXPECT_EQ(*outcomes[i], i * 10);
        }
      }
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(10));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(crowd.most, 5);
  });
}

TEST(JoinAllTest, RunsAtMostAsManyAsItMayAndStartsThemInOrder) {
  ForEachSchedule([](LabRuntime& runtime) {
    Crowd crowd;
    crowd.delays_ms = {11, 12, 14, 18, 26, 42};  // no two end together
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const std::vector<Outcome<int>> outcomes =
          co_await JoinAll(cx, Members(crowd, 6), /*concurrency_max=*/2);
      EXPECT_EQ(outcomes.size(), 6u);
      EXPECT_EQ(*outcomes[5], 50);
      co_return absl::OkStatus();
    });
    EXPECT_EQ(crowd.most, 2);
    std::sort(crowd.started.begin(), crowd.started.begin() + 2);
    EXPECT_THAT(crowd.started, ElementsAre(0, 1, 2, 3, 4, 5));
  });
}

TEST(JoinAllTest, OneAtATimeIsASequence) {
  ForEachSchedule([](LabRuntime& runtime) {
    Crowd crowd;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      (void)co_await JoinAll(cx, Members(crowd, 3), 1);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(10 + 9 + 8));
      co_return absl::OkStatus();
    });
    EXPECT_THAT(crowd.started, ElementsAre(0, 1, 2));
  });
}

TEST(JoinAllTest, NothingToDoIsDone) {
  ForEachSchedule([](LabRuntime& runtime) {
    Crowd crowd;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const auto outcomes = co_await JoinAll(cx, Members(crowd, 0), 1);
      EXPECT_TRUE(outcomes.empty());
      co_return absl::OkStatus();
    });
  });
}

TEST(JoinAllTest, CancellingTheCallerDrainsAndStartsNoMore) {
  for (std::size_t concurrency_max : {std::size_t{2}, kNoConcurrencyLimit}) {
    ForEachSchedule([&](LabRuntime& runtime) {
      std::vector<CleanUp> clean_ups(3);
      std::vector<Outcome<int>> outcomes;
      auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        std::vector<std::function<Task<absl::StatusOr<int>>(Cx&)>> branches;
        for (CleanUp& clean_up : clean_ups) {
          branches.push_back(
              [&clean_up](Cx& cx) { return Reluctant(cx, clean_up); });
        }
        outcomes = co_await JoinAll(cx, std::move(branches), concurrency_max);
        co_return cx.Checkpoint();
      });
      runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
      runtime.Cancel(handle, "enough");
      EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
      ASSERT_EQ(outcomes.size(), 3u);
      for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(outcomes[i].kind(), OutcomeKind::kCancelled);
        EXPECT_EQ(clean_ups[i].done, clean_ups[i].started);
      }
      EXPECT_EQ(clean_ups[2].started, concurrency_max > 2);
      if (!clean_ups[2].started) {
        EXPECT_EQ(outcomes[2].reason().message(), "enough");
      }
    });
  }
}

TEST(JoinAllTest, MoveOnlyCallablesAndResultsPass) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      const auto make = [](int i) {
        return [p = std::make_unique<int>(i)](Cx&)
                   -> Task<std::unique_ptr<int>> {
          co_return std::make_unique<int>(*p + 1);
        };
      };
      std::vector<decltype(make(0))> branches;
      for (int i = 0; i < 3; ++i) branches.push_back(make(i));
      auto outcomes = co_await JoinAll(cx, std::move(branches));
      EXPECT_EQ(**outcomes[2], 3);
      co_return absl::OkStatus();
    });
  });
}

TEST(JoinAllTest, WakesItsCallerOnceHoweverManyBranchesThereAre) {
  for (int branches : {2, 500}) {
    LabRuntime runtime(LabConfig(1));
    int steps = 0;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await cx.Sleep(absl::Hours(2));
      CancelMask mask(cx);
      std::vector<std::function<Task<absl::Status>(Cx&)>> clean_up;
      for (int i = 0; i < branches; ++i) {
        clean_up.push_back([i](Cx& cx) -> Task<absl::Status> {
          co_return co_await cx.Sleep(absl::Milliseconds(i));
        });
      }
      const int steps_left = cx.node().cleanup_steps;
      (void)co_await JoinAll(cx, std::move(clean_up));
      steps = steps_left - cx.node().cleanup_steps;
      co_return status;
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Seconds(1));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(steps, 2) << branches << " branches";
  }
}

TEST(JoinAllTest, ADeadlockReportSaysThatItWaits) {
  for (std::size_t concurrency_max : {std::size_t{1}, kNoConcurrencyLimit}) {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      const auto stuck = [](Cx& cx) -> Task<absl::Status> {
        co_return co_await cx.Sleep(absl::InfiniteDuration());
      };
      (void)co_await JoinAll(cx, std::vector(2, stuck), concurrency_max);
      co_return absl::OkStatus();
    });
    const RunResult result = runtime.RunUntilQuiescent();
    EXPECT_THAT(result.report,
                ContainsRegex("waits to (finish JoinAll .T2|close region R2 "
                              "'JoinAll')"));
  }
}

TEST(JoinAllDeathTest, AConcurrencyOfZeroIsAnError) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        Crowd crowd;
        runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
          (void)co_await JoinAll(cx, Members(crowd, 1), 0);
          co_return absl::OkStatus();
        });
        runtime.RunUntilQuiescent();
      },
      "join_all_in_lab_test.cc:.*JoinAll with a concurrency of 0");
}

}  // namespace
}  // namespace asupersync
