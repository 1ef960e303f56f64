#ifndef ASUPERSYNC_TASK_RUNTIME_H_
#define ASUPERSYNC_TASK_RUNTIME_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <source_location>
#include <string>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/status/status.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/failure_log.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/runtime_observer.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/timer.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/fingerprint.h"
#include "asupersync/trace/recorder.h"

namespace asupersync {

class CancelWalk;

// What a Cx talks to: owns tasks and regions, and gives primitives the few
// services they need. The lab and the live runtime derive from it; channels,
// locks and combinators are written against this class alone, so the same
// object code runs in both.
//
// The base class holds what every runtime does the same way (task life cycle,
// regions, cancellation, events); the protected virtual functions are what
// they do differently (which task runs next, the clock, timers, random
// values).
//
// A runtime is used by one thread at a time.
class Runtime {
 public:
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  virtual ~Runtime();

  // --- Services for primitives.

  // True when every operation is a scheduling point before its effect.
  bool yields_before_operations() const { return yields_before_operations_; }

  // Nanoseconds since the runtime's epoch. Constant within a lab step.
  virtual std::int64_t NowNanos() const = 0;

  // Reports that the running step touches `object`. Outside a step it does
  // nothing: what happens there is ordered before and after every step.
  void Touch(SharedObject& object, Access access) {
    if (execution_context.runtime != this) return;
    fingerprint_.Access(object.foata_, object.id_.AsRaw(),
                        access == Access::kWrite);
    recorder_.Record(
        ObjectAccessed{object.id_.AsRaw(), static_cast<std::uint8_t>(access)},
        SiteId{});
  }
  // Reports that the running step changes the fate of another task: spawns
  // it, wakes it, asks it to end.
  void TouchTask(TaskNode& task) {
    if (execution_context.runtime != this) return;
    fingerprint_.WriteTask(task.foata, task.identity);
  }
  // Reports that the running step completes `task` or asks whether it is done.
  void TouchCompletion(TaskNode& task, Access access) {
    if (execution_context.runtime != this) return;
    fingerprint_.AccessCompletion(task.foata, task.identity,
                                  access == Access::kWrite);
  }

  // The pending obligations, in order of reservation.
  const IntrusiveList<Obligation, ObligationsTag>& obligations() const {
    return obligations_;
  }

  // Makes a blocked task runnable; its operation is attempted again, or goes
  // on if it is complete. Does nothing to a task in another state.
  void Wake(TaskNode& task);

  // Calls timer.OnFire() when the clock reaches `deadline_ns`; never within
  // this call. REQUIRES: the timer is not armed.
  virtual void ArmTimer(Timer& timer, std::int64_t deadline_ns) = 0;
  // REQUIRES: the timer is armed.
  virtual void DisarmTimer(Timer& timer) = 0;

  // The next value of the task's random stream.
  virtual std::uint64_t DrawRandom(TaskNode& task,
                                   std::source_location site) = 0;

  // What the runtime does to an I/O operation of the running task: the error it
  // fails with, or kOk.
  virtual absl::StatusCode InjectIoError(TaskNode& task) {
    (void)task;
    return absl::StatusCode::kOk;
  }
  // How many of `most` bytes the operation moves: from 1 to `most`.
  // REQUIRES: most >= 1.
  virtual std::size_t ChooseIoBytes(TaskNode& task, std::size_t most) {
    (void)task;
    return most;
  }

  // The number of a source location in the trace; unknown while nothing is
  // recorded.
  SiteId SiteOf(const std::source_location& location) {
    return recorder_.active() ? recorder_.Intern(location) : SiteId();
  }

  // Destructors of tasks run, and nothing else.
  bool destroying() const { return destroying_; }

  // Who sees what happens; null: nobody, or the runtime is being destroyed.
  RuntimeObserver* observer() const {
    return destroying_ ? nullptr : observer_;
  }

  Recorder& recorder() { return recorder_; }
  const Recorder& recorder() const { return recorder_; }
  const FoataFingerprint& fingerprint() const { return fingerprint_; }

  // --- Tasks, regions, cancellation (Cx, Scope and TaskHandle call these).

