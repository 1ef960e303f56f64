// Frames, parameters, captures and results are destroyed exactly once, however
// a task or its runtime ends, and their destructors may do what they like.
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
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

Task<absl::StatusOr<LiveProbe>> Child(Cx& cx, LiveProbe, bool fails) {
  LiveProbe local;
  co_await Try(cx.Yield());
  if (fails) co_return absl::NotFoundError("no");
  co_return LiveProbe();
}

// Spawns, joins, fails, throws: every way to end at once. Results stay in
// handles that are dropped at different times.
Task<absl::Status> Everything(Cx& cx, LiveProbe) {
  LiveProbe local;
  auto ends = cx.Spawn(
      [probe = LiveProbe()](Cx& cx) { return Child(cx, LiveProbe(), false); });
  auto fails = cx.Spawn(
      [probe = LiveProbe()](Cx& cx) { return Child(cx, LiveProbe(), true); });
  cx.Spawn([probe = LiveProbe()](Cx& cx) -> Task<LiveProbe> {
    LiveProbe local;
    (void)co_await cx.Yield();
    throw std::runtime_error("detached");
  });
  cx.Spawn([probe = LiveProbe()](Cx&) -> Task<LiveProbe> {
    throw std::runtime_error("no task");
  });
  cx.Spawn([probe = LiveProbe()](Cx& cx) -> Task<LiveProbe> {
    (void)co_await cx.Yield();
    co_return LiveProbe();
  });
  LiveProbe result = co_await Try(ends.Join(cx));
  co_await Try(fails.Join(cx));
  co_return absl::OkStatus();
}

TEST(LifetimeTest, EveryObjectDiesOnceWhereverTheRunStops) {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (int steps = 0;; ++steps) {
      bool quiescent = false;
      {
        LabRuntime runtime{LabConfig(seed)};
        auto handle = runtime.SpawnRoot([probe = LiveProbe()](Cx& cx) {
          return Everything(cx, LiveProbe());
        });
        quiescent = runtime.StepN(steps) < static_cast<std::uint64_t>(steps);
        if (steps % 3 == 0) runtime.Cancel(handle);
        if (steps % 2 == 0) runtime.RunUntilQuiescent();
        EXPECT_TRUE(quiescent || steps < 50);
        EXPECT_TRUE(handle.done() || (steps % 2 == 1 && !quiescent));
      }
      ASSERT_EQ(LiveProbe::alive(), 0) << "seed " << seed << " steps " << steps;
      if (quiescent) break;
    }
  }
}

TEST(LifetimeTest, TasksBlockedInEveryOperationAreDestroyed) {
  {
    LabRuntime runtime(LabConfig(1));
    Mutex mutex;
    Notify notify;
    auto full = mpsc::Channel<LiveProbe>(1);
    auto empty = mpsc::Channel<LiveProbe>(1);
    auto spawn = [&](auto operation) {
      return runtime.SpawnRoot(
          [&runtime, operation, probe = LiveProbe()](Cx& cx) -> Task<> {
            LiveProbe local;
            (void)co_await operation(cx);
            ADD_FAILURE() << "resumed " << runtime.steps();
          });
    };
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex.Lock(cx));
      auto permit = co_await Try(full.sender.Reserve(cx));
      co_await Try(cx.Sleep(absl::InfiniteDuration()));
      co_return absl::OkStatus();
    });
    runtime.StepN(10);
    for (int twice = 0; twice < 2; ++twice) {
      spawn([&](Cx& cx) { return mutex.Lock(cx); });
      spawn([&](Cx& cx) { return notify.Wait(cx); });
      spawn([&](Cx& cx) { return full.sender.Reserve(cx); });
      spawn([&](Cx& cx) { return full.sender.Send(cx, LiveProbe()); });
    }
    spawn([&](Cx& cx) { return empty.receiver.Recv(cx); });
    auto sleeper = std::make_shared<TaskHandle<void>>(
        spawn([&](Cx& cx) { return cx.Sleep(absl::InfiniteDuration()); }));
    spawn([sleeper](Cx& cx) { return sleeper->Join(cx); });
    EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
    EXPECT_EQ(LiveProbe::alive(), 2 * 11 + 2);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(LifetimeTest, AHandleMayOutliveTheRuntime) {
  std::optional<TaskHandle<absl::StatusOr<LiveProbe>>> ended, blocked;
  {
    LabRuntime runtime(LabConfig(1));
    ended = runtime.SpawnRoot(
        [](Cx&) -> Task<absl::StatusOr<LiveProbe>> { co_return LiveProbe(); });
    blocked = runtime.SpawnRoot([](Cx& cx) -> Task<absl::StatusOr<LiveProbe>> {
      co_await Try(cx.Sleep(absl::InfiniteDuration()));
      co_return LiveProbe();
    });
    runtime.RunUntilQuiescent();
  }
  EXPECT_EQ(LiveProbe::alive(), 1);
  blocked->Cancel();
  EXPECT_TRUE(ended->done());
  EXPECT_TRUE(blocked->done());
  EXPECT_EQ(blocked->TakeOutcome().reason().kind(), CancelKind::kShutdown);
  LabRuntime other;
  auto joiner = other.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    LiveProbe result = co_await Try(ended->Join(cx));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(other.RunUntilQuiescent().quiescent());
  EXPECT_EQ(joiner.outcome_kind(), OutcomeKind::kOk);
  ended.reset();  // with what the join moved from
  EXPECT_EQ(LiveProbe::alive(), 0);
}

