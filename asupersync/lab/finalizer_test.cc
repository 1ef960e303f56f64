// Finalizers run once, in reverse order, after the region's tasks, masked and
// within their steps.
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

using Log = std::vector<std::string>;

TEST(FinalizerTest, RunInReverseOrderAfterTheTasks) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Log log;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        cx.AddFinalizer([&] { log.push_back("void"); });
        cx.AddFinalizer([&](Cx&) {
          log.push_back("status");
          return absl::OkStatus();
        });
        cx.AddFinalizer([&](Cx& cx) -> Task<> {
          (void)co_await cx.Sleep(absl::Seconds(1));
          log.push_back("task");
        });
        cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
          // One that a task adds belongs to the region, too.
          cx.AddFinalizer([&](Cx& cx) -> Task<absl::Status> {
            co_await Try(cx.Yield());
            log.push_back("of the task");
            co_return absl::OkStatus();
          });
          co_await Try(cx.Sleep(absl::Seconds(1)));
          log.push_back("task done");
          co_return absl::OkStatus();
        });
        log.push_back("body done");
        co_return absl::OkStatus();
      }));
      log.push_back("after");
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_THAT(log, ElementsAre("body done", "task done", "of the task",
                                 "task", "status", "void", "after"));
  }
}

TEST(FinalizerTest, RunMaskedWhenTheScopeWasCancelled) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.AddFinalizer([&](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.Sleep(absl::Seconds(5)));
        log.push_back("flushed");
        co_return absl::OkStatus();
      });
      co_return co_await cx.Sleep(absl::Hours(1));
    });
  });
  runtime.StepN(5);
  runtime.Cancel(handle);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("flushed"));
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(5));
}

TEST(FinalizerTest, ItsErrorIsTheResultOfAScopeThatWasOk) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  const auto scope = [&](absl::Status body) {
    return [&log, body](Cx& cx) -> Task<absl::Status> {
      co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        cx.AddFinalizer([&] { log.push_back("other"); });
        cx.AddFinalizer([] { return absl::DataLossError("not flushed"); });
        co_return body;
      });
    };
  };
  auto ok = runtime.SpawnRoot(scope(absl::OkStatus()));
  auto failed = runtime.SpawnRoot(scope(absl::NotFoundError("first")));
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(ok.TakeOutcome().status(), absl::DataLossError("not flushed"));
  EXPECT_EQ(failed.TakeOutcome().status(), absl::NotFoundError("first"));
  EXPECT_THAT(log, ElementsAre("other", "other"));
}

TEST(FinalizerTest, AnExceptionOfOneDoesNotStopTheOthers) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.AddFinalizer([&] { log.push_back("other"); });
      cx.AddFinalizer([]() -> void { throw std::runtime_error("kaput"); });
      co_return absl::OkStatus();
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().panic().what, "kaput");
  EXPECT_THAT(log, ElementsAre("other"));
}

TEST(FinalizerTest, OneThatTakesTooManyStepsIsCancelled) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    absl::Status status =
        co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
          cx.AddFinalizer([&](Cx& cx) -> Task<absl::Status> {
            co_await Try(cx.Sleep(absl::Seconds(1)));  // not hit by it
            log.push_back("next");
            co_return absl::OkStatus();
          });
          cx.AddFinalizer(
              [&](Cx& cx) -> Task<absl::Status> {
                for (;;) {
                  absl::Status yielded = co_await cx.Yield();
                  if (yielded.ok()) continue;
                  log.push_back(
                      CancelReason::FromStatus(yielded)->ToString());
                  co_return yielded;
                }
              },
              /*steps_max=*/20);
          co_return absl::OkStatus();
        });
    EXPECT_TRUE(cx.Checkpoint().ok());
    co_return status;
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log,
              ElementsAre(HasSubstr("the finalizer's steps are used up"),
                          "next"));
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kCancelled);
}

