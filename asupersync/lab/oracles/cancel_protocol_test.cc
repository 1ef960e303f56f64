#include "asupersync/lab/oracles/cancel_protocol.h"

#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

class CancelProtocolTest : public ::testing::Test {
 protected:
  // Sees its cancellation, then makes so many steps before it ends.
  TaskHandle<absl::Status> SpawnLingering(std::uint32_t steps) {
    return runtime_.SpawnRoot(
        "worker", [steps](Cx& cx) -> Task<absl::Status> {
          const absl::Status status = co_await cx.Sleep(absl::Hours(1));
          CancelMask mask(cx);
          for (std::uint32_t i = 0; i < steps; ++i) {
            (void)co_await cx.Yield();
          }
          co_return status;
        });
  }
  RuntimeObserver& observer() { return *runtime_.observer(); }
  std::string Found() const {
    if (runtime_.violations().empty()) return "";
    if (runtime_.violations().size() > 1) return "more than one violation";
    return runtime_.violations()[0].message;
  }

  LabRuntime runtime_{LabConfig(1)};
};

TEST_F(CancelProtocolTest, TheMoreSevereTheFewerSteps) {
  EXPECT_EQ(CleanupSteps(CancelKind::kUser), 2100u);
  EXPECT_EQ(CleanupSteps(CancelKind::kDeadline), 1100u);
  EXPECT_EQ(CleanupSteps(CancelKind::kCostBudget), 700u);
  EXPECT_EQ(CleanupSteps(CancelKind::kRaceLost), 500u);
  EXPECT_EQ(CleanupSteps(CancelKind::kParentCancelled), 500u);
  EXPECT_EQ(CleanupSteps(CancelKind::kShutdown), 200u);
}

TEST_F(CancelProtocolTest, ARequestThatStrengthensIsNoViolation) {
  auto worker = SpawnLingering(3);
  runtime_.RunUntil(absl::UnixEpoch());
  worker.Cancel(CancelReason(CancelKind::kTimeout));
  worker.Cancel(CancelReason(CancelKind::kShutdown));
  worker.Cancel(CancelReason(CancelKind::kUser));
  runtime_.RunUntilQuiescent();
  EXPECT_EQ(Found(), "");
}

TEST_F(CancelProtocolTest, ASeverityThatIsTakenBackIsFoundOnce) {
  auto worker = SpawnLingering(3);
  runtime_.RunUntil(absl::UnixEpoch());
  worker.Cancel(CancelReason(CancelKind::kShutdown));
  *worker.node().cancel = CancelReason(CancelKind::kUser);
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(Found(), HasSubstr("severity 5, which has become weaker: 0"));
}

TEST_F(CancelProtocolTest, ACleanUpWithinItsBudgetIsNoViolation) {
  auto worker = SpawnLingering(190);
  runtime_.RunUntil(absl::UnixEpoch());
  worker.Cancel(CancelReason(CancelKind::kShutdown));
  runtime_.RunUntilQuiescent();
  EXPECT_EQ(Found(), "");
}

TEST_F(CancelProtocolTest, ACleanUpBeyondItsBudgetIsFoundOnce) {
  auto worker = SpawnLingering(5000);
  runtime_.RunUntil(absl::UnixEpoch());
  worker.Cancel(CancelReason(CancelKind::kShutdown));
  runtime_.RunUntilQuiescent();
  EXPECT_THAT(Found(), HasSubstr("is not done after 200 further steps"));
}

TEST_F(CancelProtocolTest, ATaskThatIsToldOfNoRequestIsFound) {
  auto worker = SpawnLingering(0);
  observer().OnCancelSeen(worker.node());
  EXPECT_THAT(Found(), HasSubstr("a cancellation that nobody requested"));
}

TEST_F(CancelProtocolTest, ARequestAfterTheEndIsFound) {
  auto worker = SpawnLingering(0);
  runtime_.RunUntil(absl::UnixEpoch());
  worker.Cancel(CancelReason(CancelKind::kUser));
  runtime_.RunUntilQuiescent();
  EXPECT_EQ(Found(), "");
  observer().OnCancelRequested(worker.node(), CancelReason(CancelKind::kUser));
  EXPECT_THAT(Found(), HasSubstr("was asked to end after it was done"));
}

TEST_F(CancelProtocolTest, ATaskInAClosedRegionIsFound) {
  auto worker = SpawnLingering(0);
  RegionNode& home = *worker.node().region;
  const RegionNode::State state = home.state;
  home.state = RegionNode::State::kClosed;
  observer().OnTaskSpawned(worker.node());
  home.state = state;
  EXPECT_THAT(Found(), HasSubstr("was spawned into a closed region"));
}

}  // namespace
}  // namespace asupersync
