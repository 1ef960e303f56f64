#ifndef ASUPERSYNC_TASK_CANCEL_WALK_H_
#define ASUPERSYNC_TASK_CANCEL_WALK_H_

#include <cstdint>
#include <limits>
#include <source_location>

#include "absl/container/inlined_vector.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task_node.h"

// The way of a cancellation down the tree of regions and tasks. Internal.
//
//   CancelWalk walk(where);
//   walk.AddRegion(region, reason);
//   for (auto stop = walk.Next(); stop != CancelWalk::Stop::kEnd;
//        stop = walk.Next()) ...
//
// A region comes first (kRegion), then each of its tasks (kTask), then the task
// whose scope it is (kOwner). What a task has open below it is walked before
// the next task if AddScopes() is called at its kTask.
//
// Cost: linear in what is visited, and memory in the depth of the tree; trees
// of any depth are walked without recursion.
//
// Lifetime: the regions and tasks on the way, and their lists, stay as they are
// while it walks; requests only mark tasks and make them ready.

namespace asupersync {

class CancelWalk {
 public:
  enum class Stop : std::uint8_t { kRegion, kTask, kOwner, kEnd };

  // `where` the request was made.
  explicit CancelWalk(std::source_location where) : where_(where) {}

  // The region, and the scopes that its body has open in it and that no mask
  // protects.
  void AddRegion(RegionNode& region, const CancelReason& reason);
  // The scopes that `task` has open, innermost first, which end because the
  // task is asked to, for `reason`. Those in a masked section are left out.
  void AddScopes(TaskNode& task, const CancelReason& reason);

  Stop Next();

  // Of the last stop: REQUIRES: it was not kEnd.
  RegionNode& region() const { return *levels_.back().scope; }
  // REQUIRES: it was kTask.
  TaskNode& task() const { return *task_; }
  // Why they end. Valid until the next call of anything that is not const.
  const CancelReason& reason() const { return levels_.back().reason; }

 private:
  // Open scopes of one task from the inside out, and where the walk is.
  struct Level {
    RegionNode* scope;
    RegionNode* end;  // not one of them
    CancelReason reason;
    // Of the scopes that are asked.
    std::uint8_t mask_depth_max = std::numeric_limits<std::uint8_t>::max();
    bool if_not_cancelled = false;
    enum : std::uint8_t { kBefore, kTasks, kAfter } phase = kBefore;
    // REQUIRES: kTasks.
    IntrusiveList<TaskNode, RegionTasksTag>::iterator next_task = {};
  };

  static bool Skips(const Level& level);

  std::source_location where_;
  absl::InlinedVector<Level, 2> levels_;
  TaskNode* task_ = nullptr;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CANCEL_WALK_H_
