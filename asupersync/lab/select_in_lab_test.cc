#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/combinator/select.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/barrier.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/time/interval.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SelectTest, TakesTheFirstThatIsReadyAndLeavesTheOthersAlone) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto [tx, rx] = mpsc::Channel<int>(4);
    runtime.SpawnRoot([tx = std::move(tx)](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 3; ++i) {
        co_await Try(cx.Sleep(absl::Milliseconds(10)));
        co_await Try(tx.Send(cx, i));
      }
      co_return absl::OkStatus();
    });
    std::vector<std::string> log;
    (void)RunToEnd(runtime, [&, rx = std::move(rx)](
                                Cx& cx) mutable -> Task<absl::Status> {
      bool more = true;
      while (more) {
        more = co_await Try(
            Select(cx,
                   On(rx.Recv(cx),
                      [&](absl::StatusOr<int> message) {
                        if (message.ok()) {
                          log.push_back(std::to_string(*message));
                        }
                        return message.ok();
                      }),
                   On(cx.Sleep(absl::Milliseconds(8)), [&] {
                     log.push_back("tick");
                     return true;
                   })));
      }
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(30));
      co_return absl::OkStatus();
    });
    EXPECT_THAT(log, ElementsAre("tick", "0", "tick", "1", "tick", "2"));
  });
}

TEST(SelectTest, AReceiveThatLostHasConsumedNothing) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto [tx0, rx0] = mpsc::Channel<int>(8);
    auto [tx1, rx1] = mpsc::Channel<int>(8);
    const auto send = [](mpsc::Sender<int> tx, int from) {
      return [tx = std::move(tx), from](Cx& cx) -> Task<absl::Status> {
        for (int i = 0; i < 4; ++i) co_await Try(tx.Send(cx, from + i));
        co_return absl::OkStatus();
      };
    };
    runtime.SpawnRoot(send(std::move(tx0), 0));
    runtime.SpawnRoot(send(std::move(tx1), 10));
    std::vector<int> low, high;
    (void)RunToEnd(runtime, [&, rx0 = std::move(rx0), rx1 = std::move(rx1)](
                                Cx& cx) mutable -> Task<absl::Status> {
      for (int i = 0; i < 8; ++i) {
        co_await Try(Select(
            cx,
            On(rx0.Recv(cx),
               [&](absl::StatusOr<int> m) {
                 if (m.ok()) low.push_back(*m);
               }),
            On(rx1.Recv(cx), [&](absl::StatusOr<int> m) {
              if (m.ok()) high.push_back(*m);
            })));
        // A closed channel is ready, too: then the other one is drained.
        if (low.size() == 4 || high.size() == 4) break;
      }
      while (low.size() < 4) low.push_back(co_await Try(rx0.Recv(cx)));
      while (high.size() < 4) high.push_back(co_await Try(rx1.Recv(cx)));
      co_return absl::OkStatus();
    });
    EXPECT_THAT(low, ElementsAre(0, 1, 2, 3));
    EXPECT_THAT(high, ElementsAre(10, 11, 12, 13));
  });
}

TEST(SelectTest, OfSeveralReadyOnesEachIsTakenBySomeSeed) {
  std::set<int> taken;
  std::set<int> taken_in_order;
  ForEachSchedule([&](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      taken.insert(co_await Try(Select(cx, On(cx.Yield(), [] { return 0; }),
                                       On(cx.Yield(), [] { return 1; }),
                                       On(cx.Yield(), [] { return 2; }))));
      taken_in_order.insert(co_await Try(
          SelectInOrder(cx, On(cx.Sleep(absl::Seconds(1)), [] { return 0; }),
                        On(cx.Yield(), [] { return 1; }),
                        On(cx.Yield(), [] { return 2; }))));
      co_return absl::OkStatus();
    });
  });
  EXPECT_THAT(taken, ElementsAre(0, 1, 2));
  EXPECT_THAT(taken_in_order, ElementsAre(1));
}

