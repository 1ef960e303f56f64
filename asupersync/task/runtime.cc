#include "asupersync/task/runtime.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/cancel_walk.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/limits.h"
#include "asupersync/task/misuse.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/runtime_observer.h"

namespace asupersync {
namespace {

// The first region's identity; every other one derives from its owner's.
constexpr std::uint64_t kRootRegion = ChildIdentity<RegionId>(0, 0).AsRaw();
constexpr std::uint32_t kRootRegionNumber = 1;

CompactTaskId CompactId(const TaskNode* task) {
  return CompactTaskId(task == nullptr ? 0 : task->compact);
}

}  // namespace

// The runtime's side of an operation.

bool Operation::await_ready() {
  CheckPlace();
  return !node_.runtime().yields_before_operations() && Attempt();
}

void Operation::EndCancelled() {
  if (stage_ == Stage::kWaiting) Abandon();
  cancelled_ = true;
  stage_ = Stage::kComplete;
  node_.runtime().NoticeCancelSeen(node_);
}

void Operation::Complete() {
  stage_ = Stage::kComplete;
  node_.runtime().Wake(node_);
}

// The runtime's side of an obligation.

Obligation::Obligation(TaskNode& holder, RegionNode& region,
                       ObligationKind kind, ObjectId object,
                       std::source_location where)
    : runtime_(&holder.runtime()),
      object_(object),
      holder_(holder.Label()),
      where_(where),
      kind_(kind) {
  runtime_->Enroll(*this, holder, region);
}

void Obligation::Resolve(bool committed) {
  runtime_->Resolve(*this, committed);
}

// The runtime's side of a deadline.

void DeadlineTimer::OnFire() {
  if (task_ != nullptr) {
    const std::source_location where = task_->spawned_at;
    task_->runtime().RequestCancel(*task_, LateReason(where), where);
  } else {
    const std::source_location where = region_->opened_at;
    region_->runtime->CancelRegion(*region_, LateReason(where), where);
  }
}

Runtime::Runtime(bool yields_before_operations)
    : yields_before_operations_(yields_before_operations) {
  root_region_.runtime = this;
  RestartIdentities();
}

Runtime::~Runtime() {
  if (!root_region_.Quiescent()) {
    Fatal("a Runtime must call DestroyAll() in its destructor");
  }
}

void Runtime::RestartIdentities() {
  root_region_.identity = kRootRegion;
  root_region_.compact = kRootRegionNumber;
  root_region_.cancel = nullptr;
  next_task_ = 1;
  next_region_ = kRootRegionNumber + 1;
  outside_tasks_ = 0;
  next_obligation_ = 1;
  failures_.Clear();
  root_region_.finalizers_added = 0;
  root_region_.finalizers.clear();
}

void Runtime::Enroll(Obligation& obligation, TaskNode& holder,
                     RegionNode& region) {
  // An operation may have been made before its scope was over.
  if (region.state == RegionNode::State::kClosed && !destroying_) {
    task_internal::FailUseAfterScope(holder, region, obligation.where_);
  }
  obligation.number_ = next_obligation_++;
  obligation.reserved_at_ = recorder_.tick();
  obligations_.PushBack(obligation);
  if (region.state != RegionNode::State::kClosed) {
    obligation.region_ = &region;
    ++region.obligations;
  }
  recorder_.Record(
      ObligationReserved{obligation.number_,
                         static_cast<std::uint8_t>(obligation.kind_),
                         CompactId(&holder)},
      SiteOf(obligation.where_));
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnObligationReserved(obligation);
  }
}

void Runtime::Resolve(Obligation& obligation, bool committed) {
  if (committed) {
    recorder_.Record(ObligationCommitted{obligation.number_}, SiteId());
  } else {
    recorder_.Record(ObligationAborted{obligation.number_}, SiteId());
  }
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnObligationResolved(obligation, committed);
  }
  obligation.Unlink();
  if (obligation.region_ != nullptr) --obligation.region_->obligations;
}

void Runtime::LeaveObligations(RegionNode& region) {
  if (region.obligations == 0) return;
  if (region.hands_on && region.parent != nullptr) {
    for (Obligation& obligation : obligations_) {
      if (obligation.region_ == &region) obligation.region_ = region.parent;
    }
    region.parent->obligations += std::exchange(region.obligations, 0);
    return;
  }
  for (Obligation& obligation : obligations_) {
    if (obligation.region_ != &region) continue;
    obligation.region_ = nullptr;
    if (RuntimeObserver* seen_by = observer()) {
      seen_by->OnObligationOutlivesRegion(obligation, region);
    }
  }
  region.obligations = 0;
}

