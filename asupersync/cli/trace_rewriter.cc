#include "asupersync/cli/trace_rewriter.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "asupersync/cli/trace_input.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

size_t TextBytesOf(const ReplayEvent& event) {
  return std::visit(
      [](const auto& e) -> size_t {
        if constexpr (requires { e.text; }) return e.text.size();
        return 0;
      },
      event);
}

// Puts events into blocks.
class BlockBuilder {
 public:
  explicit BlockBuilder(TraceWriter& writer)
      : writer_(writer), bytes_(kBlockBytes) {
    Open();
  }

  // `sites`: all that are defined up to this event.
  absl::Status Add(const EventRecord& record, const std::vector<Site>& sites) {
    while (sites_ < sites.size()) {
      if (absl::Status s = MakeRoom(kSiteRowBytesMax, record); !s.ok()) {
        return s;
      }
      pos_ = EncodeSite(pos_, SiteId(sites_ + 1), sites[sites_]);
      ++sites_;
      ++block_.site_count;
    }
    const size_t bytes = kEventBytesMax + TextBytesOf(record.event);
    if (absl::Status s = MakeRoom(bytes, record); !s.ok()) return s;
    std::visit(
        [&](const auto& event) {
          pos_ = EncodeEvent(pos_, state_, event, record.tick, record.site);
        },
        record.event);
    ++block_.event_count;
    return absl::OkStatus();
  }

  absl::Status Close() {
    if (pos_ == bytes_.data()) return absl::OkStatus();
    block_.payload.assign(reinterpret_cast<const char*>(bytes_.data()),
                          static_cast<size_t>(pos_ - bytes_.data()));
    const absl::Status status = writer_.Append(block_);
    Open();
    return status;
  }

 private:
  // As large as a recorder makes them.
  static constexpr size_t kBlockBytes = 64 << 10;

  void Open() {
    std::fill(bytes_.begin(), bytes_.end(), uint8_t{0});
    pos_ = bytes_.data();
    block_ = TraceBlock();
    is_new_ = true;
  }

  // Of `bytes` for `record`, or for a site that it needs.
  absl::Status MakeRoom(size_t bytes, const EventRecord& record) {
    const auto used = static_cast<size_t>(pos_ - bytes_.data());
    if (bytes_.size() - used < bytes) {
      if (absl::Status s = Close(); !s.ok()) return s;
    }
    if (std::exchange(is_new_, false)) {
      block_.first_event = record.index;
      block_.first_tick = record.tick;
      state_ = RowState();
      state_.tick = record.tick;
    }
    return absl::OkStatus();
  }

  TraceWriter& writer_;
  std::vector<uint8_t> bytes_;
  uint8_t* pos_ = nullptr;
  bool is_new_ = true;
  RowState state_;
  TraceBlock block_;
  uint32_t sites_ = 0;
};

}  // namespace

absl::StatusOr<Rewritten> RewriteTrace(TraceReader& reader,
                                       const TraceWriterOptions& options,
                                       const OutputFile& file,
                                       const Output& output) {
  absl::StatusOr<TraceWriter> writer =
      TraceWriter::Create(file.temporary(), options);
  if (!writer.ok()) return writer.status();
  absl::Status status = writer->Begin(reader.metadata());
  Rewritten rewritten;
  BlockBuilder blocks(*writer);
  if (status.ok()) {
    rewritten.input =
        WalkEvents(reader, output, [&](const EventRecord& record) {
          status = blocks.Add(record, reader.sites());
          ++rewritten.events;
          return status.ok();
        });
  }
  status.Update(blocks.Close());
  if (!status.ok()) return status;
  if (rewritten.input.ok() && !reader.recovered().empty()) {
    rewritten.input = absl::DataLossError(reader.recovered());
  }
  status = writer->End(rewritten.input.ok() ? reader.summary() : std::nullopt,
                       reader.limit());
  if (status.ok()) status = writer->Finish();
  if (!status.ok()) return status;
  return rewritten;
}

}  // namespace asupersync::cli
