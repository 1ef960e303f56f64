// What a page of `trace html` holds of a trace: a window of its events, and
// what is needed to understand them.
//
//   const TraceScan scan = ScanTrace(reader, output);
//   const TraceWindow window = LastEvents(scan.events, 200000);
//   page["traces"].push_back(TraceHtmlData(reader, scan, window, output)
//                                 .json);
//
// Determinism: a function of the file and the arguments.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_DATA_H_
#define ASUPERSYNC_CLI_TRACE_HTML_DATA_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "asupersync/cli/command.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/replay_trace.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

// What one pass over a file tells.
struct TraceScan {
  uint64_t events = 0;
  std::string damage;  // empty: none; else where and what
  // As the reader gives them after the last event.
  std::optional<TraceSummary> summary;
  std::string recovered;
};

// Reads all events. This and the next two show progress on `output`.
TraceScan ScanTrace(TraceReader& reader, const Output& output);

struct TraceComparison {
  TraceScan a;
  TraceScan b;
  // The first index at which the events (tick, kind and fields; not source
  // lines) are not the same, or one trace has ended; nullopt: there is none.
  std::optional<uint64_t> difference;
};

// Reads all events of both, side by side.
TraceComparison CompareTraces(TraceReader& a, TraceReader& b,
                              const Output& output);

// The events [from, end).
struct TraceWindow {
  uint64_t from = 0;
  uint64_t end = 0;
};

// The last `max` of `events`.
TraceWindow LastEvents(uint64_t events, uint64_t max);
// `max` of `events` with `index` in the middle, as far as there are any.
TraceWindow EventsAround(uint64_t index, uint64_t events, uint64_t max);

struct TraceHtmlTrace {
  nlohmann::ordered_json json;
  // Tasks that appear, by number: what they are whatever the schedule.
  std::map<uint32_t, uint64_t> identities;
};

// Reads the file once more. REQUIRES: `scan` is of this file; the window is
// in it.
TraceHtmlTrace TraceHtmlData(TraceReader& reader, const TraceScan& scan,
                             const TraceWindow& window, const Output& output);

// For each task of `b` that is the same as one of `a` (the n-th child of the
// same parent): [number in b, number in a].
nlohmann::ordered_json SameTasks(const TraceHtmlTrace& a,
                                 const TraceHtmlTrace& b);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_DATA_H_
