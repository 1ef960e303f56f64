#ifndef ASUPERSYNC_TASK_TASK_NODE_H_
#define ASUPERSYNC_TASK_TASK_NODE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <source_location>
#include <string>

#include "absl/status/status.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/intrusive_ring.h"
#include "asupersync/base/lane.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/call_chain.h"
#include "asupersync/task/deadline_timer.h"
#include "asupersync/task/frame_pool.h"
#include "asupersync/task/task_label.h"
#include "asupersync/trace/fingerprint.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

class Operation;
class QueuedOperation;
class Runtime;
struct RegionNode;

class TaskLocalValue;
struct RegionTasksTag;
struct WaitersTag;

// What few tasks have, apart from the control block so that a million tasks
// stay small.
struct TaskExtras {
  static constexpr std::uint32_t kNoStepsMax = ~std::uint32_t{0};

  // What the task may still use: the quotas go down.
  Budget budget;
  bool polls_exceeded = false;  // and it was asked to end for that
  bool cost_exceeded = false;
  // Of the budget, as it was at the spawn: the place in the timed lane.
  std::int64_t lane_deadline_ns = Budget::kNoDeadline;
  std::unique_ptr<DeadlineTimer> deadline_timer;
  std::shared_ptr<const std::string> name;  // null: unnamed
  RegionNode* scope = nullptr;  // innermost open scope
  // How many of each this task has made: the indices of identities.
  std::uint32_t opened_regions = 0;
  std::uint32_t spawned_tasks = 0;
  std::uint32_t made_objects = 0;
  std::uint32_t draws = 0;
  std::uint32_t fault_draws = 0;
  // Of the innermost cancelled scope; null: none is.
  const CancelReason* scope_reason = nullptr;
  // Steps left to the finalizer that runs, and whose it is.
  std::uint32_t finalizer_steps = kNoStepsMax;
  RegionNode* finalizing = nullptr;
  // The values of task-locals, innermost first; see task_local.h.
  std::shared_ptr<const TaskLocalValue> locals;
  // Why the task was never started although nobody cancelled it.
  absl::Status refused;
  // If the task failed: whether somebody has taken that outcome. Shared with
  // the runtime, which a handle may outlive. Null: nobody needs to.
  std::shared_ptr<bool> failure_seen;
};

// The control block of one task. Internal: users hold a Cx or a TaskHandle.
//
//   state     meaning                               leaves by
//   kReady    may run; in the runtime's ready set    a step
//   kRunning  its step is running                    the end of the step
//   kBlocked  `operation` waits                      Wake(), cancellation
//   kDone     result stored, frames destroyed        -
//
// Invariants
//   1. In kReady and kBlocked a started task has `operation` set: what it
//      waits for, or what it will attempt in its next step.
//   2. A task is in exactly one region's list until kDone.
//   3. `references` counts the runtime (until kDone) and each TaskHandle.
struct TaskNode : ListNode<RegionTasksTag> {
  enum class State : std::uint8_t { kReady, kRunning, kBlocked, kDone };
  static constexpr std::uint32_t kNoSlot = ~std::uint32_t{0};
  static constexpr int kMaskDepthMax = 64;
  static constexpr std::uint8_t kNoScope = 255;

  TaskNode(RegionNode& owner, std::source_location where)
      : region(&owner), spawned_at(where) {}
  TaskNode(const TaskNode&) = delete;
  TaskNode& operator=(const TaskNode&) = delete;
  virtual ~TaskNode();

  static void* operator new(std::size_t bytes) {
    return FramePool::Allocate(bytes);
  }
  static void operator delete(void* node, std::size_t bytes) noexcept {
    FramePool::Free(node, bytes);
  }

  // For functions that captured something with a stricter alignment.
  static void* operator new(std::size_t bytes, std::align_val_t alignment) {
    return ::operator new(bytes, alignment);
  }
  static void operator delete(void* node, std::size_t bytes,
                              std::align_val_t alignment) noexcept {
    ::operator delete(node, bytes, alignment);
  }

