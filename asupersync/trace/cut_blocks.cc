#include "asupersync/trace/cut_blocks.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <string>
#include <utility>
#include <variant>

#include "asupersync/trace/event.h"
#include "asupersync/trace/event_codec.h"

namespace asupersync {
namespace {

constexpr size_t kSiteBlockBytes = 64 << 10;

// Blocks without events that define `sites`, from 1 on.
std::vector<TraceBlock> SiteBlocks(const std::vector<Site>& sites,
                                   uint64_t first_event, uint64_t first_tick) {
  std::vector<TraceBlock> blocks;
  std::vector<uint8_t> row(kSiteRowBytesMax);
  for (size_t i = 0; i < sites.size(); ++i) {
    if (blocks.empty() || blocks.back().payload.size() > kSiteBlockBytes) {
      blocks.push_back({first_event, first_tick, 0, 0, ""});
    }
    const uint8_t* end = EncodeSite(
        row.data(), SiteId(static_cast<uint32_t>(i + 1)), sites[i]);
    blocks.back().payload.append(reinterpret_cast<const char*>(row.data()),
                                 end - row.data());
    ++blocks.back().site_count;
  }
  return blocks;
}

void AppendEvent(const EventRecord& record, RowState& state,
                 TraceBlock& block) {
  uint8_t row[kEventBytesMax + kEventTextBytesMax];
  const uint8_t* end = std::visit(
      [&](const auto& event) {
        return EncodeEvent(row, state, event, record.tick, record.site);
      },
      record.event);
  block.payload.append(reinterpret_cast<const char*>(row), end - row);
  ++block.event_count;
}

}  // namespace

std::vector<TraceBlock> CutBlocks(std::vector<TraceBlock> blocks,
                                  uint64_t first, std::vector<Site> sites,
                                  TraceMetadata* metadata) {
  const auto cut = std::find_if(
      blocks.begin(), blocks.end(), [&](const TraceBlock& block) {
        return block.first_event + block.event_count > first;
      });
  TraceBlock begun;
  begun.first_event = first;
  RowState state;
  for (auto block = blocks.begin(); block <= cut; ++block) {
    RowDecoder rows(block->payload, block->first_tick, block->first_event,
                    static_cast<uint32_t>(sites.size()));
    EventRecord record;
    while (rows.Next(&record)) {
      if (record.index < first) continue;
      if (record.index == first) {
        const bool begins_step =
            std::holds_alternative<TaskScheduled>(record.event);
        begun.first_tick = state.tick = record.tick - begins_step;
      }
      AppendEvent(record, state, begun);
    }
    sites.insert(sites.end(), rows.new_sites().begin(),
                 rows.new_sites().end());
  }
  metadata->first_event = first;
  metadata->start_tick = begun.first_tick;
  metadata->start_certificate = 0;
  std::vector<TraceBlock> result = SiteBlocks(sites, first, begun.first_tick);
  result.push_back(std::move(begun));
  std::move(cut + 1, blocks.end(), std::back_inserter(result));
  return result;
}

}  // namespace asupersync
