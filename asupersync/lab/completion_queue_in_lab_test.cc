#include "asupersync/task/completion_queue.h"

#include <cstddef>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CompletionQueueTest, GivesTasksInTheOrderOfTheirEnds) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<std::size_t> order;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      for (int i = 0; i < 3; ++i) {
        queue.Spawn(cx, [i](Cx& cx) {
          return ValueAfter(cx, absl::Milliseconds(3 - i), i);
        });
      }
      // They end before anyone waits.
      co_await Try(cx.Sleep(absl::Milliseconds(10)));
      EXPECT_EQ(queue.running(), 0u);
      for (int i = 0; i < 3; ++i) {
        order.push_back(co_await Try(queue.Next(cx)));
      }
      absl::StatusOr<std::size_t> none = co_await queue.Next(cx);
      EXPECT_TRUE(absl::IsOutOfRange(none.status()));
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(outcome.ok());
    EXPECT_THAT(order, ElementsAre(2u, 1u, 0u));
  });
}

TEST(CompletionQueueTest, EveryOrderOfEndsIsReachedBySomeSeed) {
  std::set<std::vector<std::size_t>> orders;
  ForEachSchedule([&](LabRuntime& runtime) {
    std::vector<std::size_t> order;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      for (int i = 0; i < 3; ++i) {
        queue.Spawn(cx, [](Cx& cx) -> Task<absl::Status> {
          co_return co_await cx.Yield();
        });
      }
      for (int i = 0; i < 3; ++i) {
        order.push_back(co_await Try(queue.Next(cx)));
      }
      co_return absl::OkStatus();
    });
    orders.insert(order);
  });
  EXPECT_EQ(orders.size(), 6u);
}

TEST(CompletionQueueTest, SeesEveryWayOfEnding) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      auto throws = queue.Spawn(cx, [](Cx&) -> Task<int> {
        throw std::runtime_error("thrown");
        co_return 0;
      });
      auto never_started = queue.Spawn(
          cx, [](Cx&) -> Task<absl::Status> { co_return absl::OkStatus(); });
      auto plain = queue.Spawn(cx, [](Cx&) -> Task<> { co_return; });
      never_started.Cancel("before its first step");
      std::set<std::size_t> ended;
      for (int i = 0; i < 3; ++i) {
        ended.insert(co_await Try(queue.Next(cx)));
      }
      EXPECT_THAT(ended, ElementsAre(0u, 1u, 2u));
      EXPECT_EQ(throws.TakeOutcome().panic().what, "thrown");
      EXPECT_EQ(never_started.TakeOutcome().kind(), OutcomeKind::kCancelled);
      EXPECT_TRUE(plain.TakeOutcome().ok());
      co_return absl::OkStatus();
    });
  });
}

TEST(CompletionQueueTest, TheDeadlineIsExactAndDoesNotLoseAnEnd) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      queue.Spawn(cx, [](Cx& cx) {
        return ValueAfter(cx, absl::Nanoseconds(1001), 1);
      });
      const absl::Time start = cx.Now();
      absl::StatusOr<std::size_t> none =
          co_await queue.Next(cx, start + absl::Nanoseconds(1000));
      EXPECT_TRUE(absl::IsDeadlineExceeded(none.status()));
      EXPECT_EQ(cx.Now() - start, absl::Nanoseconds(1000));
      EXPECT_EQ(co_await Try(queue.Next(cx)), 0u);
      EXPECT_EQ(cx.Now() - start, absl::Nanoseconds(1001));
      co_return absl::OkStatus();
    });
  });
}

TEST(CompletionQueueTest, CancellingTheWaiterLosesNoEnd) {
  ForEachSchedule([](LabRuntime& runtime) {
    bool saw_cancel = false;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      queue.Spawn(cx, [](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(2), 1);
      });
      absl::StatusOr<std::size_t> first = co_await queue.Next(cx);
      saw_cancel = absl::IsCancelled(first.status());
      CancelMask mask(cx);
      EXPECT_EQ(co_await Try(queue.Next(cx)), 0u);
      co_return absl::OkStatus();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(saw_cancel);
    EXPECT_TRUE(handle.TakeOutcome().ok());
  });
}

TEST(CompletionQueueTest, ADestroyedQueueLeavesItsTasksAlone) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::optional<TaskHandle<absl::StatusOr<int>>> left;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      left.emplace(queue.Spawn(cx, [](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(2), 7);
      }));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(*left->TakeOutcome(), 7);
  });
}

TEST(CompletionQueueTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      CompletionQueue queue("test");
      queue.Spawn(cx, [](Cx& cx) {
        return ValueAfter(cx, absl::Hours(1), 1);
      });
      (void)co_await queue.Next(cx, cx.Now() + absl::Hours(2));
      co_return absl::OkStatus();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

TEST(CompletionQueueTest, ADeadlockReportSaysWhoWaitsForWhom) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("caller", [](Cx& cx) -> Task<absl::Status> {
    CompletionQueue queue("Race");
    SpawnOptions stuck;
    stuck.name = "stuck";
    for (int i = 0; i < 2; ++i) {
      queue.Spawn(cx, stuck, [](Cx& cx) -> Task<absl::Status> {
        co_return co_await cx.Sleep(absl::InfiniteDuration());
      });
    }
    (void)co_await queue.Next(cx);
    co_return absl::OkStatus();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("T1 'caller' waits to finish Race (T2 'stuck', "
                        "T3 'stuck' run) at "));
}

TEST(CompletionQueueDeathTest, TwoTasksMayNotWait) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        CompletionQueue queue("Race");
        for (int i = 0; i < 2; ++i) {
          runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
            queue.Spawn(cx, [](Cx& cx) {
              return ValueAfter(cx, absl::Hours(1), 1);
            });
            co_return (co_await queue.Next(cx)).status();
          });
        }
        runtime.RunUntilQuiescent();
      },
      "waits for Race while T. does; one task at a time may wait");
}

}  // namespace
}  // namespace asupersync
