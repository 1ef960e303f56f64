#include "asupersync/task/timed_operation.h"

#include "asupersync/task/runtime.h"

namespace asupersync {

bool TimedOperation::Due() const {
  return HasDeadline() && node().runtime().NowNanos() >= deadline_ns();
}

void TimedOperation::Arm() {
  if (armed() || !HasDeadline()) return;
  timer_index_ = node().made_timers++;
  node().runtime().ArmTimer(*this, deadline_ns());
}

void TimedOperation::Disarm() {
  if (armed()) node().runtime().DisarmTimer(*this);
}

TimerId TimedOperation::Identity() const {
  return ChildIdentity<TimerId>(node().identity, timer_index_);
}

}  // namespace asupersync
