#include "asupersync/choice/pct_source.h"

#include <cmath>
#include <cstdint>
#include <set>
#include <vector>

#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/fake_candidates.h"
#include "asupersync/choice/random_source.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

DerivedSeeds Seeds(uint64_t seed) { return DeriveSeeds(seed, "Pct.Any"); }

// A toy program: task i makes lengths[i] steps. Returns the task of each step.
std::vector<int> RunTasks(ChoiceSource& source, std::vector<int> lengths) {
  std::vector<int> steps;
  for (;;) {
    std::vector<uint64_t> runnable;
    for (size_t i = 0; i < lengths.size(); ++i) {
      if (lengths[i] > 0) runnable.push_back(i + 1);
    }
    if (runnable.empty()) return steps;
    const FakeCandidates view = FakeCandidates::Tasks(runnable);
    const uint32_t pick =
        source.Choose(ChoiceKind::kSchedule, view.size(), view);
    const int task = static_cast<int>(runnable[pick]) - 1;
    --lengths[task];
    steps.push_back(task);
  }
}

// Where in `steps` step number `n` (from 1) of the task stands.
int PositionOf(const std::vector<int>& steps, int task, int n) {
  for (size_t i = 0; i < steps.size(); ++i) {
    if (steps[i] == task && --n == 0) return static_cast<int>(i);
  }
  return -1;
}

int ContextSwitches(const std::vector<int>& steps) {
  int switches = 0;
  for (size_t i = 1; i < steps.size(); ++i) {
    if (steps[i] != steps[i - 1]) ++switches;
  }
  return switches;
}

// `hits` out of `runs` is not below `probability` by more than four standard
// deviations of a binomial; the seeds are fixed, so this cannot flake.
void ExpectAtLeast(int hits, int runs, double probability) {
  const double mean = runs * probability;
  const double deviation = std::sqrt(mean * (1 - probability));
  EXPECT_GE(hits, mean - 4 * deviation) << hits << " of " << runs;
}

TEST(PctSourceTest, DepthOneRunsTasksOneAfterAnotherInEveryOrder) {
  PctChoiceSource source(Seeds(0), 1, 12);
  std::set<std::vector<int>> orders;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    source.Reset(Seeds(seed));
    const std::vector<int> steps = RunTasks(source, {4, 4, 4});
    EXPECT_EQ(ContextSwitches(steps), 2);
    orders.insert(steps);
  }
  EXPECT_EQ(orders.size(), 6u);
}

TEST(PctSourceTest, EachChangePointAddsAtMostOneDetour) {
  for (uint64_t seed = 0; seed < 500; ++seed) {
    PctChoiceSource source(Seeds(seed), 3, 20);
    // Each of two changes may add a switch away and a switch back.
    EXPECT_LE(ContextSwitches(RunTasks(source, {10, 10})), 1 + 2 * 2);
  }
}

TEST(PctSourceTest, PrioritiesDoNotDependOnTheOrderOfCandidates) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    PctChoiceSource a(Seeds(seed), 1, 100), b(Seeds(seed), 1, 100);
    const FakeCandidates forward = FakeCandidates::Tasks({1, 2, 3, 4, 5});
    const FakeCandidates backward = FakeCandidates::Tasks({5, 4, 3, 2, 1});
    const uint32_t x = a.Choose(ChoiceKind::kSchedule, 5, forward);
    const uint32_t y = b.Choose(ChoiceKind::kSchedule, 5, backward);
    EXPECT_EQ(forward.At(x).identity, backward.At(y).identity);
  }
}

TEST(PctSourceTest, ALateTaskOfHigherPriorityRunsAtOnce) {
  int preempted = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    PctChoiceSource source(Seeds(seed), 1, 100);
    const FakeCandidates one = FakeCandidates::Tasks({1});
    const FakeCandidates both = FakeCandidates::Tasks({1, 2});
    source.Choose(ChoiceKind::kSchedule, 1, one);
    const uint32_t first = source.Choose(ChoiceKind::kSchedule, 2, both);
    EXPECT_EQ(source.Choose(ChoiceKind::kSchedule, 2, both), first);
    preempted += static_cast<int>(first);
  }
  EXPECT_NEAR(preempted, 200, 40);
}