TEST(SelectTest, WhatWasHandedToALoserGoesOn) {
  ForEachSchedule([](LabRuntime& runtime) {
    // Both arms become ready in one step of the other task; whichever loses
    // gives its lock, or its notification, to the third task.
    auto mutex = std::make_unique<Mutex>();
    auto notify = std::make_unique<Notify>();
    int taken = 0;
    bool third_done = false;
    runtime.SpawnRoot("first", [&](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex->Lock(cx));
      co_await Try(cx.Sleep(absl::Milliseconds(10)));
      guard.Unlock();
      notify->NotifyOne();
      co_return absl::OkStatus();
    });
    runtime.SpawnRoot("second", [&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      taken = co_await Try(Select(
          cx,
          On(mutex->Lock(cx),
             [](absl::StatusOr<MutexGuard> guard) {
               EXPECT_TRUE(guard.ok());
               return 1;
             }),
          On(notify->Wait(cx), [] { return 2; })));
      co_return absl::OkStatus();
    });
    runtime.SpawnRoot("third", [&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Milliseconds(20)));
      EXPECT_FALSE(mutex->locked());
      if (taken == 1) co_await Try(notify->Wait(cx));
      MutexGuard guard = co_await Try(mutex->Lock(cx));
      third_done = true;
      co_return absl::OkStatus();
    });
    const RunResult result = runtime.RunUntilQuiescent();
    EXPECT_TRUE(result.quiescent()) << result.report;
    EXPECT_TRUE(third_done);
    EXPECT_EQ(runtime.obligations().empty(), true);
  });
}

// The objects that each step accessed, by step.
std::map<std::uint64_t, std::set<std::uint64_t>> Accesses(LabRuntime& runtime) {
  std::map<std::uint64_t, std::set<std::uint64_t>> accesses;
  const ReplayTrace trace = *runtime.TakeReplayTrace();
  for (const EventRecord& record : trace.events()) {
    if (const auto* access = std::get_if<ObjectAccessed>(&record.event)) {
      accesses[record.tick].insert(access->object);
    }
  }
  return accesses;
}

// A step that gives up a place in a queue, or what was handed over, does not
// commute with those that look at the queue.
template <class MakeArm>
void ExpectTheLoserIsSeenToLeave(MakeArm make_arm) {
  LabRuntime runtime(LabConfig(1).WithReplayRecording(
      RecorderConfig::Enabled().WithAccesses(true)));
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Select(cx, On(make_arm(cx), [](auto&&...) {}),
                              On(cx.Sleep(absl::Seconds(1)), [] {}));
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  const auto accesses = Accesses(runtime);
  ASSERT_FALSE(accesses.empty());
  EXPECT_LT(accesses.begin()->first, runtime.steps());
  const auto last = accesses.find(runtime.steps());
  ASSERT_NE(last, accesses.end());
  // What it waited for.
  for (std::uint64_t object : accesses.begin()->second) {
    EXPECT_EQ(last->second.count(object), 1u);
  }
}

TEST(SelectTest, ALoserIsSeenToLeaveItsQueue) {
  Notify notify;
  ExpectTheLoserIsSeenToLeave([&](Cx& cx) { return notify.Wait(cx); });
  Barrier barrier(2);
  ExpectTheLoserIsSeenToLeave([&](Cx& cx) { return barrier.Arrive(cx); });
  Semaphore semaphore(0);
  ExpectTheLoserIsSeenToLeave([&](Cx& cx) { return semaphore.Acquire(cx); });
  auto [tx, rx] = mpsc::Channel<int>(1);
  ExpectTheLoserIsSeenToLeave([&](Cx& cx) {
    EXPECT_TRUE(tx.TrySend(cx, 1).ok());
    return tx.Send(cx, 2);
  });
}

