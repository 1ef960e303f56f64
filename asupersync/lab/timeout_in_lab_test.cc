#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/time/timeout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

constexpr absl::Duration kLimit = absl::Milliseconds(10);

TEST(TimeoutTest, GivesTheBodysResultOfEveryType) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      auto pointer = co_await Try(
          Timeout(cx, kLimit, [](Cx&) -> Task<std::unique_ptr<int>> {
            co_return std::make_unique<int>(4);
          }));
      EXPECT_EQ(*pointer, 4);
      EXPECT_EQ(co_await Try(Timeout(cx, kLimit,
                                     [](Cx& cx) {
                                       return ValueAfter(
                                           cx, kLimit - absl::Nanoseconds(1),
                                           5);
                                     })),
                5);
      co_await Try(Timeout(cx, kLimit, [](Cx&) -> Task<> { co_return; }));
      const int from_outcome = co_await Try(Timeout(
          cx, kLimit, [](Cx&) -> Task<Outcome<int>> { co_return 6; }));
      EXPECT_EQ(from_outcome, 6);
      co_return co_await Timeout(cx, kLimit, [](Cx&) -> Task<absl::Status> {
        co_return absl::NotFoundError("own");
      });
    });
    EXPECT_EQ(outcome.status(), absl::NotFoundError("own"));
  });
}

TEST(TimeoutTest, ABodyThatTakesTooLongIsCancelledAndDrained) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      absl::StatusOr<int> result = co_await Timeout(
          cx, kLimit, [&](Cx& cx) { return Reluctant(cx, clean_up); });
      EXPECT_TRUE(clean_up.done);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), kLimit + absl::Milliseconds(2));
      co_return result.status();
    });
    EXPECT_EQ(clean_up.why, "timeout");
    EXPECT_TRUE(absl::IsDeadlineExceeded(outcome.status()));
    EXPECT_THAT(std::string(outcome.status().message()),
                ContainsRegex("timeout_in_lab_test.cc:[0-9]+: a Timeout of "
                              "10ms ran out"));
  });
}

TEST(TimeoutTest, EndsAtTheNanosecondOfTheDeadline) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      const absl::Time deadline = absl::UnixEpoch() + absl::Nanoseconds(12345);
      absl::StatusOr<int> late = co_await TimeoutAt(cx, deadline, [](Cx& cx) {
        return ValueAfter(cx, absl::Nanoseconds(12346), 1);
      });
      EXPECT_TRUE(absl::IsDeadlineExceeded(late.status()));
      EXPECT_THAT(std::string(late.status().message()),
                  HasSubstr("the deadline 12.345us ran out"));
      EXPECT_EQ(cx.Now(), deadline);
      co_return absl::OkStatus();
    });
  });
}

TEST(TimeoutTest, ABodyThatEndsAtTheSameInstantIsTooLate) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      absl::Status status =
          co_await Timeout(cx, kLimit, [](Cx& cx) -> Task<absl::Status> {
            co_await Try(cx.Sleep(kLimit));
            co_return co_await cx.Yield();
          });
      EXPECT_TRUE(status.ok() || absl::IsDeadlineExceeded(status)) << status;
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), kLimit);
      co_return absl::OkStatus();
    });
  });
}

TEST(TimeoutTest, ABodyThatSucceedsAllTheSameLosesNothing) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::StatusOr<int>> {
      co_return co_await Timeout(
          cx, kLimit, [](Cx& cx) -> Task<absl::StatusOr<int>> {
            CancelMask mask(cx);
            co_await Try(cx.Sleep(absl::Seconds(1)));
            co_return 7;
          });
    });
    EXPECT_EQ(*outcome, 7);
  });
}

TEST(TimeoutTest, ATimeThatHasPassedDoesNotStartTheBody) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(kLimit));
      const auto body = [&](Cx& cx) { return Reluctant(cx, clean_up); };
      for (absl::Duration none :
           {absl::ZeroDuration(), -kLimit, -absl::InfiniteDuration()}) {
        auto result = co_await Timeout(cx, none, body);
        EXPECT_TRUE(absl::IsDeadlineExceeded(result.status()));
      }
      for (absl::Time past :
           {cx.Now(), absl::UnixEpoch(), absl::InfinitePast()}) {
        auto result = co_await TimeoutAt(cx, past, body);
        EXPECT_TRUE(absl::IsDeadlineExceeded(result.status()));
      }
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(outcome.ok());
    EXPECT_FALSE(clean_up.started);
    EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + kLimit);
  });
}

