#include "asupersync/lab/oracles/futurelock.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
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

  LabRuntime runtime_{LabConfig(1).WithIdleSteps(100)};
  Mutex mutex_;
  Notify notify_;
};

TEST_F(FuturelockTest, ABlockedHolderIsReportedOnceWithItsLockAndItsWait) {
  runtime_.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex_.Lock(cx));
    co_return co_await notify_.Wait(cx);
  });
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  ASSERT_THAT(runtime_.violations(), SizeIs(1));
  EXPECT_THAT(runtime_.violations()[0].message,
              AllOf(HasSubstr("T1 'holder' holds a lock of T1 'holder', "
                              "reserved at"),
                    HasSubstr("it waits to be notified at")));
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
  SpawnBusy(5000);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), SizeIs(1));
}

TEST_F(FuturelockTest, ASleeperWhoseClockMovesIsNotReported) {
  runtime_.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex_.Lock(cx));
    co_return co_await cx.Sleep(absl::Hours(1));
  });
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
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(runtime_.violations(), IsEmpty());
}

}  // namespace
}  // namespace asupersync
