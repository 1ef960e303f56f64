#include "asupersync/sync/semaphore.h"

#include <cstdint>
#include <ostream>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace semaphore_internal {

void State::Serve() {
  while (AcquireOperationBase* first = waiters.front()) {
    if (first->count_ > available) return;
    waiters.Remove(*first);
    available -= first->count_;
    first->owns_ = true;
    first->Complete();
  }
}

void State::Release(std::uint64_t count) {
  Touch(object, Access::kWrite);
  available += count;
  Serve();
}

AcquireOperationBase::~AcquireOperationBase() {
  if (linked()) {
    Unlink();
    state_->Serve();
  }
  if (owns_) state_->Release(count_);
}

bool AcquireOperationBase::Poll() {
  Touch(state_->object, Access::kWrite);
  if (state_->waiters.empty() && state_->available >= count_) {
    state_->available -= count_;
    owns_ = true;
    return true;
  }
  if (!linked()) state_->waiters.PushBack(*this);
  return false;
}

void AcquireOperationBase::Abandon() {
  Touch(state_->object, Access::kWrite);
  Unlink();
  // Those behind may want less.
  state_->Serve();
}

WaitDescription AcquireOperationBase::Describe() const {
  return {absl::StrCat("acquire ", count_, " of semaphore (",
                       state_->available, " available)"),
          state_->object.id(), {}};
}

}  // namespace semaphore_internal

SemaphorePermit::SemaphorePermit(RefPtr<semaphore_internal::State> state,
                                 std::uint64_t count, TaskNode& taker,
                                 std::source_location site)
    : state_(std::move(state)),
      count_(count),
      obligation_(taker, ObligationKind::kSemaphorePermit,
                  state_->object.id(), site) {}

std::ostream& operator<<(std::ostream& os, const SemaphorePermit& permit) {
  return os << "SemaphorePermit(" << permit.count() << ", "
            << permit.obligation_ << ")";
}

void SemaphorePermit::Release() {
  if (!state_) return;
  const RefPtr<semaphore_internal::State> state = std::move(state_);
  obligation_.Commit();
  state->Release(count_);
}

absl::StatusOr<SemaphorePermit> AcquireOperation::await_resume() {
  if (cancelled()) return CancelledStatus();
  TakeOwnership();
  return SemaphorePermit(state(), count(), node(), site());
}

absl::StatusOr<SemaphorePermit> Semaphore::TryAcquire(
    Cx& cx, std::uint64_t count, std::source_location site) {
  Touch(state_->object, Access::kWrite);
  if (!state_->waiters.empty() || state_->available < count) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the semaphore has ", state_->available, " of ", count, " permits",
        state_->waiters.empty() ? "" : ", and others wait"));
  }
  state_->available -= count;
  return SemaphorePermit(state_, count, cx.node(), site);
}

}  // namespace asupersync
