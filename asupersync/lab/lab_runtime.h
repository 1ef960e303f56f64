#ifndef ASUPERSYNC_LAB_LAB_RUNTIME_H_
#define ASUPERSYNC_LAB_LAB_RUNTIME_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/lab/due_timers.h"
#include "asupersync/lab/fault_injector.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/oracle_set.h"
#include "asupersync/lab/ready_set.h"
#include "asupersync/lab/run_result.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/timer_queue.h"
#include "asupersync/trace/certificate.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

// The runtime of tests: one thread, virtual time, and every nondeterministic
// answer taken from one ChoiceSource.
//
//   LabRuntime runtime(LabConfig(42).WithDefaultReplayRecording());
//   runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> { ... });
//   RunResult result = runtime.RunUntilQuiescent();
//   std::optional<ReplayTrace> trace = runtime.TakeReplayTrace();
//
// Time stands still within a step and moves only when no task is runnable, to
// the earliest deadline. Timers due together fire in an order that is chosen.
//
// Determinism: an execution is a function of the program, the LabConfig and
// the answers of the source. The same seed gives the same certificate and the
// same trace bytes in every process.
//
// Lifetime: destroying the runtime destroys tasks that are not done, without
// resuming them, youngest first; what they refer to must still be alive.
//
// Invariants
//   1. A task in state kReady or kRunning is in exactly one ready set, that of
//      its lane, or its wake-up is held back; others are in none.
//   2. Only Step() resumes tasks; nothing else runs user code but destructors.
class LabRuntime final : public Runtime {
 public:
  explicit LabRuntime(const LabConfig& config = LabConfig());
  ~LabRuntime() override;

  // Starts a task in the root region, from outside; see Cx::Spawn.
  template <class F>
  auto SpawnRoot(F&& f, std::source_location site =
                            std::source_location::current()) {
    return SpawnRoot(SpawnOptions(), std::forward<F>(f), site);
  }
  template <class F>
  auto SpawnRoot(absl::string_view name, F&& f,
                 std::source_location site =
                     std::source_location::current()) {
    SpawnOptions options;
    options.name = std::string(name);
    return SpawnRoot(options, std::forward<F>(f), site);
  }
  template <class F>
  auto SpawnRoot(const SpawnOptions& options, F&& f,
                 std::source_location site =
                     std::source_location::current()) {
    return task_internal::SpawnTask(*this, nullptr, root_region(), options,
                                    std::forward<F>(f), site);
  }

  // Runs until every task is done or none can go on, advancing time as needed.
  RunResult RunUntilQuiescent();
  // Runs until virtual time would pass `time`, then sets the clock to it;
  // kStopped if tasks are left.
  RunResult RunUntil(absl::Time time);
  // Runs like RunUntilQuiescent(), at most up to and including step `tick`.
  RunResult RunUntilTick(std::uint64_t tick);
  // Runs one step if a task is runnable now; never moves the clock. False if
  // there is nothing to run, or the step limit or the observer forbids it.
  bool Step();
  // Runs up to `steps` steps as Step() does; returns how many.
  std::uint64_t StepN(std::uint64_t steps);
  // Moves the clock forward and fires the timers that become due, in order of
  // their deadlines. Runs no task.
  void AdvanceTime(absl::Duration duration);

  // Asks a task to end, from outside.
  template <class T>
  void Cancel(const TaskHandle<T>& handle,
              std::string message = "cancelled from outside the runtime",
              std::source_location site = std::source_location::current()) {
    handle.Cancel(std::move(message), site);
  }

  // What the last run ended with; empty before the first one.
  const std::optional<RunResult>& last_run() const { return last_run_; }

  // What the oracles of the LabConfig have found so far, in order.
  const std::vector<Violation>& violations() const {
    return oracles_.violations();
  }
  // How many there are of this oracle; violations() keeps the first few.
  std::uint64_t violation_count(OracleId oracle) const {
    return oracles_.log().Count(oracle);
  }
  // For an oracle that watches from outside; see OracleSet::Report.
  void Report(Violation violation) { oracles_.Report(std::move(violation)); }
  // The execution is over: the oracles judge how it ended, and what is left.
  // With `end_is_expected` the way that the last run ended, and the tasks that
  // are left, are no violation. Nothing can run afterwards until Reset(); take
  // the trace before. Does nothing the second time.
  void Conclude(bool end_is_expected = false);

  // The trace so far, and starts another one; nullopt when nothing was
  // recorded because recording is off.
  std::optional<ReplayTrace> TakeReplayTrace();
  // A copy of the trace so far, which goes on: for assertions in a LabTest,
  // whose artifacts need the whole of it. nullopt as TakeReplayTrace(). Also
  // from within a task.
  std::optional<ReplayTrace> ReplayTraceSoFar() const;
  // Starts recording in mid-run: what was recorded before is dropped. Without a
  // storage of its own it has that of the LabConfig.
  void EnableRecording(
      const RecorderConfig& recording = RecorderConfig::Enabled());

