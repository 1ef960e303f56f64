#include "asupersync/base/fatal.h"

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(FatalDeathTest, PrintsTheMessageAndAborts) {
  EXPECT_EXIT(Fatal("a queue was used twice"),
              ::testing::KilledBySignal(SIGABRT),
              "asupersync: FATAL: a queue was used twice");
}

}  // namespace
}  // namespace asupersync