TEST(SelectTest, GivesWhatTheHandlersReturnOfEveryType) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      std::unique_ptr<int> pointer = co_await Try(Select(
          cx, On(cx.Yield(), [] { return std::make_unique<int>(4); })));
      EXPECT_EQ(*pointer, 4);
      const int number = co_await Try(
          Select(cx, On(cx.Yield(), [](absl::Status status) {
                   return status.ok() ? absl::StatusOr<int>(5)
                                      : absl::StatusOr<int>(status);
                 })));
      EXPECT_EQ(number, 5);
      co_return co_await Select(
          cx, On(cx.Yield(), [] { return absl::NotFoundError("handler"); }));
    });
    EXPECT_EQ(outcome.status(), absl::NotFoundError("handler"));
  });
}

TEST(SelectTest, AJoinAndATickAreArms) {
  ForEachSchedule([](LabRuntime& runtime) {
    int ticks = 0;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto worker = cx.Spawn([](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(25), 7);
      });
      Interval interval(cx, absl::Milliseconds(10));
      std::optional<int> value;
      while (!value.has_value()) {
        co_await Try(Select(cx,
                            On(worker.Join(cx),
                               [&](Outcome<int> outcome) {
                                 value = *outcome;
                               }),
                            On(interval.Tick(cx), [&] { ++ticks; })));
      }
      EXPECT_EQ(*value, 7);
      co_return absl::OkStatus();
    });
    EXPECT_EQ(ticks, 3);
  });
}

TEST(SelectTest, CancellingTheCallerCallsNoHandlerAndLosesNothing) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto [tx, rx] = mpsc::Channel<int>(1);
    Mutex mutex;
    bool called = false;
    auto handle = runtime.SpawnRoot([&, &rx = rx](Cx& cx)
                                        -> Task<absl::Status> {
      absl::Status status = co_await Select(
          cx, On(rx.Recv(cx), [&] { called = true; }),
          On(cx.Sleep(absl::InfiniteDuration()), [&] { called = true; }));
      EXPECT_TRUE(absl::IsCancelled(status));
      co_return status;
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
    EXPECT_THAT(runtime.DescribeTasks(),
                HasSubstr("waits to select (receive from mpsc channel) or "
                          "(sleep for ever) at"));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_FALSE(called);
    // The channel is as it was.
    auto after = RunToEnd(runtime, [&, &tx = tx, &rx = rx](Cx& cx)
                                       -> Task<absl::StatusOr<int>> {
      co_await Try(tx.Send(cx, 3));
      co_return co_await rx.Recv(cx);
    });
    EXPECT_EQ(*after, 3);
  });
}

TEST(SelectTest, ACancelledCallerTakesNothingThatIsReady) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto [tx, rx] = mpsc::Channel<int>(1);
    auto handle = runtime.SpawnRoot([&tx = tx, &rx = rx](Cx& cx)
                                        -> Task<absl::Status> {
      co_await Try(tx.Send(cx, 3));
      (void)co_await cx.Sleep(absl::Hours(1));
      co_return co_await Select(cx, On(rx.Recv(cx), [] {}));
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(absl::IsCancelled(handle.TakeOutcome().status()));
    EXPECT_EQ(*rx.TryRecv(), 3);
  });
}

TEST(SelectTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto [tx, rx] = mpsc::Channel<int>(1);
    runtime.SpawnRoot([rx = std::move(rx)](Cx& cx) mutable
                      -> Task<absl::Status> {
      co_return co_await Select(cx, On(rx.Recv(cx), [] {}),
                                On(cx.Sleep(absl::Hours(1)), [] {}));
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

TEST(SelectDeathTest, AnArmOfAnotherTaskIsAnError) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        runtime.SpawnRoot([&](Cx& outer) -> Task<absl::Status> {
          auto inner = outer.Spawn([&](Cx& cx) -> Task<absl::Status> {
            co_return co_await Select(cx, On(outer.Yield(), [] {}));
          });
          co_return (co_await inner.Join(outer)).status();
        });
        runtime.RunUntilQuiescent();
      },
      "T2, spawned at .*, uses the Cx of T1, spawned at ");
}

}  // namespace
}  // namespace asupersync
