#include "asupersync/task/sleep.h"

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/ids.h"

namespace asupersync {

bool SleepOperation::Poll() {
  if (!allowed_.ok() || Due()) return true;
  Arm();
  return false;
}

absl::Status SleepOperation::await_resume() const noexcept {
  return cancelled() ? CancelledStatus() : allowed_;
}

WaitDescription SleepOperation::Describe() const {
  if (!HasDeadline()) return {"sleep for ever", ObjectId{}, {}};
  return {.what = absl::StrCat(
              "sleep until ",
              absl::FormatDuration(absl::Nanoseconds(deadline_ns()))),
          .ends_by_clock = true};
}

WaitDescription YieldOperation::Describe() const {
  return {"yield", ObjectId{}, {}};
}

}  // namespace asupersync
