#include "asupersync/testing/co_assert.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/reported_error.h"

namespace asupersync {
namespace testing_internal {

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
  return MarkReported(absl::AbortedError(
      absl::StrCat(skipped ? "skipped" : "assertion failed", " at ", file_,
                   ":", line_)));
}

}  // namespace testing_internal
}  // namespace asupersync
