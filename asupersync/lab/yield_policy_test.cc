// YieldPolicy: where a task gives way.
#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

LabConfig Coarse(std::uint64_t seed) {
  return LabConfig(seed).WithYieldPolicy(YieldPolicy::kWhenBlocked);
}

// Operations that need not wait, one of each.
Task<absl::Status> NothingToWaitFor(Cx& cx) {
  Mutex mutex;
  Notify notify;
  auto [tx, rx] = mpsc::Channel<int>(2);
  MutexGuard guard = co_await Try(mutex.Lock(cx));
  notify.NotifyOne();
  co_await Try(notify.Wait(cx));
  co_await Try(tx.Send(cx, 1));
  auto permit = co_await Try(tx.Reserve(cx));
  permit.Send(2);
  EXPECT_EQ(co_await Try(rx.Recv(cx)), 1);
  co_await Try(cx.Sleep(absl::ZeroDuration()));
  co_await Try(
      Scope(cx, [](Cx&) -> Task<absl::Status> { co_return absl::OkStatus(); }));
  co_return absl::OkStatus();
}

TEST(YieldPolicyTest, WhenBlockedATaskRunsOnThroughWhatNeedNotWait) {
  LabRuntime coarse(Coarse(1));
  auto handle = coarse.SpawnRoot(NothingToWaitFor);
  EXPECT_TRUE(coarse.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kOk);
  EXPECT_EQ(coarse.steps(), 1u);

  LabRuntime fine(LabConfig(1));
  fine.SpawnRoot(NothingToWaitFor);
  EXPECT_TRUE(fine.RunUntilQuiescent().quiescent());
  EXPECT_EQ(fine.steps(), 8u);  // the start and seven operations
}

TEST(YieldPolicyTest, AYieldAlwaysYields) {
  for (const LabConfig& config : {Coarse(1), LabConfig(1)}) {
    LabRuntime runtime(config);
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 5; ++i) co_await Try(cx.Yield());
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(runtime.steps(), 6u);
  }
}

// Two unprotected increments with a lock operation in between, which gives way
// only if every operation does.
int Increments(const LabConfig& config) {
  LabRuntime runtime(config);
  int value = 0;
  for (int i = 0; i < 2; ++i) {
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      Mutex mine;
      const int read = value;
      MutexGuard guard = co_await Try(mine.Lock(cx));
      value = read + 1;
      co_return absl::OkStatus();
    });
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  return value;
}

TEST(YieldPolicyTest, YieldingEverywhereFindsWhatTheCoarsePolicyCannot) {
  std::set<int> fine, coarse;
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    fine.insert(Increments(LabConfig(seed)));
    coarse.insert(Increments(Coarse(seed)));
  }
  EXPECT_EQ(fine, (std::set<int>{1, 2}));
  EXPECT_EQ(coarse, (std::set<int>{2}));
}

Task<absl::Status> PingPong(Cx& cx, mpsc::Sender<int> tx,
                            mpsc::Receiver<int> rx, int first) {
  if (first >= 0) co_await Try(tx.Send(cx, first));
  for (;;) {
    int value = co_await Try(rx.Recv(cx));
    if (value >= 20) co_return tx.TrySend(cx, value + 1);
    co_await Try(tx.Send(cx, value + 1));
  }
}

TEST(YieldPolicyTest, WaitingWorksUnderBoth) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    for (const LabConfig& config : {Coarse(seed), LabConfig(seed)}) {
      LabRuntime runtime(config);
      auto there = mpsc::Channel<int>(1);
      auto back = mpsc::Channel<int>(1);
      runtime.SpawnRoot([tx = std::move(there.sender),
                         rx = std::move(back.receiver)](Cx& cx) mutable {
        return PingPong(cx, std::move(tx), std::move(rx), 0);
      });
      auto handle =
          runtime.SpawnRoot([tx = std::move(back.sender),
                             rx = std::move(there.receiver)](Cx& cx) mutable {
            return PingPong(cx, std::move(tx), std::move(rx), -1);
          });
      RunResult result = runtime.RunUntilQuiescent();
      EXPECT_TRUE(result.quiescent()) << result.report;
    }
  }
}

TEST(YieldPolicyTest, CancellationIsSeenWithoutWaiting) {
  LabRuntime runtime(Coarse(1));
  int rounds = 0;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    Mutex mutex;
    for (;; ++rounds) {
      if (rounds == 3) {
        // From now on every operation ends at once with the cancellation.
        cx.node().runtime().RequestCancel(cx.node(),
                                         CancelReason(CancelKind::kUser, "now"),
                                         std::source_location::current());
      }
      MutexGuard guard = co_await Try(mutex.Lock(cx));
    }
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(rounds, 3);
  EXPECT_EQ(runtime.steps(), 1u);
  EXPECT_EQ(handle.TakeOutcome().reason().message(), "now");
}

}  // namespace
}  // namespace asupersync
