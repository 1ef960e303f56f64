// MappedTraceFile is a trace file that exists while the execution runs: its
// blocks are a shared mapping of the file, so what was recorded is in the file
// when the process dies, however it dies.
//
//   absl::StatusOr<std::shared_ptr<MappedTraceFile>> file =
//       MappedTraceFile::Create(path, [](const absl::Status& s) { Warn(s); });
//   if (!file.ok()) return file.status();
//   Recorder recorder(RecorderConfig::Enabled().WithStorage(*file));
//   absl::Status begun = (*file)->Begin(metadata);   // before the first event
//   ...record...
//
// The file is a plain trace (docs/trace_format.md): header, metadata, closed
// blocks, one open block, then zeros. There is no footer: whoever ends the
// execution in good order writes the whole trace with TraceWriter.
//
// One file serves many executions, one after the other: Begin() starts at the
// beginning again and zeroes what was written, no more. It creates, truncates
// and maps nothing.
//
// A file that cannot grow (a full disk, a quota, RLIMIT_FSIZE, no memory for a
// mapping) is no error of the recording, which goes on in memory; the file
// keeps what it has. Room is made with posix_fallocate() before it is mapped,
// so a store never meets a full disk. Nothing is ever synchronized to the
// disk: the file is safe from the process's death, not from the machine's.
//
// Determinism: what is recorded does not depend on where it is kept.
//
// Lifetime: the file stays when the object is destroyed; it is for the owner to
// remove. In a child made by fork() the mapping becomes a private copy: the
// child's events are not the parent's.
//
// Invariants:
// 1. From the end of the first Begin() on, at any instruction, the file is
//    readable by TraceReader as a prefix of the execution that Begin() was
//    last called for, or, during Begin(), of the one before.
// 2. The process holds an exclusive flock() on the file until it is destroyed
//    or the process dies.
// 3. Bytes from written_ on are zero.
#ifndef ASUPERSYNC_REPLAY_MAPPED_TRACE_FILE_H_
#define ASUPERSYNC_REPLAY_MAPPED_TRACE_FILE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "asupersync/trace/block_storage.h"
#include "asupersync/trace/metadata.h"

namespace asupersync {

class MappedTraceFile final : public BlockStorage {
 public:
  // Called, once in the life of the file, when it cannot grow.
  using OnFull = std::function<void(const absl::Status& why)>;

  // Opens or creates the file and locks it; the first Begin() empties it.
  // ResourceExhausted if another process holds the lock; else the operating
  // system's error, with the path.
  static absl::StatusOr<std::shared_ptr<MappedTraceFile>> Create(
      const std::string& path, OnFull on_full);

  MappedTraceFile(const MappedTraceFile&) = delete;
  MappedTraceFile& operator=(const MappedTraceFile&) = delete;
  ~MappedTraceFile() override;

  // The trace of another execution begins, with this metadata; the file has
  // its header and no event when this returns. The blocks that are opened next,
  // up to the next Reset(), go to the file; later ones to the heap, until
  // Begin() is called again: so an execution whose trace was taken stays in
  // the file for as long as no other one begins. O(bytes of the last one).
  // An error means that there is no room even for that; recording goes on.
  // REQUIRES: no block is open.
  absl::Status Begin(const TraceMetadata& metadata);

  // Bytes of the file that hold the trace.
  uint64_t written() const { return written_; }
  // Bytes that are allocated on the disk.
  uint64_t allocated() const { return allocated_; }

  void Reserve(size_t bytes) override;
  absl::Span<uint8_t> Open(uint64_t first_event, uint64_t first_tick) override;
  void Close(const BlockFacts& facts) override;
  // The file keeps the block.
  void DropOldest() override;
  void Reset() override;

  // In the child of a fork; called for every file of the process.
  void BecomePrivate();

 private:
  struct Segment {
    uint64_t begin = 0;  // in the file, a multiple of the page size
    uint64_t end = 0;
    uint8_t* memory = nullptr;
  };

  MappedTraceFile(std::string path, int fd, OnFull on_full);

  // Memory for a block at this place of the file, mapping more if need be;
  // null: there is no room. Each segment begins a block before the end of the
  // one before, so that every block, wherever it begins, lies in one.
  uint8_t* Place(uint64_t offset);
  // One more, that ends at least there; if there is room, further on.
  absl::Status MapSegment(uint64_t least_end);
  absl::Status Allocate(uint64_t end);
  void Zero(uint64_t begin, uint64_t end);
  void FailToGrow(const absl::Status& why);

  const std::string path_;
  int fd_;
  OnFull on_full_;  // null once it was called
  std::vector<Segment> segments_;
  size_t segment_ = 0;  // the one that Place() found last
  uint64_t allocated_ = 0;
  uint64_t written_ = 0;
  uint64_t sections_begin_ = 0;  // header and metadata end there

  bool begun_ = false;        // blocks go to the file
  uint8_t* open_ = nullptr;   // the header of the open block, in the file
  size_t file_blocks_ = 0;    // that were not dropped
  HeapBlockStorage heap_;     // blocks that are not in the file
};

// Whether another process, or another object of this one, holds the lock.
// False if there is no such file.
bool IsTraceFileInUse(const std::string& path);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_MAPPED_TRACE_FILE_H_