  // Answers come from `source` instead of the seeded one, and `observer`, if
  // any, sees every event and may stop the run. Both must outlive the run.
  // REQUIRES: no step was taken.
  void DriveBy(ChoiceSource& source, EventObserver* observer = nullptr);

  // Starts another execution with other seeds: destroys what is left of this
  // one, forgets time, identities and trace, and keeps the memory.
  void Reset(const DerivedSeeds& seeds);

  const LabConfig& config() const { return config_; }
  // What was injected so far.
  const ChaosStats& chaos_stats() const { return faults_.stats(); }
  // Also another thread may ask, to see whether the run moves on.
  std::uint64_t steps() const {
    return steps_.load(std::memory_order_relaxed);
  }
  std::uint64_t certificate() const { return certificate_.value(); }
  absl::Time Now() const { return absl::FromUnixNanos(now_ns_); }
  std::int64_t NowNanos() const override { return now_ns_; }

  // Every task that is not done: name, state, what it waits for and where.
  std::string DescribeTasks() const;

  void ArmTimer(Timer& timer, std::int64_t deadline_ns) override;
  void DisarmTimer(Timer& timer) override;
  std::uint64_t DrawRandom(TaskNode& task, std::source_location site) override;
  absl::StatusCode InjectIoError(TaskNode& task) override;
  std::size_t ChooseIoBytes(TaskNode& task, std::size_t most) override;

 private:
  static constexpr std::uint64_t kCancelStreakMax = 16;
  static constexpr std::uint32_t kPrefetchMin = 4096;
  static constexpr std::uint64_t kTimedStreakMax = 64;
  static constexpr std::uint64_t kRankedStreakMax = 16;
  // Wake-ups that are held back come at the latest with this many.
  static constexpr std::size_t kHeldMax = 4;

  // Ends a delay that chaos put before an operation.
  class DelayTimer;

  void OnRunnable(TaskNode& task) override;
  void OnRunnableCancelled(TaskNode& task) override;

  static Lane LaneOf(const TaskNode& task) {
    if (task.CancelVisible()) [[unlikely]] return Lane::kCancel;
    return task.HasDeadline() ? Lane::kTimed : Lane::kReady;
  }
  ReadySet& SetOf(const TaskNode& task);
  void Leave(TaskNode& task);
  ReadySet* SelectSet();
  // Aborts after Conclude().
  void CheckMayRun() const;
  ReadySet* SelectRanked();
  bool RootIsDone() const { return root_region().tasks.empty(); }
  void SpawnRootFinalizer();
  // The next value of the task's fault stream.
  std::uint64_t DrawFault(TaskNode& task);
  void Inject(const Fault& fault, const TaskNode* task);
  // Chaos at the start of a step; false if the step is a delay and no more.
  bool InjectBeforeOperation(TaskNode& task);
  void InjectSpuriousWake(TaskNode& task);
  void StartDelay(TaskNode& task, std::uint64_t delay_ns);
  void StopDelays();
  // The set to run from, after the wake-ups that are held back and due.
  ReadySet* NextSet();
  // Under the step limit, and nobody asked to stop.
  bool MayStep() const;
  void RunStep(ReadySet& set);
  // Of very many tasks, those of the next steps: tasks in random order miss the
  // cache.
  void PrefetchAfter(const ReadySet& set);
  // Fires the next timers if they are due by `until_ns`; false if none is.
  bool AdvanceToNextDeadline(std::int64_t until_ns);
  void MoveClock(std::int64_t to_ns);
  RunResult Run(std::int64_t until_ns, std::uint64_t until_tick);
  RunResult Ended(bool may_go_on);
  void FillMetadata();

  LabConfig config_;
  OracleSet oracles_;
  bool concluded_ = false;
  IdentityScope identities_;
  RandomChoiceSource seeded_source_;
  std::uint32_t last_count_ = 0;  // of PrefetchAfter()
  ChoiceSource* source_;
  EventObserver* observer_ = nullptr;
  ReadySet cancel_set_;
  std::map<std::int64_t, ReadySet> timed_sets_;  // by deadline; none is empty
  ReadySet ready_set_;
  // Those of another priority than the default, highest first; none is empty.
  std::map<std::uint8_t, ReadySet, std::greater<>> ranked_sets_;
  std::vector<std::uint64_t> ranked_streaks_;  // by rank
  std::uint64_t cancel_streak_ = 0;
  std::uint64_t timed_streak_ = 0;
  FaultInjector faults_;
  const bool chaos_;  // faults_ can inject something
  std::vector<TaskNode*> held_;  // ready, but in no set
  std::map<std::uint32_t, std::unique_ptr<DelayTimer>> delays_;  // by task
  TimerQueue timers_;
  DueTimers due_;
  std::int64_t now_ns_ = 0;
  std::atomic<std::uint64_t> steps_ = 0;  // written by the run alone
  Certificate certificate_;
  std::optional<RunResult> last_run_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_LAB_RUNTIME_H_