  // Calls the user's function, which makes the first frame. An exception of
  // the function becomes the task's result, and the chain stays empty.
  virtual void Start() = 0;
  // Destroys the user's function and what it captured.
  virtual void DropFunction() noexcept = 0;
  // Destroys the result. REQUIRES: no handle can ask for it any more.
  virtual void DropResult() noexcept = 0;
  // What was thrown. REQUIRES: the result is an exception.
  virtual std::string PanicText() const = 0;
  // What the stored result amounts to. REQUIRES: the task ran to its end.
  virtual OutcomeKind ResultKind() const = 0;
  // The error or the exception. REQUIRES: the result is one.
  virtual Outcome<void> Failure() const = 0;

  // REQUIRES: not kDone, after which the region may be gone.
  Runtime& runtime() const;  // in region_node.h

  // A request to the task, or to a scope that it has open, which no masked
  // section hides.
  bool CancelVisible() const {
    return (cancel != nullptr && (mask_depth == 0 || mask_broken)) ||
           (scope_cancel_depth != kNoScope &&
            (mask_depth <= scope_cancel_depth || mask_broken));
  }
  // REQUIRES: CancelVisible().
  const CancelReason& VisibleReason() const {
    return cancel != nullptr && (mask_depth == 0 || mask_broken)
               ? *cancel
               : *extras->scope_reason;
  }
  // Whether a masked section hides from it what it is asked.
  bool InMask() const {
    return mask_depth > 0 && !mask_broken && !CancelVisible();
  }
  // Who this is, for reports that may outlive it.
  TaskLabel Label() const {
    return {CompactTaskId(compact), extras == nullptr ? nullptr : extras->name};
  }
  // "T7" or "T7 'name'".
  std::string DisplayName() const { return Label().ToString(); }
  // "T7 'name', spawned at file.cc:12".
  std::string DisplayOrigin() const;

  // Ends it with `error` before it starts; nobody but its handle knows it.
  // REQUIRES: it has just been made.
  void Refuse(absl::Status error);

  // The extras, made when they are first written.
  TaskExtras& Extras() {
    if (extras == nullptr) extras = std::make_unique<TaskExtras>();
    return *extras;
  }
  bool HasDeadline() const {
    return extras != nullptr &&
           extras->lane_deadline_ns != Budget::kNoDeadline;
  }

  // If the task failed, somebody knows.
  void MarkFailureSeen() {
    if (extras != nullptr && extras->failure_seen != nullptr) {
      *extras->failure_seen = true;
    }
  }

  void Ref() { ++references; }
  void Unref() {
    if (--references == 0) delete this;
  }

  RegionNode* region;
  [[no_unique_address]] CallChain chain;  // the next 7 bytes are its padding
  State state = State::kReady;
  Lane lane = Lane::kReady;
  OutcomeKind outcome = OutcomeKind::kOk;  // REQUIRES: kDone
  bool started : 1 = false;
  bool taken : 1 = false;         // the result was moved out by a join
  bool from_outside : 1 = false;  // spawned by no task
  bool metered : 1 = false;       // each step is charged: Runtime::ChargeStep
  bool cancel_seen : 1 = false;   // it was told that it is cancelled
  bool mask_broken : 1 = false;   // masked sections do not hide cancellation
  bool woken_idly : 1 = false;    // by chaos, which must not do so again
  std::uint8_t mask_depth = 0;
  std::uint8_t priority = Budget::kDefaultPriority;
  // The mask depth at which its innermost cancelled scope was opened.
  std::uint8_t scope_cancel_depth = kNoScope;
  union {
    Operation* operation = nullptr;  // REQUIRES: not kDone
    std::source_location taken_at;   // REQUIRES: taken
  };

  std::uint64_t identity = 0;
  std::uint32_t compact = 0;
  std::uint32_t slot = kNoSlot;  // index in the runtime's ready set
  SiteId site = {};              // where the current operation stands
  std::uint32_t references = 1;
  TaskFoata foata;
  std::uint32_t made_timers = 0;  // as the numbers in TaskExtras
  // The step it ran in last, or was spawned in; the low 32 bits.
  std::uint32_t last_step = 0;
  // Steps left for clean-up once `cancel` is set; then masks do not hide it.
  std::uint16_t cleanup_steps = 0;

  std::unique_ptr<CancelReason> cancel;  // null: not requested
  std::unique_ptr<TaskExtras> extras;    // null: all as by default
  IntrusiveRing<QueuedOperation, WaitersTag> joiners;
  std::source_location spawned_at;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_NODE_H_
