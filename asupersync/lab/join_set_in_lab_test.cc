#include "asupersync/combinator/join_set.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/combinator/join.h"
#include "asupersync/combinator/select.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/try.h"
#include "asupersync/time/interval.h"
#include "asupersync/time/timeout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using IntResult = absl::StatusOr<int>;

TEST(JoinSetTest, GivesResultsInTheOrderInWhichTheyCome) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<int> values;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      for (int i = 0; i < 3; ++i) {
        const std::size_t index = set.Spawn([i](Cx& cx) {
          return ValueAfter(cx, absl::Milliseconds(10 - i), i);
        });
        EXPECT_EQ(index, static_cast<std::size_t>(i));
      }
      EXPECT_EQ(set.size(), 3u);
      while (!set.empty()) {
        Joined<IntResult> next = co_await Try(set.JoinNext(cx));
        EXPECT_EQ(*next.outcome, static_cast<int>(next.index));
        values.push_back(*next.outcome);
        if (values.size() == 1) {
          set.Spawn("late", [](Cx& cx) {
            return ValueAfter(cx, absl::Milliseconds(5), 3);
          });
        }
      }
      EXPECT_TRUE(
          absl::IsOutOfRange((co_await set.JoinNext(cx)).status()));
      co_return absl::OkStatus();
    });
    EXPECT_THAT(values, ElementsAre(2, 1, 0, 3));
  });
}

TEST(JoinSetTest, SomeSeedReachesEveryOrder) {
  std::set<std::vector<std::size_t>> orders;
  ForEachSchedule([&](LabRuntime& runtime) {
    std::vector<std::size_t> order;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      JoinSet<std::unique_ptr<int>> set(cx);
      for (int i = 0; i < 3; ++i) {
        set.Spawn([](Cx& cx) -> Task<std::unique_ptr<int>> {
          (void)co_await cx.Yield();
          co_return std::make_unique<int>(1);
        });
      }
      while (!set.empty()) {
        auto next = co_await Try(set.JoinNext(cx));
        EXPECT_EQ(**next.outcome, 1);
        order.push_back(next.index);
      }
      co_return absl::OkStatus();
    });
    orders.insert(order);
  });
  EXPECT_EQ(orders.size(), 6u);
}

TEST(JoinSetTest, AbortAllLetsJoinNextTellWhatBecameOfEach) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      set.Spawn([&](Cx& cx) { return Reluctant(cx, clean_up); });
      set.Spawn([](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(1), 1);
      });
      co_await Try(cx.Sleep(absl::Milliseconds(5)));
      set.AbortAll();
      Joined<IntResult> first = co_await Try(set.JoinNext(cx));
      EXPECT_EQ(*first.outcome, 1);
      Joined<IntResult> second = co_await Try(set.JoinNext(cx));
      EXPECT_EQ(second.outcome.kind(), OutcomeKind::kCancelled);
      EXPECT_TRUE(clean_up.done);
      co_return absl::OkStatus();
    });
    EXPECT_EQ(clean_up.why, "user");
  });
}

TEST(JoinSetTest, CloseDrainsAlsoWhenTheCallerIsCancelled) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<CleanUp> clean_ups(2);
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      for (CleanUp& clean_up : clean_ups) {
        set.Spawn([&](Cx& cx) { return Reluctant(cx, clean_up); });
      }
      set.Spawn([](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(1), 1);
      });
      absl::Status status = co_await cx.Sleep(absl::Hours(1));
      EXPECT_TRUE(absl::IsCancelled(status));
      co_await set.Close(cx);
      EXPECT_TRUE(clean_ups[0].done && clean_ups[1].done);
      EXPECT_TRUE(set.empty());
      // It may be used again.
      CancelMask mask(cx);
      set.Spawn([](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(1), 9);
      });
      Joined<IntResult> next = co_await Try(set.JoinNext(cx));
      EXPECT_EQ(*next.outcome, 9);
      co_return status;
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
  });
}

