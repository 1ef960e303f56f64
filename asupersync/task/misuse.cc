#include "asupersync/task/misuse.h"

#include <source_location>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/operation.h"

namespace asupersync {
namespace task_internal {
namespace {

// Whether `task`, which may point to anything, is one of the region's or below.
bool Has(const RegionNode& region, const TaskNode* task) {
  for (const TaskNode& member : region.tasks) {
    if (&member == task) return true;
  }
  for (const RegionNode& child : region.children) {
    if (Has(child, task)) return true;
  }
  return false;
}

}  // namespace

void FailForeignCx(const TaskNode& running, const TaskNode* owner,
                   const RegionNode& root, std::source_location where) {
  Fatal(absl::StrCat(
      PlaceOf(where), ": ", running.DisplayOrigin(), ", uses the Cx of ",
      Has(root, owner) ? owner->DisplayOrigin()
                       : "a task that has ended or belongs to another runtime",
      "; pass each task its own Cx"));
}

void FailUseAfterScope(const TaskNode& task, const RegionNode& region,
                       std::source_location where) {
  Fatal(absl::StrCat(PlaceOf(where), ": ", task.DisplayName(),
                     " uses the Cx of region ", region.DisplayName(),
                     ", opened at ", PlaceOf(region.opened_at),
                     ", which is closed; a scope's Cx must not be used after "
                     "the scope"));
}

void FailForeignWake(const TaskNode& running, const TaskNode& woken) {
  Fatal(absl::StrCat(
      running.DisplayOrigin(), ", ends the wait of ", woken.DisplayName(),
      " at ", PlaceOf(woken.operation->site()),
      ", which belongs to another runtime; channels, locks and the like serve "
      "the tasks of one runtime"));
}

}  // namespace task_internal
}  // namespace asupersync
