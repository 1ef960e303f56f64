#include "asupersync/lab/ready_set.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "asupersync/base/prng.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task_node.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct FakeTask final : TaskNode {
  explicit FakeTask(RegionNode& region)
      : TaskNode(region, std::source_location::current()) {}
  void Start() override {}
  void DropFunction() noexcept override {}
  void DropResult() noexcept override {}
  std::string PanicText() const override { return ""; }
  OutcomeKind ResultKind() const override { return OutcomeKind::kOk; }
  Outcome<void> Failure() const override { return Outcome<void>(); }
};

class ReadySetTest : public ::testing::Test {
 protected:
  ReadySetTest() {
    for (std::uint32_t i = 0; i < 40; ++i) {
      tasks_.push_back(std::make_unique<FakeTask>(runtime_.root_region()));
      tasks_.back()->compact = i + 1;
      tasks_.back()->identity = 1000 + i;
    }
  }

  LabRuntime runtime_;
  std::vector<std::unique_ptr<FakeTask>> tasks_;
  ReadySet set_;
};

TEST_F(ReadySetTest, HoldsWhatWasAddedAndNotRemoved) {
  Prng random(1);
  std::vector<TaskNode*> expected;
  for (int i = 0; i < 20'000; ++i) {
    TaskNode& task = *tasks_[random.Below(tasks_.size())];
    const auto at = std::find(expected.begin(), expected.end(), &task);
    if (at == expected.end()) {
      set_.Add(task);
      expected.push_back(&task);
    } else {
      set_.Remove(task);
      expected.erase(at);
      EXPECT_EQ(task.slot, TaskNode::kNoSlot);
    }
    // From half-way on look-ups by number are kept up to date.
    if (i > 10'000) {
      const bool present = task.slot != TaskNode::kNoSlot;
      ASSERT_EQ(set_.IndexOf(task.compact).has_value(), present);
      if (present) {
        ASSERT_EQ(*set_.IndexOf(task.compact), task.slot);
      }
    }
    ASSERT_EQ(set_.size(), expected.size());
    for (TaskNode* each : expected) ASSERT_EQ(&set_[each->slot], each);
  }
}

TEST_F(ReadySetTest, ShowsItsTasksAsCandidates) {
  tasks_[3]->lane = Lane::kTimed;
  set_.Add(*tasks_[5]);
  set_.Add(*tasks_[3]);
  EXPECT_EQ(set_.At(1), (Candidate{1003, 4, Lane::kTimed}));
  EXPECT_EQ(set_.IndexOf(4), std::optional<std::uint32_t>(1));
  EXPECT_EQ(set_.IndexOf(77), std::nullopt);
}

TEST_F(ReadySetTest, ClearForgetsAllAlsoInTheIndex) {
  set_.Add(*tasks_[0]);
  EXPECT_TRUE(set_.IndexOf(1).has_value());
  set_.Clear();
  EXPECT_TRUE(set_.empty());
  EXPECT_FALSE(set_.IndexOf(1).has_value());
  set_.Add(*tasks_[1]);
  EXPECT_EQ(set_.IndexOf(2), std::optional<std::uint32_t>(0));
}

}  // namespace
}  // namespace asupersync
