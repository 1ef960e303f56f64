#include "asupersync/task/limits.h"

#include <algorithm>
#include <cstdint>
#include <source_location>

#include "asupersync/base/ids.h"

namespace asupersync {

Budget HandedDown(const TaskNode* maker, const RegionNode& region) {
  if (maker == nullptr) return region.budget;
  Budget limits = region.budget;
  if (maker->extras != nullptr) {
    // Limits are handed down, a priority only from region to region.
    limits = limits.Meet(maker->extras->budget.WithPriority(0));
  }
  if (!maker->InMask()) return limits;
  // As the mask hides what was or will be passed from the task itself. What
  // its clean-up makes may take as many steps as it has left.
  limits.deadline_ns = Budget::kNoDeadline;
  if (limits.poll_quota == 0) limits.poll_quota = Budget::kUnlimitedPolls;
  if (limits.cost_quota == 0) limits.cost_quota = Budget::kUnlimitedCost;
  if (maker->cancel != nullptr) {
    limits.poll_quota =
        std::min<std::uint32_t>(limits.poll_quota, maker->cleanup_steps);
  }
  if (maker->extras != nullptr) {
    limits.poll_quota =
        std::min(limits.poll_quota, maker->extras->finalizer_steps);
  }
  return limits;
}

CancelReason LateReason(std::source_location where) {
  return CancelReason(CancelKind::kDeadline, "the budget's deadline passed",
                      CompactTaskId(), where);
}

CancelReason PropagatedReason(const CancelReason& cause,
                              std::source_location where) {
  return CancelReason(CancelKind::kParentCancelled, "", cause.origin(), where)
      .WithCause(cause);
}

std::uint16_t CleanupStepsMax(CancelKind kind) {
  constexpr std::uint16_t kStepsMax[] = {1000, 500, 300, 200, 200, 50};
  return kStepsMax[Severity(kind)];
}

}  // namespace asupersync
