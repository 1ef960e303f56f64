// What a run that cannot go on says: who waits, for what, where.
#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
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
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

template <class F>
std::string ReportOf(const F& body) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("waiter", [&](Cx& cx) { return body(cx); });
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_FALSE(result.quiescent());
  EXPECT_EQ(runtime.last_run()->report, result.report);
  return result.report;
}

TEST(DeadlockTest, NamesWhatEachTaskWaitsForAndWhere) {
  Notify notify;
  auto full = mpsc::Channel<int>(3);
  auto empty = mpsc::Channel<int>(3);
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                co_return co_await notify.Wait(cx);
              }),
              HasSubstr("T1 'waiter' waits to be notified at "
                        "asupersync/lab/deadlock_test.cc:"));
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                for (;;) co_await Try(full.sender.Send(cx, 1));
              }),
              HasSubstr("waits to send to mpsc channel (capacity 3, full) at"));
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                co_return (co_await empty.receiver.Recv(cx)).status();
              }),
              HasSubstr("waits to receive from mpsc channel at"));
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                co_return co_await cx.Sleep(absl::InfiniteDuration());
              }),
              HasSubstr("waits to sleep for ever at"));
}

TEST(DeadlockTest, NamesTheTasksOfEachScope) {
  Notify notify;
  const auto waiting_for = [&](const char* name) {
    return [&notify, name](Cx& cx) -> Task<absl::Status> {
      co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        cx.Spawn(name, [&notify](Cx& cx) -> Task<absl::Status> {
          co_return co_await notify.Wait(cx);
        });
        co_return absl::OkStatus();
      });
    };
  };
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                cx.Spawn(waiting_for("first"));
                cx.Spawn(waiting_for("second"));
                co_return absl::OkStatus();
              }),
              AllOf(HasSubstr("'first' waits to be notified at"),
                    HasSubstr("'second' waits to be notified at")));
}

TEST(DeadlockTest, CutsTheListOfWhoRunsInAScope) {
  Notify notify;
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
                  for (int i = 0; i < 7; ++i) {
                    cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
                      co_return co_await notify.Wait(cx);
                    });
                  }
                  co_return absl::OkStatus();
                });
              }),
              HasSubstr("T2, T3, T4, T5, T6, ... run"));
}

TEST(DeadlockTest, SaysHowManyStepsAndWhen) {
  EXPECT_THAT(ReportOf([](Cx& cx) -> Task<absl::Status> {
                co_await Try(cx.Sleep(absl::Seconds(5)));
                co_return co_await cx.Sleep(absl::InfiniteDuration());
              }),
              HasSubstr("DEADLOCK after 4 steps, at virtual time 5s: "
                        "1 task is not done\n"));
}

TEST(DeadlockTest, ATaskThatLocksTwiceWaitsForItself) {
  Mutex mutex;
  EXPECT_THAT(ReportOf([&](Cx& cx) -> Task<absl::Status> {
                MutexGuard once = co_await Try(mutex.Lock(cx));
                MutexGuard twice = co_await Try(mutex.Lock(cx));
                co_return absl::OkStatus();
              }),
              HasSubstr("cycle of waits: T1 'waiter' -> T1 'waiter'"));
}

// The task that took the lock waits for it, while another one has the guard.
TEST(DeadlockTest, AGuardThatWentWithANewTaskMakesNoCycleOfItsTaker) {
  Mutex mutex;
  Notify never;
  const std::string report = ReportOf([&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    cx.Spawn("keeper",
             [&never, guard = std::move(guard)](Cx& cx) -> Task<absl::Status> {
               co_return co_await never.Wait(cx);
             });
    MutexGuard again = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  });
  EXPECT_THAT(report, HasSubstr("T1 'waiter' waits to lock mutex held by "
                                "T1 'waiter', which handed it over, at"));
  EXPECT_THAT(report, Not(HasSubstr("cycle")));
}

