#include "asupersync/combinator/select.h"

#include <cstddef>
#include <string>
#include <utility>

#include "absl/types/span.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
namespace select_internal {

bool SelectOperationBase::Poll() {
  if (!has_first_) {
    has_first_ = true;
    if (!in_order_ && arms_.size() > 1 &&
        cx_.capabilities().Has(Capability::kRandom)) {
      first_ = cx_.RandomBelow(arms_.size());
    }
  }
  for (std::size_t i = 0; i < arms_.size(); ++i) {
    const std::size_t asked = (first_ + i) % arms_.size();
    if (!arms_[asked]->Attempt()) continue;
    winner_ = asked;
    return true;
  }
  return false;
}

void SelectOperationBase::Abandon() {
  // The task's cancellation ends each waiting arm, too.
  for (Operation* arm : arms_) {
    if (arm->waiting()) arm->Attempt();
  }
}

WaitDescription SelectOperationBase::Describe() const {
  std::string what = "select";
  const char* separator = " (";
  for (const Operation* arm : arms_) {
    absl::StrAppend(&what, separator, arm->Describe().what);
    separator = ") or (";
  }
  absl::StrAppend(&what, ")");
  // Any of several could end the wait, so that only one makes a cycle.
  const TaskLabel holder =
      arms_.size() == 1 ? arms_[0]->Describe().holder : TaskLabel();
  return {std::move(what), ObjectId{}, holder};
}

}  // namespace select_internal
}  // namespace asupersync
