#include "asupersync/trace/recorder_config.h"

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(RecorderConfigTest, BuildersChangeOneThingEach) {
  const RecorderConfig on = RecorderConfig::Enabled();
  EXPECT_TRUE(on.enabled);
  EXPECT_TRUE(on.record_rng);
  EXPECT_TRUE(on.record_wakers);
  EXPECT_FALSE(on.record_accesses);
  EXPECT_FALSE(RecorderConfig::Disabled().enabled);
  EXPECT_EQ(RecorderConfig::Disabled(), RecorderConfig());

  RecorderConfig expected = on;
  expected.initial_capacity = 10;
  EXPECT_EQ(on.WithCapacity(10), expected);
  expected.record_rng = false;
  EXPECT_EQ(on.WithCapacity(10).WithRng(false), expected);
  expected.record_wakers = false;
  expected.record_accesses = true;
  EXPECT_EQ(
      on.WithCapacity(10).WithRng(false).WithWakers(false).WithAccesses(true),
      expected);
}

}  // namespace
}  // namespace asupersync
