#include "asupersync/sync/latch.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace latch_internal {

bool WaitOperation::Poll() {
  // Those who wait or pass do not depend on each other.
  Touch(state_->object, Access::kRead);
  if (state_->count == 0) return true;
  if (!linked()) state_->waiters.PushBack(*this);
  return false;
}

void WaitOperation::Abandon() {
  Touch(state_->object, Access::kRead);
  Unlink();
}

WaitDescription WaitOperation::Describe() const {
  return {absl::StrCat("pass latch (", state_->count, " to go)"),
          state_->object.id(), {}};
}

}  // namespace latch_internal

void Latch::CountDown(std::uint64_t by, std::source_location site) {
  Touch(state_->object, Access::kWrite);
  if (by > state_->count) {
    Fatal(absl::StrCat(PlaceOf(site), ": Latch::CountDown(", by, ") with ",
                       state_->count,
                       " to go; each participant counts down once"));
  }
  state_->count -= by;
  if (state_->count > 0) return;
  while (latch_internal::WaitOperation* waiter = state_->waiters.PopFront()) {
    waiter->Pass();
  }
}

bool Latch::open() const {
  Touch(state_->object, Access::kRead);
  return state_->count == 0;
}

}  // namespace asupersync
