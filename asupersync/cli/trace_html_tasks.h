// The tasks and regions of a trace, for the part of it that a page shows.
//
//   TraceHtmlTasks tasks;
//   for (each event before the shown ones) tasks.Pass(event);
//   tasks.StartShowing();
//   page["start"] = tasks.Start();
//
// A page that begins in mid-run needs to know who was there: which tasks live,
// what they are called, whose children they are and what they were doing.
//
// Determinism: a function of the events.
//
// Invariants:
// 1. Before StartShowing(), memory grows with the tasks and regions that live
//    at once, not with the trace.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_TASKS_H_
#define ASUPERSYNC_CLI_TRACE_HTML_TASKS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/trace/event.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

class TraceHtmlTasks {
 public:
  // More lanes of tasks that may never appear help nobody.
  static constexpr size_t kStartTasksMax = 100000;

  // Notes an event that comes before the shown ones.
  void Pass(const EventRecord& record);
  // REQUIRES: called once.
  void StartShowing();

  // The state of things where the shown part begins:
  // {"tick", "time" (decimal text, ns), "running", "tasks": [[number, region,
  // parent, state, name], ...], "left_out" (tasks beyond kStartTasksMax),
  // "regions": [[number, parent, name], ...]} with the states "ready",
  // "waiting" and "running".
  const nlohmann::ordered_json& Start() const { return start_; }

  uint64_t start_tick() const { return tick_at_start_; }

 private:
  struct Task {
    uint32_t region = 0;
    uint32_t parent = 0;
    std::string state = "ready";
    std::string name;
  };
  struct Region {
    uint32_t parent = 0;
    std::string name;
  };

  void SetState(uint32_t task, absl::string_view state);

  std::map<uint32_t, Task> tasks_;  // that live
  std::map<uint32_t, Region> regions_;
  uint64_t tick_ = 0;
  uint64_t time_ns_ = 0;
  uint32_t running_ = 0;
  uint64_t tick_at_start_ = 0;
  nlohmann::ordered_json start_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_TASKS_H_
