#include "asupersync/channel/wait_point.h"

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace channel_internal {

void WaitPoint::Wake() {
  if (waiting_ == nullptr) return;
  TaskNode& task = waiting_->node();
  task.runtime().Wake(task);
}

bool PointOperation::Poll() {
  ReportAccess();
  if (IsOver()) {
    StopWaiting();
    return true;
  }
  const PointOperation* other = point_.waiting_;
  if (other != nullptr && other != this) {
    Fatal(absl::StrCat(PlaceOf(site()), ": ", node().DisplayName(), " ",
                       point_.what_, " while ", other->node().DisplayName(),
                       " waits at ", PlaceOf(other->site()),
                       "; one task at a time may"));
  }
  point_.waiting_ = this;
  return false;
}

void PointOperation::Abandon() {
  ReportAccess();
  StopWaiting();
}

void PointOperation::StopWaiting() {
  if (point_.waiting_ == this) point_.waiting_ = nullptr;
}

}  // namespace channel_internal
}  // namespace asupersync
