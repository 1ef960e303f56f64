#include "asupersync/sync/barrier.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace barrier_internal {

bool ArriveOperation::Poll() {
  Touch(state_->object, Access::kWrite);
  if (linked()) return false;  // woken for nothing
  if (state_->waiting + 1 < state_->parties) {
    state_->waiters.PushBack(*this);
    ++state_->waiting;
    return false;
  }
  leader_ = true;
  while (ArriveOperation* other = state_->waiters.PopFront()) {
    --state_->waiting;
    other->Complete();
  }
  return true;
}

void ArriveOperation::Abandon() { Leave(); }

void ArriveOperation::Leave() {
  if (!linked()) return;
  Touch(state_->object, Access::kWrite);
  Unlink();
  --state_->waiting;
}

WaitDescription ArriveOperation::Describe() const {
  return {absl::StrCat("pass barrier (", state_->waiting, " of ",
                       state_->parties, " arrived)"),
          state_->object.id(), {}};
}

}  // namespace barrier_internal

Barrier::Barrier(std::uint32_t parties, std::source_location site)
    : state_(MakeRef<barrier_internal::State>(parties)) {
  if (parties == 0) {
    Fatal(absl::StrCat(PlaceOf(site),
                       ": Barrier(0): a barrier needs at least one party"));
  }
}

}  // namespace asupersync
