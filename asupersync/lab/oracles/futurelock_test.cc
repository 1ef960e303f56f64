#include "asupersync/lab/oracles/futurelock.h"

#include <functional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/combinator/select.h"
#include "asupersync/io/byte_stream.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/time/interval.h"
#include "asupersync/time/timeout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FuturelockTest : public ::testing::Test {
 protected:
  // One that makes steps without letting the clock move.
  void SpawnBusy(int steps) {
    runtime_.SpawnRoot("busy", [steps](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < steps; ++i) co_await Try(cx.Yield());
      co_return absl::OkStatus();
    });
  }

  // One that wants the mutex, after those that were spawned have begun.
  void SpawnWaiter() {
    (void)runtime_.StepN(10);
    runtime_.SpawnRoot("waiter", [this](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex_.Lock(cx));
      co_return absl::OkStatus();
    });
  }

  Task<absl::Status> WaitsForNotify(Cx& cx) {
    co_return co_await notify_.Wait(cx);
  }

  LabRuntime runtime_{LabConfig(1).WithIdleSteps(100)};
  Mutex mutex_;
  Notify notify_;
};

TEST_F(FuturelockTest, ABlockedHolderIsReportedOnceWithItsLockAndItsWait) {
  runtime_.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex_.Lock(cx));
    co_return co_await notify_.Wait(cx);
  });
  SpawnWaiter();
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  ASSERT_THAT(runtime_.violations(), SizeIs(1));
  EXPECT_THAT(runtime_.violations()[0].message,
              AllOf(HasSubstr("T1 'holder' holds a lock of T1 'holder', "
                              "reserved at"),
                    HasSubstr("it waits to be notified at"),
                    HasSubstr(", while T2 'waiter' waits to lock mutex at")));
}

// The clock will wake each of these holders, and only stands still because
// another task is busy for less than the bound.
TEST_F(FuturelockTest, WhoWaitsUntilADeadlineIsNotBlockedForEver) {
  using Wait = std::function<Task<absl::Status>(Cx&)>;
  const Wait waits[] = {
      [](Cx& cx) -> Task<absl::Status> {
        co_return co_await cx.Sleep(absl::Hours(1));
      },
      [](Cx& cx) -> Task<absl::Status> {
        Interval interval(cx, absl::Hours(1));
        co_await Try(interval.Tick(cx));
        co_return (co_await interval.Tick(cx)).status();
      },
      [this](Cx& cx) -> Task<absl::Status> {
        (void)co_await Timeout(cx, absl::Hours(1),
                               [this](Cx& cx) { return WaitsForNotify(cx); });
        co_return absl::OkStatus();
      },
      [this](Cx& cx) -> Task<absl::Status> {
        co_return (co_await Select(cx, On(notify_.Wait(cx), [] {}),
                                   On(cx.Sleep(absl::Hours(1)), [] {})));
      },
  };
  for (const Wait& wait : waits) {
    LabRuntime runtime{LabConfig(1).WithIdleSteps(100)};
    runtime.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex_.Lock(cx));
      co_return co_await wait(cx);
    });
    // The clock moves every 50 steps, with nobody's wait coming to its end.
    runtime.SpawnRoot("busy", [](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 5000; ++i) {
        co_await Try(cx.Yield());
        if (i % 50 == 0) co_await Try(cx.Sleep(absl::Nanoseconds(1)));
      }
      co_return absl::OkStatus();
    });
    (void)runtime.StepN(10);
    runtime.SpawnRoot("waiter", [this](Cx& cx) -> Task<absl::Status> {
      co_return (co_await mutex_.Lock(cx)).status();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_THAT(runtime.violations(), IsEmpty());
  }
}

