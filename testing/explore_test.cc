#include "asupersync/testing/explore.h"

#include <cstdint>
#include <set>

#include "asupersync/base/seed.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(ExploreTest, OnceIsNoSweep) {
  EXPECT_FALSE(Explore::Once().is_sweep());
  EXPECT_EQ(Explore::Once().executions(), 1u);
  EXPECT_FALSE(Explore::Once().seed().has_value());
}

TEST(ExploreTest, SweepKeepsNumberAndSeed) {
  const Explore explore = Explore::Sweep(10).WithSeed(7);
  EXPECT_TRUE(explore.is_sweep());
  EXPECT_EQ(explore.executions(), 10u);
  EXPECT_EQ(explore.seed(), 7u);
}

TEST(ExploreDeathTest, AnEmptySweepIsRefused) {
  EXPECT_DEATH(Explore::Sweep(0), "would run nothing");
}

TEST(ExploreTest, ASweepBeginsWithTheTestSeed) {
  EXPECT_EQ(SweepSeed(42, 0), 42u);
  EXPECT_EQ(SweepSeed(42, 1), DeriveSeed(42, "sweep", 1));
}

TEST(ExploreTest, SeedsOfASweepDiffer) {
  std::set<std::uint64_t> seeds;
  for (std::uint64_t i = 0; i < 10'000; ++i) seeds.insert(SweepSeed(42, i));
  EXPECT_EQ(seeds.size(), 10'000u);
}

}  // namespace
}  // namespace asupersync