TEST(DeadlockTest, AJoinAndAScopeAreEdgesOfTheCycle) {
  Mutex mutex;
  const std::string report = ReportOf([&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      auto child = cx.Spawn("child", [&](Cx& cx) -> Task<absl::Status> {
        MutexGuard guard = co_await Try(mutex.Lock(cx));
        co_return absl::OkStatus();
      });
      co_return absl::OkStatus();
    });
  });
  EXPECT_THAT(report, HasSubstr("T1 'waiter' waits to close region R2 "
                                "(T2 'child' runs) at "));
  EXPECT_THAT(report, HasSubstr("T2 'child' waits to lock mutex held by "
                                "T1 'waiter' at"));
  EXPECT_THAT(report, HasSubstr("cycle of waits: T1 'waiter' -> T2 'child' -> "
                                "T1 'waiter'"));
}

TEST(DeadlockTest, AJoinNamesItsTaskOnce) {
  const std::string report = ReportOf([&](Cx& cx) -> Task<absl::Status> {
    auto child = cx.Spawn("child", [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    co_return (co_await child.Join(cx)).status();
  });
  EXPECT_THAT(report, HasSubstr("waits to join T2 'child' at"));
  EXPECT_THAT(report, Not(HasSubstr("held by")));
  EXPECT_THAT(report, Not(HasSubstr("cycle")));
}

TEST(DeadlockTest, NamesAHolderThatEndedAndLeftItsGuardBehind) {
  Mutex mutex;
  std::optional<MutexGuard> leaked;
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("holder", [&](Cx& cx) -> Task<absl::Status> {
    leaked = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  runtime.SpawnRoot("waiter", [&](Cx& cx) -> Task<absl::Status> {
    EXPECT_THAT(std::string(mutex.TryLock(cx).status().message()),
                HasSubstr("held by T1 'holder'"));
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  });
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report, HasSubstr("held by T1 'holder'"));
  leaked.reset();  // from outside: it wakes the waiter
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(DeadlockTest, ShowsAMaskedRequestToEnd) {
  Notify notify;
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    ++cx.node().mask_depth;
    co_return co_await notify.Wait(cx);
  });
  runtime.RunUntilQuiescent();
  runtime.Cancel(handle, "please");
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report, HasSubstr("(cancel requested: user: please"));
  EXPECT_THAT(result.report, HasSubstr(", masked)"));
}

TEST(DeadlockTest, ShowsAtMostFiftyTasks) {
  Notify notify;
  LabRuntime runtime(LabConfig(1));
  for (int i = 0; i < 53; ++i) {
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return co_await notify.Wait(cx);
    });
  }
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_THAT(result.report, HasSubstr("53 tasks are not done"));
  EXPECT_THAT(result.report, HasSubstr("  T50 waits"));
  EXPECT_THAT(result.report, Not(HasSubstr("  T51 ")));
  EXPECT_THAT(result.report, HasSubstr("and 3 more\n"));
}

TEST(DeadlockTest, TasksMayBeDescribedAtAnyMoment) {
  LabRuntime runtime(LabConfig(1));
  std::string within;
  runtime.SpawnRoot("one", [&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    within = runtime.DescribeTasks();
    co_await Try(cx.Sleep(absl::Seconds(1)));
    co_return absl::OkStatus();
  });
  EXPECT_THAT(runtime.DescribeTasks(),
              HasSubstr("T1 'one' has not started; spawned at asupersync/"));
  EXPECT_TRUE(runtime.Step());
  EXPECT_THAT(runtime.DescribeTasks(), HasSubstr("T1 'one' is runnable at"));
  EXPECT_TRUE(runtime.Step());
  EXPECT_EQ(within, "  T1 'one' is running\n");
  EXPECT_TRUE(runtime.Step());
  EXPECT_THAT(runtime.DescribeTasks(), HasSubstr("waits to sleep until 1s at"));
  runtime.RunUntilQuiescent();
  EXPECT_EQ(runtime.DescribeTasks(), "");
}

TEST(DeadlockTest, TheStepLimitIsReportedAsThat) {
  LabRuntime runtime(LabConfig(1).WithStepLimit(100));
  runtime.SpawnRoot("spinner", [](Cx& cx) -> Task<absl::Status> {
    for (;;) co_await Try(cx.Yield());
  });
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kStepLimit);
  EXPECT_EQ(runtime.steps(), 100u);
  EXPECT_THAT(result.report, HasSubstr("STEP LIMIT after 100 steps"));
  EXPECT_THAT(result.report, HasSubstr("'spinner' is runnable at asupersync/"));
  EXPECT_FALSE(runtime.Step());
  EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kStepLimit);
}

}  // namespace
}  // namespace asupersync
