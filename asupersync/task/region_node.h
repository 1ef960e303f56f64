#ifndef ASUPERSYNC_TASK_REGION_NODE_H_
#define ASUPERSYNC_TASK_REGION_NODE_H_

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>

#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

class Operation;

struct ChildRegionsTag;

// The control block of a region: the owner of tasks and of child regions.
// Internal: users call Scope().
//
//   state     meaning                                   leaves by
//   kOpen     tasks may be spawned                       the scope's body ends
//   kClosing  waits for its tasks and child regions      the last one ends
//   kClosed   quiescent; nothing of it runs any more     -
//
// Invariants
//   1. A closed region has no task and no child region.
//   2. A task is cancelled when its region is, also if it is spawned later.
struct RegionNode : ListNode<ChildRegionsTag> {
  enum class State : std::uint8_t { kOpen, kClosing, kClosed };

  RegionNode() = default;
  RegionNode(const RegionNode&) = delete;
  RegionNode& operator=(const RegionNode&) = delete;

  bool Quiescent() const { return tasks.empty() && children.empty(); }

  RegionNode* parent = nullptr;  // null: the runtime's root region
  TaskNode* owner = nullptr;     // the task whose scope this is; null: root
  RegionNode* outer_scope = nullptr;  // the owner's next scope outwards
  std::uint64_t identity = 0;
  std::uint32_t compact = 0;
  State state = State::kOpen;
  // Opened while its owner masked cancellation: what is asked of the owner does
  // not reach it, so that clean-up may use tasks.
  bool shielded = false;
  IntrusiveList<TaskNode, RegionTasksTag> tasks;       // in order of spawn
  IntrusiveList<RegionNode, ChildRegionsTag> children;  // in order of opening
  std::uint32_t obligations = 0;         // pending ones reserved here
  Operation* closer = nullptr;           // waits for quiescence; may be null
  std::unique_ptr<CancelReason> cancel;  // null: not cancelled
  std::source_location opened_at;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_REGION_NODE_H_
