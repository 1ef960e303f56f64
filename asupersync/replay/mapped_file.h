// MappedFile is a file that grows, that this process has locked, and that is
// memory: what is stored there is in the file when the process dies.
//
//   MappedFile file(path, /*place_bytes=*/4096);
//   absl::Status status = file.Open();
//   absl::StatusOr<uint8_t*> place = file.Place(offset);
//   if (place.ok()) std::memcpy(*place, row, row_bytes);
//
// Room is made with posix_fallocate() before it is mapped, so that a full disk
// is an error of Place() and never a SIGBUS. Nothing is ever synchronized to
// the disk: the file is safe from the process's death, not from the machine's.
//
// Lifetime: the file stays when the object is destroyed; its lock goes with the
// object, or with the process. Memory stays where it is until Close().
//
// Invariants:
// 1. Each segment begins place_bytes before the end of the one before, so that
//    every place, wherever it begins, lies in one of them.
// 2. While it is open and not private, the process holds an exclusive flock().
#ifndef ASUPERSYNC_REPLAY_MAPPED_FILE_H_
#define ASUPERSYNC_REPLAY_MAPPED_FILE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {

class MappedFile {
 public:
  // Errors name `path`. Each place is a piece of memory of so many bytes.
  MappedFile(std::string path, size_t place_bytes);
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;
  ~MappedFile() { Close(); }

  // Opens or creates the file and locks it; what is in it is removed when it
  // first gets room. ResourceExhausted if another process holds the lock; else
  // the operating system's error, with the path. REQUIRES: it is not open.
  absl::Status Open() { return Open(path_); }
  // The same, under another name.
  absl::Status Open(const std::string& name);
  void Close();
  bool is_open() const { return fd_ >= 0; }

  // Room up to here; zero where nothing was written. An error is that of the
  // operating system: a full disk, a quota, RLIMIT_FSIZE.
  absl::Status Allocate(uint64_t end);
  // Bytes that have room.
  uint64_t allocated() const { return allocated_; }

  // The place at this offset, with room; mapped if need be. Errors as
  // Allocate(), or there is no memory for a mapping.
  absl::StatusOr<uint8_t*> Place(uint64_t offset);
  // So many bytes as far as Place() has mapped them; null where it has not, or
  // not in one piece: place_bytes from where a place was are in one.
  // O(segments), which are few: each is twice the one before, up to 8 MiB.
  uint8_t* At(uint64_t offset, size_t bytes) const;

  // Writes to the file without mapping it. A death of the process interrupts
  // that at most where a page begins.
  absl::Status Write(absl::string_view bytes, uint64_t offset);
  // As far as it is mapped.
  void Zero(uint64_t begin, uint64_t end);

  // In the child of a fork: the mapping becomes a copy of the child's own, at
  // the same addresses, and the file is closed.
  void BecomePrivate();

 private:
  struct Segment {
    uint64_t begin = 0;  // in the file, a multiple of the page size
    uint64_t end = 0;
    uint8_t* memory = nullptr;
  };

  // One more, that ends at least there; if there is room, further on.
  absl::Status MapSegment(uint64_t least_end);
  absl::Status Failed(absl::string_view doing, int error_number) const;

  const std::string path_;
  const size_t place_bytes_;
  int fd_ = -1;
  std::vector<Segment> segments_;
  size_t segment_ = 0;  // the one that Place() found last
  uint64_t allocated_ = 0;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_MAPPED_FILE_H_
