// Clean-up under a CancelMask may do whatever the task could do before: what
// it spawns and opens is protected from what the mask hides, and bounded.
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/combinator/join.h"
#include "asupersync/combinator/race.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/limits.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/time/timeout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::IsEmpty;

using Body = std::function<Task<absl::Status>(Cx&)>;

// How clean-up calls what it does.
Task<absl::Status> Directly(Cx& cx, Body body) { co_return co_await body(cx); }
Task<absl::Status> InTimeout(Cx& cx, Body body) {
  co_return co_await Timeout(cx, absl::Hours(10), std::move(body));
}
Task<absl::Status> InJoin(Cx& cx, Body body) {
  auto [outcome] = co_await Join(cx, std::move(body));
  co_return outcome.status();
}
Task<absl::Status> InRace(Cx& cx, Body body) {
  co_return (co_await Race(cx, std::move(body))).status();
}
Task<absl::Status> InScope(Cx& cx, Body body) {
  co_return co_await Scope(cx, std::move(body));
}
Task<absl::Status> InTaskOfScope(Cx& cx, Body body) {
  co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn(body);
    co_return absl::OkStatus();
  });
}
Task<absl::Status> InSpawnedTask(Cx& cx, Body body) {
  auto task = cx.Spawn(std::move(body));
  co_return (co_await task.Join(cx)).status();
}
struct Caller {
  std::string name;
  Task<absl::Status> (*call)(Cx& cx, Body body);
};
const Caller kCallers[] = {
    {"directly", Directly},       {"in a Timeout", InTimeout},
    {"in a Join", InJoin},        {"in a Race", InRace},
    {"in a Scope", InScope},      {"in a task of a Scope", InTaskOfScope},
    {"in a task", InSpawnedTask},
};

// How the worker is ended after a second.
SpawnOptions WithDeadline(Cx& cx) {
  SpawnOptions options;
  options.budget = Budget().WithDeadline(cx.Now() + absl::Seconds(1));
  return options;
}
Task<absl::Status> ByItsHandle(Cx& cx, Body worker) {
  auto handle = cx.Spawn(std::move(worker));
  co_await Try(cx.Sleep(absl::Seconds(1)));
  handle.Cancel();
  (void)co_await handle.Join(cx);
  co_return absl::OkStatus();
}
Task<absl::Status> ByItsScopesDeadline(Cx& cx, Body worker) {
  const absl::Time soon = cx.Now() + absl::Seconds(1);
  (void)co_await Scope(cx, {.budget = Budget::Unlimited().WithDeadline(soon)},
                       worker);
  co_return absl::OkStatus();
}
Task<absl::Status> ByItsDeadline(Cx& cx, Body worker) {
  auto handle = cx.Spawn(WithDeadline(cx), std::move(worker));
  (void)co_await handle.Join(cx);
  co_return absl::OkStatus();
}
Task<absl::Status> ByATimeout(Cx& cx, Body worker) {
  (void)co_await Timeout(cx, absl::Seconds(1), std::move(worker));
  co_return absl::OkStatus();
}
Task<absl::Status> BySiblingsFailure(Cx& cx, Body worker) {
  (void)co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn(worker);
    co_await Try(cx.Sleep(absl::Seconds(1)));
    co_return absl::InternalError("the sibling failed");
  });
  co_return absl::OkStatus();
}
Task<absl::Status> ByItsQuota(Cx& cx, Body worker) {
  SpawnOptions options;
  options.budget = Budget().WithPollQuota(1);
  auto handle = cx.Spawn(options, std::move(worker));
  (void)co_await handle.Join(cx);
  co_return absl::OkStatus();
}
struct End {
  std::string name;
  Task<absl::Status> (*run)(Cx& cx, Body worker);
};
const End kEnds[] = {
    {"by its handle", ByItsHandle},
    {"by its scope's deadline", ByItsScopesDeadline},
    {"by its own deadline", ByItsDeadline},
    {"by a Timeout", ByATimeout},
    {"by the failure of a sibling", BySiblingsFailure},
    {"by its quota", ByItsQuota},
};

// Runs `test` as the first task, to its end, and without a violation.
void RunTask(std::uint64_t seed, const Body& test) {
  LabRuntime runtime{LabConfig(seed)};
  auto handle = runtime.SpawnRoot(test);
  ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
  runtime.Conclude();
  EXPECT_TRUE(handle.TakeOutcome().ok());
  std::string violations;
  for (const Violation& violation : runtime.violations()) {
    violations += violation.message + "\n";
  }
  EXPECT_THAT(violations, IsEmpty());
}

TEST(MaskTest, CleanUpWorksHoweverTheTaskEndsAndWhateverItUses) {
  for (const End& end : kEnds) {
    for (const Caller& caller : kCallers) {
      for (std::uint64_t seed = 0; seed < 5; ++seed) {
        SCOPED_TRACE(end.name + ", " + caller.name);
        int flushed = 0;
        const Body flush = [&](Cx& cx) -> Task<absl::Status> {
          co_await Try(cx.Sleep(absl::Milliseconds(5)));
          ++flushed;
          co_return absl::OkStatus();
        };
        const Body worker = [&](Cx& cx) -> Task<absl::Status> {
          absl::Status slept = co_await cx.Sleep(absl::Hours(1));
          CancelMask mask(cx);
          absl::Status cleaned = co_await caller.call(cx, flush);
          EXPECT_TRUE(cleaned.ok()) << cleaned;
          co_return slept;
        };
        RunTask(seed, [&](Cx& cx) { return end.run(cx, worker); });
        EXPECT_EQ(flushed, 1);
      }
    }
  }
}

