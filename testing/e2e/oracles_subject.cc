// For each oracle a test with a planted bug, which it must find, and a twin
// that is correct: here those about tasks, regions and their ends. None of
// these tests is run by itself; see oracle_pairs.h.
#include <memory>
#include <source_location>
#include <stdexcept>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// --- task_leak

class TaskLeak : public LabTest {
 protected:
  void SpawnSleeper() {
    runtime().SpawnRoot("sleeper", [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Hours(2));
    });
  }
};

TEST_F(TaskLeak, RunThatStopsTooEarly) {
  SpawnSleeper();
  runtime().RunUntil(absl::UnixEpoch() + absl::Hours(1));
}

TEST_F(TaskLeak, RunToTheEnd) {
  SpawnSleeper();
  runtime().RunUntil(absl::UnixEpoch() + absl::Hours(1));
  runtime().RunUntilQuiescent();
}

// --- obligation_leak

// Leases connections; whoever has one must give it back.
class Pool {
 public:
  Obligation Lease(Cx& cx, std::source_location site =
                               std::source_location::current()) {
    return Obligation(cx, ObligationKind::kLease, object_.id(), site);
  }

 private:
  SharedObject object_{"pool"};
};

LAB_TEST(ObligationLeak, LeaseThatOutlivesItsScope) {
  Pool pool;
  Obligation forgotten;
  co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn("borrower", [&](Cx& cx) -> Task<absl::Status> {
      forgotten = pool.Lease(cx);
      co_return co_await cx.Yield();
    });
    co_return absl::OkStatus();
  }));
  forgotten.Commit();
  co_return absl::OkStatus();
}

LAB_TEST(ObligationLeak, LeaseForAScopeThatOutlivesIt) {
  Pool pool;
  Obligation forgotten;
  co_await Try(
      Scope(cx, {.name = "request"}, [&](Cx& cx) -> Task<absl::Status> {
        forgotten = pool.Lease(cx);
        co_return absl::OkStatus();
      }));
  co_return co_await cx.Yield();
}

LAB_TEST(ObligationLeak, LeaseForTheTaskOutlivesAScope) {
  Pool pool;
  Obligation kept;
  co_await Try(Scope(cx, [&](Cx&) -> Task<absl::Status> {
    kept = pool.Lease(cx);
    co_return absl::OkStatus();
  }));
  co_return co_await cx.Yield();
}

LAB_TEST(ObligationLeak, LeaseThatASiblingGivesBack) {
  Pool pool;
  Obligation handed_over;
  co_await Try(Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    auto borrower =
        cx.Spawn("borrower", [&](Cx& cx) -> Task<absl::Status> {
          handed_over = pool.Lease(cx);
          co_return co_await cx.Yield();
        });
    auto sibling = cx.Spawn(
        "sibling",
        [&, borrower = std::move(borrower)](Cx& cx) -> Task<absl::Status> {
          co_await Try(borrower.Join(cx));
          handed_over.Commit();
          co_return absl::OkStatus();
        });
    co_return absl::OkStatus();
  }));
  co_return absl::OkStatus();
}

// --- region_quiescence

// What a nursery of the program's own begins with.
RegionNode& OpenRegionBelow(Cx& cx, RegionNode& parent) {
  auto opened = std::make_unique<RegionNode>();
  RegionNode& region = *opened;
  cx.node().runtime().OpenRegion(std::move(opened), cx.node(), parent,
                                std::source_location::current());
  return region;
}

// A nursery of the program's own, which ends its region without waiting for
// what was spawned there.
Task<absl::Status> HastyNursery(Cx& cx) {
  RegionNode& region = OpenRegionBelow(cx, cx.region());
  Cx inside(cx.node(), region);
  inside.Spawn("worker", [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Seconds(1));
  });
  co_await Try(cx.Sleep(absl::Milliseconds(1)));
  cx.node().runtime().FreeRegion(region);
  co_return absl::OkStatus();
}

LAB_TEST(RegionQuiescence, NurseryThatDoesNotWait) {
  co_return co_await HastyNursery(cx);
}