TEST(JoinSetTest, DestructionCancelsAndTheRegionDrains) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      absl::Status status =
          co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
            JoinSet<IntResult> set(cx);
            set.Spawn([&](Cx& cx) { return Reluctant(cx, clean_up); });
            co_await Try(cx.Sleep(absl::Milliseconds(5)));
            co_return absl::OkStatus();
          });
      EXPECT_TRUE(clean_up.done);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(7));
      co_return status;
    });
    EXPECT_EQ(clean_up.why, "user");
  });
}

TEST(JoinSetTest, ACancelledJoinNextLosesNoResult) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      set.Spawn([](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(9), 1);
      });
      absl::StatusOr<Joined<IntResult>> none = co_await set.JoinNext(cx);
      EXPECT_TRUE(absl::IsCancelled(none.status()));
      EXPECT_EQ(set.size(), 1u);
      CancelMask mask(cx);
      Joined<IntResult> next = co_await Try(set.JoinNext(cx));
      EXPECT_EQ(*next.outcome, 1);
      co_return absl::OkStatus();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    EXPECT_THAT(runtime.DescribeTasks(),
                HasSubstr("waits to finish JoinSet::JoinNext (T2 runs) at"));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(handle.TakeOutcome().ok());
  });
}

TEST(JoinSetTest, AJoinNextThatLosesASelectGivesItsTaskBack) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<std::size_t> given;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      for (int i = 1; i <= 4; ++i) {
        set.Spawn([i](Cx& cx) {
          return ValueAfter(cx, absl::Milliseconds(i), i);
        });
      }
      // Both arms are ready at the same time, again and again.
      Interval interval(cx, absl::Milliseconds(1));
      for (int round = 0; round < 50 && !set.empty(); ++round) {
        co_await Try(
            Select(cx,
                   On(set.JoinNext(cx),
                      [&](absl::StatusOr<Joined<IntResult>> next) {
                        EXPECT_TRUE(next.ok()) << next.status();
                        if (next.ok()) given.push_back(next->index);
                      }),
                   On(interval.Tick(cx), [] {})));
      }
      EXPECT_TRUE(set.empty());
      co_return absl::OkStatus();
    });
    EXPECT_THAT(given, ElementsAre(0u, 1u, 2u, 3u));
  });
}

TEST(JoinSetTest, AJoinNextIsCancelledWithATaskInItsHandsAndLosesNothing) {
  ForEachSchedule([](LabRuntime& runtime) {
    int given = 0;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      set.Spawn([](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(1), 1);
      });
      const auto count = [&](absl::StatusOr<Joined<IntResult>> next) {
        if (next.ok()) ++given;
      };
      (void)co_await Timeout(
          cx, absl::Milliseconds(1), [&](Cx& cx) -> Task<absl::Status> {
            co_return co_await Select(cx, On(set.JoinNext(cx), count),
                                      On(cx.Sleep(absl::Hours(1)), [] {}));
          });
      while (!set.empty()) count(co_await Try(set.JoinNext(cx)));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(given, 1);
  });
}

Task<absl::Status> EndsSlowly(Cx& cx, absl::Duration delay) {
  LiveProbe probe;
  CancelMask mask(cx);
  co_return co_await cx.Sleep(delay);
}

TEST(JoinSetTest, CloseAndJoinNextOfTwoTasksShareWhatIsThere) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      JoinSet<absl::Status> set(cx);
      for (int i = 0; i < 4; ++i) {
        set.Spawn([i](Cx& cx) {
          return EndsSlowly(cx, absl::Milliseconds(i + 1));
        });
      }
      co_await Try(cx.Sleep(absl::Microseconds(1)));  // they have started
      std::set<std::size_t> given;
      absl::Status last;
      (void)co_await Join(
          cx, [&](Cx& cx) -> Task<> { co_await set.Close(cx); },
          [&](Cx& cx) -> Task<> { co_await set.Close(cx); },
          [&](Cx& cx) -> Task<> {
            for (;;) {
              auto next = co_await set.JoinNext(cx);
              last = next.status();
              if (!next.ok()) break;
              EXPECT_TRUE(given.insert(next->index).second);
            }
          });
      EXPECT_TRUE(absl::IsOutOfRange(last)) << last;
      EXPECT_TRUE(set.empty());
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(4));
      co_return absl::OkStatus();
    });
  });
}

