#include "asupersync/base/lane.h"

#include <sstream>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(LaneTest, LanesHaveTheNumbersAndNamesOfTraces) {
  const char* kNames[] = {"cancel", "timed", "ready"};
  for (int i = 0; i < kLaneCount; ++i) {
    EXPECT_STREQ(Name(static_cast<Lane>(i)), kNames[i]);
  }
  EXPECT_EQ(static_cast<int>(Lane::kReady), kLaneCount - 1);
  EXPECT_STREQ(Name(static_cast<Lane>(kLaneCount)), "unknown");
}

TEST(LaneTest, PrintsItsName) {
  std::ostringstream text;
  text << Lane::kTimed;
  EXPECT_EQ(text.str(), "timed");
}

}  // namespace
}  // namespace asupersync
