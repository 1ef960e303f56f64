// oneshot on a runtime: one message, and what each end learns of the other.
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

// Runs `body` as a task and expects it to end well.
template <class F>
void RunTask(F&& body) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(std::forward<F>(body));
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_TRUE(result.quiescent()) << result.report;
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kOk);
}

TEST(OneshotInLabTest, DeliversItsMessageUnderEverySchedule) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      LabRuntime runtime(LabConfig(seed).WithYieldPolicy(policy));
      auto [tx, rx] = oneshot::Channel<std::unique_ptr<int>>();
      std::optional<int> got;
      runtime.SpawnRoot([&, rx = std::move(rx)](
                            Cx& cx) mutable -> Task<absl::Status> {
        got = *co_await Try(rx.Recv(cx));
        EXPECT_TRUE(absl::IsOutOfRange((co_await rx.Recv(cx)).status()));
        co_return absl::OkStatus();
      });
      runtime.SpawnRoot([tx = std::move(tx)](
                            Cx& cx) mutable -> Task<absl::Status> {
        co_await Try(cx.Yield());
        co_return tx.Send(std::make_unique<int>(5));
      });
      ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
      EXPECT_EQ(got, 5);
      runtime.Conclude();
      EXPECT_TRUE(runtime.violations().empty());
    }
  }
}

TEST(OneshotInLabTest, TheReceiverLearnsThatNoMessageWillCome) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = oneshot::Channel<int>();
    EXPECT_TRUE(absl::IsUnavailable(rx.TryRecv().status()));
    auto waiter = cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await rx.Recv(cx)).status();
    });
    co_await Try(cx.Sleep(absl::Seconds(1)));
    EXPECT_FALSE(waiter.done());
    {
      auto gone = std::move(tx);
    }
    const Outcome<void> end = co_await waiter.Join(cx);
    EXPECT_TRUE(absl::IsOutOfRange(end.status()));
    EXPECT_THAT(end.status().message(), HasSubstr("without sending"));
    EXPECT_TRUE(absl::IsOutOfRange(rx.TryRecv().status()));
    co_return absl::OkStatus();
  });
}

TEST(OneshotInLabTest, TheSenderLearnsThatNobodyWantsTheMessage) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = oneshot::Channel<LiveProbe>();
    auto worker = cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
      co_return co_await tx.Closed(cx);
    });
    co_await Try(cx.Sleep(absl::Seconds(1)));
    EXPECT_FALSE(worker.done());
    EXPECT_FALSE(tx.closed());
    {
      auto gone = std::move(rx);
    }
    co_await Try(worker.Join(cx));
    EXPECT_TRUE(tx.closed());
    EXPECT_TRUE((co_await tx.Closed(cx)).ok());
    EXPECT_TRUE(absl::IsFailedPrecondition(tx.Send(LiveProbe())));
    EXPECT_EQ(LiveProbe::alive(), 0);
    co_return absl::OkStatus();
  });
}

TEST(OneshotInLabTest, AMessageNobodyTookDiesWithTheReceiver) {
  RunTask([](Cx&) -> Task<absl::Status> {
    auto [tx, rx] = oneshot::Channel<LiveProbe>();
    EXPECT_TRUE(tx.Send(LiveProbe()).ok());
    EXPECT_EQ(LiveProbe::alive(), 1);
    {
      auto gone = std::move(rx);
    }
    EXPECT_EQ(LiveProbe::alive(), 0);
    co_return absl::OkStatus();
  });
}

TEST(OneshotInLabTest, AssigningToAnEndClosesItsOldChannel) {
  RunTask([](Cx&) -> Task<absl::Status> {
    auto a = oneshot::Channel<int>();
    auto b = oneshot::Channel<int>();
    a.sender = std::move(b.sender);
    EXPECT_TRUE(absl::IsOutOfRange(a.receiver.TryRecv().status()));
    EXPECT_TRUE(a.sender.Send(2).ok());
    a.receiver = std::move(b.receiver);
    EXPECT_EQ(*a.receiver.TryRecv(), 2);
    // A spent sender may be given another channel.
    auto c = oneshot::Channel<int>();
    a.sender = std::move(c.sender);
    EXPECT_TRUE(a.sender.Send(3).ok());
    EXPECT_EQ(*c.receiver.TryRecv(), 3);
    co_return absl::OkStatus();
  });
}

TEST(OneshotInLabTest, ACancelledReceiverLeavesTheMessage) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = oneshot::Channel<int>();
    auto receiver = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await rx.Recv(cx)).status();
    });
    runtime.StepN(2);
    runtime.SpawnRoot([&](Cx&) -> Task<absl::Status> {
      absl::Status sent = tx.Send(7);  // wakes the receiver
      receiver.Cancel();
      co_return sent;
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(receiver.outcome_kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(*rx.TryRecv(), 7);
  }
}

TEST(OneshotInLabTest, ADeadlockShowsWhoWaitsForWhat) {
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = oneshot::Channel<int>();
  runtime.SpawnRoot("client", [&](Cx& cx) -> Task<absl::Status> {
    co_return (co_await rx.Recv(cx)).status();
  });
  runtime.SpawnRoot("server", [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await tx.Closed(cx);
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("'client' waits to receive from oneshot channel at "
                        "asupersync/lab/oneshot_in_lab_test.cc:"));
  EXPECT_THAT(result.report,
              HasSubstr("'server' waits to see oneshot channel closed at"));
}

TEST(OneshotInLabTest, ARuntimeThatEndsInBetweenLeavesNothing) {
  {
    auto [tx, rx] = oneshot::Channel<LiveProbe>();
    auto [tx2, rx2] = oneshot::Channel<LiveProbe>();
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([rx = std::move(rx)](
                          Cx& cx) mutable -> Task<absl::Status> {
      co_return (co_await rx.Recv(cx)).status();
    });
    runtime.SpawnRoot([&tx = tx](Cx& cx) -> Task<absl::Status> {
      co_return co_await tx.Closed(cx);
    });
    runtime.SpawnRoot([rx = std::move(rx2), tx = std::move(tx2)](
                          Cx& cx) mutable -> Task<absl::Status> {
      co_await Try(tx.Send(LiveProbe()));
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    runtime.StepN(20);
    EXPECT_EQ(LiveProbe::alive(), 1);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

}  // namespace
}  // namespace asupersync