TEST(FinalizerTest, OneInAnothersScopeHasNoMoreStepsThanThatHasLeft) {
  LabRuntime runtime(LabConfig(1));
  int inner = 0;
  int outer = 0;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.AddFinalizer(
          [&](Cx& cx) -> Task<absl::Status> {
            co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
              cx.AddFinalizer([&](Cx& cx) -> Task<absl::Status> {
                for (; inner < 5; ++inner) co_await Try(cx.Yield());
                co_return absl::OkStatus();
              });
              co_return absl::OkStatus();
            }));
            for (; outer < 1000; ++outer) co_await Try(cx.Yield());
            co_return absl::OkStatus();
          },
          20);
      co_return absl::OkStatus();
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(inner, 5);
  EXPECT_GT(outer, 5);
  EXPECT_LT(outer, 20);
}

TEST(FinalizerTest, OneOfTheRootRegionThatTakesTooManyStepsStopsNoOther) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    cx.AddFinalizer([&] { log.push_back("other"); });
    cx.AddFinalizer(
        [&](Cx& cx) -> Task<> {
          while ((co_await cx.Yield()).ok()) log.resize(0);
        },
        10);
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("other"));
  bool ran = false;
  runtime.SpawnRoot([&](Cx&) -> Task<> {
    ran = true;
    co_return;
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(ran);
}

TEST(FinalizerTest, AnExceptionOfOneDoesNotHideTheBodysError) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.AddFinalizer([] { throw std::runtime_error("finalizer"); });
      co_return absl::DataLossError("body");
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().status(), absl::DataLossError("body"));
}

TEST(FinalizerTest, WhatItSpawnsEndsBeforeTheNextOne) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.AddFinalizer([&] { log.push_back("first added"); });
      cx.AddFinalizer([&](Cx& cx) {
        cx.AddFinalizer([&] { log.push_back("added late"); });
        cx.Spawn([&](Cx& cx) -> Task<> {
          (void)co_await cx.Sleep(absl::Seconds(1));
          log.push_back("spawned");
        });
      });
      co_return absl::OkStatus();
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("spawned", "added late", "first added"));
}

TEST(FinalizerTest, ThoseOfTheRootRegionRunWhenNothingIsLeft) {
  LabRuntime runtime(LabConfig(1));
  Log log;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    cx.AddFinalizer([&] { log.push_back("first"); });
    cx.AddFinalizer([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(1)));
      log.push_back("second");
      co_return absl::OkStatus();
    });
    co_return absl::OkStatus();
  });
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Sleep(absl::Hours(1)));
    log.push_back("last task");
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("last task", "second", "first"));
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(log.size(), 3u);
  runtime.Conclude();
  EXPECT_TRUE(runtime.violations().empty())
      << runtime.violations().front().message;
}

TEST(FinalizerTest, AnErrorOfOneOfTheRootRegionNamesWhereItWasAdded) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    cx.AddFinalizer([] { return absl::InternalError("not flushed"); });
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  runtime.Conclude();
  ASSERT_EQ(runtime.violations().size(), 1u);
  EXPECT_THAT(runtime.violations().front().message,
              AllOf(HasSubstr("finalizer_test.cc:"), HasSubstr("not flushed")));
}

TEST(FinalizerTest, ARuntimeThatIsDestroyedRunsNoneAndFreesAll) {
  for (int steps = 0; steps < 12; ++steps) {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      cx.AddFinalizer([probe = std::make_shared<LiveProbe>()](
                          Cx& cx) -> Task<absl::Status> {
        co_return co_await cx.Sleep(absl::Hours(1));
      });
      co_return co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
        cx.AddFinalizer([probe = std::make_shared<LiveProbe>()](
                            Cx& cx) -> Task<absl::Status> {
          LiveProbe in_frame;
          co_return co_await cx.Sleep(absl::Hours(1));
        });
        co_return absl::OkStatus();
      });
    });
    runtime.StepN(steps);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

}  // namespace
}  // namespace asupersync
