#include "asupersync/base/reported_error.h"

#include "absl/status/status.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(ReportedErrorTest, IsTheSameErrorWithAMark) {
  const absl::Status status = MarkReported(absl::AbortedError("a.cc:12"));
  EXPECT_TRUE(IsReported(status));
  EXPECT_EQ(status.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(status.message(), "a.cc:12");
}

TEST(ReportedErrorTest, OthersAreNotMarked) {
  EXPECT_FALSE(IsReported(absl::AbortedError("a.cc:12")));
  EXPECT_FALSE(IsReported(MarkReported(absl::OkStatus())));
}

}  // namespace
}  // namespace asupersync
