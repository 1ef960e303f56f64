// TraceWalk walks a trace forwards and backwards and knows the state of the
// program at each event.
//
//   TraceWalk walk(*std::move(reader));
//   walk.GoTo(walk.first_index() + 10);
//   walk.current();  // the eleventh event
//   walk.state();    // after it
//
// Back is forward from a checkpoint: a copy of the state is kept every so many
// events; when there are too many, every second one is dropped and the
// distance doubles.
//
// Determinism: a function of the trace and the calls.
//
// Lifetime: owns the reader.
//
// Invariants:
// 1. Memory: the reader's, the state's, and checkpoints of at most kEntriesMax
//    entries together or one state, whichever is more.
// 2. state() has seen exactly the events up to current().
#ifndef ASUPERSYNC_CLI_STEP_WALK_H_
#define ASUPERSYNC_CLI_STEP_WALK_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "asupersync/cli/step_state.h"
#include "asupersync/replay/replayer.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

class TraceWalk {
 public:
  static constexpr uint64_t kDistance = 1024;    // of checkpoints, at first
  static constexpr size_t kCheckpointsMax = 64;
  static constexpr size_t kEntriesMax = 1000000;

  explicit TraceWalk(TraceReader reader);
  TraceWalk(const TraceWalk&) = delete;
  TraceWalk& operator=(const TraceWalk&) = delete;

  const TraceMetadata& metadata() const { return replayer_.metadata(); }
  uint64_t first_index() const { return replayer_.first_index(); }
  uint64_t end_index() const { return replayer_.end_index(); }
  // OK, or why the trace cannot be read on.
  const absl::Status& status() const { return replayer_.status(); }

  // The event that happened last; nullopt before the first.
  const std::optional<EventRecord>& current() const { return current_; }
  const TraceState& state() const { return state_; }
  Site site(SiteId id) const { return replayer_.site(id); }

  // Passes one event; false at the end, or if status() says why.
  bool Next();
  // Makes the event `index` the current one. Backwards: O(distance of
  // checkpoints); forwards: O(events passed). OutOfRange: there is no such
  // event, and nothing moves; else what status() says.
  absl::Status GoTo(uint64_t index);
  // Makes the first event of step `tick` or a later one the current one, at the
  // cost of GoTo(). NotFound: there is none, and nothing moves; else what
  // status() says.
  absl::Status GoToTick(uint64_t tick);
  // Passes events until one for which `found` is true. False: there is none,
  // and the walk is where it was.
  bool FindNext(absl::FunctionRef<bool(const EventRecord&)> found);

  size_t checkpoint_count() const { return checkpoints_.size(); }
  // How many events were passed so far, those passed again included.
  uint64_t passed() const { return passed_; }

 private:
  struct Checkpoint {
    std::optional<EventRecord> current;
    TraceState state;
  };

  void KeepCheckpoint();
  // The last checkpoint whose event is `good`, or the start. REQUIRES: behind
  // an event that is not, none is.
  absl::Status Restore(absl::FunctionRef<bool(const EventRecord&)> good);

  TraceReplayer replayer_;
  TraceState state_;
  std::optional<EventRecord> current_;
  std::vector<Checkpoint> checkpoints_;  // in order
  uint64_t distance_ = kDistance;
  uint64_t passed_ = 0;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_STEP_WALK_H_
