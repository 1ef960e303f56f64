#include "asupersync/base/budget.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

std::string Print(const Budget& budget) {
  std::ostringstream os;
  os << budget;
  return os.str();
}

// Every combination of the ends and one value between, of each field.
std::vector<Budget> Samples() {
  std::vector<Budget> samples;
  for (int64_t deadline : {int64_t{0}, int64_t{7}, Budget::kNoDeadline}) {
    for (uint32_t polls : {0u, 7u, Budget::kUnlimitedPolls}) {
      for (uint64_t cost : {uint64_t{0}, uint64_t{7}, Budget::kUnlimitedCost}) {
        for (uint8_t priority : {0, 128, 255}) {
          samples.push_back(Budget{deadline, polls, cost, priority});
        }
      }
    }
  }
  return samples;
}

TEST(BudgetTest, MeetTakesTheTighterOfEachAndTheHigherPriority) {
  const Budget a{10, 5, 100, 3};
  const Budget b{20, 4, 50, 9};
  EXPECT_EQ(a.Meet(b), (Budget{10, 4, 50, 9}));
}

TEST(BudgetTest, MeetIsCommutativeIdempotentAndHasUnlimitedAsIdentity) {
  for (const Budget& a : Samples()) {
    EXPECT_EQ(a.Meet(a), a);
    EXPECT_EQ(a.Meet(Budget::Unlimited()), a);
    EXPECT_EQ(Budget::Unlimited().Meet(a), a);
    for (const Budget& b : Samples()) ASSERT_EQ(a.Meet(b), b.Meet(a));
  }
}

TEST(BudgetTest, MeetIsAssociative) {
  const std::vector<Budget> samples = Samples();
  for (const Budget& a : samples) {
    for (const Budget& b : samples) {
      for (const Budget& c : samples) {
        ASSERT_EQ(a.Meet(b).Meet(c), a.Meet(b.Meet(c)));
      }
    }
  }
}

TEST(BudgetTest, OnlyLimitsCountAsLimits) {
  EXPECT_TRUE(Budget().IsUnlimited());
  EXPECT_TRUE(Budget::Unlimited().IsUnlimited());
  EXPECT_TRUE(Budget().WithPriority(255).IsUnlimited());
  EXPECT_FALSE(Budget().WithDeadlineNs(1).IsUnlimited());
  EXPECT_FALSE(Budget().WithPollQuota(0).IsUnlimited());
  EXPECT_FALSE(Budget().WithCostQuota(1).IsUnlimited());
  EXPECT_EQ(Budget().priority, 128);
  EXPECT_EQ(Budget::Unlimited().priority, 0);
}

TEST(BudgetTest, WithChangesOneField) {
  EXPECT_EQ(Budget().WithDeadlineNs(1).WithPollQuota(2).WithCostQuota(3)
                .WithPriority(4),
            (Budget{1, 2, 3, 4}));
}

TEST(BudgetTest, PrintsItsLimits) {
  EXPECT_EQ(Print(Budget()), "Budget{priority 128}");
  EXPECT_EQ(Print(Budget{5, 3, 2, 1}),
            "Budget{deadline 5ns, polls 3, cost 2, priority 1}");
}

}  // namespace
}  // namespace asupersync
