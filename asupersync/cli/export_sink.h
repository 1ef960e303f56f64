// ExportSink is a form in which `asupersync trace export` writes a trace. It
// gets every event in order, and holds only what it needs of them.
//
// Determinism: what is written follows from the trace and the options.
#ifndef ASUPERSYNC_CLI_EXPORT_SINK_H_
#define ASUPERSYNC_CLI_EXPORT_SINK_H_

#include <optional>

#include "asupersync/cli/event_renderer.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

class ExportSink {
 public:
  // What is asked for of an event.
  enum class Part {
    kOutside,   // before the range: only what later events need is noted
    kFiltered,  // in the range, but the other options leave it out
    kShown,
  };

  virtual ~ExportSink() = default;
  virtual void Begin(const TraceMetadata& metadata) = 0;
  // `renderer` has entered `record`.
  virtual void Add(const EventRecord& record, const Site& site,
                   const EventRenderer& renderer, Part part) = 0;
  // nullopt: the trace is not whole, or not all of it was read.
  virtual void End(const std::optional<TraceSummary>& summary) = 0;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_EXPORT_SINK_H_
