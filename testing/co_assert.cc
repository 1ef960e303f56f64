#include "asupersync/testing/co_assert.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr char kPayloadUrl[] = "asupersync/ReportedAssertion";

}  // namespace

CoAssertHelper::CoAssertHelper(::testing::TestPartResult::Type type,
                               const char* file, int line,
                               const char* message)
    : type_(type),
      file_(file),
      line_(line),
      helper_(type, file, line, message) {}

absl::Status CoAssertHelper::operator=(
    const ::testing::Message& message) const {
  helper_ = message;
  const bool skipped = type_ == ::testing::TestPartResult::kSkip;
  absl::Status status = absl::AbortedError(
      absl::StrCat(skipped ? "skipped" : "assertion failed", " at ", file_,
                   ":", line_));
  status.SetPayload(kPayloadUrl, absl::Cord());
  return status;
}

bool IsReportedAssertion(const absl::Status& status) {
  return status.GetPayload(kPayloadUrl).has_value();
}

}  // namespace testing_internal
}  // namespace asupersync
