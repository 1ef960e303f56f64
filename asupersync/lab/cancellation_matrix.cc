// Every primitive that a task can wait at, cancelled at every moment: nothing
// is lost, leaked or completed twice.
#include "asupersync/lab/cancellation_matrix.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/cancellation_rows.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/run_result.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Of every row.
template <class RowType>
class CancellationMatrixTest : public ::testing::Test {};
// Of those rows for which several tasks may wait, for which they are served in
// order, and for which waiting for nothing is a deadlock.
template <class RowType>
class SeveralWaitersTest : public ::testing::Test {};
template <class RowType>
class WaitersInOrderTest : public ::testing::Test {};
template <class RowType>
class ForeverWaitingTest : public ::testing::Test {};

// One execution: a victim, a successor, and whoever releases.
template <class RowType>
class Play {
 public:
  using Handle = TaskHandle<absl::Status>;

  Play(YieldPolicy policy, std::uint64_t seed)
      : runtime_(LabConfig(seed).WithYieldPolicy(policy)),
        row_(std::make_unique<RowType>()) {
    runtime_.SpawnRoot("prepare", [this](Cx& cx) { return row_->Prepare(cx); });
    // At most until it waits, as that of a cell does.
    (void)runtime_.RunUntilQuiescent();
  }

  // Starts a task that waits. A masked one ends with what it sees unmasked.
  Handle Wait(const char* name, bool masked = false) {
    return runtime_.SpawnRoot(
        name, [this, name, masked, probe = LiveProbe()](
                  Cx& cx) -> Task<absl::Status> {
          absl::Status status;
          {
            std::optional<CancelMask> mask;
            if (masked) mask.emplace(cx);
            status = co_await row_->Wait(cx);
          }
          if (status.ok()) {
            ++completed_;
            order_.push_back(name);
          }
          if (masked) co_return cx.Checkpoint();
          co_return status;
        });
  }

  // Releases once; then cancels `victim`, if any, in the same step.
  void Release(Handle* victim = nullptr) {
    runtime_.SpawnRoot("release", [this, victim](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await row_->Release(cx);
      if (victim != nullptr) victim->Cancel();
      co_return status;
    });
  }

  // A task that comes after the victim succeeds: with one release if the victim
  // took what there was or nothing was released, else without any.
  void ExpectSuccessor(bool release) {
    if (release && RowType::kReleaseFirst) {
      Release();
      Run();
    }
    Handle successor = Wait("successor");
    if (release && !RowType::kReleaseFirst) Release();
    (void)runtime_.RunUntilQuiescent();
    ASSERT_TRUE(successor.done()) << runtime_.DescribeTasks();
    EXPECT_EQ(successor.outcome_kind(), OutcomeKind::kOk);
    auto check = runtime_.SpawnRoot("check", [this](Cx& cx) {
      return row_->ExpectIntact(cx, completed_);
    });
    (void)runtime_.RunUntilQuiescent();
    EXPECT_EQ(check.outcome_kind(), OutcomeKind::kOk);
    // A task that released may be left: a barrier's waits for another.
    runtime_.Conclude(/*end_is_expected=*/true);
    for (const Violation& violation : runtime_.violations()) {
      ADD_FAILURE() << violation.message;
    }
  }

  void Run() { (void)runtime_.RunUntilQuiescent(); }
  LabRuntime& runtime() { return runtime_; }
  RowType& row() { return *row_; }
  int completed() const { return completed_; }
  const std::vector<std::string>& order() const { return order_; }

 private:
  LabRuntime runtime_;
  std::unique_ptr<RowType> row_;
  int completed_ = 0;
  std::vector<std::string> order_;
};

template <class F>
void ForEachPolicyAndSeed(const F& f) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) f(policy, seed);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

// Those of the rows for which Keep<RowType> is true, as ::testing::Types.
template <template <class> class Keep, class Kept, class... Rest>
struct KeepRows {
  using type = Kept;
};
template <template <class> class Keep, class... Kept, class First,
          class... Rest>
struct KeepRows<Keep, ::testing::Types<Kept...>, First, Rest...>
    : KeepRows<Keep,
               std::conditional_t<Keep<First>::value,
                                  ::testing::Types<Kept..., First>,
                                  ::testing::Types<Kept...>>,
               Rest...> {};
template <template <class> class Keep, class... All>
typename KeepRows<Keep, ::testing::Types<>, All...>::type Kept(
    ::testing::Types<All...>);

template <class RowType>
using IsSeveral = std::bool_constant<RowType::kSeveral>;
template <class RowType>
using IsFifo = std::bool_constant<RowType::kFifo>;
template <class RowType>
using IsDeadlocking = std::bool_constant<RowType::kDeadlocks>;

using SeveralRows = decltype(Kept<IsSeveral>(CancellationRows()));
using FifoRows = decltype(Kept<IsFifo>(CancellationRows()));
using DeadlockingRows = decltype(Kept<IsDeadlocking>(CancellationRows()));

struct RowNames {
  template <class RowType>
  static std::string GetName(int) {
    return RowType::kName;
  }
};
TYPED_TEST_SUITE(CancellationMatrixTest, CancellationRows, RowNames);
TYPED_TEST_SUITE(SeveralWaitersTest, SeveralRows, RowNames);
TYPED_TEST_SUITE(WaitersInOrderTest, FifoRows, RowNames);
TYPED_TEST_SUITE(ForeverWaitingTest, DeadlockingRows, RowNames);

TYPED_TEST(CancellationMatrixTest, NotStarted) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    auto victim = play.Wait("victim");
    victim.Cancel();
    play.Run();
    ASSERT_EQ(victim.outcome_kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(play.completed(), 0);
    play.ExpectSuccessor(/*release=*/true);
  });
}

