#include "asupersync/lab/lab_config.h"

#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/trace/recorder_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::StartsWith;

TEST(LabConfigTest, DerivesItsSeedsFromTheTestsSeedAndName) {
  const LabConfig config(42, "Suite.Name");
  const DerivedSeeds seeds = DeriveSeeds(42, "Suite.Name");
  EXPECT_EQ(config.seeds().test_seed, 42u);
  EXPECT_EQ(config.seeds().schedule, seeds.schedule);
  EXPECT_EQ(config.seeds().entropy, seeds.entropy);
  EXPECT_NE(LabConfig(42, "Suite.Other").seeds().schedule, seeds.schedule);
  EXPECT_EQ(LabConfig().seeds().test_seed, kDefaultTestSeed);
  EXPECT_EQ(config.test_id(), "Suite.Name");
}

TEST(LabConfigTest, WithFunctionsLeaveTheOriginalAlone) {
  const LabConfig config(1);
  EXPECT_EQ(config.WithStepLimit(5).steps_max(), 5u);
  EXPECT_EQ(config.steps_max(), LabConfig::kDefaultStepsMax);
  EXPECT_TRUE(config.WithDefaultReplayRecording().recording().enabled);
  EXPECT_FALSE(config.recording().enabled);
}

TEST(LabConfigTest, TheHashTellsSettingsApartAndIgnoresSeeds) {
  const LabConfig config(1);
  const std::vector<LabConfig> different = {
      config,
      config.WithYieldPolicy(YieldPolicy::kWhenBlocked),
      config.WithLanePolicy(LanePolicy::kAny),
      config.WithStepLimit(5),
      config.WithReplayRecording(RecorderConfig::Enabled().WithRng(false)),
      config.WithReplayRecording(RecorderConfig::Enabled().WithWakers(false)),
      config.WithReplayRecording(RecorderConfig::Enabled().WithAccesses(true)),
      config.WithChaos(ChaosConfig::Heavy()),
      config.WithChaos(
          ChaosConfig::Heavy().WithDelayMax(absl::Milliseconds(5))),
      config.WithChaos(
          ChaosConfig::Heavy().WithJitterMax(absl::Milliseconds(5))),
  };
  std::set<std::string> hashes;
  for (const LabConfig& c : different) {
    EXPECT_THAT(c.Hash(), StartsWith("sha256:"));
    EXPECT_EQ(c.Hash().size(), 7u + 64u);
    hashes.insert(c.Hash());
  }
  EXPECT_EQ(hashes.size(), different.size());
  EXPECT_EQ(LabConfig(2, "Other").Hash(), config.Hash());
}

TEST(LabConfigTest, TheHashDoesNotDependOnWhatWasHashedBefore) {
  const LabConfig one(1);
  const LabConfig other = one.WithStepLimit(5);
  const std::string hash = one.Hash();
  std::string in_thread;
  std::thread([&] { in_thread = one.Hash(); }).join();
  EXPECT_EQ(in_thread, hash);
  EXPECT_NE(other.Hash(), hash);
  EXPECT_EQ(one.WithSeeds(DeriveSeeds(7, "A.B")).Hash(), hash);
  EXPECT_EQ(one.Hash(), hash);
}

TEST(LabConfigTest, TheHashIsThatOfOtherMachines) {
  // By sha256sum, of the lines name=value.
  EXPECT_EQ(LabConfig(1).Hash(),
            "sha256:ab68e4a598bb3cb92747d5b472efbeba"
            "3446ea487e3e0026b55effb3f2508c9f");
}

}  // namespace
}  // namespace asupersync