LAB_TEST(RegionQuiescence, NurseryThatWaits) {
  co_return co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
    cx.Spawn("worker", [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Seconds(1));
    });
    co_return co_await cx.Sleep(absl::Milliseconds(1));
  });
}

// --- finalizers

// A connection that must be closed; a bug takes the finalizer that does it off
// the region's list.
Task<absl::Status> UseAConnection(Cx& cx, bool forget_to_close) {
  bool open = true;
  const absl::Status status = co_await Scope(
      cx, [&open, forget_to_close](Cx& cx) -> Task<absl::Status> {
        cx.AddFinalizer([&open] { open = false; });
        co_await Try(cx.Yield());
        if (forget_to_close) cx.region().finalizers.pop_back();
        co_return absl::OkStatus();
      });
  CO_ASSERT_EQ(open, forget_to_close);
  co_return status;
}

LAB_TEST(Finalizers, FinalizerThatIsLost) {
  co_return co_await UseAConnection(cx, /*forget_to_close=*/true);
}

LAB_TEST(Finalizers, FinalizerThatRuns) {
  co_return co_await UseAConnection(cx, /*forget_to_close=*/false);
}

// --- region_tree

// Opens a region, for a scope of its own, and closes it properly.
Task<absl::Status> OpenBelow(Cx& cx, RegionNode& parent) {
  Runtime& runtime = cx.node().runtime();
  RegionNode& region = OpenRegionBelow(cx, parent);
  const absl::Status status = co_await cx.Yield();
  runtime.TryClose(region);
  runtime.FreeRegion(region);
  co_return status;
}

// Another task's scope is open when the body opens a region: below it, or
// where it belongs.
Task<absl::Status> OpenBesideAScope(Cx& cx, bool below_the_scope) {
  RegionNode* other = nullptr;
  auto owner = cx.Spawn("owner", [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
      other = &cx.region();
      co_return co_await cx.Sleep(absl::Seconds(2));
    });
  });
  co_await Try(cx.Sleep(absl::Seconds(1)));
  co_await Try(OpenBelow(cx, below_the_scope ? *other : cx.region()));
  co_return (co_await owner.Join(cx)).status();
}

LAB_TEST(RegionTree, RegionBelowAnotherTasksScope) {
  co_return co_await OpenBesideAScope(cx, /*below_the_scope=*/true);
}

LAB_TEST(RegionTree, RegionBelowItsOwn) {
  co_return co_await OpenBesideAScope(cx, /*below_the_scope=*/false);
}

// --- loser_drain

Task<absl::Status> Pause(Cx& cx, absl::Duration duration) {
  const absl::Status status = co_await cx.Sleep(duration);
  CancelMask mask(cx);
  co_await Try(cx.Sleep(absl::Milliseconds(5)));  // cleans up
  co_return status;
}

// The first of two wins; the loser is cancelled, and drained or not.
Task<absl::Status> FirstOfTwo(Cx& cx, bool drain) {
  RaceGroup race(cx.node(), "FirstOfTwo", std::source_location::current());
  auto quick = cx.Spawn("quick", [](Cx& cx) {
    return Pause(cx, absl::Milliseconds(1));
  });
  auto slow = cx.Spawn("slow", [](Cx& cx) {
    return Pause(cx, absl::Seconds(1));
  });
  race.Add(quick);
  race.Add(slow);
  const Outcome<void> outcome = co_await quick.Join(cx);
  slow.Cancel(CancelReason(CancelKind::kRaceLost, "slow lost", cx.id()));
  if (drain) (void)co_await slow.Join(cx);
  co_return outcome.status();
}

LAB_TEST(LoserDrain, RaceThatLeavesItsLoser) {
  co_return co_await FirstOfTwo(cx, /*drain=*/false);
}

LAB_TEST(LoserDrain, RaceThatDrainsItsLoser) {
  co_return co_await FirstOfTwo(cx, /*drain=*/true);
}

// --- cancel_protocol