TEST(JoinSetTest, WhatIsSpawnedDuringACloseIsClosedToo) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      set.Spawn([](Cx& cx) -> Task<IntResult> {
        co_await Try(EndsSlowly(cx, absl::Milliseconds(3)));
        co_return 1;
      });
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      auto closer =
          cx.Spawn([&](Cx& cx) -> Task<> { co_await set.Close(cx); });
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      set.Spawn([&](Cx& cx) { return Reluctant(cx, clean_up); });
      (void)co_await closer.Join(cx);
      EXPECT_TRUE(set.empty());
      EXPECT_LE(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(3));
      co_return absl::OkStatus();
    });
    EXPECT_FALSE(clean_up.started);
  });
}

TEST(JoinSetTest, CloseWakesItsCallerOnceHoweverManyTasksThereAre) {
  for (int tasks : {2, 500}) {
    LabRuntime runtime(LabConfig(1));
    std::uint64_t closer_steps = 0;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      JoinSet<absl::Status> set(cx);
      for (int i = 0; i < tasks; ++i) {
        set.Spawn([i](Cx& cx) -> Task<absl::Status> {
          absl::Status status = co_await cx.Sleep(absl::Hours(1));
          CancelMask mask(cx);
          (void)co_await cx.Sleep(absl::Milliseconds(i));
          co_return status;
        });
      }
      absl::Status status = co_await cx.Sleep(absl::Hours(1));
      const std::uint16_t steps_left = cx.node().cleanup_steps;
      co_await set.Close(cx);
      closer_steps = steps_left - cx.node().cleanup_steps;
      co_return status;
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Seconds(1));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(closer_steps, 2u) << tasks << " tasks";
  }
}

TEST(JoinSetTest, ATaskHasEndedWhenWhatItSpawnedHas) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      set.Spawn([](Cx& cx) -> Task<IntResult> {
        cx.Spawn([](Cx& cx) { return ValueAfter(cx, absl::Seconds(1), 0); });
        co_return 1;
      });
      (void)co_await Try(set.JoinNext(cx));
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Seconds(1));
      co_return absl::OkStatus();
    });
  });
}

TEST(JoinSetTest, AnErrorThatNobodyTookIsNotForgotten) {
  for (std::uint64_t seed = 0; seed < kScheduleSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      JoinSet<absl::Status> set(cx);
      set.Spawn([](Cx&) -> Task<absl::Status> {
        co_return absl::InternalError("lost");
      });
      co_await Try(cx.Sleep(absl::Seconds(1)));
      co_await set.Close(cx);
      co_return absl::OkStatus();
    });
    EXPECT_EQ(runtime.UnseenFailures().size(), 1u);
  }
}

TEST(JoinSetTest, AnExceptionIsAnOutcomeAndIsNotForgotten) {
  for (std::uint64_t seed = 0; seed < kScheduleSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      JoinSet<void> set(cx);
      for (int i = 0; i < 2; ++i) {
        set.Spawn([](Cx&) -> Task<> {
          throw std::runtime_error("thrown");
          co_return;
        });
      }
      Joined<void> next = co_await Try(set.JoinNext(cx));
      EXPECT_EQ(next.outcome.panic().what, "thrown");
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(runtime.UnseenFailures().size(), 1u);
  }
}

TEST(JoinSetTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      JoinSet<IntResult> set(cx);
      set.Spawn([&](Cx& cx) { return Reluctant(cx, clean_up); });
      co_return (co_await set.JoinNext(cx)).status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

}  // namespace
}  // namespace asupersync
