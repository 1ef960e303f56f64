#include "asupersync/task/runtime.h"

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
#include "asupersync/task/execution_context.h"
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

CancelReason Propagated(const CancelReason& cause, std::source_location where) {
  return CancelReason(CancelKind::kParentCancelled, "", cause.origin(), where)
      .WithCause(cause);
}

}  // namespace

// The runtime's side of an operation.

bool Operation::await_ready() {
  CheckPlace();
  return !node_.runtime->yields_before_operations() && Attempt();
}

void Operation::Complete() {
  stage_ = Stage::kComplete;
  node_.runtime->Wake(node_);
}

// The runtime's side of an obligation.

Obligation::Obligation(TaskNode& holder, ObligationKind kind, ObjectId object,
                       std::source_location where)
    : runtime_(holder.runtime),
      object_(object),
      holder_(holder.Label()),
      where_(where),
      kind_(kind) {
  runtime_->Enroll(*this, holder);
}

void Obligation::Resolve(bool committed) {
  runtime_->Resolve(*this, committed);
}

Runtime::Runtime(bool yields_before_operations)
    : yields_before_operations_(yields_before_operations) {
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
  panics_.clear();
}

void Runtime::Enroll(Obligation& obligation, TaskNode& holder) {
  obligation.number_ = next_obligation_++;
  obligation.reserved_at_ = recorder_.tick();
  // Null for what a destructor reserves while the runtime goes away.
  obligation.region_ = holder.region;
  obligations_.PushBack(obligation);
  if (holder.region != nullptr) ++holder.region->obligations;
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
  for (Obligation& obligation : obligations_) {
    if (obligation.region_ != &region) continue;
    obligation.region_ = nullptr;
    if (RuntimeObserver* seen_by = observer()) {
      seen_by->OnObligationOutlivesRegion(obligation, region);
    }
  }
  region.obligations = 0;
}

void Runtime::Wake(TaskNode& task) {
  if (destroying_) return;
  if (task.state != TaskNode::State::kBlocked) return;
  TouchTask(task);
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
  if (running != nullptr && spawner != running) {
    Fatal(absl::StrCat(task.spawned_at.file_name(), ":", task.spawned_at.line(),
                       ": ", running->DisplayName(), " spawned with the Cx of ",
                       spawner->DisplayName(), "; pass each task its own Cx"));
  }
  const std::uint64_t parent = spawner == nullptr ? 0 : spawner->identity;
  const std::uint32_t index =
      spawner == nullptr ? outside_tasks_++ : spawner->spawned_tasks++;
  task.identity = ChildIdentity<TaskId>(parent, index).AsRaw();
  task.compact = next_task_++;
  if (destroying_) {
    // A destructor spawned it; there is nobody left to run it.
    task.state = TaskNode::State::kDone;
    task.outcome = OutcomeKind::kCancelled;
    task.cancel = std::make_unique<CancelReason>(
        CancelKind::kShutdown, "spawned while the runtime shut down");
    return;
  }
  task.Ref();
  task.region = &region;
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
  if (RuntimeObserver* seen_by = observer()) seen_by->OnTaskSpawned(task);
  if (region.cancel != nullptr) {
    task.cancel = std::make_unique<CancelReason>(*region.cancel);
    task.lane = Lane::kCancel;
  }
  OnRunnable(task);
}

void Runtime::RequestCancel(TaskNode& task, const CancelReason& reason,
                            std::source_location where) {
  if (destroying_ || task.state == TaskNode::State::kDone) return;
  TouchTask(task);
  if (task.cancel == nullptr) {
    task.cancel = std::make_unique<CancelReason>(reason);
  } else {
    task.cancel->Strengthen(reason);
  }
  recorder_.Record(
      TaskCancelRequested{CompactId(&task),
                          static_cast<std::uint8_t>(reason.kind())},
      SiteOf(where));
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnCancelRequested(task, reason);
  }
  if (task.state == TaskNode::State::kReady) {
    OnRunnableCancelled(task);
  } else if (task.state == TaskNode::State::kBlocked && task.CancelVisible()) {
    task.lane = Lane::kCancel;
    task.state = TaskNode::State::kReady;
    OnRunnable(task);
  }
  RegionNode* innermost = task.extras == nullptr ? nullptr : task.extras->scope;
  for (RegionNode* scope = innermost; scope != nullptr;
       scope = scope->outer_scope) {
    if (scope->shielded) continue;
    CancelRegion(*scope, Propagated(reason, where), where);
  }
}

void Runtime::CancelRegion(RegionNode& region, const CancelReason& reason,
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
  // Child regions are reached through the tasks whose scopes they are.
  for (TaskNode& task : region.tasks) RequestCancel(task, reason, where);
}

