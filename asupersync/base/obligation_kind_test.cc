#include "asupersync/base/obligation_kind.h"

#include <cstddef>
#include <iterator>
#include <sstream>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(ObligationKindTest, KindsHaveTheNumbersAndNamesOfTraces) {
  const char* const kNames[] = {
      "send permit", "lock", "semaphore permit", "I/O operation", "lease",
      "ack"};
  ASSERT_EQ(std::size(kNames), size_t{kObligationKindCount});
  for (size_t i = 0; i < std::size(kNames); ++i) {
    std::ostringstream out;
    out << static_cast<ObligationKind>(i);
    EXPECT_EQ(out.str(), kNames[i]);
  }
  EXPECT_STREQ(Name(static_cast<ObligationKind>(kObligationKindCount)),
               "unknown");
}

}  // namespace
}  // namespace asupersync
