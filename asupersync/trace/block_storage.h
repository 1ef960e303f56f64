// BlockStorage is where a Recorder's blocks live: on the heap, or in memory
// that outlives the process.
//
//   std::shared_ptr<BlockStorage> storage = std::make_shared<MyStorage>(...);
//   auto config = RecorderConfig::Enabled().WithStorage(storage);
//
// The recorder calls, in this order and on its thread:
//   Reset  [Restart]  (Open Close (DropOldest)*)*  [Open | End]  Reset ...
// At most one block is open. Nothing is called when an event is recorded: the
// recorder writes rows into the open block by itself (docs/trace_format.md,
// "Block payload"), in such an order that at any instruction the block holds
// whole rows and then a byte of 0, if it was zero when it was opened.
//
// Determinism: must not change what is recorded, except by having no room.
//
// Lifetime: the memory of a block must stay where it is, readable, until
// DropOldest() drops it or Reset() drops all.
#ifndef ASUPERSYNC_TRACE_BLOCK_STORAGE_H_
#define ASUPERSYNC_TRACE_BLOCK_STORAGE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recording_limit.h"

namespace asupersync {

// What is known of a block when it is closed.
struct BlockFacts {
  size_t bytes = 0;  // of rows, from the start of its memory
  uint32_t event_count = 0;
  uint32_t site_count = 0;
};

class BlockStorage {
 public:
  // No block is smaller, so that any event and any site has room in one.
  static constexpr size_t kBytesMin = 20 << 10;
  // What Open() should give.
  static constexpr size_t kBytesUsual = 64 << 10;
  // What a block takes up at most, however much there is.
  static constexpr size_t kBytesMost = 512 << 10;

  virtual ~BlockStorage() = default;

  // About `bytes` of rows will come; make Open() cheap for them.
  virtual void Reserve(size_t bytes) = 0;

  // Memory for a block that begins with event `first_event` after step
  // `first_tick`: at least kBytesMin bytes, of which up to kBytesMost are
  // used; or none at all if there is no room, which ends the recording there.
  virtual absl::Span<uint8_t> Open(uint64_t first_event,
                                   uint64_t first_tick) = 0;

  // The open block is complete. It will be read but not written any more.
  virtual void Close(const BlockFacts& facts) = 0;

  // The oldest block that is closed and was not dropped is no longer needed.
  // There is a younger one. `site_rows` are its definitions of sites, so many,
  // which those that follow may name.
  virtual void DropOldest(absl::string_view site_rows,
                          uint32_t site_count) = 0;

  // Nothing more of this trace comes, although the execution may go on: a limit
  // did `why`, which is neither kNone nor kDropped. No block is open.
  virtual void End(RecordingLimit why);

  // No block is needed any more; another trace begins. An open block was
  // closed before.
  virtual void Reset() = 0;

  // What begins is the trace of an execution that goes on. `metadata` may
  // change until the first Open(), and stays there until the next Reset().
  virtual void Restart(const TraceMetadata& metadata);
};

// Blocks on the heap, used again and again; not zeroed. Gives its memory back
// when it is destroyed.
class HeapBlockStorage : public BlockStorage {
 public:
  void Reserve(size_t bytes) override;
  absl::Span<uint8_t> Open(uint64_t first_event, uint64_t first_tick) override;
  void Close(const BlockFacts& facts) override;
  void DropOldest(absl::string_view site_rows, uint32_t site_count) override;
  void Reset() override;

 private:
  using Chunk = std::unique_ptr<uint8_t[]>;
  std::vector<Chunk> used_;  // in the order of their opening
  std::vector<Chunk> free_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_BLOCK_STORAGE_H_
