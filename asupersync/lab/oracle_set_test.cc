#include "asupersync/lab/oracle_set.h"

#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/oracle_table.h"
#include "asupersync/lab/violation.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/race_group.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

Task<absl::Status> Sleep(Cx& cx) {
  co_return co_await cx.Sleep(absl::Hours(1));
}

// Ends `races` races whose loser is not done.
void LeaveLosers(LabRuntime& runtime, int races) {
  runtime.SpawnRoot("racer", [races](Cx& cx) -> Task<absl::Status> {
    auto loser = cx.Spawn("loser", Sleep);
    for (int i = 0; i < races; ++i) {
      RaceGroup race(cx.node(), "Race", std::source_location::current());
      race.Add(loser);
    }
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
}

TEST(OracleSetTest, NothingIsObservedWithoutOracles) {
  LabRuntime runtime(LabConfig(1).WithOracles(OracleSelection::None()));
  EXPECT_EQ(runtime.observer(), nullptr);
  LabRuntime watched(LabConfig(1));
  EXPECT_NE(watched.observer(), nullptr);
}

TEST(OracleSetTest, OraclesThatOnlyJudgeTheEndObserveNothing) {
  LabRuntime runtime(LabConfig(1).WithOracles(
      OracleSelection::None().With(OracleId::kDeadlock)));
  EXPECT_EQ(runtime.observer(), nullptr);
  Notify notify;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await notify.Wait(cx);
  });
  runtime.RunUntilQuiescent();
  EXPECT_TRUE(runtime.violations().empty());
  runtime.Conclude();
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_EQ(runtime.violations()[0].oracle, OracleId::kDeadlock);
}

TEST(OracleSetTest, AViolationSaysWhoWhereAndWhen) {
  LabRuntime runtime(LabConfig(1).WithDefaultReplayRecording());
  LeaveLosers(runtime, 1);
  ASSERT_EQ(runtime.violations().size(), 1u);
  const Violation& violation = runtime.violations()[0];
  EXPECT_EQ(violation.oracle, OracleId::kLoserDrain);
  EXPECT_TRUE(absl::StrContains(violation.message, "T2 'loser'"));
  EXPECT_EQ(violation.tasks,
            (std::vector<CompactTaskId>{CompactTaskId(1), CompactTaskId(2)}));
  ASSERT_EQ(violation.sites.size(), 2u);
  EXPECT_TRUE(absl::StrContains(violation.sites[0], "oracle_set_test.cc:"));
  EXPECT_EQ(violation.step, 1u);
  EXPECT_GT(violation.event, 0u);
}

TEST(OracleSetTest, EqualExecutionsHaveEqualViolations) {
  std::string first;
  for (int i = 0; i < 2; ++i) {
    LabRuntime runtime(LabConfig(7));
    LeaveLosers(runtime, 2);
    std::string text;
    for (const Violation& violation : runtime.violations()) {
      text += violation.message;
    }
    if (i == 0) first = text;
    EXPECT_EQ(text, first);
  }
}

TEST(OracleSetTest, AFewViolationsOfOneOracleAreKeptAndTheRestCounted) {
  LabRuntime runtime(LabConfig(1));
  LeaveLosers(runtime, 100);
  EXPECT_EQ(runtime.violations().size(), ViolationLog::kPerOracleMax);
  EXPECT_EQ(runtime.violation_count(OracleId::kLoserDrain), 100u);
  EXPECT_EQ(runtime.violation_count(OracleId::kDeadlock), 0u);
}

TEST(OracleSetTest, AnOracleThatIsNotSelectedFindsNothing) {
  LabRuntime runtime(LabConfig(1).WithoutOracle("loser_drain"));
  LeaveLosers(runtime, 1);
  EXPECT_TRUE(runtime.violations().empty());
}

TEST(OracleSetTest, ResetForgetsWhatWasFound) {
  LabRuntime runtime(LabConfig(1));
  LeaveLosers(runtime, 1);
  EXPECT_EQ(runtime.violations().size(), 1u);
  runtime.Reset(runtime.config().seeds());
  EXPECT_TRUE(runtime.violations().empty());
  LeaveLosers(runtime, 1);
  EXPECT_EQ(runtime.violations().size(), 1u);
}

TEST(OracleSetTest, WhatIsReportedFromOutsideIsKeptIfItsOracleIsSelected) {
  LabRuntime runtime(LabConfig(1).WithoutOracle("determinism"));
  Violation violation;
  violation.message = "seen from outside";
  violation.oracle = OracleId::kAmbientAuthority;
  runtime.Report(violation);
  violation.oracle = OracleId::kDeterminism;
  runtime.Report(violation);
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_EQ(runtime.violations()[0].message, "seen from outside");
}

TEST(OracleSetTest, TheEndIsJudgedOnce) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("left", Sleep);
  runtime.Conclude();
  runtime.Conclude();
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_EQ(runtime.violations()[0].oracle, OracleId::kTaskLeak);
}

TEST(OracleSetTest, AnEndThatIsExpectedIsNoViolation) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("left", Sleep);
  runtime.RunUntil(absl::UnixEpoch());
  runtime.Conclude(/*end_is_expected=*/true);
  EXPECT_TRUE(runtime.violations().empty());
}

TEST(OracleSetTest, ALockThatIsHeldWhenEveryTaskIsDoneIsALeak) {
  LabRuntime runtime(LabConfig(1));
  Mutex mutex;
  std::vector<MutexGuard> kept;
  runtime.SpawnRoot("owner", [&](Cx& cx) -> Task<absl::Status> {
    kept.push_back(co_await Try(mutex.Lock(cx)));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  runtime.Conclude();
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_EQ(runtime.violations()[0].oracle, OracleId::kObligationLeak);
  EXPECT_TRUE(absl::StrContains(runtime.violations()[0].message,
                                "lock of T1 'owner', reserved at"));
}

// The report of a deadlock does not blame a waiter for which nothing happened.
TEST(OracleSetTest, ADeadlockWithoutALostWakeUpIsNotCalledOne) {
  LabRuntime runtime(LabConfig(1));
  Mutex mutex;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    MutexGuard again = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  runtime.Conclude();
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_FALSE(absl::StrContains(runtime.violations()[0].message, "lost"));
}

TEST(OracleSetDeathTest, ARunAfterTheConclusionAborts) {
  LabRuntime runtime(LabConfig(1));
  runtime.Conclude();
  EXPECT_DEATH(runtime.RunUntilQuiescent(), "after Conclude()");
  EXPECT_DEATH(runtime.Step(), "after Conclude()");
  runtime.Reset(runtime.config().seeds());
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(OracleSetDeathTest, AnUnknownNameAborts) {
  EXPECT_DEATH((void)LabConfig(1).WithoutOracle("deadlok"),
               "there is no oracle \"deadlok\".*channel_atomicity");
  EXPECT_DEATH((void)LabConfig(1).WithoutOracle("all"),
               "give the name of one oracle");
}

}  // namespace
}  // namespace asupersync
