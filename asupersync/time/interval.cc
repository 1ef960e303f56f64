#include "asupersync/time/interval.h"

#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/place.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

Interval::Interval(absl::Time first, absl::Duration period,
                   MissedTickBehavior missed, std::source_location site)
    : next_(first), period_(period), missed_(missed) {
  if (period <= absl::ZeroDuration()) {
    Fatal(absl::StrCat(PlaceOf(site),
                       ": an Interval needs a period above 0, not ",
                       absl::FormatDuration(period)));
  }
}

absl::Time Interval::Take(absl::Time now) {
  const absl::Time due = next_;
  next_ = due + period_;
  if (now <= due) return due;
  if (missed_ == MissedTickBehavior::kDelay) {
    next_ = now + period_;
  } else if (missed_ == MissedTickBehavior::kSkip && next_ <= now) {
    next_ = now + period_ - (now - due) % period_;
  }
  return due;
}

TickOperation::TickOperation(TaskNode& node, Interval& interval,
                             absl::Status allowed, std::source_location site)
    : TimedOperation(node, absl::ToUnixNanos(interval.next_), site),
      interval_(interval),
      allowed_(std::move(allowed)) {}

bool TickOperation::Poll() {
  if (!allowed_.ok() || Due()) return true;
  Arm();
  return false;
}

absl::StatusOr<absl::Time> TickOperation::await_resume() {
  if (cancelled()) return CancelledStatus();
  if (!allowed_.ok()) return allowed_;
  return interval_.Take(absl::FromUnixNanos(node().runtime().NowNanos()));
}

WaitDescription TickOperation::Describe() const {
  return {.what = absl::StrCat(
              "see the tick of an interval at ",
              absl::FormatDuration(absl::Nanoseconds(deadline_ns()))),
          .ends_by_clock = HasDeadline()};
}

}  // namespace asupersync
