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
// A flight recorder's blocks (LimitPolicy::kDropOldest) leave the file, too. As
// soon as the recorder has dropped a block, and again each time that it has
// dropped all blocks that were there then, the others are copied to a second
// file, the spare, which takes the name of the first, and the first is the
// spare from then on. So at any instruction the name leads to a plain trace
// with every event that the recorder has, and before these at most as many as
// its limit and one block; each block is copied once at most, in about 6 us.
// Where the file system cannot exchange two names, the spare is made anew each
// time, which takes some 100 us more.
//
// A file that cannot grow (a full disk, a quota, RLIMIT_FSIZE, no memory for a
// mapping) is no error of the recording, which goes on in memory; the file
// keeps what it has, and a mark that it is not all. A full disk is met before a
// store, never by one.
//
// Determinism: what is recorded does not depend on where it is kept.
//
// Lifetime: the file stays when the object is destroyed; it is for the owner to
// remove. The spare goes with the object, or with RemoveSpare(). In a child
// made by fork() the mapping becomes a private copy: the child's events are not
// the parent's.
//
// Invariants:
// 1. From the end of the first Begin() on, at any instruction, the file is
//    readable by TraceReader as a prefix of the execution that Begin() was
//    last called for, or, during Begin(), of the one before; of a flight
//    recorder's as the end of such a prefix.
// 2. The process holds an exclusive flock() on the file that has the name until
//    this is destroyed or the process dies.
// 3. Bytes of the file from `written` on are zero.
// 4. live_begin_ is where the oldest block stands that was not dropped; the
//    spare has memory of blocks that were not dropped only while live_begin_ is
//    before copies_end_.
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
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "asupersync/replay/mapped_file.h"
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
  // Begin() or Restart() is called: so an execution whose trace was taken stays
  // in the file for as long as no other one begins. O(bytes of the last one).
  // An error means that there is no room even for that; recording goes on.
  // REQUIRES: no block is open.
  absl::Status Begin(const TraceMetadata& metadata);

  // The execution is over: what it still records is no trace to be kept, and
  // Restart() does nothing, until Begin() is called again. The block that is
  // open stays so in the file, also when it is closed.
  void Keep() { keeps_ = true; }

  // Removes the second file of a flight recorder, if there is one.
  void RemoveSpare();

  // Bytes of the file that hold the trace.
  uint64_t written() const { return current().written; }
  // Bytes that are allocated on the disk, for the spare as well.
  uint64_t allocated() const {
    return files_[0].file.allocated() + files_[1].file.allocated();
  }

  void Reserve(size_t bytes) override;
  absl::Span<uint8_t> Open(uint64_t first_event, uint64_t first_tick) override;
  void Close(const BlockFacts& facts) override;
  void DropOldest(absl::string_view site_rows, uint32_t site_count) override;
  // Marks the end of the trace in the file.
  void End(RecordingLimit why) override;
  void Reset() override;
  // The next block that is opened begins the file anew, as Begin() does it.
  void Restart(const TraceMetadata& metadata) override;

  // In the child of a fork; called for every file of the process.
  void BecomePrivate();
  // Whether this is such a child.
  bool is_private() const { return is_private_; }

 private:
  // A file with a trace.
  struct Generation {
    explicit Generation(const std::string& path);
    MappedFile file;
    bool has_name = false;
    uint64_t sections_begin = 0;  // header and metadata end there
    uint64_t written = 0;
  };
  struct SiteRows {
    std::string rows;
    uint32_t count = 0;
  };

  MappedTraceFile(std::string path, OnFull on_full);

  Generation& current() { return files_[current_]; }
  const Generation& current() const { return files_[current_]; }
  Generation& spare() { return files_[1 - current_]; }

  // Makes it a trace without events.
  static absl::Status Start(absl::string_view header,
                            Generation& generation);
  absl::Status Start(const TraceMetadata& metadata);
  // The file up to the first section. Most executions differ from the one
  // before in their seeds alone, which are then put into its header.
  const std::string& HeaderOf(const TraceMetadata& metadata);
  // See "A flight recorder's blocks" above.
  bool MustMove() const;
  absl::Status MoveToSpare();
  absl::Status FillSpare();
  absl::Status OpenSpare();
  absl::Status TakeName();
  // A block without events, with the sites of blocks that were dropped.
  absl::Status AppendSites(const SiteRows& sites, uint64_t first_event,
                           uint64_t first_tick);
  void FailToGrow(const absl::Status& why);
  // Nothing more goes to the file.
  void EndFile(RecordingLimit why);

  const std::string path_;
  OnFull on_full_;  // null once it was called
  bool is_private_ = false;
  Generation files_[2];
  int current_ = 0;

  TraceMetadata metadata_;  // of the execution
  std::string header_;      // with it
  bool keeps_ = false;
  const TraceMetadata* restart_ = nullptr;  // that of Restart(), until Open()

  bool begun_ = false;        // blocks go to the file
  uint8_t* open_ = nullptr;   // the header of the open block, in the file
  size_t file_blocks_ = 0;    // that were not dropped
  HeapBlockStorage heap_;     // blocks that are not in the file

  // Of the current file: see invariant 4.
  uint64_t live_begin_ = 0;
  uint64_t blocks_begin_ = 0;
  uint64_t copies_end_ = 0;
  std::vector<SiteRows> dropped_sites_;
};

// Where the spare of the trace file `path` is.
std::string SpareTracePath(absl::string_view path);

// Whether another process, or another object of this one, holds the lock.
// False if there is no such file.
bool IsTraceFileInUse(const std::string& path);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_MAPPED_TRACE_FILE_H_
