#include "asupersync/sync/mutex.h"

#include <ostream>
#include <source_location>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace asupersync {

bool mutex_internal::State::Take(Whole, const TaskNode& taker) {
  if (locked) return false;
  locked = true;
  holder = taker.Label();
  return true;
}

std::ostream& operator<<(std::ostream& os, const MutexGuard& guard) {
  return os << "MutexGuard(" << guard.obligation() << ")";
}

absl::StatusOr<MutexGuard> Mutex::TryLock(Cx& cx, std::source_location site) {
  if (!state_->TryTake({}, cx.node(site))) {
    return absl::UnavailableError(absl::StrCat(
        "the mutex is held by ", state_->holder.ToString()));
  }
  return MutexGuard(state_, {}, cx.node(), cx.region(), site);
}

}  // namespace asupersync
