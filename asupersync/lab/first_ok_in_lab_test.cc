#include "asupersync/combinator/first_ok.h"

#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
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

TEST(FirstOkTest, PassesFailuresByAndDrainsTheRest) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const int value = co_await Try(FirstOk(
          cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
          [](Cx& cx) {
            return ErrorAfter(cx, absl::Milliseconds(1),
                              absl::NotFoundError("x"));
          },
          [](Cx& cx) { return ValueAfter(cx, absl::Milliseconds(2), 7); }));
      EXPECT_EQ(value, 7);
      EXPECT_TRUE(clean_up.done);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(4));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(clean_up.why, "race_lost");
  });
}

TEST(FirstOkTest, ListsEveryErrorIfNoneSucceeds) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      co_return (co_await FirstOk(
                     cx,
                     [](Cx& cx) {
                       return ErrorAfter(cx, absl::Milliseconds(2),
                                         absl::NotFoundError("zero"));
                     },
                     [](Cx& cx) {
                       return ErrorAfter(cx, absl::Milliseconds(1),
                                         absl::UnavailableError("one"));
                     }))
          .status();
    });
    EXPECT_TRUE(absl::IsNotFound(outcome.status()));
    EXPECT_THAT(std::string(outcome.status().message()),
                HasSubstr(": none of 2 branches succeeded: [0] NOT_FOUND: "
                          "zero; [1] UNAVAILABLE: one"));
    EXPECT_THAT(std::string(outcome.status().message()),
                HasSubstr("first_ok_in_lab_test.cc:"));
  });
}

TEST(FirstOkTest, TheFirstInTimeOfSeveralSuccessesIsTheSeedsChoice) {
  std::set<int> values;
  ForEachSchedule([&](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      std::vector<std::function<Task<std::unique_ptr<int>>(Cx&)>> branches;
      for (int i = 0; i < 3; ++i) {
        branches.push_back([i](Cx& cx) -> Task<std::unique_ptr<int>> {
          (void)co_await cx.Yield();
          co_return std::make_unique<int>(i);
        });
      }
      auto value = co_await Try(FirstOk(cx, std::move(branches)));
      values.insert(*value);
      co_return absl::OkStatus();
    });
  });
  EXPECT_EQ(values.size(), 3u);
}

TEST(FirstOkTest, AnExceptionDecidesAtOnce) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await FirstOk(
                     cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
                     [](Cx& cx) -> Task<absl::StatusOr<int>> {
                       co_await Try(cx.Sleep(absl::Milliseconds(1)));
                       throw std::runtime_error("thrown");
                     }))
          .status();
    });
    EXPECT_EQ(outcome.panic().what, "thrown");
    EXPECT_TRUE(clean_up.done);
    EXPECT_EQ(runtime.UnseenFailures().size(), 0u);
  });
}

TEST(FirstOkTest, CancellingTheCallerCancelsAndDrains) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::StatusOr<int> value = co_await FirstOk(
          cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
          [](Cx& cx) {
            return ErrorAfter(cx, absl::Milliseconds(1),
                              absl::NotFoundError("x"));
          });
      EXPECT_TRUE(clean_up.done);
      co_return value.status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    EXPECT_THAT(runtime.DescribeTasks(),
                HasSubstr("waits to finish FirstOk (T2 runs) at"));
    runtime.Cancel(handle, "stop");
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    const auto outcome = handle.TakeOutcome();
    ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(outcome.reason().message(), "stop");
  });
}

TEST(FirstOkTest, NoBranchIsAnError) {
  LabRuntime runtime(LabConfig(1));
  auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
    std::vector<std::function<Task<absl::Status>(Cx&)>> none;
    co_return co_await FirstOk(cx, std::move(none));
  });
  EXPECT_TRUE(absl::IsInvalidArgument(outcome.status()));
}

}  // namespace
}  // namespace asupersync
