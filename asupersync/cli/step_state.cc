#include "asupersync/cli/step_state.h"

#include <variant>

namespace asupersync::cli {

TaskState* TraceState::RunningTask() {
  const auto task = tasks_.find(running_);
  return task == tasks_.end() ? nullptr : &task->second;
}

void TraceState::BeginStep(uint64_t number, uint64_t tick, SiteId site) {
  running_ = number;
  step_ended_ = false;
  TaskState& task = tasks_[number];
  task.status = TaskState::Status::kRunning;
  task.last_step = tick;
  if (site.IsValid()) task.site = site;
  task.timer.reset();
  task.object.reset();
}

void TraceState::EndStep(uint64_t number, TaskState::Status status,
                         SiteId site) {
  step_ended_ = true;
  TaskState& task = tasks_[number];
  task.status = status;
  if (site.IsValid()) task.site = site;
}

void TraceState::Complete(const TaskCompleted& event) {
  step_ended_ = true;
  const uint64_t number = event.task.AsRaw();
  TaskState& task = tasks_[number];
  if (task.status == TaskState::Status::kDone) return;
  task.status = TaskState::Status::kDone;
  task.outcome = event.outcome;
  task.timer.reset();
  task.object.reset();
  const auto region = regions_.find(task.region);
  if (region != regions_.end() && region->second.tasks > 0) {
    --region->second.tasks;
  }
  ++done_count_;
  done_.push_back(number);
  if (done_.size() <= kDoneMax) return;
  tasks_.erase(done_.front());
  done_.pop_front();
}

void TraceState::EndTimer(uint64_t number, bool fired) {
  const auto timer = timers_.find(number);
  if (timer == timers_.end()) return;
  const auto task = tasks_.find(timer->second.task);
  timers_.erase(timer);
  if (task == tasks_.end() || task->second.timer != number) return;
  task->second.timer.reset();
  if (fired && task->second.status == TaskState::Status::kBlocked) {
    task->second.status = TaskState::Status::kReady;
  }
}

void TraceState::Apply(const EventRecord& record) {
  if (step_ended_) {
    running_ = 0;
    step_ended_ = false;
  }
  const ReplayEvent& event = record.event;
  if (const auto* e = std::get_if<TaskScheduled>(&event)) {
    BeginStep(e->task.AsRaw(), e->at_tick, record.site);
  } else if (const auto* e = std::get_if<TaskYielded>(&event)) {
    EndStep(e->task.AsRaw(), TaskState::Status::kReady, record.site);
  } else if (const auto* e = std::get_if<TaskBlocked>(&event)) {
    EndStep(e->task.AsRaw(), TaskState::Status::kBlocked, record.site);
  } else if (const auto* e = std::get_if<TaskCompleted>(&event)) {
    Complete(*e);
  } else if (const auto* e = std::get_if<TaskSpawned>(&event)) {
    TaskState& task = tasks_[e->task.AsRaw()];
    task = TaskState();
    task.region = e->region.AsRaw();
    task.parent = e->parent.AsRaw();
    task.site = record.site;
    ++regions_[task.region].tasks;
  } else if (const auto* e = std::get_if<TaskNamed>(&event)) {
    tasks_[e->task.AsRaw()].name = e->text;
  } else if (const auto* e = std::get_if<TaskCancelRequested>(&event)) {
    tasks_[e->task.AsRaw()].cancel = e->kind;
  } else if (const auto* e = std::get_if<WakerWake>(&event)) {
    TaskState& task = tasks_[e->task.AsRaw()];
    if (task.status == TaskState::Status::kBlocked) {
      task.status = TaskState::Status::kReady;
    }
  } else if (const auto* e = std::get_if<TimeAdvanced>(&event)) {
    now_nanos_ = e->to_nanos;
    running_ = 0;
  } else if (const auto* e = std::get_if<TimerCreated>(&event)) {
    timers_[e->timer_id] = {e->deadline_nanos, running_, record.site};
    if (TaskState* task = RunningTask()) task->timer = e->timer_id;
  } else if (const auto* e = std::get_if<TimerFired>(&event)) {
    EndTimer(e->timer_id, /*fired=*/true);
  } else if (const auto* e = std::get_if<TimerCancelled>(&event)) {
    EndTimer(e->timer_id, /*fired=*/false);
  } else if (const auto* e = std::get_if<RegionCreated>(&event)) {
    regions_[e->region.AsRaw()].parent = e->parent.AsRaw();
  } else if (const auto* e = std::get_if<RegionNamed>(&event)) {
    regions_[e->region.AsRaw()].name = e->text;
  } else if (const auto* e = std::get_if<RegionCancelled>(&event)) {
    regions_[e->region.AsRaw()].cancel = e->kind;
  } else if (const auto* e = std::get_if<RegionClosed>(&event)) {
    regions_.erase(e->region.AsRaw());
  } else if (const auto* e = std::get_if<ObligationReserved>(&event)) {
    obligations_[e->obligation] = {e->kind, e->task.AsRaw(), record.site,
                                   record.index};
  } else if (const auto* e = std::get_if<ObligationCommitted>(&event)) {
    obligations_.erase(e->obligation);
  } else if (const auto* e = std::get_if<ObligationAborted>(&event)) {
    obligations_.erase(e->obligation);
  } else if (const auto* e = std::get_if<ObjectAccessed>(&event)) {
    if (TaskState* task = RunningTask()) task->object = e->object;
  }
}

absl::string_view Name(TaskState::Status status) {
  switch (status) {
    case TaskState::Status::kReady:
      return "ready";
    case TaskState::Status::kRunning:
      return "running";
    case TaskState::Status::kBlocked:
      return "blocked";
    case TaskState::Status::kDone:
      return "done";
  }
  return "unknown";
}

}  // namespace asupersync::cli
