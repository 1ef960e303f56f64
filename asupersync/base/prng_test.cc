#include "asupersync/base/prng.h"

#include <cmath>
#include <cstdint>
#include <vector>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Reference values published with the algorithm's ports (rand_xoshiro,
// xoshiro256plusplus.rs: state 1, 2, 3, 4), and recomputed in Python.
TEST(PrngTest, NextIsXoshiro256PlusPlus) {
  Prng prng = Prng::FromState(1, 2, 3, 4);
  for (uint64_t expected :
       {uint64_t{41943041}, uint64_t{58720359}, 3588806011781223u,
        3591011842654386u, 9228616714210784205u, 9973669472204895162u,
        14011001112246962877u, 12406186145184390807u, 15849039046786891736u,
        10450023813501588000u}) {
    EXPECT_EQ(prng.Next(), expected);
  }
}

TEST(PrngTest, StreamValueIsSplitMix64) {
  uint64_t index = 0;
  for (uint64_t expected :
       {6457827717110365317u, 3203168211198807973u, 9817491932198370423u,
        4593380528125082431u, 16408922859458223821u}) {
    EXPECT_EQ(StreamValue(1234567, index++), expected);
  }
  EXPECT_EQ(StreamValue(0, 0), 0xe220a8397b1dcdafu);
}

TEST(PrngTest, ASeedGivesItsGoldenSequence) {
  Prng prng(42);
  for (uint64_t expected : {0xd0764d4f4476689fu, 0x519e4174576f3791u,
                            0xfbe07cfb0c24ed8cu, 0xb37d9f600cd835b8u}) {
    EXPECT_EQ(prng.Next(), expected);
  }
  prng.Reseed(0);
  EXPECT_EQ(prng.Next(), 0x53175d61490b23dfu);
}

TEST(PrngTest, CopiesContinueTheSameSequence) {
  Prng a(7);
  a.Next();
  Prng b = a;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(a.Next(), b.Next());
}

// With k-1 degrees of freedom the statistic is below k + 5 * sqrt(2k) but for
// about one seed in a million; the seed is fixed, so the test cannot flake.
TEST(PrngTest, BelowIsUniform) {
  for (uint64_t n : {2u, 3u, 7u, 10u, 64u, 100u}) {
    Prng prng(n);
    std::vector<int> counts(n);
    const int draws = 2000 * static_cast<int>(n);
    for (int i = 0; i < draws; ++i) {
      const uint64_t value = prng.Below(n);
      ASSERT_LT(value, n);
      ++counts[value];
    }
    double chi_square = 0;
    for (int count : counts) {
      chi_square += (count - 2000.0) * (count - 2000.0) / 2000.0;
    }
    const double k = static_cast<double>(n);
    EXPECT_LT(chi_square, k + 5 * std::sqrt(2 * k)) << n;
  }
}

// For n = 3 * 2^62 the plain product would give every third number twice as
// often: of the residues mod 3, one would have half of the values.
TEST(PrngTest, BelowRejectsWhatWouldBias) {
  constexpr uint64_t kBound = uint64_t{3} << 62;
  Prng prng(5);
  int by_residue[3] = {0, 0, 0};
  constexpr int kDraws = 60000;
  for (int i = 0; i < kDraws; ++i) ++by_residue[prng.Below(kBound) % 3];
  for (int count : by_residue) EXPECT_NEAR(count, kDraws / 3, 700);
}

TEST(PrngTest, BelowOneIsZeroAndTheWholeRangeWorks) {
  Prng prng(9);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(prng.Below(1), 0u);
    EXPECT_LT(prng.Below(UINT64_MAX), UINT64_MAX);
  }
}

}  // namespace
}  // namespace asupersync
