#include "asupersync/base/stable_hash.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Computed with the Python package xxhash 4.1.0: xxhash.xxh64(data, seed).
TEST(StableHashTest, StableHash64IsXxh64) {
  EXPECT_EQ(StableHash64(""), 0xef46db3751d8e999u);
  EXPECT_EQ(StableHash64("", 1), 0xd5afba1336a3be4bu);
  EXPECT_EQ(StableHash64("a"), 0xd24ec4f1a98c6e5bu);
  EXPECT_EQ(StableHash64("abc"), 0x44bc2cf5ad770999u);
  EXPECT_EQ(StableHash64("asupersync"), 0xa33b3abe218131cfu);
  EXPECT_EQ(StableHash64("asupersync", 42), 0xf872a4552dc790a4u);
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes.push_back(static_cast<char>(i));
  EXPECT_EQ(StableHash64(bytes, 7), 0x80653e7e9b887cddu);
  EXPECT_EQ(StableHash64(absl::string_view()), StableHash64(""));
}

// The inverse of Mix64, from the modular inverses of its constants.
constexpr uint64_t InverseOf(uint64_t odd) {
  uint64_t inverse = odd;  // right in 3 bits; each round doubles them
  for (int i = 0; i < 5; ++i) inverse *= 2 - odd * inverse;
  return inverse;
}
uint64_t Unmix64(uint64_t x) {
  auto undo_shift = [](uint64_t y, int shift) {
    uint64_t result = y;
    for (int i = shift; i < 64; i += shift) result = y ^ (result >> shift);
    return result;
  };
  x = undo_shift(x, 27);
  x *= InverseOf(0x1C69B3F74AC4AE35u);
  x = undo_shift(x, 33);
  x *= InverseOf(0x3C79AC492BA7B653u);
  return undo_shift(x, 27);
}

TEST(StableHashTest, Mix64HasAnInverse) {
  uint64_t x = 1;
  for (int i = 0; i < 10000; ++i) {
    x = x * 6364136223846793005u + 1442695040888963407u;
    ASSERT_EQ(Unmix64(Mix64(x)), x);
    ASSERT_EQ(Unmix64(Mix64(i)), static_cast<uint64_t>(i));
  }
}

TEST(StableHashTest, EveryInputBitFlipsAboutHalfOfTheOutputBits) {
  for (int bit = 0; bit < 64; ++bit) {
    int flipped_mix = 0, flipped_a = 0, flipped_b = 0;
    constexpr int kTrials = 2000;
    for (uint64_t i = 0; i < kTrials; ++i) {
      const uint64_t flip = i ^ (uint64_t{1} << bit);
      flipped_mix += std::popcount(Mix64(i) ^ Mix64(flip));
      flipped_a += std::popcount(HashCombine(i, 5) ^ HashCombine(flip, 5));
      flipped_b += std::popcount(HashCombine(5, i) ^ HashCombine(5, flip));
    }
    EXPECT_NEAR(flipped_mix / double{kTrials}, 32, 2) << "bit " << bit;
    EXPECT_NEAR(flipped_a / double{kTrials}, 32, 2) << "bit " << bit;
    EXPECT_NEAR(flipped_b / double{kTrials}, 32, 2) << "bit " << bit;
  }
}

TEST(StableHashTest, HashCombineIsOrdered) {
  for (uint64_t a = 0; a < 100; ++a) {
    for (uint64_t b = 0; b < a; ++b) {
      ASSERT_NE(HashCombine(a, b), HashCombine(b, a));
    }
  }
  EXPECT_NE(HashCombine(0, 0), 0u);
}

// (a + 1) * golden + b of two pairs is equal only if a difference of the a's
// times golden is a difference of the b's: small, or close to 2^64.
TEST(StableHashTest, SmallPairsKeepApartByTheThreeDistanceTheorem) {
  // The closest returns of the multiples are at the Fibonacci numbers.
  uint64_t before = 1, fibonacci = 1;
  while (fibonacci < (uint64_t{1} << 31)) {
    const uint64_t multiple = fibonacci * 0x9E3779B97F4A7C15u;
    const uint64_t distance = std::min(multiple, 0 - multiple);
    EXPECT_GE(distance, uint64_t{1} << 31) << fibonacci;
    const uint64_t next = before + fibonacci;
    before = fibonacci;
    fibonacci = next;
  }
}

// These values are in traces: changing the functions breaks every reader.
TEST(StableHashTest, ValuesAreFrozen) {
  EXPECT_EQ(Mix64(1), 0x3c02aa47758292bdu);
  EXPECT_EQ(HashCombine(0, 0), 0xb70fb2cc55af013fu);
  EXPECT_EQ(HashCombine(1, 2), 0xd8141bfc9fcf3ebbu);
}

}  // namespace
}  // namespace asupersync
