#include "asupersync/lab/lab_runtime.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/fatal.h"
#include "asupersync/lab/wait_report.h"
#include "asupersync/task/runtime_observer.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/trace/event.h"

namespace asupersync {
namespace {

constexpr std::int64_t kForever = std::numeric_limits<std::int64_t>::max();
constexpr std::uint64_t kNoTick = std::numeric_limits<std::uint64_t>::max();

// Whose step runs on this thread.
std::string RunningTask() {
  const TaskNode* const task = execution_context.task;
  return task == nullptr ? "another one" : task->DisplayOrigin();
}

// Says which runtime this thread runs steps of, while it does.
class RunningScope {
 public:
  RunningScope(Runtime& runtime, FoataFingerprint& fingerprint) {
    ExecutionContext& context = execution_context;
    if (context.runtime != nullptr) {
      Fatal(absl::StrCat("a LabRuntime was run from within a step of ",
                         RunningTask(),
                         "; run it from the test's own function, not from a "
                         "task"));
    }
    context.runtime = &runtime;
    context.fingerprint = &fingerprint;
  }
  RunningScope(const RunningScope&) = delete;
  RunningScope& operator=(const RunningScope&) = delete;
  ~RunningScope() {
    execution_context.runtime = nullptr;
    execution_context.task = nullptr;
    execution_context.fingerprint = nullptr;
  }
};

// What an I/O operation may move: all, half of it, or one byte.
class IoAmounts final : public CandidateView {
 public:
  Candidate At(std::uint32_t i) const override { return {i, i, Lane::kReady}; }
  std::optional<std::uint32_t> IndexOf(std::uint64_t id) const override {
    return static_cast<std::uint32_t>(id);
  }
};

}  // namespace

class LabRuntime::DelayTimer final : public Timer {
 public:
  DelayTimer(LabRuntime& runtime, TaskNode& task)
      : runtime_(runtime),
        task_(task),
        identity_(ChildIdentity<TimerId>(task.identity, task.made_timers++)) {}

 private:
  TimerId Identity() const override { return identity_; }
  void OnFire() override {
    if (task_.state == TaskNode::State::kBlocked) runtime_.WakeSilently(task_);
  }

