// Scope(): a region ends when everything in it has ended, in every way.
#include "asupersync/task/scope.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

constexpr std::uint64_t kSeeds = 50;

TEST(ScopeTest, ReturnsAfterEveryTaskSpawnedInIt) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      int done = 0;  // captured by reference: the tasks end before it does
      co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        for (int i = 0; i < 3; ++i) {
          cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
            // A task spawns into its own region.
            cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
              co_await Try(cx.Sleep(absl::Seconds(1)));
              ++done;
              co_return absl::OkStatus();
            });
            ++done;
            co_return absl::OkStatus();
          });
        }
        co_return absl::OkStatus();
      }));
      EXPECT_EQ(done, 6);
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  }
}

TEST(ScopeTest, GivesTheBodysResultOfEveryType) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_await Scope(cx, [](Cx&) -> Task<> { co_return; });
    EXPECT_EQ(co_await Scope(cx, [](Cx&) -> Task<int> { co_return 3; }), 3);
    auto pointer = co_await Try(
        Scope(cx, [](Cx&) -> Task<absl::StatusOr<std::unique_ptr<int>>> {
          co_return std::make_unique<int>(4);
        }));
    EXPECT_EQ(*pointer, 4);
    Outcome<std::string> text = co_await Scope(
        cx, [](Cx&) -> Task<Outcome<std::string>> { co_return "text"; });
    EXPECT_EQ(*text, "text");
    co_return co_await Scope(cx, [](Cx&) -> Task<absl::Status> {
      co_return absl::NotFoundError("last");
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().status(), absl::NotFoundError("last"));
}

// Sleeps for an hour unless it is cancelled; then says why.
Task<absl::Status> Sleeper(Cx& cx, std::vector<std::string>& log) {
  LiveProbe probe;
  absl::Status status = co_await cx.Sleep(absl::Hours(1));
  log.push_back(status.ok() ? "slept"
                            : Name(CancelReason::FromStatus(status)->kind()));
  co_return status;
}

TEST(ScopeTest, AnErrorOfTheBodyCancelsItsTasksAndWaitsForThem) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    absl::Status status = co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
      co_await Try(cx.Sleep(absl::Seconds(1)));
      co_await Try(absl::NotFoundError("gone"));
      co_return absl::OkStatus();
    });
    log.push_back("scope over");
    co_return status;
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("fail_fast", "scope over"));
  EXPECT_EQ(handle.TakeOutcome().status(), absl::NotFoundError("gone"));
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Seconds(1));
}

TEST(ScopeTest, AnExceptionOfTheBodyPassesAfterItsTasksEnded) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    try {
      co_await Scope(cx, [&](Cx& cx) -> Task<> {
        cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
        (void)co_await cx.Sleep(absl::Seconds(1));
        throw std::runtime_error("body");
      });
    } catch (const std::runtime_error& e) {
      log.push_back(e.what());
    }
    // One that nobody catches becomes the task's panic.
    co_return co_await Scope(cx, [](Cx&) -> Task<absl::Status> {
      throw std::runtime_error("second");
      co_return absl::OkStatus();
    });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("fail_fast", "body"));
  EXPECT_EQ(handle.TakeOutcome().panic().what, "second");
}

TEST(ScopeTest, AFunctionThatThrowsInsteadOfMakingATaskIsAnException) {
  LabRuntime runtime(LabConfig(1));
  auto throws = [](Cx&) -> Task<int> { throw std::runtime_error("no task"); };
  auto in_scope = runtime.SpawnRoot(
      [&](Cx& cx) -> Task<int> { co_return co_await Scope(cx, throws); });
  auto plain = runtime.SpawnRoot(throws);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(in_scope.TakeOutcome().panic().what, "no task");
  EXPECT_EQ(plain.TakeOutcome().panic().what, "no task");
}

TEST(ScopeTest, CancellingItsTaskCancelsTheRegion) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
      co_return absl::OkStatus();  // the request finds the scope closing
    });
  });
  runtime.StepN(20);
  runtime.Cancel(handle);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("parent_cancelled"));
  // The body had ended well.
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kOk);
}

TEST(ScopeTest, ATaskSpawnedIntoACancelledRegionNeverStarts) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await cx.Sleep(absl::Hours(1));
      auto late = cx.Spawn([&](Cx&) -> Task<absl::Status> {
        log.push_back("started");
        co_return absl::OkStatus();
      });
      co_return status;
    });
  });
  runtime.StepN(5);
  runtime.Cancel(handle);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(log.empty());
}

TEST(ScopeTest, DestroyingTheRuntimeFreesOpenScopes) {
  std::vector<std::string> log;
  for (int steps : {0, 1, 2, 3, 4, 5, 6, 7, 8, 20}) {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      LiveProbe probe;
      co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        LiveProbe in_body;
        cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
        co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
          cx.Spawn([&](Cx& cx) { return Sleeper(cx, log); });
          co_await Try(cx.Yield());
          co_return absl::OkStatus();
        });
      });
    });
    runtime.StepN(steps);
    if (steps > 2) {
      EXPECT_GE(LiveProbe::alive(), 2);
    }
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
  EXPECT_TRUE(log.empty());
}

std::vector<std::string> RegionEvents(const ReplayTrace& trace) {
  std::vector<std::string> events;
  for (const EventRecord& record : trace.events()) {
    std::string id;
    if (const auto* made = std::get_if<RegionCreated>(&record.event)) {
      events.push_back("created R" + std::to_string(made->region.AsRaw()) +
                       " in R" + std::to_string(made->parent.AsRaw()));
    } else if (const auto* end = std::get_if<RegionClosed>(&record.event)) {
      events.push_back("closed R" + std::to_string(end->region.AsRaw()));
    }
  }
  return events;
}

TEST(ScopeTest, NestedRegionsCloseInnermostFirst) {
  LabRuntime runtime(LabConfig(1).WithDefaultReplayRecording());
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_await Try(Scope(cx, [](Cx& cx) -> Task<absl::Status> {
      co_await Try(Scope(cx, [](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.Yield());
        co_return absl::OkStatus();
      }));
      co_return absl::OkStatus();
    }));
    co_return co_await Scope(
        cx, [](Cx&) -> Task<absl::Status> { co_return absl::OkStatus(); });
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(RegionEvents(*runtime.TakeReplayTrace()),
              ElementsAre("created R2 in R1", "created R3 in R2", "closed R3",
                          "closed R2", "created R4 in R1", "closed R4"));
}

TEST(ScopeTest, ManyScopesInALoopLeaveNothingBehind) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<absl::StatusOr<int>> {
    int done = 0;
    for (int i = 0; i < 1000; ++i) {
      co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
        cx.Spawn([&](Cx&) -> Task<> {
          ++done;
          co_return;
        });
        co_return absl::OkStatus();
      }));
    }
    co_return done;
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().value(), 1000);
  EXPECT_TRUE(runtime.root_region().children.empty());
}

}  // namespace
}  // namespace asupersync
