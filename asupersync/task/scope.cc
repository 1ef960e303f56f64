#include "asupersync/task/scope.h"

#include "absl/strings/str_cat.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/task_label.h"

namespace asupersync {
namespace task_internal {

bool CloseRegionOperation::Poll() {
  region_.closer = this;
  return node().runtime->TryClose(region_);
}

WaitDescription CloseRegionOperation::Describe() const {
  const TaskLabel first =
      region_.tasks.empty() ? TaskLabel() : region_.tasks.front()->Label();
  return {absl::StrCat("close region R", region_.compact), ObjectId{}, first};
}

}  // namespace task_internal
}  // namespace asupersync
