#include "asupersync/trace/recorder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/types/span.h"
#include "asupersync/trace/cut_blocks.h"

namespace asupersync {

// A block holds at least one event of any size and what goes before it.
static_assert(kEventTextBytesMax + kEventBytesMax + kSiteRowBytesMax <
              BlockStorage::kBytesMin);

Recorder::Recorder(const RecorderConfig& config) { Reset(config); }

void Recorder::SetFlags() {
  active_ = config_.enabled || observer_ != nullptr;
  limit_ = nullptr;
  if (chunk_end_ == nullptr || observer_ != nullptr) return;
  // The chunk has more bytes than this, but for one clipped by max_bytes.
  if (static_cast<size_t>(chunk_end_ - pos_) <= kEventBytesMax) return;
  limit_ = chunk_end_ - kEventBytesMax;
  if (config_.max_events == 0 ||
      config_.limit_policy == LimitPolicy::kDropOldest) {
    return;
  }
  const uint64_t left = config_.max_events - event_count_;
  if (left < static_cast<uint64_t>(limit_ - pos_)) limit_ = pos_ + left;
}

void Recorder::End(RecordingLimit why) {
  CloseBlock();
  ended_ = true;
  end_event_ = event_count_;
  limit_reached_ = why;
  storage_->End(why);
  if (why != RecordingLimit::kFailed) return;
  status_ = absl::ResourceExhaustedError(absl::StrCat(
      "the recording reached its limit after ", event_count_, " events of ",
      closed_bytes_, " bytes, in step ", tick_,
      "; raise RecorderConfig::WithMaxEvents or WithMaxBytes, or choose "
      "another LimitPolicy"));
}

void Recorder::DropOldBlocks(size_t bytes) {
  const auto must_go = [&](const Block& oldest) {
    const uint64_t behind =
        event_count_ - oldest.first_event - oldest.event_count;
    if (config_.max_events > 0 && behind >= config_.max_events) return true;
    return config_.max_bytes > 0 && closed_bytes_ + bytes > config_.max_bytes;
  };
  while (blocks_.size() > 1 && must_go(blocks_.front())) DropOldestBlock();
}

void Recorder::DropOldestBlock() {
  const uint32_t site_count = blocks_.front().site_count;
  std::string rows;
  std::vector<uint8_t> row(site_count == 0 ? 0 : kSiteRowBytesMax);
  for (uint32_t i = 0; i < site_count; ++i) {
    const SiteId id(++sites_dropped_);
    const uint8_t* const end = EncodeSite(row.data(), id, sites_.View(id));
    rows.append(reinterpret_cast<const char*>(row.data()), end - row.data());
  }
  closed_bytes_ -= blocks_.front().size;
  limit_reached_ = RecordingLimit::kDropped;
  blocks_.erase(blocks_.begin());
  storage_->DropOldest(rows, site_count);
}

size_t Recorder::FlightBlockBytes() const {
  // A few of them make up the limit; an event has about three bytes.
  const auto clamp = [](uint64_t bytes, size_t most) {
    return static_cast<size_t>(
        std::clamp<uint64_t>(bytes, BlockStorage::kBytesMin, most));
  };
  size_t bytes = BlockStorage::kBytesMost;
  if (config_.max_bytes > 0) bytes = clamp(config_.max_bytes / 4, bytes);
  if (config_.max_events > 0) {
    bytes = std::min(bytes,
                     clamp(config_.max_events, BlockStorage::kBytesUsual));
  }
  return bytes;
}

bool Recorder::OpenBlock() {
  size_t most = BlockStorage::kBytesMost;
  if (config_.limit_policy == LimitPolicy::kDropOldest) {
    most = FlightBlockBytes();
    DropOldBlocks(std::min(most, BlockStorage::kBytesUsual));
  } else if (config_.max_bytes > 0) {
    most = std::min(
        most, config_.max_bytes - std::min(config_.max_bytes, closed_bytes_));
  }
  const absl::Span<uint8_t> memory =
      storage_->Open(event_count_, state_.tick);
  if (memory.empty()) return false;
  Block& block = blocks_.emplace_back();
  block.data = memory.data();
  block.first_event = event_count_;
  block.first_tick = state_.tick;
  state_ = RowState();
  state_.tick = block.first_tick;
  pos_ = memory.data();
  chunk_end_ = pos_ + std::min(most, memory.size());
  SetFlags();
  return true;
}

void Recorder::CloseBlock() {
  if (chunk_end_ == nullptr) return;
  blocks_.back() = Snapshot(blocks_.back());
  const Block& block = blocks_.back();
  storage_->Close({block.size, block.event_count, block.site_count});
  closed_bytes_ += block.size;
  pos_ = chunk_end_ = nullptr;
  SetFlags();
}

bool Recorder::MakeBlockRoom(size_t bytes) {
  const auto fits = [&] {
    return chunk_end_ != nullptr &&
           static_cast<size_t>(chunk_end_ - pos_) >= bytes;
  };
  if (fits()) return true;
  CloseBlock();
  if (!OpenBlock()) {
    End(config_.limit_policy == LimitPolicy::kFail ? RecordingLimit::kFailed
                                                   : RecordingLimit::kNoRoom);
    return false;
  }
  if (fits()) return true;
  // Only max_bytes gives a block less room than any event needs.
  End(config_.limit_policy == LimitPolicy::kFail ? RecordingLimit::kFailed
                                                 : RecordingLimit::kStopped);
  return false;
}

bool Recorder::MakeRoom(SiteId site, size_t text_bytes) {
  if (config_.max_events > 0 && event_count_ >= config_.max_events &&
      config_.limit_policy != LimitPolicy::kDropOldest) {
    End(config_.limit_policy == LimitPolicy::kFail ? RecordingLimit::kFailed
                                                   : RecordingLimit::kStopped);
    return false;
  }
  while (sites_written_ < site.AsRaw()) {
    if (!MakeBlockRoom(kSiteRowBytesMax)) return false;
    const SiteId id(++sites_written_);
    pos_ = EncodeSite(pos_, id, sites_.View(id));
    ++blocks_.back().site_count;
  }
  if (!MakeBlockRoom(kEventBytesMax + text_bytes)) return false;
  SetFlags();
  return true;
}

void Recorder::Observe(ReplayEvent event, SiteId site) {
  const EventRecord record{event_count_ - 1, tick_, site, std::move(event)};
  if (!observer_->OnEvent(record)) stop_requested_ = true;
}

size_t Recorder::bytes() const {
  if (chunk_end_ == nullptr) return closed_bytes_;
  return closed_bytes_ + (pos_ - blocks_.back().data);
}

void Recorder::SetObserver(EventObserver* observer) {
  observer_ = observer;
  stop_requested_ = false;
  SetFlags();
}

void Recorder::DropBlocks() {
  CloseBlock();
  storage_->Reset();
  blocks_.clear();
  closed_bytes_ = 0;
  sites_dropped_ = 0;
  ended_ = false;
  limit_reached_ = RecordingLimit::kNone;
  status_ = absl::OkStatus();
}

void Recorder::Configure(const RecorderConfig& config) {
  DropBlocks();
  config_ = config;
  storage_ = config_.storage != nullptr ? config_.storage.get() : &heap_;
  storage_->Reset();
  // Three bytes an event is what schedules and timers come to.
  const size_t bytes =
      3 * std::min(config_.initial_capacity, RecorderConfig::kCapacityMax);
  if (bytes > 0) {
    storage_->Reserve(bytes);
    blocks_.reserve(bytes / BlockStorage::kBytesUsual + 1);
  }
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

void Recorder::NoteWhatIsRecorded(TraceMetadata* metadata) const {
  metadata->rng_recorded = config_.enabled && config_.record_rng;
  metadata->wakers_recorded = config_.enabled && config_.record_wakers;
  metadata->accesses_recorded = config_.enabled && config_.record_accesses;
}

void Recorder::Reset() {
  Start(0);
  sites_.Reset();
  metadata_ = TraceMetadata();
  NoteWhatIsRecorded(&metadata_);
  stop_requested_ = false;
  SetFlags();
}

void Recorder::Reset(const RecorderConfig& config) {
  Configure(config);
  Reset();
}

void Recorder::EnableRecording(const RecorderConfig& config, uint64_t tick,
                               uint64_t certificate) {
  RecorderConfig enabled = config;
  enabled.enabled = true;
  Configure(enabled);
  Start(tick);
  metadata_.start_tick = tick;
  metadata_.start_certificate = certificate;
  NoteWhatIsRecorded(&metadata_);
  storage_->Restart(metadata_);
  SetFlags();
}

ReplayTrace Recorder::TakeTrace(uint64_t certificate, uint64_t fingerprint) {
  CloseBlock();
  ReplayTrace trace = CopyTrace(certificate, fingerprint);
  Start(tick_);
  metadata_.start_tick = tick_;
  metadata_.start_certificate = certificate;
  storage_->Restart(metadata_);
  return trace;
}

Recorder::Block Recorder::Snapshot(const Block& block) const {
  Block result = block;
  // Of an open block neither is known before it is closed.
  if (chunk_end_ != nullptr && &block == &blocks_.back()) {
    result.size = static_cast<size_t>(pos_ - block.data);
    result.event_count =
        static_cast<uint32_t>(event_count_ - block.first_event);
  }
  return result;
}

uint64_t Recorder::FirstKept() const {
  if (config_.limit_policy != LimitPolicy::kDropOldest || blocks_.empty()) {
    return 0;
  }
  const uint64_t first = blocks_.front().first_event;
  if (config_.max_events == 0 || event_count_ < config_.max_events) {
    return first;
  }
  return std::max(first, event_count_ - config_.max_events);
}

std::vector<TraceBlock> Recorder::CopyBlocks(TraceMetadata* metadata) const {
  std::vector<TraceBlock> blocks;
  blocks.reserve(blocks_.size());
  for (const Block& stored : blocks_) {
    const Block block = Snapshot(stored);
    blocks.push_back({block.first_event, block.first_tick, block.event_count,
                      block.site_count,
                      std::string(reinterpret_cast<const char*>(block.data),
                                  block.size)});
  }
  const uint64_t first = FirstKept();
  if (first == 0) return blocks;
  std::vector<Site> dropped = sites_.Sites();
  dropped.resize(sites_dropped_);
  return CutBlocks(std::move(blocks), first, std::move(dropped), metadata);
}

ReplayTrace Recorder::CopyTrace(uint64_t certificate,
                                uint64_t fingerprint) const {
  TraceMetadata metadata = metadata_;
  NoteWhatIsRecorded(&metadata);
  std::vector<TraceBlock> blocks = CopyBlocks(&metadata);
  std::vector<Site> sites = sites_.Sites();
  sites.resize(sites_written_);  // others are in no event
  TraceSummary summary{event_count_, tick_, certificate, fingerprint,
                       limit_reached_, metadata.first_event};
  if (metadata.first_event > 0) summary.limit = RecordingLimit::kDropped;
  if (ended_) {
    summary.event_count = end_event_;
    summary.events_lost += event_count_ - end_event_;
  }
  return ReplayTrace(std::move(metadata), std::move(sites), std::move(blocks),
                     summary, "");
}

}  // namespace asupersync