void Runtime::CheckUse(const TaskNode* task, const RegionNode& region,
                       std::source_location where) {
  const Runtime* const runtime = execution_context.runtime;
  // Destructors of frames and of what they held may use their Cx.
  if (runtime == nullptr || runtime->destroying_) return;
  const TaskNode& running = *execution_context.task;
  if (&running == task) {
    task_internal::FailUseAfterScope(running, region, where);
  }
  task_internal::FailForeignCx(running, task, runtime->root_region_, where);
}

void Runtime::Wake(TaskNode& task) {
  if (destroying_) return;
  if (task.state != TaskNode::State::kBlocked) return;
  if (execution_context.runtime != this &&
      execution_context.runtime != nullptr) [[unlikely]] {
    task_internal::FailForeignWake(*execution_context.task, task);
  }
  TouchTask(task);
  WakeSilently(task);
}

void Runtime::WakeSilently(TaskNode& task) {
  task.state = TaskNode::State::kReady;
  recorder_.Record(WakerWake{CompactId(&task)}, task.site);
  OnRunnable(task);
}

void Runtime::Adopt(TaskNode& task, TaskNode* spawner, RegionNode& region) {
  TaskNode* running =
      execution_context.runtime == this ? execution_context.task : nullptr;
  // A task that reaches the runtime itself (SpawnRoot) is the parent too:
  // otherwise the schedule would decide about identities.
  if (spawner == nullptr) spawner = running;
  const std::uint64_t parent = spawner == nullptr ? 0 : spawner->identity;
  const std::uint32_t index =
      spawner == nullptr ? outside_tasks_++ : spawner->Extras().spawned_tasks++;
  task.from_outside = spawner == nullptr;
  task.identity = ChildIdentity<TaskId>(parent, index).AsRaw();
  task.compact = next_task_++;
  if (destroying_) {
    // A destructor spawned it; there is nobody left to run it.
    task.state = TaskNode::State::kDone;
    task.outcome = OutcomeKind::kCancelled;
    task.cancel = std::make_unique<CancelReason>(
        CancelKind::kShutdown, "spawned while the runtime shut down");
    task.DropFunction();
    return;
  }
  task.Ref();
  task.site = SiteOf(task.spawned_at);
  region.tasks.PushBack(task);
  TouchTask(task);
  recorder_.Record(
      TaskSpawned{CompactId(&task), CompactRegionId(region.compact),
                  recorder_.tick(), CompactId(spawner)},
      task.site);
  if (task.extras != nullptr && task.extras->name != nullptr) {
    recorder_.RecordTaskName(CompactId(&task), *task.extras->name, task.site);
  }
  task.last_step = static_cast<std::uint32_t>(recorder_.tick());
  // Clean-up that a mask protects from a cancellation may use tasks.
  const bool protects = spawner != nullptr && spawner->InMask();
  if (region.cancel != nullptr && !protects) {
    task.cancel = std::make_unique<CancelReason>(*region.cancel);
    task.lane = Lane::kCancel;
  }
  GiveBudget(task, spawner, region);
  if (RuntimeObserver* seen_by = observer()) seen_by->OnTaskSpawned(task);
  OnRunnable(task);
  if (task.HasDeadline() && task.extras->budget.deadline_ns <= NowNanos()) {
    RequestCancel(task, LateReason(task.spawned_at), task.spawned_at);
  }
}

