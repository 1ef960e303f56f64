#include "asupersync/lab/lab_runtime.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(LabRuntimeTest, RunsATaskToItsEnd) {
  LabRuntime runtime(LabConfig(1));
  bool ran = false;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    ran = true;
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(ran);
  EXPECT_TRUE(handle.done());
  EXPECT_TRUE(handle.TakeOutcome().ok());
}

TEST(LabRuntimeTest, TimeAdvancesByItselfToEachDeadline) {
  LabRuntime runtime(LabConfig(1));
  std::vector<int> order;
  for (int i : {3, 1, 2}) {
    runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(i)));
      EXPECT_EQ(cx.Now(), absl::UnixEpoch() + absl::Seconds(i));
      order.push_back(i);
      co_return absl::OkStatus();
    });
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(order, ElementsAre(1, 2, 3));
}

Task<absl::StatusOr<int>> Fails() { co_return absl::NotFoundError("nothing"); }

Task<absl::StatusOr<int>> Calls(std::vector<std::string>& log) {
  struct Local {
    std::vector<std::string>& log;
    ~Local() { log.push_back("destroyed"); }
  } local{log};
  int value = co_await Try(Fails());
  log.push_back("not reached");
  co_return value;
}

TEST(LabRuntimeTest, TryEndsTheCoroutineAndDestroysItsLocalsFirst) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx&) -> Task<absl::Status> {
    absl::StatusOr<int> result = co_await Calls(log);
    log.push_back("resumed");
    co_return result.status();
  });
  runtime.RunUntilQuiescent();
  EXPECT_THAT(log, ElementsAre("destroyed", "resumed"));
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kErr);
  EXPECT_TRUE(absl::IsNotFound(handle.TakeOutcome().status()));
}

TEST(LabRuntimeTest, ExceptionsBecomePanicsAtTheBoundary) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<int> {
    (void)co_await cx.Yield();
    throw std::runtime_error("boom");
  });
  runtime.RunUntilQuiescent();
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kPanicked);
  EXPECT_THAT(handle.TakeOutcome().panic().what, HasSubstr("boom"));
}

TEST(LabRuntimeTest, JoinGivesTheChildsResult) {
  LabRuntime runtime(LabConfig(7));
  auto handle = runtime.SpawnRoot([](Cx& cx) -> Task<absl::StatusOr<int>> {
    auto child = cx.Spawn("child", [](Cx& cx) -> Task<absl::StatusOr<int>> {
      co_await Try(cx.Sleep(absl::Milliseconds(5)));
      co_return 42;
    });
    int value = co_await Try(child.Join(cx));
    auto again = co_await child.Join(cx);
    EXPECT_EQ(again.status().code(), absl::StatusCode::kFailedPrecondition);
    co_return value;
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().value(), 42);
}

TEST(LabRuntimeTest, CancellationReachesASleepingTaskWhichCleansUp) {
  LabRuntime runtime(LabConfig(7));
  std::vector<std::string> log;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    absl::Status status = co_await cx.Sleep(absl::Hours(1));
    log.push_back("cleaned up");
    co_return status;
  });
  runtime.StepN(100);
  runtime.Cancel(handle, "enough");
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(log, ElementsAre("cleaned up"));
  Outcome<void> outcome = handle.TakeOutcome();
  ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(outcome.reason().message(), "enough");
}

TEST(LabRuntimeTest, DeadlockReportNamesTasksPlacesAndTheCycle) {
  LabRuntime runtime(LabConfig(3));
  Mutex a, b;
  auto body = [](Mutex& first, Mutex& second, Cx& cx) -> Task<absl::Status> {
    MutexGuard one = co_await Try(first.Lock(cx));
    co_await Try(cx.Sleep(absl::Seconds(1)));
    MutexGuard two = co_await Try(second.Lock(cx));
    co_return absl::OkStatus();
  };
  runtime.SpawnRoot("left", [&](Cx& cx) { return body(a, b, cx); });
  runtime.SpawnRoot("right", [&](Cx& cx) { return body(b, a, cx); });
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report, HasSubstr("T1 'left' waits to lock mutex held by "
                                       "T2 'right' at asupersync/lab/"));
  EXPECT_THAT(result.report,
              HasSubstr("cycle of waits: T1 'left' -> T2 'right'"));
}

