#include "asupersync/lab/oracles/starvation.h"

#include "absl/status/status.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

// Always the first candidate.
class FirstSource final : public ChoiceSource {
 public:
  std::uint32_t Choose(ChoiceKind, std::uint32_t,
                       const CandidateView&) override {
    return 0;
  }
  std::uint64_t Draw(DrawPurpose, std::uint64_t, std::uint64_t) override {
    return 0;
  }
  void Reset(const DerivedSeeds&) override {}
};

Task<absl::Status> YieldOften(Cx& cx) {
  for (int i = 0; i < 5000; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

TEST(StarvationTest, ATaskThatIsPassedOverIsReportedOnce) {
  FirstSource first;
  LabRuntime runtime(LabConfig(1).WithIdleSteps(100));
  runtime.DriveBy(first);
  runtime.SpawnRoot("favourite", YieldOften);
  runtime.SpawnRoot("other", YieldOften);
  runtime.RunUntilQuiescent();
  ASSERT_THAT(runtime.violations(), SizeIs(1));
  EXPECT_THAT(runtime.violations()[0].message,
              HasSubstr("T2 'other' could run for"));
}

TEST(StarvationTest, TheSeededScheduleStarvesNobody) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    LabRuntime runtime(LabConfig(seed).WithIdleSteps(100));
    for (int i = 0; i < 3; ++i) runtime.SpawnRoot(YieldOften);
    runtime.RunUntilQuiescent();
    EXPECT_THAT(runtime.violations(), IsEmpty());
  }
}

// Waiting is not being passed over, nor is waking up late.
TEST(StarvationTest, ATaskThatWaitsIsNotStarved) {
  LabRuntime runtime(LabConfig(1).WithIdleSteps(100));
  Notify notify;
  runtime.SpawnRoot("waiter", [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await notify.Wait(cx);
  });
  runtime.SpawnRoot("busy", [&](Cx& cx) -> Task<absl::Status> {
    co_await Try(YieldOften(cx));
    notify.NotifyOne();
    co_return co_await YieldOften(cx);
  });
  runtime.RunUntilQuiescent();
  EXPECT_THAT(runtime.violations(), IsEmpty());
}

}  // namespace
}  // namespace asupersync