void Runtime::GiveBudget(TaskNode& task, const TaskNode* spawner,
                         const RegionNode& region) {
  const Budget limits = HandedDown(spawner, region);
  const Budget budget =
      limits.Meet(task.extras == nullptr ? Budget() : task.extras->budget);
  task.priority = budget.priority;
  if (spawner != nullptr && spawner->extras != nullptr &&
      spawner->extras->locals != nullptr) {
    task.Extras().locals = spawner->extras->locals;
  }
  if (task.extras == nullptr && budget == Budget()) return;
  TaskExtras& extras = task.Extras();
  extras.budget = budget;
  extras.lane_deadline_ns = budget.deadline_ns;
  if (budget.poll_quota != Budget::kUnlimitedPolls) task.metered = true;
  // The timer of a region cancels what is in it, but a spawner that ends first
  // takes its timer along.
  if ((budget.deadline_ns < region.budget.deadline_ns ||
       budget.deadline_ns < limits.deadline_ns) &&
      budget.deadline_ns > NowNanos()) {
    extras.deadline_timer = std::make_unique<DeadlineTimer>(
        budget.deadline_ns, task,
        ChildIdentity<TimerId>(task.identity, task.made_timers++));
    ArmTimer(*extras.deadline_timer, budget.deadline_ns);
  }
}

void Runtime::Disarm(std::unique_ptr<DeadlineTimer>& timer) {
  if (timer == nullptr) return;
  if (timer->armed()) DisarmTimer(*timer);
  timer = nullptr;
}

void Runtime::ChargeStep(TaskNode& task) {
  if (TaskExtras* extras = task.extras.get()) {
    if (extras->budget.poll_quota == 0) {
      if (!std::exchange(extras->polls_exceeded, true)) {
        RequestCancel(task,
                      CancelReason(CancelKind::kPollQuota,
                                   "the budget's steps are used up",
                                   CompactTaskId(), task.spawned_at),
                      task.spawned_at);
      }
    } else if (extras->budget.poll_quota != Budget::kUnlimitedPolls) {
      --extras->budget.poll_quota;
    }
    if (extras->finalizer_steps == 0) {
      RegionNode& region = *extras->finalizing;
      const CancelReason reason(CancelKind::kPollQuota,
                                "the finalizer's steps are used up",
                                CompactTaskId(task.compact), region.opened_at);
      task.mask_broken = true;
      // The root region has a task for each, and goes on.
      if (region.owner == nullptr) {
        RequestCancel(task, reason, region.opened_at);
      } else {
        CancelRegion(region, reason, region.opened_at);
      }
      extras->finalizer_steps = TaskExtras::kNoStepsMax;
    } else if (extras->finalizer_steps != TaskExtras::kNoStepsMax) {
      --extras->finalizer_steps;
    }
  }
  if (task.cancel == nullptr) return;
  if (task.cleanup_steps == 0) {
    task.mask_broken = true;
  } else {
    --task.cleanup_steps;
  }
}

void Runtime::ChargeCost(TaskNode& task, std::uint64_t cost,
                         std::source_location where) {
  if (task.extras == nullptr) return;
  std::uint64_t& quota = task.extras->budget.cost_quota;
  if (quota == Budget::kUnlimitedCost) return;
  if (cost <= quota) {
    quota -= cost;
    return;
  }
  quota = 0;
  if (std::exchange(task.extras->cost_exceeded, true)) return;
  RequestCancel(
      task,
      CancelReason(CancelKind::kCostBudget, "the budget's cost is used up",
                   CompactTaskId(task.compact), where),
      where);
}

void Runtime::RequestCancel(TaskNode& task, const CancelReason& reason,
                            std::source_location where) {
  if (destroying_ || task.state == TaskNode::State::kDone) return;
  if (execution_context.runtime != nullptr && execution_context.runtime != this)
      [[unlikely]] {
    task_internal::FailForeignCancel(*execution_context.task, task, where);
  }
  Ask(task, reason, where);
  CancelWalk walk(where);
  walk.AddScopes(task, reason);
  Ask(walk, where);
}

void Runtime::CancelRegion(RegionNode& region, const CancelReason& reason,
                           std::source_location where) {
  if (destroying_) return;
  CancelWalk walk(where);
  walk.AddRegion(region, reason);
  Ask(walk, where);
}

void Runtime::Ask(CancelWalk& walk, std::source_location where) {
  while (true) {
    switch (walk.Next()) {
      case CancelWalk::Stop::kRegion:
        Ask(walk.region(), walk.reason(), where);
        break;
      case CancelWalk::Stop::kTask:
        Ask(walk.task(), walk.reason(), where);
        walk.AddScopes(walk.task(), walk.reason());
        break;
      case CancelWalk::Stop::kOwner: {
        TaskNode& owner = *walk.region().owner;
        TouchTask(owner);
        RefreshScopeCancel(owner);
        DeliverCancel(owner);
        break;
      }
      case CancelWalk::Stop::kEnd:
        return;
    }
  }
}

