#include "asupersync/combinator/retry.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/cord.h"
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

RetryPolicy WithoutJitter(int attempts_max) {
  RetryPolicy policy;
  policy.attempts_max = attempts_max;
  policy.jitter = 0;
  return policy;
}

// Fails `failures` times and notes when it was called.
struct Flaky {
  int failures;
  absl::Status error = absl::UnavailableError("down");
  std::vector<absl::Duration> called = {};

  Task<absl::StatusOr<int>> operator()(Cx& cx) {
    called.push_back(cx.Now() - absl::UnixEpoch());
    co_await Try(cx.Sleep(absl::Milliseconds(1)));
    if (failures-- > 0) co_return error;
    co_return 7;
  }
};

TEST(RetryTest, TriesAgainAfterGrowingDelays) {
  ForEachSchedule([](LabRuntime& runtime) {
    Flaky flaky{4};
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      RetryPolicy policy = WithoutJitter(5);
      policy.backoff_max = absl::Milliseconds(350);
      const int value = co_await Try(
          Retry(cx, policy, [&](Cx& cx) { return flaky(cx); }));
      EXPECT_EQ(value, 7);
      co_return absl::OkStatus();
    });
    EXPECT_THAT(flaky.called,
                ElementsAre(absl::Milliseconds(0), absl::Milliseconds(101),
                            absl::Milliseconds(302), absl::Milliseconds(653),
                            absl::Milliseconds(1004)));
  });
}

TEST(RetryTest, GivesTheLastErrorWhenItWasTriedOftenEnough) {
  ForEachSchedule([](LabRuntime& runtime) {
    Flaky flaky{9};
    flaky.error.SetPayload("url", absl::Cord("payload"));
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await Retry(cx, WithoutJitter(3), [&](Cx& cx) {
        return flaky(cx);
      })).status();
    });
    EXPECT_EQ(flaky.called.size(), 3u);
    EXPECT_TRUE(absl::IsUnavailable(outcome.status()));
    EXPECT_EQ(outcome.status().message(), "down (attempt 3 of 3)");
    EXPECT_TRUE(outcome.status().GetPayload("url").has_value());
  });
}

TEST(RetryTest, AnErrorThatIsNotWorthItEndsIt) {
  ForEachSchedule([](LabRuntime& runtime) {
    for (const absl::Status& error :
         {absl::NotFoundError("x"), absl::CancelledError("by itself")}) {
      Flaky flaky{9, error};
      auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
        co_return (co_await Retry(cx, WithoutJitter(3), [&](Cx& cx) {
          return flaky(cx);
        })).status();
      });
      EXPECT_EQ(flaky.called.size(), 1u);
      EXPECT_EQ(outcome.status().code(), error.code());
    }
  });
}

TEST(RetryTest, ThePolicySaysWhatIsWorthIt) {
  LabRuntime runtime(LabConfig(1));
  Flaky flaky{1, absl::NotFoundError("x")};
  auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::StatusOr<int>> {
    RetryPolicy policy;
    policy.retryable = [](const absl::Status& error) {
      return absl::IsNotFound(error);
    };
    co_return co_await Retry(cx, policy, [&](Cx& cx) { return flaky(cx); });
  });
  EXPECT_EQ(*outcome, 7);
}

TEST(RetryTest, JitterIsTheSeedsAndStaysInItsPart) {
  std::set<absl::Duration> delays;
  ForEachSchedule([&](LabRuntime& runtime) {
    Flaky flaky{1};
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      RetryPolicy policy;
      policy.jitter = 0.25;
      co_return (co_await Retry(cx, policy, [&](Cx& cx) {
        return flaky(cx);
      })).status();
    });
    const absl::Duration delay = flaky.called[1] - absl::Milliseconds(1);
    EXPECT_GE(delay, absl::Milliseconds(75));
    EXPECT_LE(delay, absl::Milliseconds(100));
    delays.insert(delay);
  });
  // As many as there are seeds: the yield policy does not change the value.
  EXPECT_EQ(delays.size(), kScheduleSeeds);
}

TEST(RetryTest, CancellingTheCallerEndsTheAttemptOrTheDelay) {
  for (absl::Duration at : {absl::Microseconds(500), absl::Milliseconds(50)}) {
    ForEachSchedule([&](LabRuntime& runtime) {
      Flaky flaky{9};
      auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        co_return (co_await Retry(cx, WithoutJitter(3), [&](Cx& cx) {
          return flaky(cx);
        })).status();
      });
      runtime.RunUntil(absl::UnixEpoch() + at);
      EXPECT_THAT(runtime.DescribeTasks(),
                  HasSubstr("retry_in_lab_test.cc:"));
      runtime.Cancel(handle);
      EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
      EXPECT_EQ(flaky.called.size(), 1u);
      EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
      EXPECT_EQ(runtime.Now() - absl::UnixEpoch(), at);
    });
  }
}

TEST(RetryTest, ResultsOfEveryTypePass) {
  LabRuntime runtime(LabConfig(1));
  (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
    auto pointer = co_await Try(
        Retry(cx, RetryPolicy(), [](Cx&) -> Task<std::unique_ptr<int>> {
          co_return std::make_unique<int>(4);
        }));
    EXPECT_EQ(*pointer, 4);
    co_await Try(
        Retry(cx, RetryPolicy(), [](Cx&) -> Task<> { co_return; }));
    co_return absl::OkStatus();
  });
}

// Would take minutes if each delay were worked out from the first one.
TEST(RetryTest, TheHundredThousandthAttemptCostsWhatTheFirstDid) {
  LabRuntime runtime(LabConfig(1));
  int tries = 0;
  auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
    RetryPolicy policy;
    policy.attempts_max = 100000;
    policy.backoff_initial = absl::Milliseconds(1);
    policy.backoff_factor = 1.0;
    policy.jitter = 0.0;
    co_return co_await Retry(cx, policy, [&](Cx&) -> Task<absl::Status> {
      ++tries;
      co_return absl::UnavailableError("down");
    });
  });
  EXPECT_EQ(tries, 100000);
  EXPECT_EQ(runtime.Now() - absl::UnixEpoch(), absl::Milliseconds(99999));
  EXPECT_TRUE(absl::IsUnavailable(outcome.status()));
}

TEST(RetryDeathTest, APolicyThatMakesNoSenseIsAnError) {
  const auto run = [](const RetryPolicy& policy) {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      const auto f = [](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(1), 1);
      };
      co_return (co_await Retry(cx, policy, f)).status();
    });
    runtime.RunUntilQuiescent();
  };
  RetryPolicy never;
  never.attempts_max = 0;
  EXPECT_DEATH(run(never),
               "retry_in_lab_test.cc:.*attempts_max must be above 0");
  RetryPolicy shrinking;
  shrinking.backoff_factor = 0.5;
  EXPECT_DEATH(run(shrinking), "backoff_factor must be at least 1");
  RetryPolicy wild;
  wild.jitter = 1.5;
  EXPECT_DEATH(run(wild), "jitter must be between 0 and 1");
}

}  // namespace
}  // namespace asupersync
