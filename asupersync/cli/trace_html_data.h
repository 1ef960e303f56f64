// What a page of `trace html` holds of a trace: a window of its events, and
// what is needed to understand them.
//
//   const TraceScan scan = ScanTrace(reader, output);
//   const TraceWindow window = LastEvents(scan.events, 200000);
//   page["traces"].push_back(TraceHtmlData(reader, scan, window, output));
//
// Determinism: a function of the file and the arguments.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_DATA_H_
#define ASUPERSYNC_CLI_TRACE_HTML_DATA_H_

#include <cstdint>
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

// Reads all events. This and the last show progress on `output`.
TraceScan ScanTrace(TraceReader& reader, const Output& output);

// The events [from, end).
struct TraceWindow {
  uint64_t from = 0;
  uint64_t end = 0;
};

// The last `max` of `events`.
TraceWindow LastEvents(uint64_t events, uint64_t max);
// `max` of `events` with `index` in the middle, as far as there are any.
TraceWindow EventsAround(uint64_t index, uint64_t events, uint64_t max);

// Reads the file once more. REQUIRES: `scan` is of this file; the window is
// in it.
nlohmann::ordered_json TraceHtmlData(TraceReader& reader, const TraceScan& scan,
                                     const TraceWindow& window,
                                     const Output& output);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_DATA_H_