TEST(MaskTest, ATimeoutOfCleanUpEndsIt) {
  RunTask(1, [](Cx& cx) -> Task<absl::Status> {
    co_await Try(ByItsDeadline(cx, [](Cx& cx) -> Task<absl::Status> {
      absl::Status slept = co_await cx.Sleep(absl::Hours(1));
      CancelMask mask(cx);
      const absl::Time began = cx.Now();
      absl::Status cleaned = co_await Timeout(
          cx, absl::Seconds(10), [](Cx& cx) -> Task<absl::Status> {
            co_return co_await cx.Sleep(absl::Hours(1));
          });
      EXPECT_TRUE(absl::IsDeadlineExceeded(cleaned)) << cleaned;
      EXPECT_EQ(cx.Now(), began + absl::Seconds(10));
      co_return slept;
    }));
    co_return absl::OkStatus();
  });
}

// How many steps a loop of 100,000 makes that `clean_up` calls, in each way.
void ForEachLoop(
    const std::function<void(LabRuntime&, const Body& clean_up)>& run,
    const std::function<void(int steps)>& judge) {
  for (const Caller& caller : kCallers) {
    SCOPED_TRACE(caller.name);
    int steps = 0;
    const Body loop = [&](Cx& cx) -> Task<absl::Status> {
      for (; steps < 100'000; ++steps) co_await Try(cx.Yield());
      co_return absl::OkStatus();
    };
    LabRuntime runtime{LabConfig(1)};
    run(runtime, [&](Cx& cx) { return caller.call(cx, loop); });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    judge(steps);
  }
}

Task<absl::Status> Nap(Cx& cx) {
  co_return co_await cx.Sleep(absl::Seconds(5));
}

// A scope whose body and task sleep.
Task<absl::Status> NapInScope(Cx& cx) {
  co_return co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
    cx.Spawn(Nap);
    co_return co_await Nap(cx);
  });
}

TEST(MaskTest, AScopeUnderAMaskOutlivesTheEndOfWhatIsAroundIt) {
  for (const End& end : kEnds) {
    SCOPED_TRACE(end.name);
    absl::Status under_a_mask = absl::UnknownError("did not run");
    RunTask(1, [&](Cx& cx) {
      return end.run(cx, [&](Cx& cx) -> Task<absl::Status> {
        CancelMask mask(cx);
        under_a_mask = co_await NapInScope(cx);
        co_return absl::OkStatus();
      });
    });
    EXPECT_EQ(under_a_mask, absl::OkStatus());
  }
}

TEST(MaskTest, WhatCleanUpCallsMayTakeAsManyStepsAsItHasLeft) {
  ForEachLoop(
      [](LabRuntime& runtime, const Body& clean_up) {
        auto handle =
            runtime.SpawnRoot([clean_up](Cx& cx) -> Task<absl::Status> {
              absl::Status slept = co_await cx.Sleep(absl::Hours(1));
              CancelMask mask(cx);
              (void)co_await clean_up(cx);
              co_return slept;
            });
        EXPECT_EQ(runtime.StepN(2), 2u);
        handle.Cancel(CancelReason(CancelKind::kShutdown, "shutdown"));
      },
      [](int steps) {
        EXPECT_GT(steps, CleanupStepsMax(CancelKind::kShutdown) - 10);
        EXPECT_LE(steps, CleanupStepsMax(CancelKind::kShutdown) + 1);
      });
}

TEST(MaskTest, WhatAFinalizerCallsMayTakeAsManyStepsAsItHasLeft) {
  ForEachLoop(
      [](LabRuntime& runtime, const Body& clean_up) {
        runtime.SpawnRoot([clean_up](Cx& cx) -> Task<absl::Status> {
          co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
            cx.AddFinalizer(clean_up, 100);
            co_return absl::OkStatus();
          });
        });
      },
      [](int steps) {
        EXPECT_GT(steps, 90);
        EXPECT_LE(steps, 101);
      });
}

TEST(MaskTest, AFinalizerWorksWhereItsScopeFailedOrWasLate) {
  for (const Caller& caller : kCallers) {
    for (const bool late : {false, true}) {
      SCOPED_TRACE(caller.name);
      int flushed = 0;
      const Body flush = [&](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.Sleep(absl::Seconds(5)));
        ++flushed;
        co_return absl::OkStatus();
      };
      RunTask(1, [&](Cx& cx) -> Task<absl::Status> {
        Budget budget = Budget::Unlimited();
        if (late) budget = budget.WithDeadline(cx.Now() + absl::Seconds(1));
        absl::Status status = co_await Scope(
            cx, {.budget = budget}, [&](Cx& cx) -> Task<absl::Status> {
              cx.AddFinalizer([&](Cx& cx) -> Task<absl::Status> {
                co_return co_await caller.call(cx, flush);
              });
              if (late) co_return co_await cx.Sleep(absl::Hours(1));
              co_return absl::InternalError("the body failed");
            });
        EXPECT_EQ(status.code(), late ? absl::StatusCode::kCancelled
                                      : absl::StatusCode::kInternal);
        co_return absl::OkStatus();
      });
      EXPECT_EQ(flushed, 1);
    }
  }
}

}  // namespace
}  // namespace asupersync
