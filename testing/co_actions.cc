#include "asupersync/testing/co_actions.h"

#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"

namespace asupersync {
namespace testing_internal {
namespace {

std::string Place(const std::source_location& site) {
  return absl::StrCat(PlaceOf(site), ": ");
}

}  // namespace

void FailSecondUse(const std::source_location& site) {
  Fatal(absl::StrCat(
      Place(site),
      "the value of this action was handed out before, and it cannot be "
      "copied; use WillOnce for each value, or CoInvoke to make new ones"));
}

absl::Status CheckError(absl::Status error, const std::source_location& site) {
  if (error.ok()) {
    Fatal(absl::StrCat(Place(site),
                       "CoReturnError(OkStatus()): OK is no error; use "
                       "CoReturn"));
  }
  return error;
}

absl::Status NoActionError() {
  return absl::FailedPreconditionError(
      "a mocked method was called that was given no action; see EXPECT_CALL "
      "and ON_CALL");
}

}  // namespace testing_internal
}  // namespace asupersync
