#include "asupersync/task/cancel_walk.h"

#include "asupersync/task/limits.h"

namespace asupersync {

void CancelWalk::AddRegion(RegionNode& region, const CancelReason& reason) {
  if (region.owner != nullptr && region.owner->extras->scope != &region) {
    levels_.push_back({.scope = region.owner->extras->scope,
                       .end = &region,
                       .reason = PropagatedReason(reason, where_),
                       .mask_depth_max = region.mask_depth,
                       .if_not_cancelled = true});
  }
  // On top of those: it is walked first.
  levels_.push_back(
      {.scope = &region, .end = region.outer_scope, .reason = reason});
}

void CancelWalk::AddScopes(TaskNode& task, const CancelReason& reason) {
  if (task.extras == nullptr || task.extras->scope == nullptr) return;
  levels_.push_back({.scope = task.extras->scope,
                     .end = nullptr,
                     .reason = PropagatedReason(reason, where_),
                     .mask_depth_max = 0});
}

bool CancelWalk::Skips(const Level& level) {
  return level.scope->state == RegionNode::State::kClosed ||
         level.scope->mask_depth > level.mask_depth_max ||
         (level.if_not_cancelled && level.scope->cancel != nullptr);
}

CancelWalk::Stop CancelWalk::Next() {
  while (!levels_.empty()) {
    Level& level = levels_.back();
    if (level.scope == level.end) {
      levels_.pop_back();
      continue;
    }
    if (level.phase == Level::kBefore && !Skips(level)) {
      level.phase = Level::kTasks;
      level.next_task = level.scope->tasks.begin();
      return Stop::kRegion;
    }
    if (level.phase == Level::kTasks) {
      if (level.next_task != level.scope->tasks.end()) {
        task_ = &*level.next_task++;
        return Stop::kTask;
      }
      level.phase = Level::kAfter;
      if (level.scope->owner != nullptr) return Stop::kOwner;
    }
    level.scope = level.scope->outer_scope;
    level.phase = Level::kBefore;
  }
  return Stop::kEnd;
}

}  // namespace asupersync
