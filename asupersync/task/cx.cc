#include "asupersync/task/cx.h"

#include <cstdint>
#include <limits>
#include <source_location>
#include <string>

#include "absl/numeric/int128.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"

namespace asupersync {

std::int64_t Cx::DeadlineAfter(absl::Duration duration) const {
  const std::int64_t now = task_->runtime().NowNanos();
  const std::int64_t wait = absl::ToInt64Nanoseconds(duration);
  if (wait <= 0) return now;
  constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
  return wait > kForever - now ? kForever : now + wait;
}

std::uint64_t Cx::RandomBelow(std::uint64_t bound,
                              std::source_location site) const {
  // Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29
  // (2019): multiply, and reject the few values that would bias.
  RandomStream random = Random(site);
  if (bound == 0) [[unlikely]] {
    Fatal(absl::StrCat(PlaceOf(site), ": ", DisplayName(),
                       " asks for a random value below 0; there is none"));
  }
  absl::uint128 product = absl::uint128(random()) * bound;
  if (absl::Uint128Low64(product) < bound) {
    const std::uint64_t threshold = -bound % bound;
    while (absl::Uint128Low64(product) < threshold) {
      product = absl::uint128(random()) * bound;
    }
  }
  return absl::Uint128High64(product);
}

absl::Status Cx::SeenCancel() const {
  task_->runtime().NoticeCancelSeen(*task_);
  return task_->VisibleReason().ToStatus();
}

absl::Status Cx::Denied(const char* what, std::source_location site) const {
  return absl::PermissionDeniedError(
      absl::StrCat(PlaceOf(site), ": ", DisplayName(), " must not ", what,
                   ": its Cx was restricted to ", capabilities().ToString(),
                   " at ", PlaceOf(grant_.where())));
}

void Cx::FailRandom(std::source_location site) const {
  Fatal(std::string(Denied("draw random values", site).message()));
}

void Cx::Trace(absl::string_view text, std::source_location site) const {
  Runtime& runtime = node(site).runtime();
  runtime.recorder().RecordUserTrace(text, runtime.SiteOf(site));
}

}  // namespace asupersync
