#include "asupersync/task/misuse.h"

#include <source_location>
#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/operation.h"

namespace asupersync {
namespace task_internal {
namespace {

// `task` may point to anything: whether it is one of the region's or below.
bool Has(const RegionNode& region, const TaskNode* task) {
  bool found = false;
  VisitTasks(region, [&](const TaskNode& member) { found |= &member == task; });
  return found;
}

std::string OriginOf(const TaskNode* task, const RegionNode& root) {
  return Has(root, task)
             ? task->DisplayOrigin()
             : "a task that has ended or belongs to another runtime";
}

}  // namespace

void FailForeignCx(const TaskNode& running, const TaskNode* owner,
                   const RegionNode& root, std::source_location where) {
  Fatal(absl::StrCat(PlaceOf(where), ": ", running.DisplayOrigin(),
                     ", uses the Cx of ", OriginOf(owner, root),
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

void CheckStreamUse(const TaskNode* owner, std::source_location where) {
  const TaskNode* const running = execution_context.task;
  if (running == nullptr || running == owner) return;
  const RegionNode* root = running->region;
  while (root->parent != nullptr) root = root->parent;
  Fatal(absl::StrCat(PlaceOf(where), ": ", running->DisplayOrigin(),
                     ", draws from the random stream of ",
                     OriginOf(owner, *root), "; pass each task its own Cx"));
}

void FailForeignCancel(const TaskNode& running, const TaskNode& asked,
                       std::source_location where) {
  Fatal(absl::StrCat(PlaceOf(where), ": ", running.DisplayOrigin(),
                     ", cancels ", asked.DisplayOrigin(),
                     ", which belongs to another runtime; a handle is for the "
                     "tasks of its runtime, or for outside of any step"));
}

void FailForeignMask(const TaskNode& running, const TaskNode& masked,
                     std::source_location site) {
  Fatal(absl::StrCat(running.DisplayOrigin(), ", destroys the CancelMask that ",
                     masked.DisplayName(), " made at ", PlaceOf(site),
                     "; a mask ends in the task that made it"));
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