void Runtime::Ask(TaskNode& task, const CancelReason& reason,
                  std::source_location where) {
  TouchTask(task);
  if (task.cancel == nullptr) {
    task.cancel = std::make_unique<CancelReason>(reason);
    task.cleanup_steps = CleanupStepsMax(reason.kind());
    task.metered = true;
  } else if (task.cancel->Strengthen(reason)) {
    task.cleanup_steps =
        std::min(task.cleanup_steps, CleanupStepsMax(reason.kind()));
  }
  recorder_.Record(
      TaskCancelRequested{CompactTaskId(task.compact),
                          static_cast<std::uint8_t>(reason.kind())},
      SiteOf(where));
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnCancelRequested(task, reason);
  }
  DeliverCancel(task);
}

void Runtime::Ask(RegionNode& region, const CancelReason& reason,
                  std::source_location where) {
  if (region.cancel == nullptr) {
    region.cancel = std::make_unique<CancelReason>(reason);
  } else {
    region.cancel->Strengthen(reason);
  }
  recorder_.Record(RegionCancelled{CompactRegionId(region.compact),
                                   static_cast<std::uint8_t>(reason.kind())},
                   SiteOf(where));
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionCancelled(region);
}

void Runtime::DeliverCancel(TaskNode& task) {
  if (task.state == TaskNode::State::kReady) {
    OnRunnableCancelled(task);
  } else if (task.state == TaskNode::State::kBlocked && task.CancelVisible()) {
    task.lane = Lane::kCancel;
    task.state = TaskNode::State::kReady;
    OnRunnable(task);
  }
}

void Runtime::NoticeCancelSeen(TaskNode& task) {
  // What it was told may be the cancellation of a scope of its own, which ends
  // with the scope, and the task goes on.
  const bool hidden = task.mask_depth > 0 && !task.mask_broken;
  if (task.cancel_seen || task.cancel == nullptr || hidden) return;
  task.cancel_seen = true;
  if (RuntimeObserver* seen_by = observer()) seen_by->OnCancelSeen(task);
}

void Runtime::OpenRegion(std::unique_ptr<RegionNode> opened, TaskNode& owner,
                         RegionNode& parent, std::source_location where) {
  RegionNode* const region = opened.release();
  TaskExtras& extras = owner.Extras();
  region->runtime = this;
  region->parent = &parent;
  region->owner = &owner;
  region->outer_scope = extras.scope;
  region->identity =
      ChildIdentity<RegionId>(owner.identity, extras.opened_regions++).AsRaw();
  region->compact = next_region_++;
  region->opened_at = where;
  region->mask_depth = owner.mask_depth;
  const Budget limits = HandedDown(&owner, parent);
  region->budget = region->budget.Meet(limits);
  parent.children.PushBack(*region);
  recorder_.Record(RegionCreated{CompactRegionId(region->compact),
                                 CompactRegionId(parent.compact)},
                   SiteOf(where));
  if (!region->name.empty()) {
    recorder_.Record(RegionNamed{CompactRegionId(region->compact),
                                 region->name},
                     SiteOf(where));
  }
  if (owner.CancelVisible()) {
    region->cancel = std::make_unique<CancelReason>(
        PropagatedReason(owner.VisibleReason(), where));
  }
  extras.scope = region;
  if (region->cancel != nullptr) RefreshScopeCancel(owner);
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionOpened(*region);
  const std::int64_t deadline_ns = region->budget.deadline_ns;
  if (deadline_ns == Budget::kNoDeadline) return;
  // What the parent region or the owner has to keep is watched there.
  if (deadline_ns >= limits.deadline_ns) return;
  if (deadline_ns <= NowNanos()) {
    CancelRegion(*region, LateReason(where), where);
    return;
  }
  region->deadline_timer = std::make_unique<DeadlineTimer>(
      deadline_ns, *region, ChildIdentity<TimerId>(region->identity, 0));
  ArmTimer(*region->deadline_timer, deadline_ns);
}