RegionNode& Runtime::OpenRegion(TaskNode& owner, RegionNode& parent,
                                std::source_location where) {
  auto* region = new RegionNode;
  region->parent = &parent;
  region->owner = &owner;
  region->outer_scope = owner.Extras().scope;
  region->identity =
      ChildIdentity<RegionId>(owner.identity, owner.Extras().opened_regions++)
          .AsRaw();
  region->compact = next_region_++;
  region->opened_at = where;
  region->shielded = owner.mask_depth > 0;
  if (owner.CancelVisible()) {
    region->cancel =
        std::make_unique<CancelReason>(Propagated(*owner.cancel, where));
  }
  parent.children.PushBack(*region);
  owner.Extras().scope = region;
  recorder_.Record(RegionCreated{CompactRegionId(region->compact),
                                 CompactRegionId(parent.compact)},
                   SiteOf(where));
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionOpened(*region);
  return *region;
}

bool Runtime::TryClose(RegionNode& region) {
  if (region.state == RegionNode::State::kClosed) return true;
  if (!region.Quiescent()) {
    region.state = RegionNode::State::kClosing;
    return false;
  }
  region.state = RegionNode::State::kClosed;
  recorder_.Record(RegionClosed{CompactRegionId(region.compact)},
                   SiteOf(region.opened_at));
  LeaveObligations(region);
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionClosed(region);
  return true;
}

void Runtime::FreeRegion(RegionNode& region) {
  if (RuntimeObserver* seen_by = observer()) seen_by->OnRegionFreed(region);
  if (!region.Quiescent()) DestroyRegion(region);
  LeaveObligations(region);
  RegionNode& parent = *region.parent;
  TaskNode& owner = *region.owner;
  // Scopes are coroutine frames of one task, so they end innermost first.
  owner.Extras().scope = region.outer_scope;
  parent.children.Remove(region);
  delete &region;
  NoticeQuiescence(parent);
}

void Runtime::NoticeQuiescence(RegionNode& region) {
  if (region.state == RegionNode::State::kClosing && region.Quiescent() &&
      region.closer != nullptr) {
    Wake(region.closer->node());
  }
}

void Runtime::Finish(TaskNode& task) {
  // What the function captured may close channels and wake others: that
  // belongs to this step.
  task.DropFunction();
  task.state = TaskNode::State::kDone;
  TouchCompletion(task, Access::kWrite);
  task.outcome = task.started ? task.ResultKind() : OutcomeKind::kCancelled;
  if (task.outcome == OutcomeKind::kPanicked) {
    auto seen = std::make_shared<bool>(false);
    task.Extras().panic_seen = seen;
    panics_.push_back({absl::StrCat(task.DisplayName(), " threw: ",
                                    task.PanicText()),
                       std::move(seen)});
  }
  // Without a handle nobody can take the result. Its destructors may close
  // channels and wake others, too.
  if (task.references == 1) task.DropResult();
  recorder_.Record(
      TaskCompleted{CompactId(&task), static_cast<std::uint8_t>(task.outcome)},
      task.site);
  while (!task.joiners.empty()) {
    Operation& joiner = *task.joiners.PopFront();
    Wake(joiner.node());
  }
  if (RuntimeObserver* seen_by = observer()) seen_by->OnTaskDone(task);
  task.region->tasks.Remove(task);
  NoticeQuiescence(*task.region);
}

std::vector<std::string> Runtime::UnseenPanics() const {
  std::vector<std::string> texts;
  for (const Panic& panic : panics_) {
    if (!*panic.seen) texts.push_back(panic.text);
  }
  return texts;
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
  destroying_ = false;
}

void Runtime::DestroyRegion(RegionNode& region) {
  const bool outermost = !std::exchange(destroying_, true);
  // A destructor may spawn, but Adopt() turns that away, so this ends. Child
  // regions end with the scopes, that is with the frames of their owners.
  while (!region.tasks.empty()) {
    TaskNode& task = *region.tasks.back();
    region.tasks.Remove(task);
    task.chain.Destroy();
    task.DropFunction();
    while (!task.joiners.empty()) task.joiners.PopFront();
    task.state = TaskNode::State::kDone;
    task.outcome = OutcomeKind::kCancelled;
    if (task.cancel == nullptr) {
      task.cancel = std::make_unique<CancelReason>(CancelKind::kShutdown,
                                                   "the runtime was destroyed");
    }
    task.Unref();
  }
  if (outermost) destroying_ = false;
}

}  // namespace asupersync
