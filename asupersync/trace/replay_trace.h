// ReplayTrace is one recorded execution in memory: metadata, sites and events.
//
//   for (const EventRecord& record : trace.events()) {
//     std::cout << record << " at " << trace.site(record.site) << "\n";
//   }
//
// Determinism: a value. Equal traces have equal bytes (operator==).
//
// Lifetime: copies share the events, which never change. An iterator must not
// outlive its trace; a reference to a record lasts until the iterator moves.
//
// Invariants:
// 1. Blocks follow each other without gaps: the first event of one is that of
//    the one before plus its number of events. The first begins at event 0, or
//    later if a flight recorder dropped what was before.
// 2. Every block decodes without error. The recorder makes only such blocks,
//    and the file reader checks before it builds a trace.
#ifndef ASUPERSYNC_TRACE_REPLAY_TRACE_H_
#define ASUPERSYNC_TRACE_REPLAY_TRACE_H_

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recording_limit.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// Events as the recorder wrote them and as a file holds them.
struct TraceBlock {
  uint64_t first_event = 0;
  uint64_t first_tick = 0;
  uint32_t event_count = 0;
  uint32_t site_count = 0;  // definitions in the payload
  std::string payload;
  friend bool operator==(const TraceBlock&, const TraceBlock&) = default;
};

// What an execution ended with.
struct TraceSummary {
  // One more than the index of the last event in the trace.
  uint64_t event_count = 0;
  // The last step of the execution; with it, its certificate and fingerprint.
  uint64_t end_tick = 0;
  uint64_t certificate = 0;
  uint64_t fingerprint = 0;
  RecordingLimit limit = RecordingLimit::kNone;
  // Events that happened and are not in the trace because of the limit.
  uint64_t events_lost = 0;
  friend bool operator==(const TraceSummary&, const TraceSummary&) = default;
};
// "120 events, 35 steps, certificate 0x..., fingerprint 0x...".
std::ostream& operator<<(std::ostream& out, const TraceSummary& summary);

class ReplayTrace {
 public:
  class Iterator {
   public:
    using iterator_category = std::forward_iterator_tag;
    using value_type = EventRecord;
    using difference_type = std::ptrdiff_t;
    using pointer = const EventRecord*;
    using reference = const EventRecord&;

    Iterator() = default;
    reference operator*() const { return record_; }
    pointer operator->() const { return &record_; }
    Iterator& operator++() {
      Advance();
      return *this;
    }
    Iterator operator++(int) {
      Iterator before = *this;
      Advance();
      return before;
    }
    // Of iterators of one trace.
    friend bool operator==(const Iterator& a, const Iterator& b) {
      return a.next_ == b.next_;
    }

   private:
    friend class ReplayTrace;
    void Advance();

    const std::vector<TraceBlock>* blocks_ = nullptr;
    size_t block_ = 0;   // the one that rows_ reads
    uint64_t next_ = 0;  // 1 + index of record_; 0 = at the end
    RowDecoder rows_;
    EventRecord record_;
  };

  class Range {
   public:
    Iterator begin() const { return begin_; }
    Iterator end() const { return Iterator(); }

   private:
    friend class ReplayTrace;
    Iterator begin_;
  };

  // No events; complete, with a summary of zeros.
  ReplayTrace();
  // REQUIRES: the invariants above; sites define all that blocks name. Without
  // a summary the trace is a recovered prefix, `recovered` says why, and
  // `limit` whether it was the recording itself that ended there.
  ReplayTrace(TraceMetadata metadata, std::vector<Site> sites,
              std::vector<TraceBlock> blocks,
              std::optional<TraceSummary> summary, std::string recovered,
              RecordingLimit limit = RecordingLimit::kNone);

  const TraceMetadata& metadata() const { return metadata_; }

  // Number of events.
  size_t size() const { return end_index_ - first_index_; }
  bool empty() const { return size() == 0; }
  // The index of the first event: 0, but for a flight recorder's trace, which
  // keeps the indices that the events had in the execution.
  uint64_t first_index() const { return first_index_; }
  // One more than the index of the last event.
  uint64_t end_index() const { return end_index_; }

  // All events in order. Decodes as the iterator moves, a few ns each.
  Range events() const { return From(0); }
  // Events from `index` on, or from first_index() if that is greater; none if
  // index >= end_index(). Decodes at most one block's events before it.
  Range From(uint64_t index) const;
  // The event at `index`, or nullopt if there is none. As costly as From().
  std::optional<EventRecord> At(uint64_t index) const;

  // The location with this id; the unknown site if there is none.
  const Site& site(SiteId id) const;
  const std::vector<Site>& sites() const { return sites_; }
  const std::vector<TraceBlock>& blocks() const { return *blocks_; }

  // False if the writer died before the end: the events are a prefix.
  bool complete() const { return summary_.has_value(); }
  // What the execution ended with; nullopt if !complete().
  const std::optional<TraceSummary>& summary() const { return summary_; }
  // What a limit of the recording did, also if !complete().
  RecordingLimit limit() const {
    if (complete()) return summary_->limit;
    const bool dropped = limit_ == RecordingLimit::kNone && first_index() > 0;
    return dropped ? RecordingLimit::kDropped : limit_;
  }
  // If !complete(): one line that says what was recovered and why not all.
  const std::string& recovered() const { return recovered_; }

  friend bool operator==(const ReplayTrace& a, const ReplayTrace& b);

 private:
  TraceMetadata metadata_;
  std::vector<Site> sites_;
  std::shared_ptr<const std::vector<TraceBlock>> blocks_;
  std::optional<TraceSummary> summary_;
  std::string recovered_;
  RecordingLimit limit_ = RecordingLimit::kNone;  // without a summary
  uint64_t first_index_ = 0;
  uint64_t end_index_ = 0;
};

// One line: the test, the seed, and what it ended with or that it is a prefix.
std::ostream& operator<<(std::ostream& out, const ReplayTrace& trace);

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_REPLAY_TRACE_H_