  // Gives a new node its identity and its place, and makes it runnable.
  // `spawner` is null for a task from outside. If the region is cancelled the
  // task is cancelled before it starts.
  void Adopt(TaskNode& task, TaskNode* spawner, RegionNode& region);

  // The task was told that it is cancelled.
  void NoticeCancelSeen(TaskNode& task);

  // Asks a task to end. It notices at its next operation, or at the one it
  // waits in; a masked section defers that. A task that never started ends at
  // once when its turn comes. Also cancels the scopes that the task has open.
  // A second request only strengthens the first.
  //
  //   phase      the task                               ends by
  //   request    has `cancel`; may not know yet         an operation or a
  //                                                     checkpoint says so
  //   drain      unwinds; a new operation is refused,   its function returns
  //              unless a CancelMask hides the request
  //   finalize   its open scopes wait for their tasks   each region closes
  //              and run their finalizers
  //   complete   is done                                -
  //
  // From the request on it has CleanupStepsMax() steps; after those no mask
  // hides the request any more.
  void RequestCancel(TaskNode& task, const CancelReason& reason,
                     std::source_location where);

  // Asks every task of the region and of its child regions to end, and the
  // scope's own body; tasks spawned there later are born cancelled. The task
  // whose scope it is goes on after the scope.
  void CancelRegion(RegionNode& region, const CancelReason& reason,
                    std::source_location where);

  // The budget's cost quota of the running task goes down by `cost`; below 0
  // the task is cancelled (kCostBudget).
  void ChargeCost(TaskNode& task, std::uint64_t cost,
                  std::source_location where);

  // Opens `region` below `parent`, as `owner`'s innermost scope. Its name,
  // policy and own budget are set.
  void OpenRegion(std::unique_ptr<RegionNode> region, TaskNode& owner,
                  RegionNode& parent, std::source_location where);
  // Ends a scope. REQUIRES: closed, or the runtime is shutting down. The region
  // is kept, closed, so that a late use of its Cx is told what it did.
  void FreeRegion(RegionNode& region);
  // Gives the region that ended first, for another scope to live in its memory;
  // null until kEndedRegionsMax have ended since.
  std::unique_ptr<RegionNode> TakeEndedRegion();
  static constexpr std::size_t kEndedRegionsMax = 256;

  // What Cx::node(where) found suspicious. Returns if no step is running, or
  // the runtime is being destroyed; else aborts with a message.
  static void CheckUse(const TaskNode* task, const RegionNode& region,
                       std::source_location where);
  // Closes the region if nothing is left in it but finalizers, which the
  // caller then runs; false while it must wait.
  bool TryClose(RegionNode& region);

  void AddFinalizer(RegionNode& region, std::unique_ptr<Finalizer> finalizer);
  // Takes the finalizer that was added last. It has its own number of steps
  // until EndFinalizer(), and no more than one that runs around it has left.
  // REQUIRES: the region is quiescent; `runner` runs the finalizer, masked.
  FinalizerRun StartFinalizer(RegionNode& region, TaskNode& runner);
  void EndFinalizer(RegionNode& region, TaskNode& runner,
                    const FinalizerRun& run);

  // Tasks that ended with an error or an exception which nobody has taken, in
  // order of their ends. Who has seen it: a join, TaskHandle::TakeOutcome(),
  // the fail-fast scope that it ended; for an error also a race that was lost.
  // The error of a task that was asked to end is expected.
  std::vector<TaskFailure> UnseenFailures() const { return failures_.Unseen(); }

  RegionNode& root_region() { return root_region_; }
  const RegionNode& root_region() const { return root_region_; }

 protected:
  enum class SliceEnd : std::uint8_t { kYielded, kBlocked, kDone };

  explicit Runtime(bool yields_before_operations);

  // `task` became runnable. Not called for a task that yields.
  virtual void OnRunnable(TaskNode& task) = 0;
  // A cancel request reached a task that is already runnable.
  virtual void OnRunnableCancelled(TaskNode& task) = 0;

