#include "asupersync/trace/replay_trace.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"

namespace asupersync {

ReplayTrace::ReplayTrace()
    : ReplayTrace(TraceMetadata(), {}, {}, TraceSummary(), "") {}

ReplayTrace::ReplayTrace(TraceMetadata metadata, std::vector<Site> sites,
                         std::vector<TraceBlock> blocks,
                         std::optional<TraceSummary> summary,
                         std::string recovered, RecordingLimit limit)
    : metadata_(std::move(metadata)),
      sites_(std::move(sites)),
      blocks_(
          std::make_shared<const std::vector<TraceBlock>>(std::move(blocks))),
      summary_(std::move(summary)),
      recovered_(std::move(recovered)),
      limit_(limit) {
  if (!blocks_->empty()) {
    first_index_ = blocks_->front().first_event;
    end_index_ = blocks_->back().first_event + blocks_->back().event_count;
  }
}

void ReplayTrace::Iterator::Advance() {
  while (true) {
    if (rows_.Next(&record_)) {
      next_ = record_.index + 1;
      return;
    }
    if (block_ + 1 >= blocks_->size()) {
      next_ = 0;
      return;
    }
    const TraceBlock& block = (*blocks_)[++block_];
    rows_ = RowDecoder(block.payload, block.first_tick, block.first_event);
  }
}

ReplayTrace::Range ReplayTrace::From(uint64_t index) const {
  Range range;
  if (index >= end_index_) return range;
  index = std::max(index, first_index_);
  const std::vector<TraceBlock>& blocks = *blocks_;
  // The last block that does not begin after `index`.
  const auto after = std::upper_bound(
      blocks.begin(), blocks.end(), index,
      [](uint64_t i, const TraceBlock& b) { return i < b.first_event; });
  Iterator& it = range.begin_;
  it.blocks_ = &blocks;
  it.block_ = static_cast<size_t>(after - blocks.begin()) - 1;
  const TraceBlock& block = blocks[it.block_];
  it.rows_ = RowDecoder(block.payload, block.first_tick, block.first_event);
  do {
    it.Advance();
  } while (it.next_ != 0 && it.record_.index < index);
  return range;
}

std::optional<EventRecord> ReplayTrace::At(uint64_t index) const {
  if (index < first_index_) return std::nullopt;
  const Range range = From(index);
  if (range.begin() == range.end()) return std::nullopt;
  return *range.begin();
}

const Site& ReplayTrace::site(SiteId id) const {
  static const Site* const unknown = new Site();
  if (!id.IsValid() || id.AsRaw() > sites_.size()) return *unknown;
  return sites_[id.AsRaw() - 1];
}

bool operator==(const ReplayTrace& a, const ReplayTrace& b) {
  return a.metadata_ == b.metadata_ && a.sites_ == b.sites_ &&
         *a.blocks_ == *b.blocks_ && a.summary_ == b.summary_ &&
         a.limit() == b.limit();
}

std::ostream& operator<<(std::ostream& out, const TraceSummary& summary) {
  out << absl::StrFormat(
      "%d events, %d steps, certificate 0x%016x, fingerprint 0x%016x",
      summary.event_count, summary.end_tick, summary.certificate,
      summary.fingerprint);
  if (summary.limit == RecordingLimit::kNone) return out;
  return out << "; the recording " << ToString(summary.limit) << ", "
             << summary.events_lost << " events are not in the trace";
}

std::ostream& operator<<(std::ostream& out, const ReplayTrace& trace) {
  out << "trace of ";
  if (!trace.metadata().test_id.empty()) {
    out << trace.metadata().test_id << ", ";
  }
  out << absl::StrFormat("seed 0x%x: ", trace.metadata().seed);
  if (trace.complete()) return out << *trace.summary();
  return out << (trace.first_index() == 0 ? "the first " : "")
             << trace.size() << " events"
             << (trace.first_index() == 0
                     ? ""
                     : absl::StrFormat(" from #%d on", trace.first_index()))
             << " ("
             << trace.recovered() << ")";
}

}  // namespace asupersync
