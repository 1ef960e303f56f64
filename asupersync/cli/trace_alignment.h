// TraceAlignment sets two traces side by side by what each task does, not by
// the order in which the scheduler had it done.
//
//   Identities identities;
//   CausalTrace a, b;
//   ReadCausalTrace(reader_a, filter_a, output, identities, &a);
//   ReadCausalTrace(reader_b, filter_b, output, identities, &b);
//   const Alignment alignment = Align(a, b);
//
// A task is known by its path from the root: the n-th child of its parent. So
// are regions; timers and obligations are the n-th of the task that made them.
// The numbers that a trace has for them do not count, nor do ticks. Every event
// belongs to the task in whose step it happens, or to the lab (time, timers,
// what is before the first step); each of them has a sequence of its own.
//
// An event has a cause in another sequence if it is a step that was spawned or
// woken (the TaskSpawned, the first WakerWake since the last step), or an
// access (the last write of the object, if accesses are recorded). Two events
// are equal if their kinds and fields are, and if their causes have the same
// place.
//
// The events in common are those that stand at the same place of both
// sequences, equal, after events in common and with causes in common: a prefix
// of each sequence. What comes first behind it, and does not merely follow from
// another difference, is the first causal difference.
//
// Determinism: functions of the traces.
//
// Cost: O(n) time, about 40 bytes for each event.
#ifndef ASUPERSYNC_CLI_TRACE_ALIGNMENT_H_
#define ASUPERSYNC_CLI_TRACE_ALIGNMENT_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/replay/trace_reader.h"

namespace asupersync::cli {

// Numbers for identities, the same for all traces that are read with it.
class Identities {
 public:
  enum class Space : uint8_t {
    kTask,
    kRegion,
    kTimer,
    kObligation,
    // By its number in the trace: it was made before the trace begins.
    kUnknownTask,
    kUnknownOther,
  };
  static constexpr uint32_t kLab = 0;

  Identities();
  // The n-th of `parent` in this space; n is from 1.
  uint32_t Of(Space space, uint32_t parent, uint64_t n);
  // "1.2": the second child of the first root; "T7?" for an unknown task;
  // "the lab".
  std::string PathOf(uint32_t identity) const;

 private:
  struct Key {
    Space space;
    uint32_t parent;
    uint64_t n;
    friend bool operator==(const Key&, const Key&) = default;
    template <class H>
    friend H AbslHashValue(H state, const Key& key) {
      return H::combine(std::move(state), key.space, key.parent, key.n);
    }
  };
  std::vector<Key> keys_;
  absl::flat_hash_map<Key, uint32_t> numbers_;  // looked up only
};

struct CausalEvent {
  uint64_t index = 0;  // in its trace
  uint64_t hash = 0;   // of kind, fields, and the place of the cause
  uint32_t site = 0;   // hash of the source line
  uint32_t owner = 0;  // identity of the task, or kLab
  uint32_t ordinal = 0;  // in the owner's sequence
  uint32_t cause = 0;    // 1 + its position in `events`; 0: none
};

struct CausalTrace {
  uint64_t read = 0;  // events of the trace, those not taken included
  std::vector<CausalEvent> events;
  // Of each identity, positions in `events`.
  std::vector<std::vector<uint32_t>> sequences;
  // The tasks that appear, in that order: number in this trace, and identity.
  std::vector<std::pair<uint64_t, uint32_t>> tasks;

  // Empty for an owner that is not in this trace.
  const std::vector<uint32_t>& SequenceOf(uint32_t owner) const;
};

// Reads the events that `filter` takes; without accesses, if they are not to
// be compared because the other trace has none. The error is that of a damaged
// file (what comes before it is in `trace`), or ResourceExhausted beyond
// 2^32 - 2 events.
absl::Status ReadCausalTrace(TraceReader& reader, const EventFilter& filter,
                             const Output& output, Identities& identities,
                             CausalTrace* trace, bool with_accesses = true);

struct CausalDifference {
  uint32_t owner = 0;
  // Both sequences are equal before it; one of them may end there.
  uint32_t ordinal = 0;
};

struct Alignment {
  uint64_t common = 0;  // events in common
  // Of each identity, how many events of its sequence those are.
  std::vector<uint32_t> prefixes;
  std::optional<CausalDifference> first;
  // Of the other identities whose sequences part, those where it follows from
  // no other difference either, as far as the causes tell.
  std::vector<uint32_t> others;
  // The first position at which the traces, read from front to back, have
  // different events. Without `first`: steps that do not depend on each other
  // come in another order.
  std::optional<uint32_t> order_parts;
  // The first position in `a` of an event in common whose source line differs,
  // and that in `b`.
  std::optional<std::pair<uint32_t, uint32_t>> other_site;
};

Alignment Align(const CausalTrace& a, const CausalTrace& b);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_ALIGNMENT_H_
