#include "asupersync/combinator/failures.h"

#include <source_location>
#include <string>

#include "absl/status/status.h"
#include "asupersync/base/reported_error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace combinator_internal {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

TEST(FailuresTest, ListsEveryErrorInOrderOfTheBranches) {
  Failures failures;
  failures.Add(1, absl::NotFoundError("one"));
  failures.Add(0, absl::UnavailableError("zero"));
  const absl::Status status =
      failures.ToStatus("nothing", std::source_location::current());
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr("failures_test.cc:"));
  EXPECT_THAT(std::string(status.message()),
              EndsWith(": nothing: [0] UNAVAILABLE: zero; [1] NOT_FOUND: one"));
  EXPECT_EQ(failures.size(), 2u);
}

TEST(FailuresTest, PrefersAnErrorOfABranchsOwnToACancellation) {
  Failures failures;
  failures.Add(0, absl::CancelledError("stopped"));
  EXPECT_EQ(failures.ToStatus("x", std::source_location::current()).code(),
            absl::StatusCode::kAborted);
  failures.Add(1, absl::NotFoundError("one"));
  EXPECT_EQ(failures.ToStatus("x", std::source_location::current()).code(),
            absl::StatusCode::kNotFound);
}

TEST(FailuresTest, AreReportedIfOneOfThemIs) {
  Failures failures;
  failures.Add(0, absl::NotFoundError("one"));
  const auto all = [&] {
    return failures.ToStatus("x", std::source_location::current());
  };
  EXPECT_FALSE(IsReported(all()));
  failures.Add(1, MarkReported(absl::AbortedError("assertion failed")));
  EXPECT_TRUE(IsReported(all()));
}

}  // namespace
}  // namespace combinator_internal
}  // namespace asupersync
