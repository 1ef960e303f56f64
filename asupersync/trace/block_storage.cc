#include "asupersync/trace/block_storage.h"

#include <utility>

namespace asupersync {

void BlockStorage::End(RecordingLimit) {}

void BlockStorage::Restart(const TraceMetadata&) {}

void HeapBlockStorage::Reserve(size_t bytes) {
  const size_t chunks = bytes / kBytesUsual + 1;
  used_.reserve(chunks);
  free_.reserve(chunks);
  while (used_.size() + free_.size() < chunks) {
    free_.push_back(Chunk(new uint8_t[kBytesUsual]));
  }
}

absl::Span<uint8_t> HeapBlockStorage::Open(uint64_t, uint64_t) {
  if (free_.empty()) {
    used_.push_back(Chunk(new uint8_t[kBytesUsual]));
  } else {
    used_.push_back(std::move(free_.back()));
    free_.pop_back();
  }
  return {used_.back().get(), kBytesUsual};
}

void HeapBlockStorage::Close(const BlockFacts&) {}

void HeapBlockStorage::DropOldest(absl::string_view, uint32_t) {
  free_.push_back(std::move(used_.front()));
  used_.erase(used_.begin());
}

void HeapBlockStorage::Reset() {
  for (Chunk& chunk : used_) free_.push_back(std::move(chunk));
  used_.clear();
}

}  // namespace asupersync
