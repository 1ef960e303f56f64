#ifndef ASUPERSYNC_TASK_REGION_NODE_H_
#define ASUPERSYNC_TASK_REGION_NODE_H_

#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/deadline_timer.h"
#include "asupersync/task/finalizer.h"
#include "asupersync/task/task_node.h"
#include "asupersync/trace/fingerprint.h"

namespace asupersync {

class Operation;
class Runtime;

struct ChildRegionsTag;

// What the failure of one task of a region means for the others.
enum class ScopePolicy : std::uint8_t {
  // The first task that ends with an error or an exception cancels the region
  // (kFailFast), and its failure is the scope's result.
  kFailFast = 0,
  // Nothing: each result is seen by who joins it.
  kCollectAll = 1,
};

// The control block of a region: the owner of tasks and of child regions.
// Internal: users call Scope().
//
//   state     meaning                                   leaves by
//   kOpen        tasks may be spawned                    the scope's body ends
//   kClosing     waits for its tasks and child regions   the last one ends
//   kFinalizing  runs its finalizers, last added first   the last one is done
//   kClosed      quiescent; nothing of it runs any more  -
//
// Invariants
//   1. A closed region has no task and no child region.
//   2. A task is cancelled when its region is, also if it is spawned later,
//      unless a masked section spawns it.
//   3. Finalizers run when no task and no child region is left.
struct RegionNode : ListNode<ChildRegionsTag> {
  enum class State : std::uint8_t { kOpen, kClosing, kFinalizing, kClosed };

  // The first task that failed, under kFailFast.
  struct FirstFailure {
    Outcome<void> outcome;
    TaskLabel task;
    std::shared_ptr<bool> seen;  // null: expected; see UnseenFailures()
  };

  RegionNode() = default;
  RegionNode(const RegionNode&) = delete;
  RegionNode& operator=(const RegionNode&) = delete;
  virtual ~RegionNode();

  bool Quiescent() const { return tasks.empty() && children.empty(); }
  // "R7" or "R7 'workers'".
  std::string DisplayName() const;

  Runtime* runtime = nullptr;
  RegionNode* parent = nullptr;  // null: the runtime's root region
  TaskNode* owner = nullptr;     // the task whose scope this is; null: root
  RegionNode* outer_scope = nullptr;  // the owner's next scope outwards
  std::uint64_t identity = 0;
  std::uint32_t compact = 0;
  State state = State::kOpen;
  ScopePolicy policy = ScopePolicy::kCollectAll;
  // How deep its owner masked cancellation when it was opened: what is hidden
  // from the owner there does not reach it, so that clean-up may use tasks.
  std::uint8_t mask_depth = 0;
  // What its tasks have reserved and not resolved when it closes goes to the
  // region around: combinators hand on their branches' results.
  bool hands_on = false;
  bool destroyed = false;  // its tasks were, with the runtime or a scope around
  std::string name;  // empty: unnamed
  // Limits of every task in it; of priority 0 unless the scope asked for more.
  Budget budget = Budget::Unlimited();
  std::unique_ptr<DeadlineTimer> deadline_timer;
  IntrusiveList<TaskNode, RegionTasksTag> tasks;       // in order of spawn
  IntrusiveList<RegionNode, ChildRegionsTag> children;  // in order of opening
  std::uint32_t obligations = 0;         // pending ones reserved here
  Operation* closer = nullptr;           // waits for quiescence; may be null
  std::unique_ptr<CancelReason> cancel;  // null: not cancelled
  std::unique_ptr<FirstFailure> failure;
  std::vector<std::unique_ptr<Finalizer>> finalizers;  // not started yet
  std::uint64_t finalizers_added = 0;
  // Read by the last steps of its tasks, written by its closer.
  ObjectFoata completion;
  std::source_location opened_at;
};

// Every task of `root`, then of the regions below, outer before inner, each in
// order of spawn; trees of any depth without recursion. The tree must stay as
// it is meanwhile.
void VisitTasks(RegionNode& root, absl::FunctionRef<void(TaskNode&)> visit);
void VisitTasks(const RegionNode& root,
                absl::FunctionRef<void(const TaskNode&)> visit);

// Finds out again which scope of `owner` tells it that it is cancelled.
void RefreshScopeCancel(TaskNode& owner);

inline Runtime& TaskNode::runtime() const { return *region->runtime; }

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_REGION_NODE_H_
