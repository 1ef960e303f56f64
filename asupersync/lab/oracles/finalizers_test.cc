#include "asupersync/lab/oracles/finalizers.h"

#include <string>

#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/region_node.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

// The runtime is told of the finalizers of a region that it does not know.
class FinalizersTest : public ::testing::Test {
 protected:
  FinalizersTest() : runtime_(LabConfig(1).WithoutOracle("region_tree")) {
    region_.compact = 7;
  }
  RuntimeObserver& observer() { return *runtime_.observer(); }
  void Add(std::uint64_t number) {
    observer().OnFinalizerAdded(region_, number);
  }
  void Start(std::uint64_t number) {
    observer().OnFinalizerStarted(region_, number);
  }
  void End(std::uint64_t number) {
    observer().OnFinalizerDone(region_, number);
  }
  void Close() {
    region_.state = RegionNode::State::kClosed;
    observer().OnRegionClosed(region_);
  }
  std::string Found() const {
    if (runtime_.violations().empty()) return "";
    if (runtime_.violations().size() > 1) return "more than one violation";
    return runtime_.violations()[0].message;
  }

  LabRuntime runtime_;
  RegionNode region_;
};

TEST_F(FinalizersTest, LastAddedFirstIsNoViolation) {
  Add(1);
  Add(2);
  Start(2);
  End(2);
  Start(1);
  End(1);
  Close();
  EXPECT_EQ(Found(), "");
}

TEST_F(FinalizersTest, OneThatNeverRunsIsFound) {
  Add(1);
  Close();
  EXPECT_THAT(Found(), HasSubstr("had not run when the region closed"));
}

TEST_F(FinalizersTest, OneThatDoesNotEndIsFound) {
  Add(1);
  Start(1);
  Close();
  EXPECT_THAT(Found(), HasSubstr("had not ended when the region closed"));
}

TEST_F(FinalizersTest, OneThatRunsTwiceIsFound) {
  Add(1);
  Start(1);
  End(1);
  Start(1);
  EXPECT_THAT(Found(), HasSubstr("runs a second time"));
}

TEST_F(FinalizersTest, OneThatIsOutOfOrderIsFound) {
  Add(1);
  Add(2);
  Start(1);
  EXPECT_THAT(Found(), HasSubstr("runs before one that was added after it"));
}

TEST_F(FinalizersTest, OneThatRunsWhileThingsAreLeftIsFound) {
  RegionNode child;
  region_.children.PushBack(child);
  Add(1);
  Start(1);
  EXPECT_THAT(Found(), HasSubstr("while tasks or child regions are left"));
  region_.children.Remove(child);
}

TEST_F(FinalizersTest, OneThatWasNeverAddedIsFound) {
  Start(3);
  EXPECT_THAT(Found(), HasSubstr("runs but was never added"));
}

TEST_F(FinalizersTest, OneThatIsAddedTooLateIsFound) {
  Close();
  Add(1);
  EXPECT_THAT(Found(), HasSubstr("after the region closed"));
}

}  // namespace
}  // namespace asupersync
