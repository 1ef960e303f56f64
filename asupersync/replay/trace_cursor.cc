#include "asupersync/replay/trace_cursor.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "asupersync/trace/event_codec.h"

namespace asupersync {
namespace {

class MemoryCursor final : public TraceCursor {
 public:
  explicit MemoryCursor(ReplayTrace trace)
      : trace_(std::move(trace)), next_(trace_.events().begin()) {}

  const TraceMetadata& metadata() const override { return trace_.metadata(); }
  uint64_t first_index() const override { return trace_.first_index(); }
  uint64_t end_index() const override { return trace_.end_index(); }
  bool complete() const override { return trace_.complete(); }
  const EventRecord* Get() const override {
    return next_ == trace_.events().end() ? nullptr : &*next_;
  }
  void Pass() override { ++next_; }
  absl::Status Seek(uint64_t index) override {
    next_ = trace_.From(index).begin();
    return absl::OkStatus();
  }
  const absl::Status& status() const override { return status_; }
  Site site(SiteId id) const override { return trace_.site(id); }
  // Copies share the events.
  ReplayTrace Window(uint64_t, uint64_t) override { return trace_; }

 private:
  ReplayTrace trace_;
  ReplayTrace::Iterator next_;
  absl::Status status_;
};

class FileCursor final : public TraceCursor {
 public:
  explicit FileCursor(TraceReader reader) : reader_(std::move(reader)) {
    first_index_ = end_index_ = reader_.metadata().first_event;
    const absl::StatusOr<uint64_t> end = reader_.EndIndex();
    status_ = end.status();
    if (!end.ok()) return;
    complete_ = reader_.has_footer();
    end_index_ = std::max(*end, first_index_);
    Seek(first_index_).IgnoreError();  // it is in status()
  }

  const TraceMetadata& metadata() const override { return reader_.metadata(); }
  uint64_t first_index() const override { return first_index_; }
  uint64_t end_index() const override { return end_index_; }
  bool complete() const override { return complete_; }
  const EventRecord* Get() const override {
    if (!status_.ok() || !next_.has_value()) return nullptr;
    if (*next_ == std::default_sentinel) return nullptr;
    return &***next_;
  }
  void Pass() override {
    ++*next_;
    Look();
  }
  absl::Status Seek(uint64_t index) override {
    next_.reset();
    const absl::StatusOr<TraceReader::Range> range = reader_.Seek(index);
    status_ = range.status();
    if (range.ok()) next_ = range->begin();
    Look();
    return status_;
  }
  const absl::Status& status() const override { return status_; }
  Site site(SiteId id) const override { return reader_.site(id); }
  ReplayTrace Window(uint64_t begin, uint64_t end) override;

 private:
  // Takes the error that is the reader's last element.
  void Look() {
    if (next_.has_value() && *next_ != std::default_sentinel &&
        !(*next_)->ok()) {
      status_ = (*next_)->status();
    }
  }

  TraceReader reader_;
  uint64_t first_index_ = 0;
  uint64_t end_index_ = 0;
  bool complete_ = false;
  std::optional<TraceReader::Iterator> next_;
  absl::Status status_;
};

ReplayTrace FileCursor::Window(uint64_t begin, uint64_t end) {
  const EventRecord* here = Get();
  const uint64_t index = here != nullptr ? here->index : end_index_;
  TraceBlock block;
  RowState state;
  std::vector<uint8_t> row(kEventBytesMax + kEventTextBytesMax);
  Seek(std::clamp(begin, first_index_, end_index_)).IgnoreError();
  for (; const EventRecord* record = Get(); Pass()) {
    if (record->index >= end) break;
    if (block.event_count == 0) {
      block.first_event = record->index;
      block.first_tick = state.tick =
          record->tick - std::holds_alternative<TaskScheduled>(record->event);
    }
    const uint8_t* row_end = std::visit(
        [&](const auto& event) {
          return EncodeEvent(row.data(), state, event, record->tick,
                             record->site);
        },
        record->event);
    block.payload.append(reinterpret_cast<const char*>(row.data()),
                         row_end - row.data());
    ++block.event_count;
  }
  std::vector<Site> sites = reader_.sites();
  Seek(index).IgnoreError();  // it is in status()
  std::vector<TraceBlock> blocks;
  if (block.event_count > 0) blocks.push_back(std::move(block));
  return ReplayTrace(reader_.metadata(), std::move(sites), std::move(blocks),
                     std::nullopt, "a window of a longer trace");
}

}  // namespace

std::unique_ptr<TraceCursor> CursorOf(ReplayTrace trace) {
  return std::make_unique<MemoryCursor>(std::move(trace));
}

std::unique_ptr<TraceCursor> CursorOf(TraceReader reader) {
  return std::make_unique<FileCursor>(std::move(reader));
}

}  // namespace asupersync
