// Trees of regions are as deep as their programs make them: cancelling and
// destroying them takes no stack and a time in proportion to their size.

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/run_result.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

// Far more than the 8 MiB of a stack hold, whatever a level takes.
constexpr int kDepth = 100'000;

struct Counts {
  int innermost = 0;
  int cancelled = 0;
};

// A scope in a scope in a scope, all of one task.
Task<absl::Status> Nest(Cx& cx, int left, Counts& counts) {
  if (left == 0) {
    ++counts.innermost;
    const absl::Status slept = co_await cx.Sleep(absl::InfiniteDuration());
    if (absl::IsCancelled(slept)) ++counts.cancelled;
    co_return slept;
  }
  co_return co_await Scope(
      cx, [left, &counts](Cx& cx) { return Nest(cx, left - 1, counts); });
}

// Each task has a scope that holds the next task.
Task<absl::Status> Chain(Cx& cx, int left, Counts& counts) {
  if (left == 0) {
    ++counts.innermost;
    const absl::Status slept = co_await cx.Sleep(absl::InfiniteDuration());
    if (absl::IsCancelled(slept)) ++counts.cancelled;
    co_return slept;
  }
  co_return co_await Scope(cx, [left, &counts](Cx& cx) -> Task<absl::Status> {
    auto next = cx.Spawn(
        [left, &counts](Cx& cx) { return Chain(cx, left - 1, counts); });
    (void)co_await next.Join(cx);
    co_return absl::OkStatus();
  });
}

using Tree = Task<absl::Status> (*)(Cx&, int, Counts&);

class DeepTreesTest : public testing::TestWithParam<Tree> {
 protected:
  DeepTreesTest()
      : handle_(lab_.SpawnRoot(
            [this](Cx& cx) { return GetParam()(cx, kDepth, counts_); })) {
    while (counts_.innermost == 0 && lab_.StepN(1) == 1) {
    }
    lab_.StepN(2);  // the innermost one sleeps
  }

  Counts counts_;
  LabRuntime lab_{LabConfig(7).WithStepLimit(100 * kDepth)};
  TaskHandle<absl::Status> handle_;
};

TEST_P(DeepTreesTest, ARequestAtTheTopReachesTheInnermost) {
  lab_.Cancel(handle_);
  lab_.RunUntilQuiescent();
  EXPECT_TRUE(handle_.done());
  EXPECT_EQ(counts_.innermost, 1);
  EXPECT_EQ(counts_.cancelled, 1);
  EXPECT_EQ(lab_.Now(), absl::UnixEpoch());
}

TEST_P(DeepTreesTest, ADeadlockInItIsReported) {
  const RunResult result = lab_.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report, HasSubstr("T1 waits to "));
}

TEST_P(DeepTreesTest, OneThatWaitsIsDestroyedWithItsRuntime) {
  EXPECT_EQ(counts_.innermost, 1);
  EXPECT_FALSE(handle_.done());
}

INSTANTIATE_TEST_SUITE_P(, DeepTreesTest, testing::Values(&Nest, &Chain),
                         [](const auto& info) {
                           return info.index == 0 ? "OneTask" : "TaskByTask";
                         });

}  // namespace
}  // namespace asupersync