TEST(LabRuntimeTest, ChannelDeliversInOrderAndCloses) {
  LabRuntime runtime(LabConfig(3).WithDefaultReplayRecording());
  std::vector<int> received;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(2);
    auto producer =
        cx.Spawn([tx = std::move(tx)](Cx& cx) mutable -> Task<absl::Status> {
          for (int i = 0; i < 5; ++i) {
            auto permit = co_await Try(tx.Reserve(cx));
            permit.Send(i);
          }
          co_return absl::OkStatus();
        });
    for (;;) {
      absl::StatusOr<int> value = co_await rx.Recv(cx);
      if (!value.ok()) break;
      received.push_back(*value);
    }
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(received, ElementsAre(0, 1, 2, 3, 4));
  std::optional<ReplayTrace> trace = runtime.TakeReplayTrace();
  ASSERT_TRUE(trace.has_value());
  EXPECT_GT(trace->size(), 20u);
}

TEST(LabRuntimeTest, ARunThatStopsBeforeTheFinalizersIsNotQuiescent) {
  LabRuntime runtime(LabConfig(1));
  bool finalized = false;
  runtime.SpawnRoot([&](Cx& cx) -> Task<> {
    cx.AddFinalizer([&] { finalized = true; });
    co_return;
  });
  EXPECT_EQ(runtime.RunUntilTick(1).verdict, RunVerdict::kStopped);
  EXPECT_FALSE(finalized);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(finalized);
}

TEST(LabRuntimeTest, TheLastRunIsNoneAfterASingleStep) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    co_return co_await cx.Yield();
  });
  EXPECT_EQ(runtime.RunUntilTick(1).verdict, RunVerdict::kStopped);
  EXPECT_TRUE(runtime.last_run().has_value());
  EXPECT_TRUE(runtime.Step());
  EXPECT_FALSE(runtime.last_run().has_value());
}

TEST(LabRuntimeTest, TimersAndRandomValuesHavePlacesInTheTrace) {
  LabRuntime runtime(LabConfig(1).WithReplayRecording(
      RecorderConfig::Enabled().WithRng(true)));
  std::uint32_t sleeps_at = 0;
  std::uint32_t draws_at = 0;
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    sleeps_at = std::source_location::current().line() + 1;
    co_await Try(cx.Sleep(absl::Seconds(1)));
    draws_at = std::source_location::current().line() + 1;
    (void)cx.RandomBelow(10);
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  const ReplayTrace trace = *runtime.TakeReplayTrace();
  std::vector<std::uint32_t> places;
  for (const EventRecord& record : trace.events()) {
    if (std::holds_alternative<TimerCreated>(record.event) ||
        std::holds_alternative<RngValue>(record.event)) {
      places.push_back(trace.site(record.site).line);
    }
  }
  EXPECT_THAT(places, ElementsAre(sleeps_at, draws_at));
}

TEST(LabRuntimeTest, ALookAtTheTraceDoesNotChangeIt) {
  auto run = [](bool look) {
    LabRuntime runtime(LabConfig(42).WithDefaultReplayRecording());
    std::size_t seen = 0;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      cx.Trace("one");
      if (look) seen = runtime.ReplayTraceSoFar()->size();
      co_await Try(cx.Yield());
      co_return absl::OkStatus();
    });
    runtime.RunUntilQuiescent();
    if (look) {
      EXPECT_GE(seen, 3u);  // spawned, scheduled, one
      EXPECT_GT(runtime.ReplayTraceSoFar()->size(), seen);
    }
    return *runtime.TakeReplayTrace();
  };
  EXPECT_TRUE(run(true) == run(false));
  EXPECT_EQ(LabRuntime().ReplayTraceSoFar(), std::nullopt);
}

TEST(LabRuntimeTest, SameSeedGivesTheSameCertificateOthersOthers) {
  auto run = [](uint64_t seed) {
    LabRuntime runtime{LabConfig(seed)};
    for (int i = 0; i < 5; ++i) {
      runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
        for (int j = 0; j < 5; ++j) co_await Try(cx.Yield());
        co_return absl::OkStatus();
      });
    }
    runtime.RunUntilQuiescent();
    return runtime.certificate();
  };
  EXPECT_EQ(run(42), run(42));
  EXPECT_NE(run(42), run(43));
}

}  // namespace
}  // namespace asupersync
