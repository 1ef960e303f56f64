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
  WaitDescription wait{.what = "select"};
  const char* separator = " (";
  for (const Operation* arm : arms_) {
    const WaitDescription of_arm = arm->Describe();
    absl::StrAppend(&wait.what, separator, of_arm.what);
    separator = ") or (";
    wait.ends_by_clock |= of_arm.ends_by_clock;
    // Any of several could end the wait, so that only one makes a cycle.
    if (arms_.size() == 1) wait.holder = of_arm.holder;
  }
  absl::StrAppend(&wait.what, ")");
  return wait;
}

}  // namespace select_internal
}  // namespace asupersync
