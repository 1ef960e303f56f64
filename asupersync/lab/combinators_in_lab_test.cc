// Combinators inside combinators: whatever happens, nothing is left running.
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/pipeline.h"
#include "asupersync/combinator/first_ok.h"
#include "asupersync/combinator/hedge.h"
#include "asupersync/combinator/join.h"
#include "asupersync/combinator/join_all.h"
#include "asupersync/combinator/join_set.h"
#include "asupersync/combinator/quorum.h"
#include "asupersync/combinator/race.h"
#include "asupersync/combinator/retry.h"
#include "asupersync/combinator/select.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/time/interval.h"
#include "asupersync/time/timeout.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Reluctant branches that have started and cleaned up.
struct Tally {
  int started = 0;
  int cleaned_up = 0;
};

Task<absl::StatusOr<int>> Counted(Cx& cx, Tally& tally) {
  CleanUp clean_up;
  ++tally.started;
  absl::StatusOr<int> result = co_await Reluctant(cx, clean_up);
  if (clean_up.done) ++tally.cleaned_up;
  co_return result;
}

// Race of Timeouts of Retries: the third attempt of the second branch wins.
Task<absl::Status> RaceOfTimeoutsOfRetries(Cx& cx, Tally& tally) {
  const auto attempt_after = [&tally](int* attempts, int good) {
    return [&tally, attempts, good](Cx& cx) -> Task<absl::StatusOr<int>> {
      if (++*attempts == good) {
        co_return co_await ValueAfter(cx, absl::Milliseconds(1), good);
      }
      co_return co_await Timeout(cx, absl::Milliseconds(5), [&tally](Cx& cx) {
        return Counted(cx, tally);
      });
    };
  };
  RetryPolicy policy;
  policy.attempts_max = 4;
  int attempts[2] = {0, 0};
  auto winner = co_await Try(
      Race(cx,
           [&](Cx& cx) {
             return Timeout(cx, absl::Seconds(10), [&](Cx& cx) {
               return Retry(cx, policy, attempt_after(&attempts[0], 4));
             });
           },
           [&](Cx& cx) {
             return Timeout(cx, absl::Seconds(10), [&](Cx& cx) {
               return Retry(cx, policy, attempt_after(&attempts[1], 3));
             });
           }));
  // Three attempts may end before another's second: jitter decides.
  co_return winner.outcome.status();
}

Task<absl::Status> HedgesInAQuorum(Cx& cx, Tally& tally) {
  const auto hedged = [&tally](Cx& cx) {
    return Hedge(cx, absl::Milliseconds(3),
                 [&tally, attempt = 0](Cx& cx) mutable {
                   return ++attempt == 1
                              ? Counted(cx, tally)
                              : ValueAfter(cx, absl::Milliseconds(2), attempt);
                 });
  };
  auto votes = co_await Try(Quorum(cx, 2, std::vector(3, hedged)));
  co_return votes[0].value == 2 ? absl::OkStatus()
                                : absl::InternalError("not hedged");
}

Task<absl::Status> SelectsInAJoin(Cx& cx, Tally& tally) {
  auto [tx, rx] = mpsc::Channel<int>(1);
  int received = 0;
  // Made before co_await: see "Compilers" in join.h.
  auto join = Join(
      cx,
      [tx = std::move(tx)](Cx& cx) -> Task<absl::Status> {
        Interval interval(cx, absl::Milliseconds(2));
        for (int i = 0; i < 3; ++i) {
          co_await Try(interval.Tick(cx));
          co_await Try(tx.Send(cx, i));
        }
        co_return absl::OkStatus();
      },
      [&, rx = std::move(rx)](Cx& cx) mutable -> Task<absl::Status> {
        JoinSet<absl::StatusOr<int>> set(cx);
        set.Spawn([&](Cx& cx) { return Counted(cx, tally); });
        bool more = true;
        while (more) {
          more = co_await Try(Select(
              cx,
              On(rx.Recv(cx),
                 [&](absl::StatusOr<int> message) {
                   if (message.ok()) ++received;
                   return message.ok();
                 }),
              On(set.JoinNext(cx),
                 [](absl::StatusOr<Joined<absl::StatusOr<int>>>) {
                   return false;
                 })));
        }
        co_await set.Close(cx);
        co_return absl::OkStatus();
      });
  auto [sent, taken] = co_await std::move(join);
  co_await Try(std::move(sent));
  co_await Try(std::move(taken));
  co_return received == 3 ? absl::OkStatus() : absl::InternalError("lost");
}

