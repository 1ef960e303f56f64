// RecordedRun is a trace by task: who spawned whom, and for each task its
// steps, random values, timers and other choices, in order.
//
//   RecordedRun run(trace);
//   for (const RecordedStep& step : run.steps()) {
//     Use(run.tasks()[step.task].name, step.site);
//   }
//
// Determinism: a function of the trace.
//
// Lifetime: copies what it needs; O(events) time, O(steps) memory.
//
// Invariants:
// 1. Task 0 stands for the outside: the parent of what is spawned there.
// 2. steps() is in the order of execution, and so are all lists of a task.
#ifndef ASUPERSYNC_REPLAY_RECORDED_RUN_H_
#define ASUPERSYNC_REPLAY_RECORDED_RUN_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "asupersync/choice/choice_source.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

struct RecordedStep {
  uint64_t event = 0;  // index of its TaskScheduled
  uint64_t tick = 0;
  uint32_t task = 0;   // in tasks()
  SiteId site;         // of the operation that it attempts
  // The operation was attempted before and had to wait.
  bool is_retry = false;
  // The trace does not tell whether it is: recording began after.
  bool is_unknown = false;
};

struct RecordedTimer {
  SiteId site;  // of the operation that made it
  uint64_t fired_event = 0;
  bool fired = false;
};

struct RecordedTask {
  CompactTaskId number;
  uint64_t identity = 0;  // 0: not known, recording began after its spawn
  uint32_t parent = 0;
  std::string name;
  SiteId spawn_site;
  bool completed = false;
  std::vector<uint32_t> children;  // in tasks()
  std::vector<uint32_t> steps;     // in steps()
  std::vector<uint64_t> random_values;
  std::vector<RecordedTimer> timers;  // made during its steps
  // What was chosen during its steps, by ChoiceKind.
  std::array<std::vector<uint32_t>, kChoiceKindCount> choices;
};

class RecordedRun {
 public:
  explicit RecordedRun(const ReplayTrace& trace);

  const std::vector<RecordedTask>& tasks() const { return tasks_; }
  const std::vector<RecordedStep>& steps() const { return steps_; }

 private:
  class Reader;

  std::vector<RecordedTask> tasks_;
  std::vector<RecordedStep> steps_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_RECORDED_RUN_H_
