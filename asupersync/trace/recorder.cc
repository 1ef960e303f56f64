#include "asupersync/trace/recorder.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace asupersync {

// A chunk holds at least one event of any size and what goes before it.
static_assert(kEventTextBytesMax + kEventBytesMax + kSiteRowBytesMax <
              (64 << 10));

Recorder::Recorder(const RecorderConfig& config) { Reset(config); }

void Recorder::SetFlags() {
  active_ = config_.enabled || observer_ != nullptr;
  limit_ = chunk_end_ != nullptr && observer_ == nullptr
               ? chunk_end_ - kEventBytesMax
               : nullptr;
}

void Recorder::OpenBlock() {
  Block& block = blocks_.emplace_back();
  if (free_chunks_.empty()) {
    // Not zeroed: only bytes that were written are ever read.
    block.chunk = Chunk(new uint8_t[kChunkBytes]);
  } else {
    block.chunk = std::move(free_chunks_.back());
    free_chunks_.pop_back();
  }
  block.first_event = event_count_;
  block.first_tick = state_.tick;
  state_ = RowState();
  state_.tick = block.first_tick;
  pos_ = block.chunk.get();
  chunk_end_ = pos_ + kChunkBytes;
  SetFlags();
}

void Recorder::CloseBlock() {
  if (chunk_end_ == nullptr) return;
  Block& block = blocks_.back();
  block.size = static_cast<size_t>(pos_ - block.chunk.get());
  block.event_count = static_cast<uint32_t>(event_count_ - block.first_event);
  closed_bytes_ += block.size;
  pos_ = chunk_end_ = nullptr;
  SetFlags();
}

void Recorder::MakeRoom(SiteId site, size_t text_bytes) {
  while (sites_written_ < site.AsRaw()) {
    if (chunk_end_ == nullptr ||
        static_cast<size_t>(chunk_end_ - pos_) < kSiteRowBytesMax) {
      CloseBlock();
      OpenBlock();
    }
    const SiteId id(++sites_written_);
    pos_ = EncodeSite(pos_, id, sites_.Get(id));
    ++blocks_.back().site_count;
  }
  if (chunk_end_ == nullptr ||
      static_cast<size_t>(chunk_end_ - pos_) < kEventBytesMax + text_bytes) {
    CloseBlock();
    OpenBlock();
  }
}

void Recorder::Observe(ReplayEvent event, SiteId site) {
  const EventRecord record{event_count_ - 1, tick_, site, std::move(event)};
  if (!observer_->OnEvent(record)) stop_requested_ = true;
}

size_t Recorder::bytes() const {
  if (chunk_end_ == nullptr) return closed_bytes_;
  return closed_bytes_ + (pos_ - blocks_.back().chunk.get());
}

void Recorder::SetObserver(EventObserver* observer) {
  observer_ = observer;
  stop_requested_ = false;
  SetFlags();
}

void Recorder::DropBlocks() {
  CloseBlock();
  for (Block& block : blocks_) free_chunks_.push_back(std::move(block.chunk));
  blocks_.clear();
  closed_bytes_ = 0;
}

// An empty trace that begins after step `tick`.
void Recorder::Start(uint64_t tick) {
  DropBlocks();
  event_count_ = 0;
  sites_written_ = 0;
  tick_ = tick;
  state_ = RowState();
  state_.tick = tick;
}

void Recorder::Reset() {
  Start(0);
  sites_.Reset();
  metadata_ = TraceMetadata();
  stop_requested_ = false;
  SetFlags();
}

void Recorder::Reset(const RecorderConfig& config) {
  config_ = config;
  Reset();
  if (!config.enabled) return;
  // Three bytes an event is what schedules and timers come to.
  const size_t chunks = (3 * config.initial_capacity) / kChunkBytes + 1;
  blocks_.reserve(chunks);
  while (free_chunks_.size() < chunks) {
    free_chunks_.push_back(Chunk(new uint8_t[kChunkBytes]));
  }
}

void Recorder::EnableRecording(const RecorderConfig& config, uint64_t tick,
                               uint64_t certificate) {
  config_ = config;
  config_.enabled = true;
  Start(tick);
  metadata_.start_tick = tick;
  metadata_.start_certificate = certificate;
  SetFlags();
}

ReplayTrace Recorder::TakeTrace(uint64_t certificate, uint64_t fingerprint) {
  CloseBlock();
  ReplayTrace trace = CopyTrace(certificate, fingerprint);
  Start(tick_);
  metadata_.start_tick = tick_;
  metadata_.start_certificate = certificate;
  return trace;
}

ReplayTrace Recorder::CopyTrace(uint64_t certificate,
                                uint64_t fingerprint) const {
  std::vector<TraceBlock> blocks;
  blocks.reserve(blocks_.size());
  for (const Block& block : blocks_) {
    // Of an open block neither is known before it is closed.
    const bool open = chunk_end_ != nullptr && &block == &blocks_.back();
    const size_t size =
        open ? static_cast<size_t>(pos_ - block.chunk.get()) : block.size;
    const auto events =
        open ? static_cast<uint32_t>(event_count_ - block.first_event)
             : block.event_count;
    blocks.push_back(
        {block.first_event, block.first_tick, events, block.site_count,
         std::string(reinterpret_cast<const char*>(block.chunk.get()),
                     size)});
  }
  TraceMetadata metadata = metadata_;
  metadata.rng_recorded = config_.enabled && config_.record_rng;
  metadata.wakers_recorded = config_.enabled && config_.record_wakers;
  metadata.accesses_recorded = config_.enabled && config_.record_accesses;
  std::vector<Site> sites = sites_.Sites();
  sites.resize(sites_written_);  // others are in no event
  return ReplayTrace(
      std::move(metadata), std::move(sites), std::move(blocks),
      TraceSummary{event_count_, tick_, certificate, fingerprint}, "");
}

}  // namespace asupersync
