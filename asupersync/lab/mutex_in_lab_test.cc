// Mutex and Notify on a runtime.
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(MutexInLabTest, AtMostOneTaskHoldsItUnderEverySeed) {
  std::uint64_t unprotected_lost = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Mutex mutex;
    int with_lock = 0, without_lock = 0;
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        for (int j = 0; j < 3; ++j) {
          int read = without_lock;
          co_await Try(cx.Yield());
          without_lock = read + 1;
          MutexGuard guard = co_await Try(mutex.Lock(cx));
          read = with_lock;
          co_await Try(cx.Yield());
          with_lock = read + 1;
        }
        co_return absl::OkStatus();
      });
    }
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    ASSERT_EQ(with_lock, 9);
    unprotected_lost += 9 - without_lock;
  }
  EXPECT_GT(unprotected_lost, 100u);  // the test can fail
}

TEST(MutexInLabTest, WaitersGetItInTheOrderInWhichTheyAsked) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Mutex mutex;
    std::vector<int> order;
    for (int i = 0; i < 5; ++i) {
      runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.Sleep(absl::Seconds(i)));
        MutexGuard guard = co_await Try(mutex.Lock(cx));
        order.push_back(i);
        co_return co_await cx.Sleep(absl::Seconds(10));
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_THAT(order, ElementsAre(0, 1, 2, 3, 4));
  }
}

TEST(MutexInLabTest, AnUnlockHandsOverSoThatNobodyOvertakes) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Mutex mutex;
    std::string order;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex.Lock(cx));
      co_await Try(cx.Sleep(absl::Seconds(1)));
      guard.Unlock();
      guard.Unlock();  // does nothing
      EXPECT_TRUE(mutex.locked());
      EXPECT_TRUE(absl::IsUnavailable(mutex.TryLock(cx).status()));
      MutexGuard again = co_await Try(mutex.Lock(cx));
      order.push_back('a');
      co_return absl::OkStatus();
    });
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      MutexGuard guard = co_await Try(mutex.Lock(cx));
      order.push_back('b');
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(order, "ba");
  }
}

TEST(MutexInLabTest, AssigningToAGuardUnlocksWhatItHeld) {
  LabRuntime runtime(LabConfig(1));
  Mutex a, b;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(a.Lock(cx));
    MutexGuard other = co_await Try(b.Lock(cx));
    guard = std::move(other);
    EXPECT_FALSE(a.locked());
    EXPECT_TRUE(b.locked());
    MutexGuard& self = guard;
    guard = std::move(self);
    EXPECT_TRUE(b.locked());
    guard.Unlock();
    EXPECT_FALSE(b.locked());
    EXPECT_TRUE(a.TryLock(cx).ok());  // and unlocks again
    EXPECT_FALSE(a.locked());
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(MutexInLabTest, ATaskThatEndsInAnyWayUnlocks) {
  LabRuntime runtime(LabConfig(1));
  Mutex mutex;
  for (int how = 0; how < 3; ++how) {
    auto handle = runtime.SpawnRoot([&, how](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex.Lock(cx));
      if (how == 0) throw how;
      if (how == 1) co_await Try(absl::NotFoundError("error"));
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    runtime.StepN(10);
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_FALSE(mutex.locked());
  }
}

TEST(MutexInLabTest, ACancelledWaiterLeavesTheQueue) {
  LabRuntime runtime(LabConfig(1));
  Mutex mutex;
  std::vector<TaskHandle<absl::Status>> handles;
  std::string order;
  for (char letter : {'a', 'b', 'c'}) {
    handles.push_back(
        runtime.SpawnRoot([&, letter](Cx& cx) -> Task<absl::Status> {
          MutexGuard guard = co_await Try(mutex.Lock(cx));
          order.push_back(letter);
          co_return co_await cx.Sleep(absl::Seconds(1));
        }));
    runtime.StepN(10);
  }
  runtime.Cancel(handles[1]);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(order, "ac");
}

Task<absl::Status> WaitFor(Cx& cx, Notify& notify, char letter,
                           std::string& log) {
  co_await Try(notify.Wait(cx));
  log.push_back(letter);
  co_return absl::OkStatus();
}

class NotifyInLabTest : public ::testing::Test {
 protected:
  TaskHandle<absl::Status> SpawnWaiter(char letter) {
    auto handle = runtime_.SpawnRoot(
        [this, letter](Cx& cx) { return WaitFor(cx, notify_, letter, log_); });
    runtime_.StepN(10);
    return handle;
  }

  LabRuntime runtime_{LabConfig(1)};
  Notify notify_;
  std::string log_;
};

TEST_F(NotifyInLabTest, NotifyOneWakesTheOneThatWaitsLongest) {
  for (char letter : {'a', 'b', 'c'}) SpawnWaiter(letter);
  notify_.NotifyOne();
  EXPECT_EQ(runtime_.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
  EXPECT_EQ(log_, "a");
  notify_.NotifyOne();
  runtime_.RunUntilQuiescent();
  EXPECT_EQ(log_, "ab");
}

TEST_F(NotifyInLabTest, WithoutAWaiterNotifyOneLeavesOnePermit) {
  notify_.NotifyOne();
  notify_.NotifyOne();
  SpawnWaiter('a');
  SpawnWaiter('b');
  EXPECT_EQ(log_, "a");
  EXPECT_EQ(runtime_.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
}

TEST_F(NotifyInLabTest, NotifyAllWakesThoseThatWaitNowAndLeavesNoPermit) {
  notify_.NotifyAll();
  SpawnWaiter('a');
  SpawnWaiter('b');
  EXPECT_THAT(log_, IsEmpty());
  notify_.NotifyAll();
  EXPECT_TRUE(runtime_.RunUntilQuiescent().quiescent());
  EXPECT_EQ(log_.size(), 2u);
  SpawnWaiter('c');
  EXPECT_EQ(log_.size(), 2u);
}

TEST_F(NotifyInLabTest, ANotificationOvertakesNoCancellation) {
  auto first = SpawnWaiter('a');
  SpawnWaiter('b');
  runtime_.Cancel(first);
  runtime_.StepN(5);
  EXPECT_TRUE(first.done());
  notify_.NotifyOne();  // 'a' has left the queue
  EXPECT_TRUE(runtime_.RunUntilQuiescent().quiescent());
  EXPECT_EQ(log_, "b");
}

TEST_F(NotifyInLabTest, AWaiterThatWasNotifiedIsNotCancelledAnyMore) {
  auto first = SpawnWaiter('a');
  notify_.NotifyOne();
  runtime_.Cancel(first);
  EXPECT_TRUE(runtime_.RunUntilQuiescent().quiescent());
  EXPECT_EQ(log_, "a");
}

}  // namespace
}  // namespace asupersync
