#include "asupersync/combinator/hedge.h"

#include <stdexcept>
#include <string>
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

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr absl::Duration kDelay = absl::Milliseconds(10);

TEST(HedgeTest, AQuickFirstAttemptIsTheOnlyOne) {
  ForEachSchedule([](LabRuntime& runtime) {
    int attempts = 0;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const int value = co_await Try(Hedge(cx, kDelay, [&](Cx& cx) {
        ++attempts;
        return ValueAfter(cx, kDelay - absl::Nanoseconds(1), 7);
      }));
      EXPECT_EQ(value, 7);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), kDelay - absl::Nanoseconds(1));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(attempts, 1);
  });
}

TEST(HedgeTest, ASlowAttemptIsOvertakenAndDrained) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    std::vector<absl::Duration> started;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const int value = co_await Try(Hedge(cx, kDelay, [&](Cx& cx) {
        started.push_back(cx.Now() - absl::UnixEpoch());
        return started.size() == 1 ? Reluctant(cx, clean_up)
                                   : ValueAfter(cx, absl::Milliseconds(3), 7);
      }));
      EXPECT_EQ(value, 7);
      EXPECT_TRUE(clean_up.done);
      co_return absl::OkStatus();
    });
    EXPECT_THAT(started, ElementsAre(absl::ZeroDuration(), kDelay));
    EXPECT_EQ(clean_up.why, "race_lost");
  });
}

TEST(HedgeTest, StartsAtMostAsManyAttemptsAsItMay) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<absl::Duration> started;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const int value = co_await Try(Hedge(
          cx, kDelay,
          [&](Cx& cx) {
            started.push_back(cx.Now() - absl::UnixEpoch());
            return ValueAfter(cx, absl::Milliseconds(55), 7);
          },
          /*attempts_max=*/3));
      EXPECT_EQ(value, 7);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(55));
      co_return absl::OkStatus();
    });
    EXPECT_THAT(started, ElementsAre(absl::ZeroDuration(), kDelay, 2 * kDelay));
  });
}

TEST(HedgeTest, AFailedAttemptIsReplacedAtOnce) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<absl::Duration> started;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto value = co_await Hedge(
          cx, kDelay,
          [&](Cx& cx) {
            started.push_back(cx.Now() - absl::UnixEpoch());
            return ErrorAfter(cx, absl::Milliseconds(2),
                              absl::UnavailableError("down"));
          },
          3);
      co_return value.status();
    });
    EXPECT_THAT(started, ElementsAre(absl::ZeroDuration(),
                                     absl::Milliseconds(2),
                                     absl::Milliseconds(4)));
    EXPECT_TRUE(absl::IsUnavailable(outcome.status()));
    EXPECT_THAT(std::string(outcome.status().message()),
                HasSubstr("none of 3 hedged attempts succeeded: [0] "));
  });
}

TEST(HedgeTest, AnExceptionDecidesAtOnce) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    int attempts = 0;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto value = co_await Hedge(
          cx, kDelay, [&](Cx& cx) -> Task<absl::StatusOr<int>> {
            if (++attempts == 2) throw std::runtime_error("thrown");
            co_return co_await Reluctant(cx, clean_up);
          });
      co_return value.status();
    });
    EXPECT_EQ(outcome.panic().what, "thrown");
    EXPECT_TRUE(clean_up.done);
  });
}

TEST(HedgeTest, CancellingTheCallerCancelsAndDrains) {
  for (int at_ms : {5, 15}) {
    ForEachSchedule([&](LabRuntime& runtime) {
      std::vector<CleanUp> clean_ups(2);
      std::size_t attempts = 0;
      auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        auto value = co_await Hedge(cx, kDelay, [&](Cx& cx) {
          return Reluctant(cx, clean_ups[attempts++]);
        });
        for (const CleanUp& clean_up : clean_ups) {
          EXPECT_EQ(clean_up.done, clean_up.started);
        }
        co_return value.status();
      });
      runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(at_ms));
      EXPECT_THAT(runtime.DescribeTasks(),
                  HasSubstr(at_ms == 5
                                ? "finish Hedge (T2 runs, until 10ms) at"
                                : "finish Hedge (T2, T3 run) at"));
      runtime.Cancel(handle);
      EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
      EXPECT_EQ(attempts, at_ms == 5 ? 1u : 2u);
      EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
    });
  }
}

TEST(HedgeDeathTest, NoAttemptIsAnError) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
          const auto f = [](Cx& cx) { return ValueAfter(cx, kDelay, 1); };
          co_return (co_await Hedge(cx, kDelay, f, 0)).status();
        });
        runtime.RunUntilQuiescent();
      },
      "hedge_in_lab_test.cc:.*Hedge needs at least 1 attempt");
}

}  // namespace
}  // namespace asupersync