bool Runtime::TryClose(RegionNode& region) {
  if (region.state == RegionNode::State::kClosed) return true;
  if (execution_context.runtime == this) {
    fingerprint_.Access(region.completion, region.identity, /*write=*/true);
  }
  if (!region.Quiescent()) {
    region.state = RegionNode::State::kClosing;
    return false;
  }
  if (!region.finalizers.empty()) {
    region.state = RegionNode::State::kFinalizing;
    return true;
  }
  region.state = RegionNode::State::kClosed;
  Disarm(region.deadline_timer);
  recorder_.Record(RegionClosed{CompactRegionId(region.compact)},
                   SiteOf(region.opened_at));
  LeaveObligations(region);
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionClosed(region);
  return true;
}

void Runtime::AddFinalizer(RegionNode& region,
                           std::unique_ptr<Finalizer> finalizer) {
  if (destroying_) return;
  // The order of finalizers is the order of these steps.
  if (execution_context.runtime == this) {
    fingerprint_.Access(region.completion, region.identity, /*write=*/true);
  }
  finalizer->number = region.finalizers_added++;
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnFinalizerAdded(region, finalizer->number);
  }
  region.finalizers.push_back(std::move(finalizer));
}

FinalizerRun Runtime::StartFinalizer(RegionNode& region, TaskNode& runner) {
  FinalizerRun run;
  if (region.finalizers.empty()) return run;
  run.finalizer = std::move(region.finalizers.back());
  region.finalizers.pop_back();
  TaskExtras& extras = runner.Extras();
  run.steps = std::min(run.finalizer->steps_max(), extras.finalizer_steps);
  run.outer_region = std::exchange(extras.finalizing, &region);
  run.outer_steps = std::exchange(extras.finalizer_steps, run.steps);
  // A region's cancellation was for its tasks and its body.
  run.outer_mask_broken = runner.mask_broken;
  runner.mask_broken = false;
  runner.metered = true;
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnFinalizerStarted(region, run.finalizer->number);
  }
  return run;
}

void Runtime::EndFinalizer(RegionNode& region, TaskNode& runner,
                           const FinalizerRun& run) {
  TaskExtras& extras = *runner.extras;
  const std::uint32_t left = extras.finalizer_steps == TaskExtras::kNoStepsMax
                                 ? 0
                                 : extras.finalizer_steps;
  extras.finalizing = run.outer_region;
  extras.finalizer_steps = run.outer_steps;
  if (run.outer_steps != TaskExtras::kNoStepsMax) {
    extras.finalizer_steps -= run.steps - left;
  }
  runner.mask_broken = run.outer_mask_broken ||
                       (runner.cancel != nullptr && runner.cleanup_steps == 0);
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnFinalizerDone(region, run.finalizer->number);
  }
}

std::unique_ptr<RegionNode> Runtime::TakeEndedRegion() {
  if (ended_regions_.size() <= kEndedRegionsMax) return nullptr;
  std::unique_ptr<RegionNode> oldest = std::move(ended_regions_.front());
  ended_regions_.pop_front();
  return oldest;
}

void Runtime::FreeRegion(RegionNode& region) {
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionFreed(region);
  if (!region.Quiescent()) DestroyRegion(region);
  Disarm(region.deadline_timer);
  LeaveObligations(region);
  RegionNode& parent = *region.parent;
  TaskNode& owner = *region.owner;
  // Scopes are coroutine frames of one task, so they end innermost first.
  owner.extras->scope = region.outer_scope;
  if (owner.scope_cancel_depth != TaskNode::kNoScope) RefreshScopeCancel(owner);
  region.state = RegionNode::State::kClosed;
  parent.children.Remove(region);
  fingerprint_.Forget(region.completion);
  ended_regions_.emplace_back(&region);
  NoticeQuiescence(parent);
}

void Runtime::NoticeQuiescence(RegionNode& region) {
  // Which task is the last does not matter to anybody: all that this step
  // depends on is that the closer has looked before, or will look later.
  if (execution_context.runtime == this && region.owner != nullptr) {
    fingerprint_.Access(region.completion, region.identity, /*write=*/false);
  }
  if (region.state == RegionNode::State::kClosing && region.Quiescent() &&
      region.closer != nullptr && !destroying_ &&
      region.closer->node().state == TaskNode::State::kBlocked) {
    WakeSilently(region.closer->node());
  }
}

