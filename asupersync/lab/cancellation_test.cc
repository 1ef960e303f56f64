// Cancellation: when a request reaches a task, and what it leaves intact.
#include <optional>
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
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

TEST(CancellationTest, ATaskCancelledBeforeItsFirstStepNeverStarts) {
  LabRuntime runtime(LabConfig(1));
  bool called = false;
  auto handle = runtime.SpawnRoot(
      [&called, probe = LiveProbe()](Cx&) -> Task<absl::Status> {
        called = true;
        co_return absl::OkStatus();
      });
  runtime.Cancel(handle, "too late");
  EXPECT_FALSE(handle.done());
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_FALSE(called);
  EXPECT_EQ(LiveProbe::alive(), 0);
  Outcome<void> outcome = handle.TakeOutcome();
  ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(outcome.reason().message(), "too late");
}

// Runs `operation` in a task until it waits (or is about to), cancels the
// task, and gives what the operation returned.
template <class Operation>
absl::Status CancelledWhile(Operation operation, int steps) {
  LabRuntime runtime(LabConfig(1));
  std::optional<absl::Status> seen;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    seen = co_await operation(cx);
    EXPECT_FALSE(cx.Checkpoint().ok());
    co_return *seen;
  });
  runtime.StepN(steps);
  runtime.Cancel(handle, "stop");
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(absl::ToUnixNanos(runtime.Now()), 0);
  return seen.value_or(absl::UnknownError("not reached"));
}

TEST(CancellationTest, EndsEveryOperationThatWaitsOrIsAboutTo) {
  Mutex held;
  Notify notify;
  auto empty = mpsc::Channel<int>(1);
  auto full = mpsc::Channel<int>(1);
  LabRuntime setup;
  std::optional<MutexGuard> guard;
  setup.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    guard = co_await Try(held.Lock(cx));
    co_return full.sender.TrySend(cx, 0);
  });
  ASSERT_TRUE(setup.RunUntilQuiescent().quiescent());
  // After one step the operation is pending, after two it waits.
  for (int steps : {1, 2, 5}) {
    const std::vector<absl::Status> results = {
        CancelledWhile([](Cx& cx) { return cx.Sleep(absl::Hours(1)); }, steps),
        CancelledWhile(
            [](Cx& cx) { return cx.Sleep(absl::InfiniteDuration()); }, steps),
        CancelledWhile([&](Cx& cx) { return notify.Wait(cx); }, steps),
        CancelledWhile([&](Cx& cx) { return full.sender.Send(cx, 1); }, steps),
        CancelledWhile(
            [&](Cx& cx) -> Task<absl::Status> {
              co_return (co_await full.sender.Reserve(cx)).status();
            },
            steps),
        CancelledWhile(
            [&](Cx& cx) -> Task<absl::Status> {
              co_return (co_await empty.receiver.Recv(cx)).status();
            },
            steps),
        CancelledWhile(
            [&](Cx& cx) -> Task<absl::Status> {
              co_return (co_await held.Lock(cx)).status();
            },
            steps),
    };
    for (const absl::Status& result : results) {
      std::optional<CancelReason> reason = CancelReason::FromStatus(result);
      ASSERT_TRUE(reason.has_value()) << result;
      EXPECT_EQ(reason->message(), "stop");
    }
  }
  EXPECT_EQ(full.receiver.size(), 1u);
}

TEST(CancellationTest, ACancelledJoinerLeavesTheResultForAnother) {
  LabRuntime runtime(LabConfig(1));
  auto target = runtime.SpawnRoot([](Cx& cx) -> Task<absl::StatusOr<int>> {
    co_await Try(cx.Sleep(absl::Seconds(1)));
    co_return 5;
  });
  auto joiner = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return (co_await target.Join(cx)).status();
  });
  runtime.StepN(10);
  runtime.Cancel(joiner);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(joiner.outcome_kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(target.TakeOutcome().value(), 5);
}

TEST(CancellationTest, ATaskThatCancelsItselfSeesItAtItsNextOperation) {
  LabRuntime runtime(LabConfig(1));
  std::optional<TaskHandle<absl::Status>> self;
  std::vector<std::string> log;
  self = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    self->Cancel("myself");
    log.push_back(cx.Checkpoint().ok() ? "not seen" : "seen");
    absl::Status status = co_await cx.Yield();
    log.push_back(status.ok() ? "went on" : "ended");
    co_return status;
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("seen", "ended"));
  EXPECT_EQ(self->TakeOutcome().reason().origin(), self->id());
}

