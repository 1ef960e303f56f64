#include "asupersync/choice/round_robin_source.h"

#include <cstdint>
#include <vector>

#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/fake_candidates.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

const DerivedSeeds kSeeds = DeriveSeeds(1, "RoundRobin.Any");

// The compact number of the chosen one among these tasks.
uint64_t Next(ChoiceSource& source, const std::vector<uint64_t>& tasks) {
  const FakeCandidates view = FakeCandidates::Tasks(tasks);
  return tasks[source.Choose(ChoiceKind::kSchedule, view.size(), view)];
}

TEST(RoundRobinSourceTest, TakesTurnsInTheOrderOfCompactNumbers) {
  RoundRobinChoiceSource source(kSeeds);
  std::vector<uint64_t> order;
  for (int i = 0; i < 7; ++i) order.push_back(Next(source, {3, 1, 2}));
  EXPECT_THAT(order, ElementsAre(1, 2, 3, 1, 2, 3, 1));
}

TEST(RoundRobinSourceTest, TheOrderOfCandidatesDoesNotMatter) {
  RoundRobinChoiceSource source(kSeeds);
  EXPECT_EQ(Next(source, {1, 2, 3}), 1u);
  EXPECT_EQ(Next(source, {3, 2, 1}), 2u);
  EXPECT_EQ(Next(source, {2, 1, 3}), 3u);
  EXPECT_EQ(Next(source, {3, 2, 1}), 1u);
}

TEST(RoundRobinSourceTest, ATaskThatWasBlockedGoesBeforeThoseThatRan) {
  RoundRobinChoiceSource source(kSeeds);
  EXPECT_EQ(Next(source, {1, 2, 3}), 1u);
  EXPECT_EQ(Next(source, {1, 3}), 3u);
  EXPECT_EQ(Next(source, {1, 3}), 1u);
  EXPECT_EQ(Next(source, {1, 2, 3}), 2u);
  EXPECT_EQ(Next(source, {1, 2, 3}), 3u);
}

TEST(RoundRobinSourceTest, ANewTaskGoesFirst) {
  RoundRobinChoiceSource source(kSeeds);
  Next(source, {1, 2});
  EXPECT_EQ(Next(source, {1, 9}), 9u);
}

TEST(RoundRobinSourceTest, AStepWithoutAlternativesCounts) {
  RoundRobinChoiceSource source(kSeeds);
  EXPECT_EQ(Next(source, {1}), 1u);
  EXPECT_EQ(Next(source, {1, 2}), 2u);
  EXPECT_EQ(Next(source, {1, 2}), 1u);
}

TEST(RoundRobinSourceTest, OtherChoicesAreTheFirst) {
  RoundRobinChoiceSource source(kSeeds);
  const FakeCandidates view = FakeCandidates::Tasks({3, 2, 1});
  for (ChoiceKind kind : {ChoiceKind::kTimer, ChoiceKind::kWaiter,
                          ChoiceKind::kFault, ChoiceKind::kIo}) {
    EXPECT_EQ(source.Choose(kind, 3, view), 0u);
  }
  EXPECT_EQ(Next(source, {3, 2, 1}), 1u);
}

TEST(RoundRobinSourceTest, ResetForgetsWhoRan) {
  RoundRobinChoiceSource source(kSeeds);
  Next(source, {1, 2});
  const uint64_t drawn = source.Draw(DrawPurpose::kEntropy, 1, 0);
  source.Reset(DeriveSeeds(2, "RoundRobin.Any"));
  EXPECT_EQ(Next(source, {1, 2}), 1u);
  EXPECT_NE(source.Draw(DrawPurpose::kEntropy, 1, 0), drawn);
}

}  // namespace
}  // namespace asupersync