TEST(TimeoutTest, AnInfiniteDurationSetsNoLimit) {
  LabRuntime runtime(LabConfig(1));
  auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::StatusOr<int>> {
    co_return co_await Timeout(cx, absl::InfiniteDuration(), [](Cx& cx) {
      return ValueAfter(cx, absl::Hours(100000), 1);
    });
  });
  EXPECT_EQ(*outcome, 1);
}

TEST(TimeoutTest, AGuardThatTheBodyReturnsIsTheCallers) {
  ForEachSchedule([](LabRuntime& runtime) {
    Mutex mutex;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      MutexGuard guard = co_await Try(
          Timeout(cx, kLimit, [&](Cx& cx) -> Task<absl::StatusOr<MutexGuard>> {
            co_return co_await mutex.Lock(cx);
          }));
      co_return co_await cx.Sleep(kLimit * 2);
    });
  });
}

TEST(TimeoutTest, AGuardThatTheBodyReturnsIsALeakIfItOutlivesTheCallersScope) {
  LabRuntime runtime(LabConfig(1));
  Mutex mutex;
  std::optional<MutexGuard> kept;
  (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(
        cx, {.name = "caller's"}, [&](Cx& cx) -> Task<absl::Status> {
          kept = co_await Try(Timeout(
              cx, kLimit, [&](Cx& cx) -> Task<absl::StatusOr<MutexGuard>> {
                co_return co_await mutex.Lock(cx);
              }));
          co_return absl::OkStatus();
        });
  });
  runtime.Conclude();
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_THAT(runtime.violations()[0].message,
              ContainsRegex("neither committed nor aborted when its region "
                            "closed: .*caller's"));
  kept.reset();
}

TEST(TimeoutTest, AnExceptionOfTheBodyIsThrown) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      std::string caught;
      try {
        (void)co_await Timeout(cx, kLimit, [](Cx&) -> Task<int> {
          throw std::runtime_error("thrown");
          co_return 0;
        });
      } catch (const std::runtime_error& e) {
        caught = e.what();
      }
      EXPECT_EQ(caught, "thrown");
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.UnseenFailures().empty());
  });
}

TEST(TimeoutTest, CancellingTheCallerCancelsAndDrainsTheBody) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::StatusOr<int> result = co_await Timeout(
          cx, kLimit, [&](Cx& cx) { return Reluctant(cx, clean_up); });
      EXPECT_TRUE(clean_up.done);
      co_return result.status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
    runtime.Cancel(handle, "stop");
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(clean_up.why, "parent_cancelled");
    const auto outcome = handle.TakeOutcome();
    ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(outcome.reason().kind(), CancelKind::kUser);
  });
}

TEST(TimeoutTest, CancellingTheCallerDuringTheDrainIsTheCallersCancellation) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::StatusOr<int> result = co_await Timeout(
          cx, kLimit, [&](Cx& cx) { return Reluctant(cx, clean_up); });
      EXPECT_TRUE(clean_up.done);
      co_return result.status();
    });
    runtime.RunUntil(absl::UnixEpoch() + kLimit + absl::Microseconds(1));
    runtime.Cancel(handle, "stop");
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(clean_up.why, "timeout");
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
  });
}

TEST(TimeoutTest, TheInnerOfTwoLimitsThatComesFirstDecides) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      for (int inner_ms : {5, 15}) {
        CleanUp clean_up;
        bool inner_expired = false;
        absl::StatusOr<int> result = co_await Timeout(
            cx, kLimit, [&](Cx& cx) -> Task<absl::StatusOr<int>> {
              absl::StatusOr<int> inner = co_await Timeout(
                  cx, absl::Milliseconds(inner_ms),
                  [&](Cx& cx) { return Reluctant(cx, clean_up); });
              inner_expired = absl::IsDeadlineExceeded(inner.status());
              co_return inner;
            });
        EXPECT_TRUE(absl::IsDeadlineExceeded(result.status()));
        EXPECT_EQ(inner_expired, inner_ms == 5);
        EXPECT_TRUE(clean_up.done);
      }
      co_return absl::OkStatus();
    });
  });
}

TEST(TimeoutTest, ADeadlockReportSaysThatItWaits) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await Timeout(cx, kLimit, [](Cx& cx) -> Task<absl::Status> {
      CancelMask mask(cx);
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
  });
  runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  EXPECT_THAT(runtime.DescribeTasks(),
              HasSubstr("waits to finish Timeout (T2 runs, until 10ms) at"));
  EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
}

TEST(TimeoutTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await Timeout(
                     cx, kLimit,
                     [&](Cx& cx) { return Reluctant(cx, clean_up); }))
          .status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

}  // namespace
}  // namespace asupersync
