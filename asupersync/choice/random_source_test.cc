#include "asupersync/choice/random_source.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/fake_candidates.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

const DerivedSeeds kSeeds = DeriveSeeds(42, "RandomSourceTest.Any");

std::vector<uint32_t> Picks(ChoiceSource& source, int count) {
  const FakeCandidates nothing;
  std::vector<uint32_t> picks;
  for (int i = 0; i < count; ++i) {
    picks.push_back(source.Choose(ChoiceKind::kSchedule, 5, nothing));
  }
  return picks;
}

TEST(RandomSourceTest, TheSameSeedsGiveTheSameChoices) {
  RandomChoiceSource a(kSeeds), b(kSeeds);
  EXPECT_EQ(Picks(a, 100), Picks(b, 100));
  RandomChoiceSource other(DeriveSeeds(43, "RandomSourceTest.Any"));
  RandomChoiceSource again(kSeeds);
  EXPECT_NE(Picks(again, 100), Picks(other, 100));
}

TEST(RandomSourceTest, ResetStartsTheExecutionAgain) {
  RandomChoiceSource source(DeriveSeeds(1, "x"));
  Picks(source, 7);
  source.Reset(kSeeds);
  RandomChoiceSource fresh(kSeeds);
  EXPECT_EQ(Picks(source, 50), Picks(fresh, 50));
  EXPECT_EQ(source.Draw(DrawPurpose::kEntropy, 3, 4),
            fresh.Draw(DrawPurpose::kEntropy, 3, 4));
}

TEST(RandomSourceTest, AChoiceOfOneConsumesNothing) {
  const FakeCandidates nothing;
  RandomChoiceSource a(kSeeds), b(kSeeds);
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(a.Choose(ChoiceKind::kSchedule, 1, nothing), 0u);
  }
  EXPECT_EQ(Picks(a, 50), Picks(b, 50));
}

TEST(RandomSourceTest, DrawsConsumeNoChoice) {
  RandomChoiceSource a(kSeeds), b(kSeeds);
  a.Draw(DrawPurpose::kEntropy, 1, 0);
  a.Draw(DrawPurpose::kFault, 1, 0);
  EXPECT_EQ(Picks(a, 50), Picks(b, 50));
}

TEST(RandomSourceTest, ChoicesAreUniform) {
  const FakeCandidates nothing;
  for (uint32_t n : {2u, 3u, 5u, 16u, 100u}) {
    RandomChoiceSource source(kSeeds);
    std::vector<int> counts(n);
    for (uint32_t i = 0; i < 2000 * n; ++i) {
      const uint32_t pick = source.Choose(ChoiceKind::kSchedule, n, nothing);
      ASSERT_LT(pick, n);
      ++counts[pick];
    }
    double chi_square = 0;
    for (int count : counts) {
      chi_square += (count - 2000.0) * (count - 2000.0) / 2000.0;
    }
    const double k = n;
    EXPECT_LT(chi_square, k + 5 * std::sqrt(2 * k)) << n;
  }
}

// Two consecutive choices of 3 are uniform over the 9 pairs.
TEST(RandomSourceTest, ConsecutiveChoicesAreIndependent) {
  const FakeCandidates nothing;
  RandomChoiceSource source(kSeeds);
  std::vector<int> counts(9);
  for (int i = 0; i < 9 * 2000; ++i) {
    const uint32_t a = source.Choose(ChoiceKind::kSchedule, 3, nothing);
    const uint32_t b = source.Choose(ChoiceKind::kTimer, 3, nothing);
    ++counts[3 * a + b];
  }
  double chi_square = 0;
  for (int count : counts) {
    chi_square += (count - 2000.0) * (count - 2000.0) / 2000.0;
  }
  EXPECT_LT(chi_square, 9 + 5 * std::sqrt(18));
}

}  // namespace
}  // namespace asupersync
