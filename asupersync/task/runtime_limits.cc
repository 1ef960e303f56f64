// The part of Runtime that limits tasks and regions and asks them to end.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <source_location>
#include <utility>

#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/ids.h"
#include "asupersync/task/deadline_timer.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/misuse.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/runtime_observer.h"

namespace asupersync {

std::uint16_t CleanupStepsMax(CancelKind kind) {
  constexpr std::uint16_t kStepsMax[] = {1000, 500, 300, 200, 200, 50};
  return kStepsMax[Severity(kind)];
}

CancelReason Runtime::Late(std::source_location where) {
  return CancelReason(CancelKind::kDeadline, "the budget's deadline passed",
                      CompactTaskId(), where);
}

CancelReason Runtime::Propagated(const CancelReason& cause,
                                 std::source_location where) {
  return CancelReason(CancelKind::kParentCancelled, "", cause.origin(), where)
      .WithCause(cause);
}

// The runtime's side of a deadline.

void DeadlineTimer::OnFire() {
  if (task_ != nullptr) {
    const std::source_location where = task_->spawned_at;
    task_->runtime().RequestCancel(*task_, Runtime::Late(where), where);
  } else {
    const std::source_location where = region_->opened_at;
    region_->runtime->CancelRegion(*region_, Runtime::Late(where), where);
  }
}

Budget Runtime::HandedDown(const TaskNode* maker, const RegionNode& region) {
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
  RegionNode* innermost = task.extras == nullptr ? nullptr : task.extras->scope;
  for (RegionNode* scope = innermost; scope != nullptr;
       scope = scope->outer_scope) {
    if (scope->mask_depth > 0) continue;
    CancelRegion(*scope, Propagated(reason, where), where);
  }
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
  // What a scope was asked ends with the scope, and the task goes on.
  if (task.cancel_seen || task.cancel == nullptr) return;
  // What it was told may be the cancellation of a scope of its own.
  const bool own =
      task.cancel != nullptr && (task.mask_depth == 0 || task.mask_broken);
  if (!own) return;
  task.cancel_seen = true;
  if (RuntimeObserver* seen_by = observer()) seen_by->OnCancelSeen(task);
}

void Runtime::CancelRegion(RegionNode& region, const CancelReason& reason,
                           std::source_location where) {
  if (destroying_ || region.state == RegionNode::State::kClosed) return;
  if (region.cancel == nullptr) {
    region.cancel = std::make_unique<CancelReason>(reason);
  } else {
    region.cancel->Strengthen(reason);
  }
  recorder_.Record(RegionCancelled{CompactRegionId(region.compact),
                                   static_cast<std::uint8_t>(reason.kind())},
                   SiteOf(where));
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionCancelled(region);
  // Child regions are reached through the tasks whose scopes they are.
  for (TaskNode& task : region.tasks) RequestCancel(task, reason, where);
  if (region.owner == nullptr) return;
  TaskNode& owner = *region.owner;
  TouchTask(owner);
  RefreshScopeCancel(owner);
  DeliverCancel(owner);
  // Scopes that the body has open.
  for (RegionNode* scope = owner.extras->scope;
       scope != nullptr && scope != &region; scope = scope->outer_scope) {
    if (scope->mask_depth > region.mask_depth || scope->cancel != nullptr) {
      continue;
    }
    CancelRegion(*scope, Propagated(reason, where), where);
  }
}

void Runtime::RefreshScopeCancel(TaskNode& owner) {
  TaskExtras& extras = owner.Extras();
  owner.scope_cancel_depth = TaskNode::kNoScope;
  extras.scope_reason = nullptr;
  // The innermost one is visible wherever an outer one is.
  for (RegionNode* scope = extras.scope; scope != nullptr;
       scope = scope->outer_scope) {
    if (scope->cancel == nullptr) continue;
    owner.scope_cancel_depth = scope->mask_depth;
    extras.scope_reason = scope->cancel.get();
    return;
  }
}

}  // namespace asupersync