  LabRuntime& runtime_;
  TaskNode& task_;
  TimerId identity_;
};

LabRuntime::LabRuntime(const LabConfig& config)
    : Runtime(config.yield_policy() == YieldPolicy::kEveryOperation),
      config_(config),
      oracles_(*this, config.oracles(), config.idle_steps()),
      identities_(IdentityScope::Policy::kAdopt),
      seeded_source_(config.seeds()),
      source_(&seeded_source_),
      faults_(config.chaos()),
      chaos_(config.chaos().enabled()) {
  recorder_.Reset(config.recording());
  if (oracles_.observes()) Observe(&oracles_);
  FillMetadata();
}

LabRuntime::~LabRuntime() {
  if (execution_context.runtime == this) {
    Fatal(absl::StrCat("a LabRuntime was destroyed from within a step of ",
                       RunningTask()));
  }
  recorder_.SetObserver(nullptr);
  StopDelays();
  DestroyAll();
}

void LabRuntime::FillMetadata() {
  TraceMetadata& metadata = recorder_.metadata();
  metadata.SetSeeds(config_.seeds());
  metadata.test_id = config_.test_id();
  if (!recorder_.enabled()) return;
  metadata.config_hash = config_.Hash();
  metadata.config = config_.Settings();
}

void LabRuntime::Reset(const DerivedSeeds& seeds) {
  if (execution_context.runtime == this) {
    Fatal(absl::StrCat("LabRuntime::Reset() was called from within a step of ",
                       RunningTask()));
  }
  // What destructors do is no part of the old execution or of the new one.
  recorder_.SetObserver(nullptr);
  StopDelays();
  DestroyAll();
  cancel_set_.Clear();
  timed_sets_.clear();
  ready_set_.Clear();
  ranked_sets_.clear();
  ranked_streaks_.clear();
  cancel_streak_ = timed_streak_ = 0;
  held_.clear();
  faults_.Reset();
  timers_.Reset();
  now_ns_ = 0;
  steps_ = 0;
  certificate_.Reset();
  fingerprint_.Reset();
  recorder_.Reset();
  recorder_.SetObserver(observer_);
  RestartIdentities();
  identities_.Restart();
  oracles_.Reset();
  concluded_ = false;
  last_run_.reset();
  config_ = config_.WithSeeds(seeds);
  source_->Reset(seeds);
  FillMetadata();
}

void LabRuntime::DriveBy(ChoiceSource& source, EventObserver* observer) {
  if (steps() != 0) {
    Fatal("LabRuntime::DriveBy() was called after the first step");
  }
  source_ = &source;
  observer_ = observer;
  recorder_.SetObserver(observer);
}

ReadySet& LabRuntime::SetOf(const TaskNode& task) {
  if (config_.lane_policy() == LanePolicy::kAny) return ready_set_;
  switch (task.lane) {
    case Lane::kCancel:
      return cancel_set_;
    case Lane::kTimed:
      return timed_sets_[task.extras->lane_deadline_ns];
    case Lane::kReady:
      break;
  }
  return task.priority == Budget::kDefaultPriority
             ? ready_set_
             : ranked_sets_[task.priority];
}

void LabRuntime::OnRunnable(TaskNode& task) {
  task.lane = LaneOf(task);
  if (chaos_ && execution_context.runtime == this && task.started &&
      faults_.Injects(ChaosKind::kBatchedWake)) {
    if (const std::optional<Fault> fault =
            faults_.Decide(ChaosKind::kBatchedWake, DrawFault(task))) {
      Inject(*fault, &task);
      held_.push_back(&task);
      return;
    }
  }
  SetOf(task).Add(task);
}

void LabRuntime::OnRunnableCancelled(TaskNode& task) {
  if (task.slot == TaskNode::kNoSlot) return;  // held back
  Leave(task);
  OnRunnable(task);
}

void LabRuntime::Leave(TaskNode& task) {
  ReadySet& set = SetOf(task);
  set.Remove(task);
  if (!set.empty() || &set == &ready_set_) return;
  if (task.lane == Lane::kTimed) {
    timed_sets_.erase(task.extras->lane_deadline_ns);
  } else if (task.lane == Lane::kReady) {
    ranked_sets_.erase(task.priority);
  }
}

ReadySet* LabRuntime::SelectSet() {
  if (cancel_set_.empty() && timed_sets_.empty()) {
    cancel_streak_ = timed_streak_ = 0;
    return SelectRanked();
  }
  const bool any_ready = !ready_set_.empty() || !ranked_sets_.empty();
  if (!cancel_set_.empty()) {
    const bool others = !timed_sets_.empty() || any_ready;
    if (!others || cancel_streak_ < kCancelStreakMax) {
      ++cancel_streak_;
      return &cancel_set_;
    }
  }
  cancel_streak_ = 0;
  if (!timed_sets_.empty()) {
    if (!any_ready || timed_streak_ < kTimedStreakMax) {
      ++timed_streak_;
      return &timed_sets_.begin()->second;
    }
  }
  timed_streak_ = 0;
  return SelectRanked();
}

// Among tasks that have nothing but a priority: the highest first, at most 16
// in a row while a lower one is runnable.
ReadySet* LabRuntime::SelectRanked() {
  if (ranked_sets_.empty()) return ready_set_.empty() ? nullptr : &ready_set_;
  // Highest first; the default priority's set stands apart.
  std::vector<ReadySet*> sets;
  sets.reserve(ranked_sets_.size() + 1);
  bool default_seen = ready_set_.empty();
  for (auto& [priority, set] : ranked_sets_) {
    if (!default_seen && priority < Budget::kDefaultPriority) {
      sets.push_back(&ready_set_);
      default_seen = true;
    }
    sets.push_back(&set);
  }
  if (!default_seen) sets.push_back(&ready_set_);
  ranked_streaks_.resize(std::max(ranked_streaks_.size(), sets.size()));
  std::size_t rank = 0;
  while (rank + 1 < sets.size() && ranked_streaks_[rank] >= kRankedStreakMax) {
    ranked_streaks_[rank++] = 0;
  }
  // Only while somebody waits below.
  ranked_streaks_[rank] =
      rank + 1 < sets.size() ? ranked_streaks_[rank] + 1 : 0;
  return sets[rank];
}

void LabRuntime::RunStep(ReadySet& set) {
  const std::uint32_t chosen =
      source_->Choose(ChoiceKind::kSchedule, set.size(), set);
  if (set.size() >= kPrefetchMin && source_ == &seeded_source_) {
    PrefetchAfter(set);
  }
  TaskNode& task = set[chosen];
  const std::uint64_t step = steps() + 1;
  steps_.store(step, std::memory_order_relaxed);
  certificate_.Add(static_cast<std::uint8_t>(ChoiceKind::kSchedule),
                   task.identity);
  const CompactTaskId number(task.compact);
  recorder_.BeginStep(step);
  recorder_.Record(TaskScheduled{number, step}, task.site);
  task.last_step = static_cast<std::uint32_t>(step);
  fingerprint_.BeginStep(task.foata, task.identity);
  const SliceEnd end = chaos_ && !InjectBeforeOperation(task)
                           ? SliceEnd::kBlocked
                           : RunSlice(task);
  fingerprint_.EndStep();
  switch (end) {
    case SliceEnd::kYielded:
      recorder_.Record(TaskYielded{number}, task.site);
      if (task.cancel != nullptr) [[unlikely]] oracles_.OnCancelledStep(task);
      if (task.lane != LaneOf(task)) OnRunnableCancelled(task);
      break;
    case SliceEnd::kBlocked:
      recorder_.Record(TaskBlocked{number}, task.site);
      if (task.cancel != nullptr) [[unlikely]] oracles_.OnCancelledStep(task);
      Leave(task);
      if (chaos_ && faults_.Injects(ChaosKind::kSpuriousWake)) {
        InjectSpuriousWake(task);
      }
      break;
    case SliceEnd::kDone:
      execution_context.task = nullptr;
      Leave(task);
      Retire(task);
      break;
  }
  if (step >= oracles_.next_check()) [[unlikely]] oracles_.Check(step);
}

void LabRuntime::PrefetchAfter(const ReadySet& set) {
  // As many candidates come or go in each step as did in the last one.
  const std::uint32_t count = set.size();
  const std::uint32_t change = count - last_count_;
  last_count_ = count;
  const auto guess = [&](std::uint32_t ahead) {
    const std::uint32_t then = count + (ahead + 1) * change;
    return then == 0 ? 0 : seeded_source_.Guess(ahead, then);
  };
  set.Prefetch(guess(0), guess(1), guess(2));
}

std::uint64_t LabRuntime::DrawFault(TaskNode& task) {
  return source_->Draw(DrawPurpose::kFault, task.identity,
                       task.Extras().fault_draws++);
}

void LabRuntime::Inject(const Fault& fault, const TaskNode* task) {
  std::optional<CompactTaskId> whose;
  if (task != nullptr) whose = CompactTaskId(task->compact);
  recorder_.Record(
      ChaosInjection{static_cast<std::uint8_t>(fault.kind), whose,
                     fault.amount},
      task == nullptr ? SiteId() : task->site);
}

bool LabRuntime::InjectBeforeOperation(TaskNode& task) {
  if (!delays_.empty()) {
    // Also if something else woke it before the delay was over.
    if (const auto delay = delays_.find(task.compact); delay != delays_.end()) {
      if (delay->second->armed()) DisarmTimer(*delay->second);
      delays_.erase(delay);
      return true;
    }
  }
  // What is over, or has not begun, or was told already.
  if (!task.started || task.cancel != nullptr) return true;
  const std::optional<Fault> fault =
      faults_.BeforeOperation(DrawFault(task), !task.from_outside);
  if (!fault.has_value()) return true;
  Inject(*fault, &task);
  if (fault->kind == ChaosKind::kDelay) {
    StartDelay(task, fault->amount);
    return false;
  }
  const std::source_location where = task.operation->site();
  const CancelKind kind = fault->kind == ChaosKind::kCancel
                              ? CancelKind::kUser
                              : fault->amount % 2 == 0
                                    ? CancelKind::kPollQuota
                                    : CancelKind::kCostBudget;
  // Its step has begun: it is in its lane until the end of it.
  task.state = TaskNode::State::kRunning;
  execution_context.task = &task;
  RequestCancel(task,
                CancelReason(kind, "injected by chaos", CompactTaskId(), where),
                where);
  return true;
}

void LabRuntime::InjectSpuriousWake(TaskNode& task) {
  // Never twice in a row, or a wait could last for ever.
  if (task.woken_idly) {
    task.woken_idly = false;
    return;
  }
  const std::optional<Fault> fault =
      faults_.Decide(ChaosKind::kSpuriousWake, DrawFault(task));
  if (!fault.has_value()) return;
  Inject(*fault, &task);
  task.woken_idly = true;
  WakeSilently(task);
}

void LabRuntime::StartDelay(TaskNode& task, std::uint64_t delay_ns) {
  task.state = TaskNode::State::kBlocked;
  auto delay = std::make_unique<DelayTimer>(*this, task);
  const std::int64_t deadline_ns =
      now_ns_ > kForever - static_cast<std::int64_t>(delay_ns)
          ? kForever
          : now_ns_ + static_cast<std::int64_t>(delay_ns);
  timers_.Arm(*delay, deadline_ns);
  recorder_.Record(
      TimerCreated{delay->id(), static_cast<std::uint64_t>(deadline_ns)},
      SiteId());
  delays_[task.compact] = std::move(delay);
}

void LabRuntime::StopDelays() {
  for (auto& [task, delay] : delays_) {
    if (delay->armed()) timers_.Disarm(*delay);
  }
  delays_.clear();
}

ReadySet* LabRuntime::NextSet() {
  // Each step comes here, and most find tasks without any distinction only.
  if (cancel_set_.empty() && timed_sets_.empty() && ranked_sets_.empty() &&
      held_.empty()) [[likely]] {
    cancel_streak_ = timed_streak_ = 0;
    return ready_set_.empty() ? nullptr : &ready_set_;
  }
  const auto nothing_runnable = [this] {
    return cancel_set_.empty() && timed_sets_.empty() && ready_set_.empty() &&
           ranked_sets_.empty();
  };
  if (!held_.empty() && (held_.size() >= kHeldMax || nothing_runnable())) {
    recorder_.Record(WakerBatchWake{static_cast<std::uint32_t>(held_.size())},
                     SiteId());
    for (TaskNode* task : held_) {
      task->lane = LaneOf(*task);
      SetOf(*task).Add(*task);
    }
    held_.clear();
  }
  return SelectSet();
}

bool LabRuntime::MayStep() const {
  return steps() < config_.steps_max() && !recorder_.stop_requested();
}

void LabRuntime::MoveClock(std::int64_t to_ns) {
  if (to_ns == now_ns_) return;
  recorder_.Record(TimeAdvanced{static_cast<std::uint64_t>(now_ns_),
                                static_cast<std::uint64_t>(to_ns)},
                   SiteId());
  if (RuntimeObserver* seen_by = observer()) {
    seen_by->OnTimeAdvanced(now_ns_, to_ns);
  }
  now_ns_ = to_ns;
  fingerprint_.Barrier();
}

bool LabRuntime::AdvanceToNextDeadline(std::int64_t until_ns) {
  if (timers_.empty() || timers_.next_deadline_ns() > until_ns) return false;
  MoveClock(std::max(now_ns_, timers_.next_deadline_ns()));
  timers_.TakeDue(due_.Refill());
  while (!due_.empty()) {
    const std::uint32_t count = due_.size();
    std::uint32_t chosen = 0;
    if (count > 1) {
      chosen = source_->Choose(ChoiceKind::kTimer, count, due_);
      recorder_.Record(Choice{static_cast<std::uint8_t>(ChoiceKind::kTimer),
                              chosen, count},
                       SiteId());
    }
    Timer& timer = due_.Take(chosen);
    certificate_.Add(static_cast<std::uint8_t>(ChoiceKind::kTimer),
                     timer.Identity().AsRaw());
    recorder_.Record(TimerFired{timer.id()}, SiteId());
    TimerQueue::Fire(timer);
  }
  return true;
}

// The root region closes whenever nothing is left in it, for nobody knows
// whether more will be spawned from outside.
void LabRuntime::SpawnRootFinalizer() {
  SpawnRoot(
      "finalizer",
      [](Cx& cx) -> Task<absl::Status> {
        return task_internal::RunFinalizer(cx);
      },
      root_region().finalizers.back()->site());
}

RunResult LabRuntime::Run(std::int64_t until_ns, std::uint64_t until_tick) {
  CheckMayRun();
  RunningScope scope(*this, fingerprint_);
  bool may_go_on = false;
  while (MayStep()) {
    if (steps() >= until_tick) {
      may_go_on = true;
      break;
    }
    ReadySet* set = NextSet();
    if (set != nullptr) {
      RunStep(*set);
    } else if (RootIsDone() && !root_region().finalizers.empty()) {
      SpawnRootFinalizer();
    } else if (!AdvanceToNextDeadline(until_ns)) {
      may_go_on = !timers_.empty();
      break;
    }
  }
  last_run_ = Ended(may_go_on);
  return *last_run_;
}

RunResult LabRuntime::Ended(bool may_go_on) {
  RunResult result;
  if (recorder_.stop_requested()) {
    result.verdict = RunVerdict::kStopped;
  } else if (RootIsDone() && root_region().finalizers.empty()) {
    result.verdict = RunVerdict::kQuiescent;
  } else if (may_go_on) {
    result.verdict = RunVerdict::kStopped;
  } else if (!MayStep()) {
    result.verdict = RunVerdict::kStepLimit;
    result.report = StepLimitReport(root_region(), steps(), now_ns_);
  } else {
    result.verdict = RunVerdict::kDeadlock;
    result.report = DeadlockReport(root_region(), steps(), now_ns_);
  }
  return result;
}

RunResult LabRuntime::RunUntilQuiescent() { return Run(kForever, kNoTick); }

RunResult LabRuntime::RunUntil(absl::Time time) {
  const std::int64_t until_ns = absl::ToUnixNanos(time);
  RunResult result = Run(until_ns, kNoTick);
  if (MayStep() && until_ns > now_ns_) MoveClock(until_ns);
  return result;
}

RunResult LabRuntime::RunUntilTick(std::uint64_t tick) {
  return Run(kForever, tick);
}

bool LabRuntime::Step() {
  CheckMayRun();
  last_run_.reset();
  RunningScope scope(*this, fingerprint_);
  if (MayStep() && RootIsDone() && !root_region().finalizers.empty()) {
    SpawnRootFinalizer();
  }
  ReadySet* set = MayStep() ? NextSet() : nullptr;
  if (set == nullptr) return false;
  RunStep(*set);
  return true;
}

std::uint64_t LabRuntime::StepN(std::uint64_t steps) {
  for (std::uint64_t done = 0; done < steps; ++done) {
    if (!Step()) return done;
  }
  return steps;
}

void LabRuntime::AdvanceTime(absl::Duration duration) {
  CheckMayRun();
  const std::int64_t wait = absl::ToInt64Nanoseconds(duration);
  if (wait <= 0) return;
  RunningScope scope(*this, fingerprint_);
  const std::int64_t to_ns = wait > kForever - now_ns_ ? kForever
                                                       : now_ns_ + wait;
  while (MayStep() && AdvanceToNextDeadline(to_ns)) {
  }
  if (MayStep()) MoveClock(to_ns);
}

void LabRuntime::CheckMayRun() const {
  if (concluded_) {
    Fatal(
        "a LabRuntime was run after Conclude(), which attempts what tasks wait "
        "for; call Reset() for another execution");
  }
}

void LabRuntime::Conclude(bool end_is_expected) {
  if (std::exchange(concluded_, true)) return;
  const auto would_succeed = [this](TaskNode& task) {
    return WouldSucceed(task);
  };
  // What a replay that diverged leaves is its own affair.
  oracles_.Conclude({last_run_.has_value() ? &*last_run_ : nullptr,
                     DescribeTasks(),
                     end_is_expected || recorder_.stop_requested(),
                     would_succeed, root_region()});
}

std::optional<ReplayTrace> LabRuntime::TakeReplayTrace() {
  if (!recorder_.enabled()) return std::nullopt;
  return recorder_.TakeTrace(certificate_.value(), fingerprint_.value());
}

std::optional<ReplayTrace> LabRuntime::ReplayTraceSoFar() const {
  if (!recorder_.enabled()) return std::nullopt;
  return recorder_.CopyTrace(certificate_.value(), fingerprint_.value());
}

void LabRuntime::EnableRecording(const RecorderConfig& recording) {
  const RecorderConfig given =
      recording.storage != nullptr
          ? recording
          : recording.WithStorage(config_.recording().storage);
  config_ = config_.WithReplayRecording(given);
  recorder_.EnableRecording(given, steps(), certificate_.value());
  FillMetadata();
}

std::string LabRuntime::DescribeTasks() const {
  return DescribeWaits(root_region());
}

void LabRuntime::ArmTimer(Timer& timer, std::int64_t deadline_ns) {
  if (chaos_ && faults_.Injects(ChaosKind::kTimerJitter) &&
      deadline_ns < kForever - absl::ToInt64Nanoseconds(absl::Hours(1))) {
    const std::uint64_t value =
        source_->Draw(DrawPurpose::kFault, timer.Identity().AsRaw(), 0);
    if (const std::optional<Fault> fault =
            faults_.Decide(ChaosKind::kTimerJitter, value)) {
      Inject(*fault, execution_context.task);
      deadline_ns += static_cast<std::int64_t>(fault->amount);
    }
  }
  timers_.Arm(timer, deadline_ns);
  // An operation arms its timer while it is attempted; a limit has no place.
  const TaskNode* const task = execution_context.task;
  const bool by_operation = task != nullptr && task->operation != nullptr;
  recorder_.Record(
      TimerCreated{timer.id(), static_cast<std::uint64_t>(deadline_ns)},
      by_operation ? SiteOf(task->operation->site()) : SiteId());
}

void LabRuntime::DisarmTimer(Timer& timer) {
  timers_.Disarm(timer);
  recorder_.Record(TimerCancelled{timer.id()}, SiteId());
}

absl::StatusCode LabRuntime::InjectIoError(TaskNode& task) {
  if (!chaos_ || !faults_.Injects(ChaosKind::kIoError)) {
    return absl::StatusCode::kOk;
  }
  const std::optional<Fault> fault =
      faults_.Decide(ChaosKind::kIoError, DrawFault(task));
  if (!fault.has_value()) return absl::StatusCode::kOk;
  Inject(*fault, &task);
  constexpr absl::StatusCode kErrors[] = {
      absl::StatusCode::kUnavailable, absl::StatusCode::kAborted,
      absl::StatusCode::kResourceExhausted, absl::StatusCode::kDataLoss};
  return kErrors[fault->amount % std::size(kErrors)];
}

std::size_t LabRuntime::ChooseIoBytes(TaskNode&, std::size_t most) {
  if (most <= 1) return most;
  // All, half, one; half of two or three is one.
  const std::uint32_t count = most <= 3 ? 2 : 3;
  const std::uint32_t chosen =
      source_->Choose(ChoiceKind::kIo, count, IoAmounts());
  certificate_.Add(static_cast<std::uint8_t>(ChoiceKind::kIo), chosen);
  recorder_.Record(
      Choice{static_cast<std::uint8_t>(ChoiceKind::kIo), chosen, count},
      SiteId());
  if (chosen == 0) return most;
  return chosen == 1 && count == 3 ? most / 2 : 1;
}

std::uint64_t LabRuntime::DrawRandom(TaskNode& task,
                                     std::source_location site) {
  const std::uint64_t value =
      source_->Draw(DrawPurpose::kEntropy, task.identity,
                    task.Extras().draws++);
  recorder_.Record(RngValue{value}, SiteOf(site));
  return value;
}

}  // namespace asupersync
