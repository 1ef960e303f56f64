#include "asupersync/lab/oracles/deadline_monotone.h"

#include <cstdint>
#include <source_location>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/task/execution_context.h"

namespace asupersync {
namespace {

std::int64_t DeadlineOf(const TaskNode& task) {
  return task.extras == nullptr ? Budget::kNoDeadline
                                : task.extras->budget.deadline_ns;
}

std::string Text(std::int64_t deadline_ns) {
  if (deadline_ns == Budget::kNoDeadline) return "no deadline";
  return absl::StrCat("the deadline ",
                      absl::FormatDuration(absl::Nanoseconds(deadline_ns)));
}

}  // namespace

void DeadlineMonotoneOracle::Compare(const std::string& what,
                                     std::int64_t deadline_ns,
                                     const std::string& around,
                                     std::int64_t around_ns,
                                     const TaskNode* task,
                                     const std::source_location& where) {
  Report(absl::StrCat(what, ", has ", Text(deadline_ns), ", later than ",
                      Text(around_ns), " of ", around),
         task, where);
}

void DeadlineMonotoneOracle::OnTaskSpawned(const TaskNode& task) {
  const TaskNode* const spawner = execution_context.task;
  if (spawner != nullptr && spawner->InMask()) return;
  const std::int64_t deadline_ns = DeadlineOf(task);
  if (deadline_ns > task.region->budget.deadline_ns) {
    Compare(Describe(&task), deadline_ns, Describe(*task.region),
            task.region->budget.deadline_ns, &task, task.spawned_at);
  }
  if (spawner != nullptr && deadline_ns > DeadlineOf(*spawner)) {
    Compare(Describe(&task), deadline_ns, Describe(spawner),
            DeadlineOf(*spawner), &task, task.spawned_at);
  }
}

void DeadlineMonotoneOracle::OnTaskDone(const TaskNode& task) {
  const std::int64_t deadline_ns = DeadlineOf(task);
  // The lane keeps the deadline that it was spawned with.
  if (task.extras != nullptr && deadline_ns > task.extras->lane_deadline_ns) {
    Compare(Describe(&task), deadline_ns, "its spawn",
            task.extras->lane_deadline_ns, &task, task.spawned_at);
  }
}

void DeadlineMonotoneOracle::CompareRegion(const RegionNode& region) {
  if (region.mask_depth > 0) return;
  const std::int64_t deadline_ns = region.budget.deadline_ns;
  if (region.parent != nullptr &&
      deadline_ns > region.parent->budget.deadline_ns) {
    Compare(Describe(region), deadline_ns, Describe(*region.parent),
            region.parent->budget.deadline_ns, region.owner, region.opened_at);
  }
}

void DeadlineMonotoneOracle::OnRegionOpened(const RegionNode& region) {
  CompareRegion(region);
  if (region.owner == nullptr || region.mask_depth > 0) return;
  const std::int64_t deadline_ns = region.budget.deadline_ns;
  if (deadline_ns > DeadlineOf(*region.owner)) {
    Compare(Describe(region), deadline_ns, Describe(region.owner),
            DeadlineOf(*region.owner), region.owner, region.opened_at);
  }
}

void DeadlineMonotoneOracle::OnRegionClosed(const RegionNode& region) {
  CompareRegion(region);
}

}  // namespace asupersync
