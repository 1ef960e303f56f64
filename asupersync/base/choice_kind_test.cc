#include "asupersync/base/choice_kind.h"

#include <cstddef>
#include <iterator>
#include <sstream>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(ChoiceKindTest, KindsHaveTheNumbersAndNamesOfTraces) {
  const char* const kNames[] = {
      "schedule", "timer", "waiter", "fault", "io"};
  ASSERT_EQ(std::size(kNames), size_t{kChoiceKindCount});
  for (size_t i = 0; i < std::size(kNames); ++i) {
    std::ostringstream out;
    out << static_cast<ChoiceKind>(i);
    EXPECT_EQ(out.str(), kNames[i]);
  }
  EXPECT_STREQ(Name(static_cast<ChoiceKind>(kChoiceKindCount)), "unknown");
}

}  // namespace
}  // namespace asupersync
