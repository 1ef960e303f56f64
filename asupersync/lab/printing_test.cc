// How GoogleTest prints the types that tests compare, mock and expect.

#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/rw_lock.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::MatchesRegex;
using ::testing::PrintToString;
using ::testing::StartsWith;

TEST(PrintingTest, Ids) {
  EXPECT_EQ(PrintToString(CompactTaskId(7)), "T7");
  EXPECT_EQ(PrintToString(CompactRegionId(2)), "R2");
  EXPECT_EQ(PrintToString(CompactTaskId()), "T-");
  EXPECT_EQ(PrintToString(TaskId(0x1f)), "task:000000000000001f");
  EXPECT_EQ(PrintToString(RegionId()), "region:none");
  EXPECT_EQ(PrintToString(std::vector{CompactTaskId(1), CompactTaskId(2)}),
            "{ T1, T2 }");
}

TEST(PrintingTest, ReasonsAndOutcomes) {
  const CancelReason reason(CancelKind::kTimeout, "after 5ms");
  EXPECT_EQ(PrintToString(CancelKind::kRaceLost), "race_lost");
  EXPECT_THAT(PrintToString(reason),
              MatchesRegex("timeout: after 5ms .at asupersync/lab/.*"));
  EXPECT_EQ(PrintToString(OutcomeKind::kErr), "err");
  EXPECT_EQ(PrintToString(Outcome<int>(5)), "Ok(5)");
  EXPECT_EQ(PrintToString(Outcome<void>()), "Ok");
  struct Opaque {};
  EXPECT_EQ(PrintToString(Outcome<Opaque>(Opaque())), "Ok");
  EXPECT_EQ(PrintToString(Outcome<int>(absl::NotFoundError("x"))),
            "Err(NOT_FOUND: x)");
  EXPECT_THAT(PrintToString(Outcome<int>(reason)),
              MatchesRegex("Cancelled.timeout: after 5ms .*"));
  const PanicInfo panic = PanicInfo::FromException(
      std::make_exception_ptr(std::runtime_error("boom")));
  EXPECT_EQ(PrintToString(panic), "boom");
  EXPECT_EQ(PrintToString(Outcome<int>(panic)), "Panicked(boom)");
}

TEST(PrintingTest, Budgets) {
  EXPECT_EQ(PrintToString(Budget().WithDeadlineNs(5).WithPollQuota(3)),
            "Budget{deadline 5ns, polls 3, priority 128}");
}

TEST(PrintingTest, Events) {
  const ReplayEvent event = TaskYielded{CompactTaskId(2)};
  EXPECT_EQ(PrintToString(TaskYielded{CompactTaskId(2)}),
            "TaskYielded task=T2");
  EXPECT_EQ(PrintToString(EventRecord{12, 5, SiteId(3), event}),
            "#12 tick=5 site=3 TaskYielded task=T2");
  EXPECT_EQ(PrintToString(EventKind::kTimerFired), "TimerFired");
  // GoogleTest prints each std::variant in its own way.
  EXPECT_THAT(PrintToString(event),
              MatchesRegex(".*index = 1.*TaskYielded task=T2.*"));
}

TEST(PrintingTest, RunsAndTraces) {
  LabRuntime runtime(LabConfig(42).WithDefaultReplayRecording());
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Milliseconds(1));
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(PrintToString(result), "quiescent");
  EXPECT_EQ(PrintToString(RunResult{RunVerdict::kDeadlock, "T1 waits"}),
            "deadlock:\nT1 waits");

  const std::optional<ReplayTrace> trace = runtime.TakeReplayTrace();
  ASSERT_TRUE(trace.has_value());
  EXPECT_THAT(PrintToString(*trace),
              MatchesRegex("trace of seed 0x2a: [0-9]+ events, [0-9]+ steps, "
                           "certificate 0x[0-9a-f]+, "
                           "fingerprint 0x[0-9a-f]+"));
  EXPECT_THAT(PrintToString(trace), MatchesRegex(".trace of seed 0x2a: .*"));
  TraceMetadata metadata;
  metadata.test_id = "Suite.Name";
  EXPECT_EQ(PrintToString(ReplayTrace(metadata, {}, {}, std::nullopt,
                                      "the file ends early")),
            "trace of Suite.Name, seed 0x0: the first 0 events (the file ends "
            "early)");
}

Task<int> Five() { co_return 5; }

TEST(PrintingTest, TasksHandlesAndContexts) {
  Task<int> task = Five();
  EXPECT_EQ(PrintToString(task), "Task that has not started");
  Task<int> moved = std::move(task);
  EXPECT_EQ(PrintToString(task), "Task that was awaited or moved");

  LabRuntime runtime(LabConfig(1));
  std::string context;
  auto handle = runtime.SpawnRoot("five", [&](Cx& cx) {
    context = PrintToString(cx);
    return Five();
  });
  EXPECT_EQ(PrintToString(handle), "T1 'five' (not done)");
  runtime.RunUntilQuiescent();
  EXPECT_EQ(PrintToString(handle), "T1 'five' (done: ok)");
  EXPECT_EQ(context, "Cx of T1 'five'");
  auto taken = std::move(handle);
  EXPECT_EQ(PrintToString(handle), "no task (moved from)");
}

TEST(PrintingTest, ChannelsLocksAndPermits) {
  LabRuntime runtime(LabConfig(1));
  std::vector<std::string> printed;
  auto handle = runtime.SpawnRoot("user", [&](Cx& cx) -> Task<absl::Status> {
    auto ends = mpsc::Channel<int>(1);
    printed.push_back(PrintToString(ends.sender));
    printed.push_back(PrintToString(ends.receiver));
    auto permit = co_await Try(ends.sender.Reserve(cx));
    printed.push_back(PrintToString(permit));
    permit.Send(1);
    printed.push_back(PrintToString(permit));
    Mutex mutex;
    auto guard = co_await Try(mutex.Lock(cx));
    printed.push_back(PrintToString(guard));
    guard.Unlock();
    printed.push_back(PrintToString(guard));
    RwLock lock;
    auto reader = co_await Try(lock.Read(cx));
    printed.push_back(PrintToString(reader));
    reader.Unlock();
    printed.push_back(PrintToString(reader));
    Semaphore semaphore(3);
    auto permits = co_await Try(semaphore.Acquire(cx, 2));
    printed.push_back(PrintToString(permits));
    permits.Release();
    printed.push_back(PrintToString(permits));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  ASSERT_TRUE(handle.TakeOutcome().ok());
  EXPECT_THAT(
      printed,
      ::testing::ElementsAre(
          MatchesRegex("mpsc::Sender.object:[0-9a-f]+."),
          MatchesRegex("mpsc::Receiver.object:[0-9a-f]+."),
          StartsWith("mpsc::Permit(send permit of T1 'user', reserved at "),
          "mpsc::Permit(none)",
          StartsWith("MutexGuard(lock of T1 'user', reserved at "),
          "MutexGuard(none)",
          StartsWith("RwLockGuard(read lock of T1 'user', reserved at "),
          "RwLockGuard(none)",
          StartsWith("SemaphorePermit(2, semaphore permit of T1 'user', "),
          "SemaphorePermit(0, none)"));
}

}  // namespace
}  // namespace asupersync
