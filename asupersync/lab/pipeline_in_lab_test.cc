#include "asupersync/channel/pipeline.h"

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
#include "asupersync/channel/mpsc.h"
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

Task<absl::Status> Count(Cx& cx, mpsc::Sender<int> out, int count) {
  for (int i = 0; i < count; ++i) co_await Try(out.Send(cx, i));
  co_return absl::OkStatus();
}

// Passes on each number doubled, until its input is closed.
Task<absl::Status> Double(Cx& cx, mpsc::Receiver<int> in,
                          mpsc::Sender<std::unique_ptr<int>> out) {
  for (;;) {
    absl::StatusOr<int> number = co_await in.Recv(cx);
    if (absl::IsOutOfRange(number.status())) co_return absl::OkStatus();
    const int value = co_await Try(std::move(number));
    co_await Try(out.Send(cx, std::make_unique<int>(2 * value)));
  }
}

Task<absl::Status> Collect(Cx& cx, mpsc::Receiver<std::unique_ptr<int>> in,
                           std::vector<int>& into, std::size_t most) {
  while (into.size() < most) {
    absl::StatusOr<std::unique_ptr<int>> number = co_await in.Recv(cx);
    if (absl::IsOutOfRange(number.status())) break;
    std::unique_ptr<int> value = co_await Try(std::move(number));
    into.push_back(*value);
  }
  co_return absl::OkStatus();
}

// Counts to `count` through Double, of which at most `most` are wanted.
Task<absl::Status> RunNumbers(Cx& cx, int count, std::size_t most,
                              std::vector<int>& collected) {
  return Pipeline<int, std::unique_ptr<int>>(
      cx, /*capacity=*/2,
      [count](Cx& cx, mpsc::Sender<int> out) {
        return Count(cx, std::move(out), count);
      },
      Double,
      [&collected, most](Cx& cx, mpsc::Receiver<std::unique_ptr<int>> in) {
        return Collect(cx, std::move(in), collected, most);
      });
}

TEST(PipelineTest, MessagesPassEveryStageInOrderAndClosingFollowsThem) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<int> collected;
    auto outcome = RunToEnd(
        runtime, [&](Cx& cx) { return RunNumbers(cx, 5, 100, collected); });
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_THAT(collected, ElementsAre(0, 2, 4, 6, 8));
    EXPECT_TRUE(runtime.obligations().empty());
  });
}

TEST(PipelineTest, AConsumerThatHasEnoughEndsItsProducers) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<int> collected;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) {
      return RunNumbers(cx, 1'000'000, 3, collected);
    });
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_THAT(collected, ElementsAre(0, 2, 4));
    EXPECT_TRUE(runtime.obligations().empty());
  });
}

// A source that never ends by itself and cleans up like Reluctant.
auto ReluctantSource(CleanUp& clean_up) {
  return [&clean_up](Cx& cx, mpsc::Sender<int> out) -> Task<absl::Status> {
    co_await Try(out.Send(cx, 1));
    co_return (co_await Reluctant(cx, clean_up)).status();
  };
}

TEST(PipelineTest, AnErrorInAStageCancelsAndDrainsTheOthers) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await Pipeline<int>(
          cx, 1, ReluctantSource(clean_up),
          [](Cx& cx, mpsc::Receiver<int> in) -> Task<absl::Status> {
            (void)co_await Try(in.Recv(cx));
            co_await Try(cx.Sleep(absl::Milliseconds(1)));
            co_return absl::DataLossError("bad");
          });
      EXPECT_TRUE(clean_up.done);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(3));
      co_return status;
    });
    EXPECT_EQ(outcome.status(), absl::DataLossError("bad"));
    EXPECT_EQ(clean_up.why, "fail_fast");
  });
}

TEST(PipelineTest, AnExceptionInAStageIsThrownWhenAllHaveEnded) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) {
      return Pipeline<int>(
          cx, 1, ReluctantSource(clean_up),
          [](Cx& cx, mpsc::Receiver<int> in) -> Task<absl::Status> {
            (void)co_await Try(in.Recv(cx));
            throw std::runtime_error("thrown");
          });
    });
    EXPECT_EQ(outcome.panic().what, "thrown");
    EXPECT_EQ(clean_up.done, clean_up.started);
    EXPECT_TRUE(runtime.UnseenFailures().empty());
  });
}

TEST(PipelineTest, CancellingTheCallerCancelsAndDrainsTheStages) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await Pipeline<int>(
          cx, 1, ReluctantSource(clean_up),
          [](Cx& cx, mpsc::Receiver<int> in) -> Task<absl::Status> {
            for (;;) (void)co_await Try(in.Recv(cx));
          });
      EXPECT_TRUE(clean_up.done);
      co_return status;
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    EXPECT_THAT(runtime.DescribeTasks(),
                HasSubstr("waits to finish Pipeline (T2 'stage 0', "
                          "T3 'stage 1' run) at"));
    runtime.Cancel(handle, "stop");
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    const auto outcome = handle.TakeOutcome();
    ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(outcome.reason().message(), "stop");
  });
}

TEST(PipelineTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    runtime.SpawnRoot([&](Cx& cx) {
      return Pipeline<int>(
          cx, 1, ReluctantSource(clean_up),
          [](Cx& cx, mpsc::Receiver<int> in) -> Task<absl::Status> {
            for (;;) (void)co_await Try(in.Recv(cx));
          });
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

}  // namespace
}  // namespace asupersync
