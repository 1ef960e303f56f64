#include "asupersync/sync/notify.h"

#include "absl/status/status.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace notify_internal {

void State::NotifyOne() {
  Touch(object, Access::kWrite);
  if (WaitOperation* first = waiters.PopFront()) {
    first->NotifyThis(/*pass_on_if_lost=*/true);
  } else {
    permit = true;
  }
}

WaitOperation::~WaitOperation() {
  if (linked()) {
    Touch(state_->object, Access::kWrite);
    Unlink();
  }
  if (pass_on_) state_->NotifyOne();
}

void WaitOperation::NotifyThis(bool pass_on_if_lost) {
  pass_on_ = pass_on_if_lost;
  Complete();
}

bool WaitOperation::Poll() {
  Touch(state_->object, Access::kWrite);
  if (state_->permit) {
    state_->permit = false;
    return true;
  }
  if (!linked()) state_->waiters.PushBack(*this);
  return false;
}

void WaitOperation::Abandon() {
  Touch(state_->object, Access::kWrite);
  Unlink();
}

absl::Status WaitOperation::await_resume() {
  pass_on_ = false;
  return cancelled() ? CancelledStatus() : absl::OkStatus();
}

WaitDescription WaitOperation::Describe() const {
  return {"be notified", state_->object.id(), {}};
}

}  // namespace notify_internal

void Notify::NotifyAll() {
  Touch(state_->object, Access::kWrite);
  // A woken task runs later, so the queue does not grow meanwhile.
  while (notify_internal::WaitOperation* waiter =
             state_->waiters.PopFront()) {
    waiter->NotifyThis(/*pass_on_if_lost=*/false);
  }
}

}  // namespace asupersync
