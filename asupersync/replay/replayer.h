// TraceReplayer steps through a trace, for people and tools that look at a
// recorded execution. It runs no program; ReplayChoiceSource does that.
//
//   TraceReplayer replayer(trace);
//   replayer.SetMode(ReplayMode::RunTo(Breakpoint::Tick(500)));
//   while (const ReplayEvent* event = replayer.Next()) {
//     if (replayer.at_breakpoint()) break;
//   }
//
// Determinism: a function of the trace.
//
// Lifetime: keeps the trace alive. Pointers last until the next call that is
// not const.
#ifndef ASUPERSYNC_REPLAY_REPLAYER_H_
#define ASUPERSYNC_REPLAY_REPLAYER_H_

#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"

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
  TraceReplayer(const TraceReplayer&) = delete;
  TraceReplayer& operator=(const TraceReplayer&) = delete;

  const ReplayTrace& trace() const { return trace_; }
  const TraceMetadata& metadata() const { return trace_.metadata(); }
  size_t event_count() const { return trace_.size(); }

  // Events passed so far, which is the index of the event that Peek() shows.
  size_t current_index() const { return index_; }
  bool is_completed() const { return index_ == trace_.size(); }
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
  // Makes `index` the event that Peek() shows. OutOfRange if it is greater
  // than event_count(); the position is then unchanged.
  absl::Status Seek(uint64_t index);

  // Compares `actual` with the event that Peek() shows; does not pass it.
  // Aborted if they differ, with the first lines of divergence(); OutOfRange
  // if the trace has ended ("execution continues").
  absl::Status VerifyEvent(const ReplayEvent& actual);
  // What the last VerifyEvent() that failed found.
  const std::optional<DivergenceReport>& divergence() const {
    return divergence_;
  }

 private:
  ReplayTrace trace_;
  ReplayTrace::Iterator next_;
  size_t index_ = 0;
  ReplayMode mode_ = ReplayMode::Run();
  bool at_breakpoint_ = false;
  std::optional<EventRecord> current_;
  std::optional<DivergenceReport> divergence_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_REPLAYER_H_