// Task 1's fifth step must come between task 0's third and fourth: a single
// preemption at the right step, which is depth 2.
TEST(PctSourceTest, ADepthTwoBugIsFoundAsOftenAsTheTheoremSays) {
  for (const std::vector<int>& lengths :
       {std::vector<int>{10, 10}, std::vector<int>{8, 6, 5, 6}}) {
    int n = static_cast<int>(lengths.size());
    int k = 0;
    for (int length : lengths) k += length;
    constexpr int kRuns = 20000;
    int found = 0;
    PctChoiceSource source(Seeds(0), 2, static_cast<uint64_t>(k));
    for (uint64_t seed = 0; seed < kRuns; ++seed) {
      source.Reset(Seeds(seed));
      const std::vector<int> steps = RunTasks(source, lengths);
      const int middle = PositionOf(steps, 1, 5);
      if (PositionOf(steps, 0, 3) < middle &&
          middle < PositionOf(steps, 0, 4)) {
        ++found;
      }
    }
    ExpectAtLeast(found, kRuns, 1.0 / (n * k));
  }
}

// A preemption of task 0 after step 2, then of task 1 after step 3, and then
// all of task 0 before the rest of task 1: depth 3.
TEST(PctSourceTest, ADepthThreeBugIsFoundAsOftenAsTheTheoremSays) {
  constexpr int kRuns = 40000;
  int found = 0;
  PctChoiceSource source(Seeds(0), 3, 10);
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    source.Reset(Seeds(seed));
    const std::vector<int> steps = RunTasks(source, {5, 5});
    if (PositionOf(steps, 0, 2) < PositionOf(steps, 1, 1) &&
        PositionOf(steps, 1, 3) < PositionOf(steps, 0, 3) &&
        PositionOf(steps, 0, 5) < PositionOf(steps, 1, 4)) {
      ++found;
    }
  }
  ExpectAtLeast(found, kRuns, 1.0 / (2 * 10 * 10));
}

// All of task 0 before task 1 begins: depth 1, and hopeless for a random walk.
TEST(PctSourceTest, FindsWhatARandomWalkDoesNot) {
  int by_pct = 0, by_random = 0;
  constexpr int kRuns = 2000;
  for (uint64_t seed = 0; seed < kRuns; ++seed) {
    PctChoiceSource pct(Seeds(seed), 1, 60);
    RandomChoiceSource random(Seeds(seed));
    auto is_bug = [](const std::vector<int>& steps) {
      return PositionOf(steps, 0, 30) < PositionOf(steps, 1, 1);
    };
    by_pct += is_bug(RunTasks(pct, {30, 30}));
    by_random += is_bug(RunTasks(random, {30, 30}));
  }
  EXPECT_NEAR(by_pct, kRuns / 2, 100);
  EXPECT_EQ(by_random, 0);
}

TEST(PctSourceTest, ATaskThatYieldsForeverDoesNotStarveTheOthers) {
  for (uint64_t seed = 0; seed < 20; ++seed) {
    PctChoiceSource source(Seeds(seed), 2, 50);
    const FakeCandidates both = FakeCandidates::Tasks({1, 2});
    int by_task[2] = {0, 0};
    for (int i = 0; i < 250; ++i) {
      ++by_task[source.Choose(ChoiceKind::kSchedule, 2, both)];
    }
    EXPECT_GE(by_task[0], 60);
    EXPECT_GE(by_task[1], 60);
  }
}

TEST(PctSourceTest, OtherChoicesAreUniformAndAreNoSteps) {
  PctChoiceSource source(Seeds(1), 2, 5);
  const FakeCandidates three = FakeCandidates::Tasks({1, 2, 3});
  std::vector<int> counts(3);
  for (int i = 0; i < 6000; ++i) {
    ++counts[source.Choose(ChoiceKind::kTimer, 3, three)];
  }
  for (int count : counts) EXPECT_NEAR(count, 2000, 200);
  // No step was counted: priorities still decide, as in a fresh source.
  PctChoiceSource fresh(Seeds(1), 2, 5);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(source.Choose(ChoiceKind::kSchedule, 3, three),
              fresh.Choose(ChoiceKind::kSchedule, 3, three));
  }
}

TEST(PctSourceTest, ResetStartsTheExecutionAgain) {
  PctChoiceSource source(Seeds(1), 3, 20), fresh(Seeds(2), 3, 20);
  RunTasks(source, {10, 10});
  source.Reset(Seeds(2));
  EXPECT_EQ(RunTasks(source, {10, 10}), RunTasks(fresh, {10, 10}));
  EXPECT_EQ(source.Draw(DrawPurpose::kFault, 1, 2),
            fresh.Draw(DrawPurpose::kFault, 1, 2));
}

TEST(PctSourceDeathTest, ADepthOrLengthOfZeroAborts) {
  EXPECT_DEATH(PctChoiceSource(Seeds(1), 0, 5), "depth of at least 1");
  EXPECT_DEATH(PctChoiceSource(Seeds(1), 1, 0), "at least 1 expected step");
}

}  // namespace
}  // namespace asupersync