Task<absl::Status> PipelineInAFirstOk(Cx& cx, Tally& tally) {
  const auto numbers = [](Cx& cx) {
    return Pipeline<int>(
        cx, 1,
        [](Cx& cx, mpsc::Sender<int> out) -> Task<absl::Status> {
          for (int i = 0;; ++i) co_await Try(out.Send(cx, i));
        },
        [](Cx& cx, mpsc::Receiver<int> in) -> Task<absl::Status> {
          int number = 0;
          while (number < 2) number = co_await Try(in.Recv(cx));
          co_return absl::OkStatus();
        });
  };
  co_return co_await FirstOk(
      cx, numbers, [&tally](Cx& cx) -> Task<absl::Status> {
        co_return (co_await Counted(cx, tally)).status();
      });
}

Task<absl::Status> Everything(Cx& cx, Tally& tally) {
  using Program = Task<absl::Status> (*)(Cx&, Tally&);
  const auto run = [&tally](Program program) {
    return [&tally, program](Cx& cx) { return program(cx, tally); };
  };
  std::vector<decltype(run(nullptr))> programs = {
      run(RaceOfTimeoutsOfRetries), run(HedgesInAQuorum), run(SelectsInAJoin),
      run(PipelineInAFirstOk)};
  const std::vector<Outcome<void>> outcomes =
      co_await JoinAll(cx, std::move(programs), /*concurrency_max=*/3);
  for (const Outcome<void>& outcome : outcomes) {
    co_await Try(outcome.status());
  }
  co_return absl::OkStatus();
}

TEST(CombinatorsTest, NestInAnyWay) {
  ForEachSchedule([](LabRuntime& runtime) {
    Tally tally;
    auto outcome = RunToEnd(
        runtime, [&](Cx& cx) { return Everything(cx, tally); });
    EXPECT_TRUE(outcome.ok()) << outcome.status();
    EXPECT_GT(tally.started, 3);
    EXPECT_EQ(tally.cleaned_up, tally.started);
  });
}

TEST(CombinatorsTest, AreAFunctionOfTheSeed) {
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    std::uint64_t certificates[2];
    for (std::uint64_t& certificate : certificates) {
      LabRuntime runtime{LabConfig(seed)};
      Tally tally;
      (void)RunToEnd(runtime, [&](Cx& cx) { return Everything(cx, tally); });
      certificate = runtime.certificate();
    }
    EXPECT_EQ(certificates[0], certificates[1]);
  }
}

// Cancels the caller after every step of the execution in turn.
TEST(CombinatorsTest, LeaveNothingBehindWhereverTheCallerIsCancelled) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    const LabConfig config = LabConfig(7).WithYieldPolicy(policy);
    bool ended = false;
    int cancelled = 0;
    for (std::uint64_t steps = 0; !ended; ++steps) {
      const int alive = LiveProbe::alive();
      {
        LabRuntime runtime(config);
        Tally tally;
        auto handle = runtime.SpawnRoot(
            [&](Cx& cx) { return Everything(cx, tally); });
        runtime.RunUntilTick(steps);
        ended = handle.done();
        runtime.Cancel(handle);
        const RunResult result = runtime.RunUntilQuiescent();
        EXPECT_TRUE(result.quiescent()) << steps << "\n" << result.report;
        EXPECT_EQ(tally.cleaned_up, tally.started) << steps;
        if (handle.outcome_kind() == OutcomeKind::kCancelled) ++cancelled;
        EXPECT_NE(handle.outcome_kind(), OutcomeKind::kPanicked) << steps;
        EXPECT_TRUE(runtime.obligations().empty()) << steps;
        for (const Violation& violation : runtime.violations()) {
          ADD_FAILURE() << "step " << steps << ": " << violation;
        }
      }
      EXPECT_EQ(LiveProbe::alive(), alive) << steps;
    }
    EXPECT_GT(cancelled, 50);
  }
}

// Destroys the runtime after every step of the execution in turn.
TEST(CombinatorsTest, ARuntimeMayGoAtAnyStep) {
  bool ended = false;
  for (std::uint64_t steps = 0; !ended; ++steps) {
    const int alive = LiveProbe::alive();
    {
      Tally tally;
      LabRuntime runtime(LabConfig(7));
      auto handle = runtime.SpawnRoot(
          [&](Cx& cx) { return Everything(cx, tally); });
      runtime.RunUntilTick(steps);
      ended = handle.done();
    }
    EXPECT_EQ(LiveProbe::alive(), alive) << steps;
  }
}

}  // namespace
}  // namespace asupersync