TYPED_TEST(CancellationMatrixTest, ByItselfBeforeTheOperation) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    std::optional<TaskHandle<absl::Status>> self;
    bool cancelled = false;
    self = play.runtime().SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      self->Cancel();
      const absl::Status status = co_await play.row().Wait(cx);
      cancelled = absl::IsCancelled(status);
      co_return status;
    });
    play.Run();
    EXPECT_TRUE(self->done());
    // A scope's child is not started then, so its end needs no cancellation.
    EXPECT_EQ(cancelled, TypeParam::kCancellable);
    play.ExpectSuccessor(/*release=*/true);
  });
}

TYPED_TEST(CancellationMatrixTest, AboutToWaitAndWaiting) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 1; steps < 8; ++steps) {
      Play<TypeParam> play(policy, seed);
      const absl::Time before = play.runtime().Now();
      auto victim = play.Wait("victim");
      play.runtime().StepN(steps);
      ASSERT_FALSE(victim.done());
      victim.Cancel();
      if (TypeParam::kCancellable) {
        play.runtime().StepN(1000);
        ASSERT_TRUE(victim.done());
        EXPECT_EQ(victim.outcome_kind(), OutcomeKind::kCancelled);
        EXPECT_EQ(play.runtime().Now(), before);
        EXPECT_EQ(play.completed(), 0);
        play.ExpectSuccessor(/*release=*/true);
      } else {
        play.Release();
        play.Run();
        ASSERT_TRUE(victim.done());
        EXPECT_EQ(play.completed(), 1);
        play.ExpectSuccessor(/*release=*/true);
      }
    }
  });
}

TYPED_TEST(CancellationMatrixTest, JustReleased) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 0; steps < 8; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto victim = play.Wait("victim");
      play.runtime().StepN(steps);
      play.Release(&victim);
      play.Run();
      if (!victim.done()) play.runtime().StepN(1000);
      ASSERT_TRUE(victim.done()) << play.runtime().DescribeTasks();
      // What the victim did not take is there for the next one.
      play.ExpectSuccessor(/*release=*/play.completed() > 0);
    }
  });
}

TYPED_TEST(CancellationMatrixTest, Masked) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 1; steps < 8; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto victim = play.Wait("victim", /*masked=*/true);
      play.runtime().StepN(steps);
      victim.Cancel();
      play.runtime().StepN(1000);
      ASSERT_FALSE(victim.done());
      play.Release();
      play.Run();
      ASSERT_TRUE(victim.done()) << play.runtime().DescribeTasks();
      EXPECT_EQ(victim.outcome_kind(), OutcomeKind::kCancelled);
      EXPECT_EQ(play.completed(), 1);
      play.ExpectSuccessor(/*release=*/true);
    }
  });
}

TYPED_TEST(CancellationMatrixTest, AlreadyDone) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    auto victim = play.Wait("victim");
    play.Release();
    play.Run();
    ASSERT_TRUE(victim.done()) << play.runtime().DescribeTasks();
    victim.Cancel();
    play.Run();
    EXPECT_EQ(victim.outcome_kind(), OutcomeKind::kOk);
    EXPECT_EQ(play.completed(), 1);
    play.ExpectSuccessor(/*release=*/true);
  });
}

TYPED_TEST(SeveralWaitersTest, OneIsCancelled) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 0; steps < 16; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto first = play.Wait("first");
      auto victim = play.Wait("victim");
      auto last = play.Wait("last");
      for (int i = 0; i < 3; ++i) play.Release();
      play.runtime().StepN(steps);
      victim.Cancel();
      play.Run();
      // Releases that nobody waited for may have had no effect.
      for (int i = 0; i < 3; ++i) {
        play.Release();
        play.Run();
      }
      ASSERT_TRUE(first.done() && victim.done() && last.done())
          << play.runtime().DescribeTasks();
      EXPECT_EQ(first.outcome_kind(), OutcomeKind::kOk);
      EXPECT_EQ(last.outcome_kind(), OutcomeKind::kOk);
      play.ExpectSuccessor(/*release=*/true);
    }
  });
}

TYPED_TEST(WaitersInOrderTest, FirstInFirstOut) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    for (const char* name : {"first", "second", "third"}) {
      play.Wait(name);
      play.runtime().StepN(1000);
    }
    ASSERT_EQ(play.completed(), 0);
    for (int i = 0; i < 3; ++i) {
      play.Release();
      play.Run();
    }
    EXPECT_EQ(play.order(),
              (std::vector<std::string>{"first", "second", "third"}));
  });
}

TYPED_TEST(ForeverWaitingTest, ShownInADeadlock) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    play.Wait("the victim");
    const RunResult result = play.runtime().RunUntilQuiescent();
    EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
    const std::string::size_type victim = result.report.find("'the victim'");
    ASSERT_NE(victim, std::string::npos) << result.report;
    EXPECT_NE(result.report.find("cancellation_rows.h:", victim),
              std::string::npos)
        << result.report;
  });
}

TYPED_TEST(CancellationMatrixTest, DestroyedWithTheRuntime) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 0; steps < 12; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto victim = play.Wait("victim");
      play.Release();
      play.runtime().StepN(steps);
      if (seed % 2 == 0) victim.Cancel();
    }
    EXPECT_EQ(LiveProbe::alive(), 0);
  });
}

template <class... RowTypes>
std::vector<MatrixRow> Describe(::testing::Types<RowTypes...>) {
  return {{RowTypes::kName, RowTypes::kSeveral, RowTypes::kCancellable,
           RowTypes::kFifo, RowTypes::kDeadlocks}...};
}

}  // namespace

std::vector<MatrixRow> MatrixRows() { return Describe(CancellationRows()); }

}  // namespace asupersync
