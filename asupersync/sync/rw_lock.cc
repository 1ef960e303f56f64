#include "asupersync/sync/rw_lock.h"

#include <ostream>
#include <source_location>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace rw_lock_internal {

void State::Serve() {
  if (writer.id.IsValid()) return;
  if (!waiting_writers.empty()) {
    if (readers > 0) return;
    LockOperationBase* next = waiting_writers.PopFront();
    next->Enter();
    next->Complete();
    return;
  }
  while (LockOperationBase* next = waiting_readers.PopFront()) {
    next->Enter();
    next->Complete();
  }
}

void State::Release(bool was_writer) {
  Touch(object, Access::kWrite);
  if (was_writer) {
    writer = TaskLabel();
  } else {
    --readers;
  }
  Serve();
}

LockOperationBase::~LockOperationBase() {
  if (linked()) {
    Unlink();
    state_->Serve();
  }
  if (owns_) state_->Release(write_);
}

void LockOperationBase::Enter() {
  owns_ = true;
  if (write_) {
    state_->writer = node().Label();
  } else {
    ++state_->readers;
  }
}

bool LockOperationBase::Poll() {
  Touch(state_->object, Access::kWrite);
  const bool free =
      !state_->writer.id.IsValid() &&
      (write_ ? state_->readers == 0 : state_->waiting_writers.empty());
  if (free) {
    Enter();
    return true;
  }
  if (!linked()) {
    (write_ ? state_->waiting_writers : state_->waiting_readers)
        .PushBack(*this);
  }
  return false;
}

void LockOperationBase::Abandon() {
  Touch(state_->object, Access::kWrite);
  Unlink();
  state_->Serve();
}

WaitDescription LockOperationBase::Describe() const {
  return {absl::StrCat(write_ ? "write-lock" : "read-lock", " rw lock",
                       state_->readers > 0
                           ? absl::StrCat(" (", state_->readers, " readers)")
                           : ""),
          state_->object.id(), state_->writer};
}

}  // namespace rw_lock_internal

RwLockGuard::RwLockGuard(RefPtr<rw_lock_internal::State> state, bool write,
                         TaskNode& holder, std::source_location site)
    : state_(std::move(state)),
      write_(write),
      obligation_(holder, ObligationKind::kLock, state_->object.id(), site) {}

std::ostream& operator<<(std::ostream& os, const RwLockGuard& guard) {
  os << "RwLockGuard(";
  if (guard.state_) os << (guard.write_ ? "write " : "read ");
  return os << guard.obligation_ << ")";
}

void RwLockGuard::Unlock() {
  if (!state_) return;
  const RefPtr<rw_lock_internal::State> state = std::move(state_);
  obligation_.Commit();
  state->Release(write_);
}

absl::StatusOr<RwLockGuard> RwLockOperation::await_resume() {
  if (cancelled()) return CancelledStatus();
  TakeOwnership();
  return RwLockGuard(state(), write(), node(), site());
}

}  // namespace asupersync
