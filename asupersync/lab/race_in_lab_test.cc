#include "asupersync/combinator/race.h"

#include <functional>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

TEST(RaceTest, TheFirstToEndWinsAndLosersAreDrained) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto winner = co_await Try(
          Race(cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
               [](Cx& cx) {
                 return ValueAfter(cx, absl::Nanoseconds(1001), 1);
               },
               [](Cx& cx) {
                 return ValueAfter(cx, absl::Nanoseconds(1000), 2);
               }));
      EXPECT_EQ(winner.index, 2u);
      EXPECT_EQ(*winner.outcome, 2);
      EXPECT_TRUE(clean_up.done);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(),
                absl::Nanoseconds(1000) + absl::Milliseconds(2));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(clean_up.why, "race_lost");
  });
}

TEST(RaceTest, AnErrorAndAnExceptionWinToo) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto failed = co_await Try(
          Race(cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
               [](Cx& cx) {
                 return ErrorAfter(cx, absl::Milliseconds(1),
                                   absl::NotFoundError("x"));
               }));
      EXPECT_EQ(failed.outcome.status(), absl::NotFoundError("x"));
      auto thrown = co_await Try(
          Race(cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
               [](Cx&) -> Task<int> {
                 throw std::runtime_error("thrown");
                 co_return 0;
               }));
      EXPECT_EQ(thrown.outcome.panic().what, "thrown");
      EXPECT_TRUE(clean_up.done);
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.UnseenFailures().empty());
  });
}

TEST(RaceTest, BranchesOfDifferentTypesGiveAVariant) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      auto winner = co_await Try(
          Race(cx, [](Cx& cx) { return ValueAfter(cx, absl::Hours(1), 1); },
               [](Cx&) -> Task<std::unique_ptr<int>> {
                 co_return std::make_unique<int>(4);
               },
               [](Cx& cx) -> Task<absl::Status> {
                 co_return co_await cx.Sleep(absl::Hours(2));
               }));
      EXPECT_EQ(winner.index, 1u);
      EXPECT_EQ(winner.outcome.index(), 1u);
      EXPECT_EQ(**std::get<1>(winner.outcome), 4);
      co_return absl::OkStatus();
    });
  });
}

TEST(RaceTest, EachOfEqualBranchesIsTheWinnerOfSomeSeed) {
  std::set<std::size_t> winners;
  ForEachSchedule([&](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const auto branch = [](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(1), 0);
      };
      auto winner = co_await Try(Race(cx, std::vector(3, branch)));
      winners.insert(winner.index);
      co_return absl::OkStatus();
    });
  });
  EXPECT_EQ(winners.size(), 3u);
}

TEST(RaceTest, OfSeveralThatHaveEndedTheFirstInTimeWins) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<std::size_t> ends;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const auto branch = [&ends](std::size_t i) {
        return [&ends, i](Cx&) -> Task<> {
          ends.push_back(i);
          co_return;
        };
      };
      auto winner =
          co_await Try(Race(cx, branch(0), branch(1), branch(2), branch(3)));
      EXPECT_FALSE(ends.empty());
      EXPECT_EQ(winner.index, ends.front());
      co_return absl::OkStatus();
    });
  });
}

TEST(RaceTest, ALoserThatEndsOkAllTheSameIsDropped) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      auto winner = co_await Try(
          Race(cx,
               [](Cx& cx) -> Task<absl::StatusOr<int>> {
                 CancelMask mask(cx);
                 co_await Try(cx.Sleep(absl::Seconds(1)));
                 co_return 1;
               },
               [](Cx& cx) {
                 return ValueAfter(cx, absl::Milliseconds(1), 2);
               }));
      EXPECT_EQ(winner.index, 1u);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Seconds(1));
      co_return absl::OkStatus();
    });
  });
}

TEST(RaceTest, CancellingTheCallerCancelsAndDrainsTheBranches) {
  ForEachSchedule([](LabRuntime& runtime) {
    std::vector<CleanUp> clean_ups(2);
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      auto winner = co_await Race(
          cx, [&](Cx& cx) { return Reluctant(cx, clean_ups[0]); },
          [&](Cx& cx) { return Reluctant(cx, clean_ups[1]); });
      EXPECT_TRUE(clean_ups[0].done && clean_ups[1].done);
      co_return winner.status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    runtime.Cancel(handle, "stop");
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(clean_ups[0].why, "parent_cancelled");
    const auto outcome = handle.TakeOutcome();
    ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(outcome.reason().message(), "stop");
  });
}

