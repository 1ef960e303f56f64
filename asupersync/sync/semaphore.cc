#include "asupersync/sync/semaphore.h"

#include <cstdint>
#include <limits>
#include <ostream>
#include <source_location>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"

namespace asupersync {

WaitDescription semaphore_internal::State::Describe(
    std::uint64_t count) const {
  return {absl::StrCat("acquire ", count, " of semaphore (", available,
                       " available)"),
          object.id(), {}};
}

std::ostream& operator<<(std::ostream& os, const SemaphorePermit& permit) {
  return os << "SemaphorePermit(" << permit.count() << ", "
            << permit.obligation() << ")";
}

absl::StatusOr<SemaphorePermit> Semaphore::TryAcquire(
    Cx& cx, std::uint64_t count, std::source_location site) {
  if (!state_->TryTake(count, cx.node(site))) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the semaphore has ", state_->available, " of ", count, " permits",
        state_->waiters.empty() ? "" : ", and others wait"));
  }
  return SemaphorePermit(state_, count, cx.node(), cx.region(), site);
}

void Semaphore::AddPermits(std::uint64_t count, std::source_location site) {
  if (count > std::numeric_limits<std::uint64_t>::max() - state_->total) {
    Fatal(absl::StrCat(PlaceOf(site), ": a semaphore of ", state_->total,
                       " permits cannot have ", count, " more"));
  }
  state_->total += count;
  state_->Release(count);
}

}  // namespace asupersync