TEST_F(FuturelockTest, WhatNobodyWaitsForMayBeHeld) {
  Mutex other;
  for (Mutex* mutex : {&mutex_, &other}) {
    runtime_.SpawnRoot("holder", [&, mutex](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(mutex->Lock(cx));
      co_return co_await notify_.Wait(cx);
    });
  }
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

// A pool of two, one idle in the hands of a session; the others take turns.
TEST_F(FuturelockTest, AWaiterThatGetsItsTurnIsNotHeldUp) {
  Semaphore pool(2);
  runtime_.SpawnRoot("session", [&](Cx& cx) -> Task<absl::Status> {
    SemaphorePermit permit = co_await Try(pool.Acquire(cx));
    co_return co_await notify_.Wait(cx);
  });
  for (int i = 0; i < 3; ++i) {
    runtime_.SpawnRoot("worker", [&](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 1000; ++i) {
        SemaphorePermit permit = co_await Try(pool.Acquire(cx));
        co_await Try(cx.Yield());
      }
      co_return absl::OkStatus();
    });
  }
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

// It waits for input, and its consumer for what it makes of that.
TEST_F(FuturelockTest, APermitMayBeReservedBeforeThereIsAnythingToSend) {
  auto [sender, receiver] = mpsc::Channel<int>(1);
  runtime_.SpawnRoot("producer", [&](Cx& cx) -> Task<absl::Status> {
    mpsc::Permit<int> permit = co_await Try(sender.Reserve(cx));
    co_await Try(notify_.Wait(cx));
    permit.Send(1);
    co_return absl::OkStatus();
  });
  runtime_.SpawnRoot("consumer", [&](Cx& cx) -> Task<absl::Status> {
    co_return (co_await receiver.Recv(cx)).status();
  });
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

TEST_F(FuturelockTest, APermitThatAnotherSenderWaitsForIsReported) {
  auto [sender, receiver] = mpsc::Channel<int>(1);
  runtime_.SpawnRoot("producer", [&](Cx& cx) -> Task<absl::Status> {
    mpsc::Permit<int> permit = co_await Try(sender.Reserve(cx));
    co_return co_await notify_.Wait(cx);
  });
  (void)runtime_.StepN(10);
  runtime_.SpawnRoot("other", [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await sender.Send(cx, 1);
  });
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), SizeIs(1));
}

// A read in progress is an obligation, too.
TEST_F(FuturelockTest, AReaderDoesNotHoldUpItself) {
  auto [ours, theirs] = io::Connect(1);
  for (io::ByteStream* end : {&ours, &theirs}) {
    runtime_.SpawnRoot("reader", [end](Cx& cx) -> Task<absl::Status> {
      char byte;
      co_return (co_await end->Read(cx, absl::MakeSpan(&byte, 1))).status();
    });
  }
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

TEST_F(FuturelockTest, ATaskThatHoldsNothingMayWait) {
  runtime_.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await notify_.Wait(cx);
  });
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

TEST_F(FuturelockTest, ASleeperWhoseClockStandsStillIsReported) {
  runtime_.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex_.Lock(cx));
    co_return co_await cx.Sleep(absl::Seconds(1));
  });
  SpawnWaiter();
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), SizeIs(1));
}

TEST_F(FuturelockTest, ASleeperWhoseClockMovesIsNotReported) {
  runtime_.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex_.Lock(cx));
    co_return co_await cx.Sleep(absl::Hours(1));
  });
  SpawnWaiter();
  runtime_.SpawnRoot("ticker", [](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 5000; ++i) {
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
    }
    co_return absl::OkStatus();
  });
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

// What was given to another task, which goes on, is not held by the giver.
TEST_F(FuturelockTest, AnObligationThatWasHandedOverIsNotTheGivers) {
  std::vector<MutexGuard> table;
  runtime_.SpawnRoot("giver", [&](Cx& cx) -> Task<absl::Status> {
    table.push_back(co_await Try(mutex_.Lock(cx)));
    co_return co_await notify_.Wait(cx);
  });
  runtime_.SpawnRoot("taker", [&](Cx& cx) -> Task<absl::Status> {
    while (table.empty()) co_await Try(cx.Yield());
    MutexGuard mine = std::move(table.back());
    table.pop_back();
    for (int i = 0; i < 5000; ++i) co_await Try(cx.Yield());
    notify_.NotifyOne();
    co_return absl::OkStatus();
  });
  SpawnWaiter();
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

}  // namespace
}  // namespace asupersync
