#include "asupersync/combinator/join.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <tuple>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

TEST(JoinTest, GivesEveryOutcomeInOrderOfTheArguments) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      auto [number, nothing, pointer, error] = co_await Join(
          cx,
          [](Cx& cx) { return ValueAfter(cx, absl::Milliseconds(3), 1); },
          [](Cx&) -> Task<> { co_return; },
          [](Cx& cx) -> Task<std::unique_ptr<int>> {
            (void)co_await cx.Sleep(absl::Milliseconds(2));
            co_return std::make_unique<int>(4);
          },
          [](Cx& cx) {
            return ErrorAfter(cx, absl::Milliseconds(1),
                              absl::NotFoundError("fourth"));
          });
      EXPECT_EQ(*number, 1);
      EXPECT_TRUE(nothing.ok());
      EXPECT_EQ(**pointer, 4);
      EXPECT_EQ(error.status(), absl::NotFoundError("fourth"));
      // At the same time, and an error ends nobody else.
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(3));
      co_return absl::OkStatus();
    });
  });
}

TEST(JoinTest, AnExceptionIsAnOutcome) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      auto [thrown, number] = co_await Join(
          cx,
          [](Cx&) -> Task<int> {
            throw std::runtime_error("thrown");
            co_return 0;
          },
          [](Cx& cx) { return ValueAfter(cx, absl::Milliseconds(1), 2); });
      EXPECT_EQ(thrown.panic().what, "thrown");
      EXPECT_EQ(*number, 2);
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.UnseenFailures().empty());
  });
}

TEST(JoinTest, CancellingTheCallerCancelsAndDrainsTheBranches) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      auto [number, reluctant] = co_await Join(
          cx, [](Cx& cx) { return ValueAfter(cx, absl::Milliseconds(1), 1); },
          [&](Cx& cx) { return Reluctant(cx, clean_up); });
      EXPECT_EQ(*number, 1);
      EXPECT_EQ(reluctant.kind(), OutcomeKind::kCancelled);
      EXPECT_TRUE(clean_up.done);
      co_return cx.Checkpoint();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(clean_up.why, "parent_cancelled");
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(runtime.Now() - absl::UnixEpoch(), absl::Milliseconds(7));
  });
}

TEST(JoinTest, ACancelledCallerStartsNoBranch) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      (void)co_await cx.Sleep(absl::Hours(1));
      auto [reluctant] = co_await Join(
          cx, [&](Cx& cx) { return Reluctant(cx, clean_up); });
      EXPECT_EQ(reluctant.kind(), OutcomeKind::kCancelled);
      co_return absl::OkStatus();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_FALSE(clean_up.started);
  });
}

TEST(JoinTest, ADeadlockReportSaysThatItWaits) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_await Join(
        cx, [](Cx&) -> Task<> { co_return; },
        [](Cx& cx) -> Task<absl::Status> {
          co_return co_await cx.Sleep(absl::InfiniteDuration());
        });
    co_return absl::OkStatus();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("T1 waits to close region R2 'Join' (T3 runs) at "));
  EXPECT_THAT(result.report, HasSubstr("join_in_lab_test.cc:"));
}

TEST(JoinTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      (void)co_await Join(cx, [&](Cx& cx) { return Reluctant(cx, clean_up); });
      co_return absl::OkStatus();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

}  // namespace
}  // namespace asupersync
