#include "asupersync/sync/mutex.h"

#include <ostream>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace mutex_internal {

void State::Acquire(const TaskNode& task) {
  locked = true;
  holder = task.Label();
}

void State::Release() {
  Touch(object, Access::kWrite);
  locked = false;
  if (LockOperationBase* next = waiters.PopFront()) {
    next->owns_ = true;
    Acquire(next->node());
    next->Complete();
  }
}

LockOperationBase::~LockOperationBase() {
  if (linked()) Unlink();
  if (owns_) state_->Release();
}

bool LockOperationBase::Poll() {
  Touch(state_->object, Access::kWrite);
  if (!state_->locked) {
    state_->Acquire(node());
    owns_ = true;
    return true;
  }
  if (!linked()) state_->waiters.PushBack(*this);
  return false;
}

void LockOperationBase::Abandon() {
  Touch(state_->object, Access::kWrite);
  Unlink();
}

WaitDescription LockOperationBase::Describe() const {
  return {"lock mutex", state_->object.id(), state_->holder};
}

}  // namespace mutex_internal

MutexGuard::MutexGuard(RefPtr<mutex_internal::State> state, TaskNode& holder,
                       std::source_location site)
    : state_(std::move(state)),
      obligation_(holder, ObligationKind::kLock, state_->object.id(), site) {}

std::ostream& operator<<(std::ostream& os, const MutexGuard& guard) {
  return os << "MutexGuard(" << guard.obligation_ << ")";
}

void MutexGuard::Unlock() {
  if (!state_) return;
  const RefPtr<mutex_internal::State> state = std::move(state_);
  obligation_.Commit();
  state->Release();
}

absl::StatusOr<MutexGuard> LockOperation::await_resume() {
  if (cancelled()) return CancelledStatus();
  TakeOwnership();
  return MutexGuard(state(), node(), site());
}

absl::StatusOr<MutexGuard> Mutex::TryLock(Cx& cx, std::source_location site) {
  Touch(state_->object, Access::kWrite);
  if (state_->locked) {
    return absl::UnavailableError(absl::StrCat(
        "the mutex is held by ", state_->holder.ToString()));
  }
  state_->Acquire(cx.node());
  return MutexGuard(state_, cx.node(), site);
}

}  // namespace asupersync