TEST(RaceTest, CancellingTheCallerDuringTheDrainKeepsTheWinner) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      auto winner = co_await Try(
          Race(cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
               [](Cx& cx) {
                 return ValueAfter(cx, absl::Milliseconds(1), 2);
               }));
      EXPECT_EQ(*winner.outcome, 2);
      EXPECT_TRUE(clean_up.done);
      co_return cx.Checkpoint();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Microseconds(1500));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
  });
}

TEST(RaceTest, ACancelledCallerStartsNoBranch) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      (void)co_await cx.Sleep(absl::Hours(1));
      co_return (co_await Race(
                     cx, [&](Cx& cx) { return Reluctant(cx, clean_up); }))
          .status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_FALSE(clean_up.started);
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
  });
}

TEST(RaceTest, ACallerThatMasksCancellationSeesTheRaceOut) {
  ForEachSchedule([](LabRuntime& runtime) {
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::StatusOr<int>> {
      CancelMask mask(cx);
      auto winner = co_await Try(Race(cx, [](Cx& cx) {
        return ValueAfter(cx, absl::Milliseconds(9), 2);
      }));
      co_return *winner.outcome;
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(*handle.TakeOutcome(), 2);
  });
}

// Throws when it is moved for the third time.
struct ThrowsWhenMoved {
  explicit ThrowsWhenMoved(int* moves) : moves(moves) {}
  ThrowsWhenMoved(ThrowsWhenMoved&& other) : moves(other.moves) {
    if (++*moves == limit) throw std::runtime_error("moved");
  }
  Task<absl::StatusOr<int>> operator()(Cx& cx) {
    return ValueAfter(cx, absl::Milliseconds(1), 3);
  }
  int* moves;
  static inline int limit = 0;
};

TEST(RaceTest, AnExceptionWhileBranchesStartDrainsThoseThatHaveStarted) {
  int moves_in_all = 0;
  for (int limit = 0; limit <= moves_in_all; ++limit) {
    ThrowsWhenMoved::limit = limit;
    LabRuntime runtime{LabConfig(1)};
    int moves = 0;
    CleanUp clean_up;
    bool thrown = false;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      try {
        (void)co_await Race(
            cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
            ThrowsWhenMoved(&moves));
      } catch (const std::runtime_error&) {
        thrown = true;
        EXPECT_EQ(clean_up.done, clean_up.started);
      }
      co_return absl::OkStatus();
    });
    EXPECT_EQ(thrown, limit > 0);
    if (limit == 0) moves_in_all = moves;
  }
  EXPECT_GT(moves_in_all, 3);
}

TEST(RaceTest, NobodyInTheRaceIsAnError) {
  LabRuntime runtime(LabConfig(1));
  auto outcome = RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
    std::vector<std::function<Task<absl::Status>(Cx&)>> none;
    co_return (co_await Race(cx, std::move(none))).status();
  });
  EXPECT_TRUE(absl::IsInvalidArgument(outcome.status()));
}

TEST(RaceTest, AContextThatMustNotSpawnIsAnError) {
  LabRuntime runtime(LabConfig(1));
  (void)RunToEnd(runtime, [](Cx& outer) -> Task<absl::Status> {
    Cx cx = outer.Restrict(Capability::kTime);
    auto winner = co_await Race(
        cx, [](Cx& cx) { return ValueAfter(cx, absl::Seconds(1), 1); });
    EXPECT_TRUE(absl::IsPermissionDenied(winner.status()));
    co_return absl::OkStatus();
  });
}

TEST(RaceTest, AnErrorOfABranchsFinalizerIsTheResult) {
  ForEachSchedule([](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
      auto winner = co_await Race(cx, [](Cx& cx) -> Task<int> {
        cx.AddFinalizer([](Cx&) -> Task<absl::Status> {
          co_return absl::DataLossError("finalizer");
        });
        co_return 1;
      });
      EXPECT_TRUE(absl::IsDataLoss(winner.status())) << winner.status();
      co_return absl::OkStatus();
    });
  });
}

TEST(RaceTest, ADeadlockReportSaysThatItWaits) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    const auto stuck = [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    };
    co_return (co_await Race(cx, stuck, stuck)).status();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("T1 waits to finish Race (T2, T3 run) at "));
  EXPECT_THAT(result.report, HasSubstr("race_in_lab_test.cc:"));
}

TEST(RaceTest, ARuntimeMayGoWhileItWaits) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await Race(
                     cx, [&](Cx& cx) { return Reluctant(cx, clean_up); },
                     [&](Cx& cx) { return Reluctant(cx, clean_up); }))
          .status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(1));
  });
}

}  // namespace
}  // namespace asupersync