// Does `act` when it is destroyed.
class OnDestruction {
 public:
  explicit OnDestruction(std::function<void()> act) : act_(std::move(act)) {}
  OnDestruction(OnDestruction&& other) noexcept
      : act_(std::exchange(other.act_, nullptr)) {}
  ~OnDestruction() {
    if (act_) act_();
  }

 private:
  std::function<void()> act_;
};

TEST(LifetimeTest, ADestructorMaySpawnWhileTheRuntimeRuns) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    OnDestruction spawns([&] {
      cx.Spawn([&](Cx&) -> Task<> {
        log.push_back("spawned by a destructor");
        co_return;
      });
    });
    co_await Try(cx.Yield());
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("spawned by a destructor"));
}

TEST(LifetimeTest, ADestructorMaySpawnAndCancelWhileTheRuntimeShutsDown) {
  std::vector<std::string> log;
  std::optional<TaskHandle<absl::Status>> other;
  {
    LabRuntime runtime(LabConfig(1));
    other = runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      OnDestruction acts([&] {
        other->Cancel("while shutting down");
        auto late = cx.Spawn([&log, probe = LiveProbe()](Cx&) -> Task<> {
          log.push_back("ran");
          co_return;
        });
        log.push_back(late.done() ? "turned away" : "accepted");
        EXPECT_EQ(late.outcome_kind(), OutcomeKind::kCancelled);
      });
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    runtime.RunUntilQuiescent();
  }
  EXPECT_THAT(log, ElementsAre("turned away"));
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(LifetimeTest, AnEndedTaskDropsItsFunctionAndSoClosesItsChannel) {
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = mpsc::Channel<int>(1);
  // The sender lives in the closure, not in the frame.
  auto kept =
      runtime.SpawnRoot([tx = std::move(tx)](Cx& cx) -> Task<absl::Status> {
        co_return tx.TrySend(cx, 1);
      });
  auto reader = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    EXPECT_EQ(co_await Try(rx.Recv(cx)), 1);
    co_return (co_await rx.Recv(cx)).status();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(absl::IsOutOfRange(reader.TakeOutcome().status()));
}

TEST(LifetimeTest, AResultNobodyCanTakeIsDroppedInTheLastStep) {
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = mpsc::Channel<int>(1);
  std::uint64_t dropped_in = 0, ended_in = 0;
  runtime.SpawnRoot([&](Cx& cx) -> Task<std::unique_ptr<OnDestruction>> {
    (void)co_await cx.Yield();
    ended_in = runtime.steps();
    co_return std::make_unique<OnDestruction>([&] {
      // Outside the step this would be null.
      EXPECT_NE(execution_context.task, nullptr);
      dropped_in = runtime.steps();
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(dropped_in, 2u);
  EXPECT_EQ(ended_in, 2u);
}

struct alignas(64) Aligned {
  bool ok() const { return reinterpret_cast<std::uintptr_t>(this) % 64 == 0; }
  int value = 5;
};

TEST(LifetimeTest, ACaptureKeepsItsAlignment) {
  LabRuntime runtime(LabConfig(1));
  std::vector<TaskHandle<int>> handles;
  for (int i = 0; i < 20; ++i) {
    handles.push_back(
        runtime.SpawnRoot([aligned = Aligned()](Cx&) -> Task<int> {
          EXPECT_TRUE(aligned.ok());
          co_return aligned.value;
        }));
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handles[3].TakeOutcome().value(), 5);
}

TEST(LifetimeTest, ATaskThatHoldsItsOwnHandleIsFreed) {
  {
    LabRuntime runtime(LabConfig(1));
    auto slot = std::make_shared<std::optional<TaskHandle<absl::Status>>>();
    *slot = runtime.SpawnRoot([slot](Cx& cx) -> Task<absl::Status> {
      LiveProbe probe;
      auto self = *std::move(*slot);
      slot->reset();
      co_return (co_await self.Join(cx)).status();
    });
    slot.reset();
    EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
    EXPECT_EQ(LiveProbe::alive(), 1);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(LifetimeTest, AssigningAHandleDetachesTheOldTask) {
  LabRuntime runtime(LabConfig(1));
  auto make = [&] {
    return runtime.SpawnRoot(
        [](Cx&) -> Task<LiveProbe> { co_return LiveProbe(); });
  };
  auto first = make();
  auto second = make();
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(LiveProbe::alive(), 2);
  first = std::move(second);
  EXPECT_EQ(LiveProbe::alive(), 1);
}

}  // namespace
}  // namespace asupersync
