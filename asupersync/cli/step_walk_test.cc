#include "asupersync/cli/step_walk.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/base/prng.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/trace_reader.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

TraceReader Long(int extra_steps) {
  ToyTrace toy;
  toy.extra_steps = extra_steps;
  return TraceReader::Open(toy.Save("walk.async")).value();
}

// All of a state that the toy's extra steps change.
void ExpectSame(const TraceWalk& a, const TraceWalk& b) {
  ASSERT_EQ(a.current(), b.current());
  EXPECT_EQ(a.state().running(), b.state().running());
  EXPECT_EQ(a.state().now_nanos(), b.state().now_nanos());
  EXPECT_EQ(a.state().done_count(), b.state().done_count());
  EXPECT_EQ(a.state().timers().size(), b.state().timers().size());
  ASSERT_EQ(a.state().tasks().size(), b.state().tasks().size());
  for (const auto& [number, task] : a.state().tasks()) {
    const TaskState& other = b.state().tasks().at(number);
    EXPECT_EQ(task.status, other.status);
    EXPECT_EQ(task.last_step, other.last_step);
    EXPECT_EQ(task.name, other.name);
    EXPECT_EQ(task.site, other.site);
  }
}

TEST(StepWalkTest, BackIsWhereForwardWas) {
  TraceWalk walk(Long(4000));
  Prng draws(7);
  for (int i = 0; i < 30; ++i) {
    const uint64_t index = draws.Next() % walk.end_index();
    ASSERT_TRUE(walk.GoTo(index).ok());
    TraceWalk forward(Long(4000));
    ASSERT_TRUE(forward.GoTo(index).ok());
    ExpectSame(walk, forward);
  }
}

TEST(StepWalkTest, CheckpointsStayFewHoweverLongTheTrace) {
  TraceWalk walk(Long(60000));
  size_t most = 0;
  while (walk.Next()) most = std::max(most, walk.checkpoint_count());
  EXPECT_GT(walk.end_index(),
            2 * TraceWalk::kCheckpointsMax * TraceWalk::kDistance);
  EXPECT_LE(most, TraceWalk::kCheckpointsMax);
  EXPECT_GE(walk.checkpoint_count(), TraceWalk::kCheckpointsMax / 2);
  ASSERT_TRUE(walk.GoTo(5).ok());
  EXPECT_EQ(walk.current()->index, 5u);
}

TEST(StepWalkTest, GoingBackToATickPassesNoMoreThanACheckpointsDistance) {
  TraceWalk walk(Long(60000));
  while (walk.Next()) {
  }
  const uint64_t all = walk.passed();
  ASSERT_EQ(all, walk.end_index());
  for (uint64_t back = 1; back <= 40000; back += 3000) {
    const uint64_t tick = walk.current()->tick - std::min(back, uint64_t{3000});
    const uint64_t before = walk.passed();
    ASSERT_TRUE(walk.GoToTick(tick).ok());
    // 180,000 events, at most 64 checkpoints, at least 32.
    EXPECT_LE(walk.passed() - before, all / 32 + 1);
    EXPECT_EQ(walk.current()->tick, tick);
    TraceWalk forward(Long(60000));
    ASSERT_TRUE(forward.GoToTick(tick).ok());
    ExpectSame(walk, forward);
    if (tick < 4000) break;
  }
  EXPECT_EQ(walk.GoToTick(1'000'000).code(), absl::StatusCode::kNotFound);
}

TEST(StepWalkTest, TheFirstTickIsFoundFromAnywhere) {
  TraceWalk walk(Long(4000));
  while (walk.Next()) {
  }
  ASSERT_TRUE(walk.GoToTick(0).ok());
  EXPECT_EQ(walk.current()->index, 0u);
  ASSERT_TRUE(walk.GoToTick(0).ok());
  EXPECT_EQ(walk.current()->index, 0u);
}

TEST(StepWalkTest, APlaceOutsideIsAnErrorAndNothingMoves) {
  TraceWalk walk(Long(0));
  ASSERT_TRUE(walk.GoTo(3).ok());
  EXPECT_EQ(walk.GoTo(walk.end_index()).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(walk.current()->index, 3u);
}

TEST(StepWalkTest, WhatIsNotFoundMovesNothing) {
  TraceWalk walk(Long(3000));
  ASSERT_TRUE(walk.GoTo(5000).ok());
  TraceWalk same(Long(3000));
  ASSERT_TRUE(same.GoTo(5000).ok());
  EXPECT_FALSE(walk.FindNext([](const EventRecord&) { return false; }));
  ExpectSame(walk, same);
  EXPECT_TRUE(walk.Next());
  EXPECT_EQ(walk.current()->index, 5001u);
}

TEST(StepWalkTest, ADamagedTraceIsWalkedUpToTheDamage) {
  TraceWalk walk(TraceReader::Open(SaveDamaged("walk_damaged.async")).value());
  uint64_t seen = 0;
  while (walk.Next()) ++seen;
  EXPECT_GT(seen, 1000u);
  EXPECT_FALSE(walk.status().ok());
  EXPECT_LT(seen, walk.end_index());
  ASSERT_TRUE(walk.GoTo(7).ok()) << walk.status();
  EXPECT_EQ(walk.current()->index, 7u);
}

}  // namespace
}  // namespace asupersync::cli
