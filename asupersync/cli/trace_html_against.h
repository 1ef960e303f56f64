// What a page of `trace html --against` says of two traces: they are aligned as
// by `trace diff` (trace_alignment.h), by what each task does. Accesses to
// shared objects are compared if both have them.
//
//   const TraceComparison comparison(a, b, output);
//   page["difference"] = comparison.DifferenceJson();
//   page["traces"][0]["twins"] = comparison.Twins(0, window_a);
//
// Determinism: a function of the traces.
//
// Cost: that of the alignment, one pass over each trace and about 40 bytes for
// each of its events.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_AGAINST_H_
#define ASUPERSYNC_CLI_TRACE_HTML_AGAINST_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "asupersync/cli/command.h"
#include "asupersync/cli/trace_alignment.h"
#include "asupersync/cli/trace_html_data.h"
#include "asupersync/replay/trace_reader.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

struct TraceDifference {
  // The task whose sequence differs, as Identities::PathOf(); empty: every
  // task does the same, but in another order.
  std::string path;
  // Of each trace: the first event that the other has not, by its index;
  // nullopt: this one has no more of the task.
  std::array<std::optional<uint64_t>, 2> at;
  // The same; where there is none, behind the last that it has of the task.
  std::array<uint64_t, 2> place = {};
  // The index in trace 0 at which the traces, read from front to back, first
  // differ.
  uint64_t order_parts = 0;
};

class TraceComparison {
 public:
  using Difference = TraceDifference;

  // Reads all events of both.
  TraceComparison(TraceReader& a, TraceReader& b, const Output& output);

  // Of trace 0 or 1; what ended its reading is told in `damage`.
  const TraceScan& scan(int which) const { return scans_[which]; }
  // nullopt: the same events in the same order.
  const std::optional<Difference>& difference() const { return difference_; }

  // null, or {"path", "at": [index or null, ...], "order": index}.
  nlohmann::ordered_json DifferenceJson() const;

  // For each event of the window of this trace the one of the other trace that
  // is the same; in base64, LEB128 numbers: 0 for none, else 1 + the zigzag of
  // how far the index is from that behind the last such one (from 0 at first).
  std::string Twins(int which, const TraceWindow& window) const;

  // For each task of trace 1 that is also in trace 0: [number in 1, in 0].
  nlohmann::ordered_json SameTasks() const;

 private:
  void FindDifference();
  // Of the event at this position among those that are compared.
  uint64_t IndexAt(int which, uint64_t position) const;
  bool IsInCommon(const CausalEvent& event) const;

  Identities identities_;
  std::array<CausalTrace, 2> traces_;
  std::array<TraceScan, 2> scans_;
  Alignment alignment_;
  std::optional<Difference> difference_;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_AGAINST_H_
