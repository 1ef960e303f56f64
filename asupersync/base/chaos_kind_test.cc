#include "asupersync/base/chaos_kind.h"

#include <cstddef>
#include <iterator>
#include <sstream>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(ChaosKindTest, KindsHaveTheNumbersAndNamesOfTraces) {
  const char* const kNames[] = {
      "cancel", "delay", "spurious_wake", "batched_wake", "timer_jitter",
      "budget", "io_error"};
  ASSERT_EQ(std::size(kNames), size_t{kChaosKindCount});
  for (size_t i = 0; i < std::size(kNames); ++i) {
    std::ostringstream out;
    out << static_cast<ChaosKind>(i);
    EXPECT_EQ(out.str(), kNames[i]);
  }
  EXPECT_STREQ(Name(static_cast<ChaosKind>(kChaosKindCount)), "unknown");
}

}  // namespace
}  // namespace asupersync