  // Runs one task until it waits or ends. REQUIRES: state kReady.
  // After kDone the caller must call Retire().
  SliceEnd RunSlice(TaskNode& task);
  // Of a task with a quota, one that was cancelled or that runs a finalizer.
  void ChargeStep(TaskNode& task);
  // Wakes a blocked task with no footprint: when the reason depends on nothing
  // but what the running step has touched.
  void WakeSilently(TaskNode& task);
  // Drops the runtime's reference to a task that is done.
  void Retire(TaskNode& task) { task.Unref(); }

  // Whether the operation that a blocked task waits in would succeed now, found
  // out by attempting it. Wakes nobody and tells no observer. Afterwards
  // DestroyAll() is all that may be done.
  bool WouldSucceed(TaskNode& task);

  // Destroys every task and region without running them, newest region and
  // youngest frame first.
  void DestroyAll();
  // Forgets identities and numbers, for another execution.
  // REQUIRES: DestroyAll() was called.
  void RestartIdentities();

  // `observer` must outlive its use; null for none.
  void Observe(RuntimeObserver* observer) { observer_ = observer; }

  Recorder recorder_;
  FoataFingerprint fingerprint_;

 private:
  friend class DeadlineTimer;
  friend class Obligation;
  friend class Operation;

  // A new obligation of `holder` becomes pending; one is resolved.
  void Enroll(Obligation& obligation, TaskNode& holder, RegionNode& region);
  void Resolve(Obligation& obligation, bool committed);
  void LeaveObligations(RegionNode& region);

  // What the spawner, the region and the options allow, and its timer.
  void GiveBudget(TaskNode& task, const TaskNode* spawner,
                  const RegionNode& region);
  void NoticeFailure(TaskNode& task);
  // Tells one task, one region, or all on the way, what they are asked.
  void Ask(TaskNode& task, const CancelReason& reason,
           std::source_location where);
  void Ask(RegionNode& region, const CancelReason& reason,
           std::source_location where);
  void Ask(CancelWalk& walk, std::source_location where);
  // `task` may be able to end an operation now.
  void DeliverCancel(TaskNode& task);
  void Disarm(std::unique_ptr<DeadlineTimer>& timer);

  void Finish(TaskNode& task);
  void NoticeQuiescence(RegionNode& region);
  // What is in the region, child regions included.
  void DestroyRegion(RegionNode& region);
  void DestroyTasks(RegionNode& region);

  bool yields_before_operations_;
  bool destroying_ = false;  // destructors of tasks run; nothing is woken
  RegionNode root_region_;
  std::uint32_t next_task_ = 1;
  std::uint32_t next_region_ = 1;
  std::uint32_t outside_tasks_ = 0;
  std::uint64_t next_obligation_ = 1;
  IntrusiveList<Obligation, ObligationsTag> obligations_;
  RuntimeObserver* observer_ = nullptr;
  std::deque<std::unique_ptr<RegionNode>> ended_regions_;
  FailureLog failures_;
};

// In the header because every step goes through it.
ABSL_ATTRIBUTE_ALWAYS_INLINE inline Runtime::SliceEnd Runtime::RunSlice(
    TaskNode& task) {
  task.state = TaskNode::State::kRunning;
  execution_context.task = &task;
  if (task.metered) [[unlikely]] ChargeStep(task);
  if (task.started) {
    if (!task.operation->Attempt()) {
      task.state = TaskNode::State::kBlocked;
      return SliceEnd::kBlocked;
    }
    task.operation = nullptr;
  } else if (!task.CancelVisible()) {
    task.started = true;
    task.Start();
  } else {
    NoticeCancelSeen(task);
  }
  if (!task.chain.Resume()) {
    Finish(task);
    return SliceEnd::kDone;
  }
  task.site = SiteOf(task.operation->site());
  if (task.operation->waiting()) {
    task.state = TaskNode::State::kBlocked;
    return SliceEnd::kBlocked;
  }
  task.state = TaskNode::State::kReady;
  return SliceEnd::kYielded;
}

// Reports an access of the step that this thread runs; nothing outside a step.
inline void Touch(SharedObject& object, Access access) {
  Runtime* runtime = execution_context.runtime;
  if (runtime != nullptr) runtime->Touch(object, access);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_RUNTIME_H_
