// The events of a trace, counted: what `asupersync trace stats` shows.
//
//   TraceCounts counts;
//   for (...) { counts.Learn(record.event); counts.Add(record, running); }
//   for (const TaskCounts& task : counts.Tasks()) ...
//
// Determinism: a function of the calls.
//
// Cost: memory for each task, region and source line, and none for an event.
#ifndef ASUPERSYNC_CLI_TRACE_COUNTS_H_
#define ASUPERSYNC_CLI_TRACE_COUNTS_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/btree_map.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"

namespace asupersync::cli {

struct TaskCounts {
  uint64_t task = 0;
  std::string name;
  uint64_t region = 0;
  uint64_t steps = 0;
  uint64_t events = 0;
  uint64_t waits = 0;  // steps that ended blocked
  uint64_t woken = 0;
  std::optional<uint64_t> outcome;
};

struct RegionCounts {
  uint64_t region = 0;
  std::string name;
  uint64_t tasks = 0;
  uint64_t steps = 0;
  uint64_t events = 0;
};

struct SiteCounts {
  uint32_t site = 0;
  uint64_t events = 0;
  std::string text;  // to order by
};

class TraceCounts {
 public:
  uint64_t events = 0;
  uint64_t steps = 0;
  // Steps of another task than the step before.
  uint64_t context_switches = 0;
  uint64_t time_advances = 0;
  // From the first of these advances to the last.
  uint64_t time_from = 0;
  uint64_t time_to = 0;
  std::array<uint64_t, kEventKindCount + 1> kinds{};  // by EventKind

  // Counts an event that happened in a step of `running`.
  void Add(const EventRecord& record, CompactTaskId running);
  // Tasks, their regions and names are known also if a filter leaves the events
  // out that tell them: every event is learnt from, before it is counted.
  void Learn(const ReplayEvent& event);

  // Those that have events: of tasks those with the most steps first, then by
  // number; regions by number; source lines with the most events first, then
  // by their text. `reader` is the one that the events are from.
  std::vector<TaskCounts> Tasks() const;
  std::vector<RegionCounts> Regions() const;
  std::vector<SiteCounts> Sites(const TraceReader& reader) const;

 private:
  TaskCounts& TaskOf(CompactTaskId id);
  RegionCounts& RegionOf(CompactRegionId id);
  template <class E>
  void Count(const E&) {}
  void Count(const TaskScheduled& event);
  void Count(const TaskBlocked& event);
  void Count(const WakerWake& event);
  void Count(const TaskCompleted& event);
  void Count(const TimeAdvanced& event);

  CompactTaskId last_;
  absl::btree_map<uint64_t, TaskCounts> tasks_;
  absl::btree_map<uint64_t, RegionCounts> regions_;
  absl::btree_map<uint32_t, uint64_t> sites_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_COUNTS_H_
