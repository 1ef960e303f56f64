#include "asupersync/combinator/all_done.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
namespace combinator_internal {

bool AllDoneOperation::Poll() {
  Abandon();
  for (; next_ < tasks_.size(); ++next_) {
    TaskNode& task = *tasks_[next_];
    node().runtime().TouchCompletion(task, Access::kRead);
    if (task.state == TaskNode::State::kDone) continue;
    task.joiners.PushBack(*this);
    return false;
  }
  return true;
}

WaitDescription AllDoneOperation::Describe() const {
  constexpr int kNamesMax = 5;
  std::string names;
  int running = 0;
  TaskLabel first;
  for (std::size_t i = next_; i < tasks_.size(); ++i) {
    if (tasks_[i]->state == TaskNode::State::kDone) continue;
    if (running == 0) first = tasks_[i]->Label();
    if (++running > kNamesMax) continue;
    absl::StrAppend(&names, running == 1 ? "" : ", ", tasks_[i]->DisplayName());
  }
  if (running > kNamesMax) absl::StrAppend(&names, ", ...");
  return {absl::StrCat("finish ", what_, " (", names,
                       running == 1 ? " runs)" : " run)"),
          ObjectId{}, first};
}

}  // namespace combinator_internal
}  // namespace asupersync