void Runtime::NoticeFailure(TaskNode& task) {
  const Outcome<void> failure = task.Failure();
  if (task.cancel == nullptr || task.outcome == OutcomeKind::kPanicked) {
    failures_.Add(task, failure);
  }
  RegionNode& region = *task.region;
  if (region.policy != ScopePolicy::kFailFast || region.failure != nullptr) {
    return;
  }
  region.failure =
      std::make_unique<RegionNode::FirstFailure>(RegionNode::FirstFailure{
          failure, task.Label(),
          task.extras == nullptr ? nullptr : task.extras->failure_seen});
  CancelRegion(region,
               CancelReason(CancelKind::kFailFast,
                            absl::StrCat(task.DisplayName(), " failed: ",
                                         region.failure->outcome.status()
                                             .ToString()),
                            CompactId(&task), task.spawned_at),
               task.spawned_at);
}

void Runtime::Finish(TaskNode& task) {
  // What the function captured may close channels and wake others: that
  // belongs to this step.
  task.DropFunction();
  task.state = TaskNode::State::kDone;
  TouchCompletion(task, Access::kWrite);
  task.outcome = task.started ? task.ResultKind() : OutcomeKind::kCancelled;
  if (task.outcome == OutcomeKind::kErr ||
      task.outcome == OutcomeKind::kPanicked) {
    NoticeFailure(task);
  }
  // Without a handle nobody can take the result. Its destructors may close
  // channels and wake others, too.
  if (task.references == 1) task.DropResult();
  recorder_.Record(
      TaskCompleted{CompactId(&task), static_cast<std::uint8_t>(task.outcome)},
      task.site);
  while (!task.joiners.empty()) {
    QueuedOperation& joiner = *task.joiners.PopFront();
    Wake(joiner.node());
  }
  if (RuntimeObserver* seen_by = observer()) seen_by->OnTaskDone(task);
  if (task.extras != nullptr) Disarm(task.extras->deadline_timer);
  task.region->tasks.Remove(task);
  NoticeQuiescence(*task.region);
}

bool Runtime::WouldSucceed(TaskNode& task) {
  if (task.state != TaskNode::State::kBlocked || !task.operation->waiting()) {
    return false;
  }
  // As if it were being destroyed: what the attempt does has no followers.
  const bool was_destroying = std::exchange(destroying_, true);
  Runtime* const running = std::exchange(execution_context.runtime, nullptr);
  const bool succeeds = task.operation->Attempt();
  execution_context.runtime = running;
  destroying_ = was_destroying;
  return succeeds;
}

void Runtime::DestroyAll() {
  destroying_ = true;
  DestroyRegion(root_region_);
  root_region_.state = RegionNode::State::kOpen;
  // What the program holds outside of any task owes nothing any more.
  for (Obligation* left = obligations_.front(); left != nullptr;
       left = obligations_.front()) {
    left->Unlink();
  }
  root_region_.obligations = 0;
  root_region_.finalizers.clear();
  ended_regions_.clear();
  destroying_ = false;
}

void Runtime::DestroyRegion(RegionNode& region) {
  const bool outermost = !std::exchange(destroying_, true);
  // Newest first, and what is deepest in the tree first: the frames that hold
  // the child regions then find them empty, however deep the tree is.
  for (RegionNode* at = &region;;) {
    RegionNode* const child = at->children.back();
    if (child != nullptr && !child->destroyed) {
      at = child;
      continue;
    }
    DestroyTasks(*at);
    if (at == &region) break;
    at->destroyed = true;
    RegionNode& parent = *at->parent;
    parent.children.Remove(*at);
    parent.children.PushFront(*at);
    at = &parent;
  }
  if (outermost) destroying_ = false;
}

void Runtime::DestroyTasks(RegionNode& region) {
  // A destructor may spawn, but Adopt() turns that away, so this ends.
  while (!region.tasks.empty()) {
    TaskNode& task = *region.tasks.back();
    region.tasks.Remove(task);
    task.chain.Destroy();
    task.DropFunction();
    if (task.extras != nullptr) Disarm(task.extras->deadline_timer);
    while (!task.joiners.empty()) task.joiners.PopFront();
    task.state = TaskNode::State::kDone;
    task.outcome = OutcomeKind::kCancelled;
    if (task.cancel == nullptr) {
      task.cancel = std::make_unique<CancelReason>(CancelKind::kShutdown,
                                                   "the runtime was destroyed");
    }
    task.Unref();
  }
}

}  // namespace asupersync
