#include "asupersync/task/sleep.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/runtime.h"

namespace asupersync {

SleepOperation::~SleepOperation() {
  if (armed()) node().runtime->DisarmTimer(*this);
}

bool SleepOperation::Poll() {
  Runtime& runtime = *node().runtime;
  if (!allowed_.ok()) return true;
  if (runtime.NowNanos() >= deadline_ns() && deadline_ns() != kNever)
    return true;
  if (!armed() && deadline_ns() != kNever) {
    runtime.ArmTimer(
        *this, deadline_ns(),
        ChildIdentity<TimerId>(node().identity, node().made_timers++));
  }
  return false;
}

void SleepOperation::Abandon() {
  if (armed()) node().runtime->DisarmTimer(*this);
}

absl::Status SleepOperation::await_resume() const noexcept {
  return cancelled() ? CancelledStatus() : allowed_;
}

WaitDescription SleepOperation::Describe() const {
  if (deadline_ns() == kNever) return {"sleep for ever", ObjectId{}, {}};
  return {absl::StrCat("sleep until ",
                       absl::FormatDuration(absl::Nanoseconds(deadline_ns()))),
          ObjectId{}, {}};
}

WaitDescription YieldOperation::Describe() const {
  return {"yield", ObjectId{}, {}};
}

}  // namespace asupersync
