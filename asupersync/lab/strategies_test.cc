// The other strategies of choice/ drive a runtime as the seeded one does.
#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/choice/pct_source.h"
#include "asupersync/choice/round_robin_source.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/shared.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

TEST(StrategiesTest, RoundRobinTakesTurns) {
  const LabConfig config(1);
  LabRuntime runtime(config);
  RoundRobinChoiceSource source(config.seeds());
  runtime.DriveBy(source);
  std::vector<int> turns;
  for (int i = 0; i < 3; ++i) {
    runtime.SpawnRoot([&turns, i](Cx& cx) -> Task<absl::Status> {
      for (int round = 0; round < 2; ++round) {
        turns.push_back(i);
        co_await Try(cx.Yield());
      }
      co_return absl::OkStatus();
    });
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(turns, ElementsAre(0, 1, 2, 0, 1, 2));
}

// Whether two unguarded increments lose an update under PCT of this depth.
bool LosesAnUpdate(std::uint64_t seed, std::uint32_t depth) {
  const LabConfig config(seed);
  LabRuntime runtime(config);
  PctChoiceSource source(config.seeds(), depth, /*expected_steps=*/6);
  runtime.DriveBy(source);
  Shared<int> counter(0);
  for (int i = 0; i < 2; ++i) {
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      const int seen = co_await Try(counter.Read(cx));
      co_await Try(counter.Write(cx, seen + 1));
      co_return absl::OkStatus();
    });
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  return counter.unchecked() == 1;
}

// The bug needs one preemption, so depth 1 (none) never shows it and depth 2
// does with probability >= 1/(n*k) = 1/12: about 17 of 200.
TEST(StrategiesTest, PctFindsABugOfItsDepthAndNoDeeperOne) {
  int found = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    EXPECT_FALSE(LosesAnUpdate(seed, 1));
    if (LosesAnUpdate(seed, 2)) ++found;
  }
  EXPECT_GE(found, 17);
}

}  // namespace
}  // namespace asupersync
