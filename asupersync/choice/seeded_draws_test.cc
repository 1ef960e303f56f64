#include "asupersync/choice/seeded_draws.h"

#include <bit>
#include <cstdint>
#include <set>

#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

constexpr DrawPurpose kEntropy = DrawPurpose::kEntropy;
constexpr DrawPurpose kFault = DrawPurpose::kFault;

TEST(SeededDrawsTest, AValueDoesNotDependOnOtherDraws) {
  const SeededDraws draws(DeriveSeeds(1, "A.B"));
  const uint64_t alone = draws.Value(kEntropy, 7, 3);
  for (uint64_t i = 0; i < 10; ++i) {
    draws.Value(kEntropy, 7, i);
    draws.Value(kFault, 8, i);
  }
  EXPECT_EQ(draws.Value(kEntropy, 7, 3), alone);
  EXPECT_EQ(SeededDraws(DeriveSeeds(1, "A.B")).Value(kEntropy, 7, 3), alone);
}

TEST(SeededDrawsTest, StreamsPurposesIndicesAndSeedsAllMatter) {
  std::set<uint64_t> seen;
  size_t count = 0;
  for (uint64_t seed = 0; seed < 5; ++seed) {
    const SeededDraws draws(DeriveSeeds(seed, "A.B"));
    for (DrawPurpose purpose : {kEntropy, kFault}) {
      for (uint64_t stream = 0; stream < 50; ++stream) {
        for (uint64_t index = 0; index < 50; ++index) {
          seen.insert(draws.Value(purpose, stream, index));
          ++count;
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), count);
}

TEST(SeededDrawsTest, FaultDrawsUseTheFaultSeedOnly) {
  DerivedSeeds seeds = DeriveSeeds(1, "A.B");
  const SeededDraws before(seeds);
  seeds.entropy ^= 1;
  seeds.schedule ^= 1;
  const SeededDraws after(seeds);
  EXPECT_EQ(before.Value(kFault, 2, 2), after.Value(kFault, 2, 2));
  EXPECT_NE(before.Value(kEntropy, 2, 2), after.Value(kEntropy, 2, 2));
}

TEST(SeededDrawsTest, NeighbouringStreamsAreIndependent) {
  const SeededDraws draws(DeriveSeeds(1, "A.B"));
  int differing_bits = 0;
  constexpr int kPairs = 4000;
  for (uint64_t i = 0; i < kPairs; ++i) {
    differing_bits += std::popcount(draws.Value(kEntropy, i, 0) ^
                                    draws.Value(kEntropy, i + 1, 0));
  }
  // The mean of 4000 pairs has a standard deviation of 4 / sqrt(4000) = 0.063.
  EXPECT_NEAR(differing_bits / double{kPairs}, 32.0, 0.3);
}

}  // namespace
}  // namespace asupersync
