// TraceReplayer steps through a trace, in memory or in a file of any size, for
// people and tools that look at a recorded execution. It runs no program;
// ReplayChoiceSource does that.
//
//   TraceReplayer replayer(trace);
//   replayer.SetMode(ReplayMode::RunTo(Breakpoint::Tick(500)));
//   while (const ReplayEvent* event = replayer.Next()) {
//     if (replayer.at_breakpoint()) break;
//   }
//
// Determinism: a function of the trace.
//
// Lifetime: owns the trace or the reader. Pointers last until the next call
// that is not const.
//
// Indices are those of the execution: a flight recorder's trace begins with
// first_index() instead of 0.
#ifndef ASUPERSYNC_REPLAY_REPLAYER_H_
#define ASUPERSYNC_REPLAY_REPLAYER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/replay/trace_cursor.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// A place in a trace.
class Breakpoint {
 public:
  // The first event of step `tick`, or of a later one if that has none.
  static Breakpoint Tick(uint64_t tick) { return {Kind::kTick, tick}; }
  // Each step of the task.
  static Breakpoint Task(CompactTaskId task) {
    return {Kind::kTask, task.AsRaw()};
  }
  // The event with this index.
  static Breakpoint EventIndex(uint64_t index) { return {Kind::kIndex, index}; }

  // Whether `record`, which follows an event of tick `tick_before` (nullopt
  // for the first), is that place.
  bool Hit(const EventRecord& record,
           std::optional<uint64_t> tick_before) const;

  friend bool operator==(const Breakpoint&, const Breakpoint&) = default;

 private:
  enum class Kind : uint8_t { kTick, kTask, kIndex };
  Breakpoint(Kind kind, uint64_t value) : kind_(kind), value_(value) {}

  Kind kind_;
  uint64_t value_;
};

// When at_breakpoint() is true.
class ReplayMode {
 public:
  static ReplayMode Run() { return ReplayMode(false, std::nullopt); }
  // After every event.
  static ReplayMode Step() { return ReplayMode(true, std::nullopt); }
  static ReplayMode RunTo(Breakpoint breakpoint) {
    return ReplayMode(false, breakpoint);
  }

  bool step() const { return step_; }
  const std::optional<Breakpoint>& breakpoint() const { return breakpoint_; }

  friend bool operator==(const ReplayMode&, const ReplayMode&) = default;

 private:
  ReplayMode(bool step, std::optional<Breakpoint> breakpoint)
      : step_(step), breakpoint_(breakpoint) {}

  bool step_;
  std::optional<Breakpoint> breakpoint_;
};

class TraceReplayer {
 public:
  explicit TraceReplayer(ReplayTrace trace);
  // Reads the file as it goes, in constant memory.
  explicit TraceReplayer(TraceReader reader);
  TraceReplayer(const TraceReplayer&) = delete;
  TraceReplayer& operator=(const TraceReplayer&) = delete;

  const TraceMetadata& metadata() const { return cursor_->metadata(); }
  // OK, or why the file cannot be read on: Next() and Peek() are then null
  // although is_completed() is false.
  const absl::Status& status() const { return cursor_->status(); }

  size_t event_count() const { return end_index() - first_index(); }
  uint64_t first_index() const { return cursor_->first_index(); }
  uint64_t end_index() const { return cursor_->end_index(); }
  // The index of the event that Peek() shows; end_index() at the end.
  uint64_t current_index() const { return index_; }
  bool is_completed() const {
    return index_ == end_index() && cursor_->status().ok();
  }
  // The location of an event that was shown.
  Site site(SiteId id) const { return cursor_->site(id); }

  // Whether the event that Next() returned last is where the mode stops.
  bool at_breakpoint() const { return at_breakpoint_; }

  void SetMode(ReplayMode mode);
  const ReplayMode& mode() const { return mode_; }

  // The next event, or null at the end.
  const ReplayEvent* Peek() const;
  // Passes the next event and returns it; null at the end.
  const ReplayEvent* Next();
  // What Next() returned last with its place; nullopt before the first.
  const std::optional<EventRecord>& current() const { return current_; }
  // Passes events until at_breakpoint() or the end; returns how many.
  size_t Run();

  // Back to the start. Keeps the mode.
  void Reset();
  // Makes `index` the event that Peek() shows. OutOfRange if it is less than
  // first_index() or greater than end_index(); the position is then unchanged.
  // Of a file also what status() says.
  absl::Status Seek(uint64_t index);

  // Compares `actual` with the event that Peek() shows; does not pass it.
  // Aborted if they differ, with the first lines of divergence(); OutOfRange
  // if the trace has ended ("execution continues"). Of a file also status().
  absl::Status VerifyEvent(const ReplayEvent& actual);
  // What the last VerifyEvent() that failed found.
  const std::optional<DivergenceReport>& divergence() const {
    return divergence_;
  }

 private:
  std::unique_ptr<TraceCursor> cursor_;
  uint64_t index_;
  ReplayMode mode_ = ReplayMode::Run();
  bool at_breakpoint_ = false;
  std::optional<EventRecord> current_;
  std::optional<DivergenceReport> divergence_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_REPLAYER_H_
