// TraceCursor is a place in a trace, in memory or in a file of any size.
//
//   std::unique_ptr<TraceCursor> cursor = CursorOf(std::move(trace));
//   if (auto s = cursor->Seek(500); !s.ok()) return s;
//   for (; const EventRecord* e = cursor->Get(); cursor->Pass()) Use(*e);
//   if (!cursor->status().ok()) ...  // the file could not be read on
//
// Determinism: a function of the trace.
//
// Lifetime: owns what it reads. Pointers last until the next call that is not
// const.
#ifndef ASUPERSYNC_REPLAY_TRACE_CURSOR_H_
#define ASUPERSYNC_REPLAY_TRACE_CURSOR_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

class TraceCursor {
 public:
  virtual ~TraceCursor() = default;

  virtual const TraceMetadata& metadata() const = 0;
  // The index of the first event, and one more than that of the last.
  virtual uint64_t first_index() const = 0;
  virtual uint64_t end_index() const = 0;
  // False if the trace is a recovered prefix.
  virtual bool complete() const = 0;

  // The event here; null at the end, or if it cannot be read.
  virtual const EventRecord* Get() const = 0;
  // Moves to the next event. REQUIRES: Get() is not null.
  virtual void Pass() = 0;
  // Moves to the event `index`, or to the end.
  // REQUIRES: first_index() <= index <= end_index().
  virtual absl::Status Seek(uint64_t index) = 0;
  // OK, or why Get() is null before the end.
  virtual const absl::Status& status() const = 0;

  // The location of an event that was read.
  virtual Site site(SiteId id) const = 0;

  // A trace of its own that holds at least the events from `begin` to before
  // `end`, as far as they exist, with their indices. The cursor stays.
  virtual ReplayTrace Window(uint64_t begin, uint64_t end) = 0;
};

// At the first event of `trace`.
std::unique_ptr<TraceCursor> CursorOf(ReplayTrace trace);

// At the first event of the file. Memory as TraceReader; a seek takes a few
// reads, or a scan if the file has no index. A file that ends early is scanned
// once, for its end_index(). An error is in status(); end_index() is then
// first_index().
std::unique_ptr<TraceCursor> CursorOf(TraceReader reader);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_CURSOR_H_