// Is cancelled by a shutdown, and tells itself that it was only a wish.
Task<absl::Status> Worker(Cx& cx, bool plays_it_down) {
  const absl::Status status = co_await cx.Sleep(absl::Hours(1));
  if (plays_it_down) {
    *cx.node().cancel = CancelReason(CancelKind::kUser, "no hurry");
  }
  CancelMask mask(cx);
  co_await Try(cx.Sleep(absl::Seconds(1)));
  co_return status;
}

Task<absl::Status> ShutDown(Cx& cx, bool plays_it_down) {
  auto worker = cx.Spawn("worker", [plays_it_down](Cx& cx) {
    return Worker(cx, plays_it_down);
  });
  co_await Try(cx.Sleep(absl::Seconds(1)));
  worker.Cancel(CancelReason(CancelKind::kShutdown, "closing", cx.id()));
  (void)co_await worker.Join(cx);
  co_return absl::OkStatus();
}

LAB_TEST(CancelProtocol, CancellationThatIsWeakened) {
  co_return co_await ShutDown(cx, /*plays_it_down=*/true);
}

LAB_TEST(CancelProtocol, CancellationThatIsObeyed) {
  co_return co_await ShutDown(cx, /*plays_it_down=*/false);
}

// --- deadline_monotone

// Has a second, and may take more.
Task<absl::Status> Hurry(Cx& cx, bool take_more) {
  if (take_more) {
    cx.node().extras->budget.deadline_ns += absl::ToInt64Nanoseconds(
        absl::Hours(1));
  }
  co_return co_await cx.Sleep(absl::Milliseconds(500));
}

Task<absl::Status> SpawnHurried(Cx& cx, bool take_more) {
  SpawnOptions options;
  options.name = "hurried";
  options.budget = Budget().WithDeadlineNs(
      absl::ToUnixNanos(cx.Now() + absl::Seconds(1)));
  auto hurried = cx.Spawn(options, [take_more](Cx& cx) {
    return Hurry(cx, take_more);
  });
  co_return (co_await hurried.Join(cx)).status();
}

LAB_TEST(DeadlineMonotone, DeadlineThatIsPutOff) {
  co_return co_await SpawnHurried(cx, /*take_more=*/true);
}

LAB_TEST(DeadlineMonotone, DeadlineThatIsKept) {
  co_return co_await SpawnHurried(cx, /*take_more=*/false);
}

// --- unseen_panic

Task<absl::Status> Throw(Cx& cx) {
  co_await Try(cx.Yield());
  throw std::runtime_error("lost");
}

LAB_TEST(UnseenPanic, ExceptionOfATaskThatNobodyJoins) {
  auto worker = cx.Spawn("worker", Throw);
  co_return co_await cx.Sleep(absl::Seconds(1));
}

LAB_TEST(UnseenPanic, ExceptionOfATaskThatIsJoined) {
  auto worker = cx.Spawn("worker", Throw);
  const Outcome<void> outcome = co_await worker.Join(cx);
  CO_ASSERT_EQ(outcome.kind(), OutcomeKind::kPanicked);
  co_return absl::OkStatus();
}

// --- unseen_error

Task<absl::Status> Fail(Cx& cx) {
  co_await Try(cx.Yield());
  co_return absl::DataLossError("lost");
}

LAB_TEST(UnseenError, ErrorOfATaskThatNobodyJoins) {
  cx.Spawn("worker", Fail);
  co_return co_await cx.Sleep(absl::Seconds(1));
}

LAB_TEST(UnseenError, ErrorOfATaskThatAScopeEndsBy) {
  const absl::Status ended =
      co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
        cx.Spawn("worker", Fail);
        co_return co_await cx.Sleep(absl::Seconds(1));
      });
  CO_ASSERT_EQ(ended.code(), absl::StatusCode::kDataLoss);
  co_return absl::OkStatus();
}

// --- step_limit

class StepLimit : public LabTest {
 protected:
  LabConfig ConfigureLab(LabConfig config) override {
    return config.WithStepLimit(1000);
  }
};

LAB_TEST_F(StepLimit, LoopWithoutEnd) {
  for (;;) co_await Try(cx.Yield());
}

LAB_TEST_F(StepLimit, LoopThatEnds) {
  for (int i = 0; i < 900; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

}  // namespace
}  // namespace asupersync
