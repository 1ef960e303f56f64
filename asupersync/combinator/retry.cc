#include "asupersync/combinator/retry.h"

#include <algorithm>
#include <cstdint>
#include <source_location>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/capability.h"

namespace asupersync {
namespace combinator_internal {

void CheckPolicy(const RetryPolicy& policy, std::source_location site) {
  const char* wrong =
      policy.attempts_max <= 0 ? "attempts_max must be above 0"
      : !(policy.backoff_factor >= 1.0)
          ? "backoff_factor must be at least 1"
      : !(policy.jitter >= 0.0 && policy.jitter <= 1.0)
          ? "jitter must be between 0 and 1"
          : nullptr;
  if (wrong == nullptr) return;
  Fatal(absl::StrCat(PlaceOf(site), ": RetryPolicy: ", wrong));
}

bool IsRetryable(const RetryPolicy& policy, const absl::Status& error) {
  if (policy.retryable) return policy.retryable(error);
  switch (error.code()) {
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kDeadlineExceeded:
      return true;
    default:
      return false;
  }
}

absl::Duration FirstBackoff(const RetryPolicy& policy) {
  return std::min(policy.backoff_initial, policy.backoff_max);
}

absl::Duration NextBackoff(const RetryPolicy& policy, absl::Duration backoff) {
  if (backoff >= policy.backoff_max) return backoff;
  return std::min(backoff * policy.backoff_factor, policy.backoff_max);
}

absl::Duration WithJitter(const RetryPolicy& policy, absl::Duration backoff,
                          Cx& cx) {
  if (policy.jitter == 0.0 || !cx.capabilities().Has(Capability::kRandom)) {
    return backoff;
  }
  const std::int64_t span_ns =
      std::max<std::int64_t>(absl::ToInt64Nanoseconds(backoff * policy.jitter),
                             0);
  return backoff - absl::Nanoseconds(cx.RandomBelow(
                     static_cast<std::uint64_t>(span_ns) + 1));
}

absl::Status LastError(const absl::Status& error, int attempts) {
  absl::Status last(error.code(),
                    absl::StrCat(error.message(), " (attempt ", attempts,
                                 " of ", attempts, ")"));
  error.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) {
    last.SetPayload(url, payload);
  });
  return last;
}

}  // namespace combinator_internal
}  // namespace asupersync
