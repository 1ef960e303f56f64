#include "asupersync/choice/choice_source.h"

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(ChoiceSourceTest, KindsHaveTheNumbersAndNamesOfTraces) {
  const char* kNames[] = {"schedule", "timer", "waiter", "fault", "io"};
  for (int i = 0; i < kChoiceKindCount; ++i) {
    EXPECT_STREQ(Name(static_cast<ChoiceKind>(i)), kNames[i]);
  }
  EXPECT_EQ(static_cast<int>(ChoiceKind::kIo), kChoiceKindCount - 1);
  EXPECT_STREQ(Name(static_cast<ChoiceKind>(kChoiceKindCount)), "unknown");
}

}  // namespace
}  // namespace asupersync
