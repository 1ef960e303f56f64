#include "asupersync/sync/rw_lock.h"

#include <ostream>
#include <source_location>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"

namespace asupersync {
namespace rw_lock_internal {

bool State::Take(Share share, const TaskNode& taker) {
  if (written()) return false;
  if (share == Share::kWrite) {
    if (readers > 0) return false;
    writer = taker.Label();
  } else {
    if (!waiting_writers.empty()) return false;
    ++readers;
  }
  return true;
}

void State::Free(Share share) {
  if (share == Share::kWrite) {
    writer = TaskLabel();
  } else {
    --readers;
  }
}

WaitDescription State::Describe(Share share) const {
  return {absl::StrCat(share == Share::kWrite ? "write-lock" : "read-lock",
                       " rw lock",
                       readers > 0 ? absl::StrCat(" (", readers, " readers)")
                                   : ""),
          object.id(), writer};
}

}  // namespace rw_lock_internal

std::ostream& operator<<(std::ostream& os, const RwLockGuard& guard) {
  os << "RwLockGuard(";
  if (guard.held()) {
    os << (guard.share() == rw_lock_internal::Share::kWrite ? "write "
                                                            : "read ");
  }
  return os << guard.obligation() << ")";
}

absl::StatusOr<RwLockGuard> RwLock::TryTake(Cx& cx, Share share,
                                            std::source_location site) {
  if (!state_->TryTake(share, cx.node(site))) {
    return absl::UnavailableError(
        state_->written()
            ? absl::StrCat("the rw lock is held by ",
                           state_->writer.ToString())
            : absl::StrCat("the rw lock has ", state_->readers, " readers and ",
                           state_->waiting_writers.empty() ? "no" : "a",
                           " waiting writer"));
  }
  return RwLockGuard(state_, share, cx.node(), cx.region(), site);
}

}  // namespace asupersync
