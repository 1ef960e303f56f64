#include "asupersync/time/timeout.h"

#include <source_location>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/place.h"

namespace asupersync {
namespace timeout_internal {
namespace {

std::string Limit(absl::Duration duration, absl::Time deadline) {
  if (duration != absl::InfiniteDuration()) {
    return absl::StrCat("a Timeout of ", absl::FormatDuration(duration));
  }
  // Times of reports count from the runtime's epoch.
  return absl::StrCat("the deadline ",
                      absl::FormatDuration(deadline - absl::UnixEpoch()));
}

}  // namespace

absl::Status ExceededStatus(absl::Duration duration, absl::Time deadline,
                            std::source_location site) {
  return absl::DeadlineExceededError(
      absl::StrCat(PlaceOf(site), ": ", Limit(duration, deadline), " ran out"));
}

CancelReason ExceededReason(absl::Duration duration, absl::Time deadline,
                            CompactTaskId caller, std::source_location site) {
  return CancelReason(CancelKind::kTimeout,
                      absl::StrCat(Limit(duration, deadline), " ran out"),
                      caller, site);
}

CancelReason EndedReason(CompactTaskId caller, std::source_location site) {
  return CancelReason(CancelKind::kRaceLost, "the body of the Timeout ended",
                      caller, site);
}

}  // namespace timeout_internal
}  // namespace asupersync
