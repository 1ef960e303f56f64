// TraceState is what a program is doing at one event of a trace: its tasks,
// regions, timers and obligations, computed from the events up to there.
//
//   TraceState state;
//   while (const ReplayEvent* event = replayer.Next()) {
//     state.Apply(*replayer.current());
//   }
//   for (const auto& [number, task] : state.tasks()) ...
//
// What a trace does not tell is not guessed. A trace that leaves WakerWake
// events out does not tell when a blocked task became runnable; it is then
// kBlocked until its next step, or until its timer fires. A trace that begins
// in mid-run (a flight recorder's) names tasks that it does not introduce;
// they appear with their first event.
//
// Determinism: a function of the events.
//
// Lifetime: a value; a copy is a checkpoint.
//
// Invariants:
// 1. Memory is linear in what is alive, and in kDoneMax tasks that are done.
#ifndef ASUPERSYNC_CLI_STEP_STATE_H_
#define ASUPERSYNC_CLI_STEP_STATE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "asupersync/trace/event.h"

namespace asupersync::cli {

struct TaskState {
  enum class Status : uint8_t { kReady, kRunning, kBlocked, kDone };

  Status status = Status::kReady;
  std::string name;       // empty: none
  uint64_t region = 0;    // 0: not known
  uint64_t parent = 0;    // 0: from outside, or not known
  uint64_t last_step = 0;  // 0: it has not run
  // Of the operation that it waits for, or goes on with.
  SiteId site;
  std::optional<uint64_t> timer;   // that its wait made, while it is pending
  std::optional<uint64_t> object;  // that its wait touched last, if recorded
  std::optional<uint8_t> cancel;   // the CancelKind that was asked for
  uint8_t outcome = 0;             // REQUIRES: kDone
};

struct RegionState {
  std::string name;
  uint64_t parent = 0;
  std::optional<uint8_t> cancel;
  uint64_t tasks = 0;  // that are not done
};

struct TimerState {
  uint64_t deadline_nanos = 0;
  uint64_t task = 0;  // in whose step it was made; 0: none
  SiteId site;
};

struct ObligationState {
  uint8_t kind = 0;
  uint64_t task = 0;
  SiteId site;
  uint64_t event = 0;  // that reserved it
};

class TraceState {
 public:
  // How many tasks that are done are remembered: those that ended last.
  static constexpr size_t kDoneMax = 1000;

  // REQUIRES: the events come in their order.
  void Apply(const EventRecord& record);

  // By number.
  const std::map<uint64_t, TaskState>& tasks() const { return tasks_; }
  const std::map<uint64_t, RegionState>& regions() const { return regions_; }
  const std::map<uint64_t, TimerState>& timers() const { return timers_; }
  const std::map<uint64_t, ObligationState>& obligations() const {
    return obligations_;
  }
  // The task in whose step the last event happened; 0: none.
  uint64_t running() const { return running_; }
  uint64_t now_nanos() const { return now_nanos_; }
  uint64_t done_count() const { return done_count_; }
  // What a copy takes, in entries.
  size_t size() const {
    return tasks_.size() + regions_.size() + timers_.size() +
           obligations_.size();
  }

 private:
  void BeginStep(uint64_t task, uint64_t tick, SiteId site);
  void EndStep(uint64_t task, TaskState::Status status, SiteId site);
  void Complete(const TaskCompleted& event);
  void EndTimer(uint64_t timer, bool fired);
  TaskState* RunningTask();

  std::map<uint64_t, TaskState> tasks_;
  std::map<uint64_t, RegionState> regions_;
  std::map<uint64_t, TimerState> timers_;
  std::map<uint64_t, ObligationState> obligations_;
  std::deque<uint64_t> done_;  // tasks in tasks_, in the order of their ends
  uint64_t done_count_ = 0;
  uint64_t running_ = 0;
  bool step_ended_ = false;
  uint64_t now_nanos_ = 0;
};

// "ready", "running", "blocked", "done".
absl::string_view Name(TaskState::Status status);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_STEP_STATE_H_
