#include "asupersync/replay/fuzz/mutate.h"

#include <set>
#include <string>

#include "asupersync/base/prng.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(MutateTest, ASeedGivesOneMutationAndSeedsGiveMany) {
  const std::string input(200, 'i'), other(50, 'o');
  std::set<std::string> all;
  bool longer = false, shorter = false, crossed = false;
  for (int seed = 0; seed < 1000; ++seed) {
    Prng prng(seed), again(seed);
    const std::string changed = Mutate(input, other, prng);
    ASSERT_EQ(changed, Mutate(input, other, again));
    longer |= changed.size() > input.size();
    shorter |= changed.size() < input.size();
    crossed |= changed.find("ooo") != std::string::npos;
    all.insert(changed);
  }
  EXPECT_GT(all.size(), 900u);
  EXPECT_TRUE(longer && shorter && crossed);
}

TEST(MutateTest, ShortInputsStayInBounds) {
  Prng prng(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string input(i % 4, 'a');
    EXPECT_LE(Mutate(input, i % 3 == 0 ? "" : "bcd", prng).size(), 256u);
  }
}

}  // namespace
}  // namespace asupersync