TEST(CancellationTest, ASecondRequestOnlyStrengthens) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    CancelMask mask(cx);
    (void)co_await cx.Sleep(absl::Seconds(1));
    co_return cx.node().cancel->ToStatus();
  });
  runtime.StepN(2);
  handle.Cancel(CancelReason(CancelKind::kFailFast, "strong"));
  handle.Cancel(CancelReason(CancelKind::kUser, "weak"));
  handle.Cancel(CancelReason(CancelKind::kShutdown, "strongest"));
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  const Outcome<void> outcome = handle.TakeOutcome();
  EXPECT_EQ(outcome.reason().kind(), CancelKind::kShutdown);
  EXPECT_EQ(outcome.reason().message(), "strongest");
  ASSERT_NE(outcome.reason().cause(), nullptr);
  EXPECT_EQ(outcome.reason().cause()->message(), "strong");
  EXPECT_EQ(outcome.reason().chain_length(), 2);
}

TEST(CancellationTest, ARequestToATaskThatIsDoneChangesNothing) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx&) -> Task<int> { co_return 3; });
  runtime.RunUntilQuiescent();
  runtime.Cancel(handle);
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kOk);
  EXPECT_EQ(handle.TakeOutcome().value(), 3);
}

TEST(CancellationTest, AMaskDefersTheRequestUntilItEnds) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    {
      CancelMask outer(cx);
      CancelMask inner(cx);
      absl::Status slept = co_await cx.Sleep(absl::Seconds(1));
      log.push_back(slept.ok() ? "slept" : "cancelled");
      log.push_back(cx.Checkpoint().ok() ? "masked" : "visible");
    }
    log.push_back(cx.Checkpoint().ok() ? "masked" : "visible");
    absl::Status status = co_await cx.Sleep(absl::Seconds(1));
    log.push_back(status.ok() ? "slept" : "cancelled");
    co_return status;
  });
  runtime.StepN(2);
  runtime.Cancel(handle);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("slept", "masked", "visible", "cancelled"));
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(1));
}

TEST(CancellationTest, WhatWasHandedOverAlreadyIsKept) {
  LabRuntime runtime(LabConfig(1));
  Mutex mutex;
  std::vector<std::string> log;
  std::optional<TaskHandle<absl::Status>> waiter;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    waiter = cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
      absl::StatusOr<MutexGuard> got = co_await mutex.Lock(cx);
      log.push_back(got.ok() ? "got the lock" : "cancelled");
      absl::Status next = co_await cx.Yield();
      log.push_back(next.ok() ? "went on" : "cancelled");
      co_return next;
    });
    co_await Try(cx.Sleep(absl::Seconds(1)));
    guard.Unlock();
    waiter->Cancel();
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("got the lock", "cancelled"));
  EXPECT_FALSE(mutex.locked());
}

TEST(CancellationTest, AReceiverCancelledAfterItsWakeUpLosesNoMessage) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = mpsc::Channel<int>(1);
    auto receiver = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::StatusOr<int> value = co_await rx.Recv(cx);
      EXPECT_FALSE(value.ok());
      co_return value.status();
    });
    runtime.StepN(2);
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::Status sent = tx.TrySend(cx, 7);  // wakes the receiver
      receiver.Cancel();
      co_return sent;
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(receiver.outcome_kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(rx.size(), 1u);
  }
}

TEST(CancellationTest, RunsDownTheScopesWithTheReasonAsCause) {
  LabRuntime runtime(LabConfig(1));
  std::vector<Outcome<void>> ends;
  auto leaf = [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Hours(1));
  };
  auto root = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      auto outer = cx.Spawn(leaf);
      co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        auto inner = cx.Spawn(leaf);
        CancelMask mask(cx);
        ends.push_back(co_await inner.Join(cx));
        ends.push_back(co_await outer.Join(cx));
        co_return absl::OkStatus();
      }));
      co_return absl::OkStatus();
    }));
    co_return absl::OkStatus();
  });
  runtime.StepN(30);
  runtime.Cancel(root, "all of it");
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  ASSERT_EQ(ends.size(), 2u);
  for (const Outcome<void>& end : ends) {
    ASSERT_EQ(end.kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(end.reason().kind(), CancelKind::kParentCancelled);
    ASSERT_NE(end.reason().cause(), nullptr);
    EXPECT_EQ(end.reason().cause()->message(), "all of it");
  }
}

Task<absl::Status> CleansUpWithTasks(Cx& cx, std::vector<std::string>& log) {
  absl::Status status = co_await cx.Sleep(absl::Hours(1));
  CancelMask mask(cx);
  (void)co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(1)));
      log.push_back("flushed");
      co_return absl::OkStatus();
    });
    co_return absl::OkStatus();
  });
  co_return status;
}

TEST(CancellationTest, CleanUpUnderAMaskMayUseTasks) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle =
      runtime.SpawnRoot([&](Cx& cx) { return CleansUpWithTasks(cx, log); });
  runtime.StepN(2);
  runtime.Cancel(handle);
  runtime.StepN(5);
  // A second request must not reach the clean-up either.
  handle.Cancel(CancelReason(CancelKind::kShutdown));
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("flushed"));
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kCancelled);
}

}  // namespace
}  // namespace asupersync
