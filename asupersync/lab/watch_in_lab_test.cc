// watch on a runtime: the latest value, and who has seen it.
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/watch.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
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

TEST(WatchInLabTest, EveryReceiverSeesTheLastValueAndNoneTwice) {
  std::set<std::size_t> lengths;
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      LabRuntime runtime(LabConfig(seed).WithYieldPolicy(policy));
      std::vector<std::vector<int>> seen(3);
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        auto [tx, rx] = watch::Channel<int>(0);
        for (std::vector<int>& values : seen) {
          cx.Spawn([rx = rx, &values](Cx& cx) mutable -> Task<absl::Status> {
            for (;;) {
              const absl::Status changed = co_await rx.Changed(cx);
              if (!changed.ok()) {
                EXPECT_TRUE(absl::IsOutOfRange(changed));
                co_return absl::OkStatus();
              }
              values.push_back(rx.Borrow());
            }
          });
        }
        for (int i = 1; i <= 5; ++i) co_await Try(tx.Send(cx, i));
        co_return absl::OkStatus();
      });
      ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
      for (const std::vector<int>& values : seen) {
        ASSERT_FALSE(values.empty());
        EXPECT_EQ(values.back(), 5);
        for (std::size_t i = 1; i < values.size(); ++i) {
          EXPECT_LT(values[i - 1], values[i]);
        }
        lengths.insert(values.size());
      }
    }
  }
  EXPECT_GE(lengths.size(), 4u);  // some miss much, some little
}

TEST(WatchInLabTest, KnowsWhatEachReceiverHasSeen) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = watch::Channel<std::string>("first");
    EXPECT_FALSE(rx.HasChanged());
    EXPECT_EQ(rx.Borrow(), "first");
    co_await Try(tx.Send(cx, "second"));
    auto late = tx.Subscribe();
    auto copy = rx;
    EXPECT_TRUE(rx.HasChanged());
    EXPECT_TRUE(copy.HasChanged());
    EXPECT_FALSE(late.HasChanged());
    EXPECT_EQ(rx.Borrow(), "second");
    EXPECT_TRUE(rx.HasChanged());
    EXPECT_EQ(rx.BorrowAndUpdate(), "second");
    EXPECT_FALSE(rx.HasChanged());
    EXPECT_TRUE(copy.HasChanged());
    co_await Try(copy.Changed(cx));
    EXPECT_FALSE(copy.HasChanged());
    co_await Try(tx.SendModify(cx, [](std::string& text) { text += "!"; }));
    EXPECT_EQ(tx.Borrow(), "second!");
    EXPECT_EQ(late.BorrowAndUpdate(), "second!");
    late = rx;
    EXPECT_TRUE(late.HasChanged());
    co_return absl::OkStatus();
  });
}

TEST(WatchInLabTest, SendWantsAReceiverAndSendModifyDoesNot) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = watch::Channel<int>(1);
    {
      auto gone = std::move(rx);
    }
    EXPECT_TRUE(absl::IsFailedPrecondition(co_await tx.Send(cx, 2)));
    EXPECT_EQ(tx.Borrow(), 1);
    co_await Try(tx.SendModify(cx, [](int& value) { value = 3; }));
    EXPECT_EQ(tx.Borrow(), 3);
    auto again = tx.Subscribe();
    EXPECT_FALSE(again.HasChanged());
    EXPECT_EQ(again.Borrow(), 3);
    co_return absl::OkStatus();
  });
}

TEST(WatchInLabTest, TheLastValueIsSeenBeforeTheEnd) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = watch::Channel<int>(1);
    {
      auto last = std::move(tx);
      auto copy = last;
      co_await Try(copy.Send(cx, 2));
    }
    EXPECT_TRUE((co_await rx.Changed(cx)).ok());
    EXPECT_EQ(rx.Borrow(), 2);
    EXPECT_TRUE(absl::IsOutOfRange(co_await rx.Changed(cx)));
    EXPECT_EQ(rx.Borrow(), 2);
    co_return absl::OkStatus();
  });
}

TEST(WatchInLabTest, WaitForPassesOnTheFirstValueThatFits) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = watch::Channel<int>(0);
    std::optional<int> passed;
    absl::Status never = absl::OkStatus();
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(rx.WaitFor(cx, [](int value) { return value >= 2; }));
      passed = rx.Borrow();
      // Already true: passes at once.
      co_await Try(rx.WaitFor(cx, [](int value) { return value >= 2; }));
      never = co_await rx.WaitFor(cx, [](int value) { return value > 9; });
      co_return absl::OkStatus();
    });
    runtime.SpawnRoot([tx = std::move(tx)](Cx& cx) -> Task<absl::Status> {
      for (int i = 1; i <= 3; ++i) co_await Try(tx.Send(cx, i));
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_GE(passed.value_or(0), 2);
    EXPECT_TRUE(absl::IsOutOfRange(never));
  }
}

TEST(WatchInLabTest, ExceptionsAreTheTasksOwnAndTellNobody) {
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = watch::Channel<int>(0);
  auto sender = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await tx.SendModify(
        cx, [](int&) { throw std::runtime_error("change"); });
  });
  auto waiter = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await rx.WaitFor(
        cx, [](int) -> bool { throw std::runtime_error("predicate"); });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(sender.TakeOutcome().panic().what, "change");
  EXPECT_EQ(waiter.TakeOutcome().panic().what, "predicate");
  EXPECT_FALSE(rx.HasChanged());
}

TEST(WatchInLabTest, ACancelledReceiverHasSeenNothing) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = watch::Channel<int>(0);
    auto receiver = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return co_await rx.Changed(cx);
    });
    runtime.StepN(2);
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(tx.Send(cx, 1));
      receiver.Cancel();
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(receiver.outcome_kind(), OutcomeKind::kCancelled);
    EXPECT_TRUE(rx.HasChanged());
  }
}

TEST(WatchInLabTest, ReceiversDoNotDependOnEachOther) {
  std::set<std::uint64_t> fingerprints;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = watch::Channel<int>(0);
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([rx = rx](Cx& cx) mutable -> Task<absl::Status> {
        co_return co_await rx.Changed(cx);
      });
    }
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(1)));  // all wait
      co_return co_await tx.Send(cx, 1);
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    fingerprints.insert(runtime.fingerprint().value());
  }
  EXPECT_EQ(fingerprints.size(), 1u);
}

TEST(WatchInLabTest, ADeadlockShowsTheReceiver) {
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = watch::Channel<int>(2);
  runtime.SpawnRoot("watcher", [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await rx.WaitFor(cx, [](int value) { return value == 3; });
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("'watcher' waits to see watch channel changed at "
                        "asupersync/lab/watch_in_lab_test.cc:"));
}

TEST(WatchInLabTest, ARuntimeThatEndsInBetweenLeavesNothing) {
  auto value = std::make_shared<int>(1);
  {
    auto [tx, rx] = watch::Channel<std::shared_ptr<int>>(value);
    LabRuntime runtime(LabConfig(1));
    for (int i = 0; i < 2; ++i) {
      runtime.SpawnRoot([rx = rx](Cx& cx) mutable -> Task<absl::Status> {
        for (;;) co_await Try(rx.Changed(cx));
      });
    }
    runtime.SpawnRoot([tx = tx, value](Cx& cx) -> Task<absl::Status> {
      for (;;) co_await Try(tx.Send(cx, value));
    });
    runtime.StepN(10);
  }
  EXPECT_EQ(value.use_count(), 1);
}

}  // namespace
}  // namespace asupersync
