#include "asupersync/replay/mapped_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/replay/file_size_signal.h"

namespace asupersync {
namespace {

// How much the file grows at a time: each segment is twice the one before.
constexpr uint64_t kStepMin = 128 << 10;
constexpr uint64_t kStepMax = 8 << 20;

// Of half a gigabyte: so that an execution allocates nothing that outlives it.
constexpr size_t kSegmentsReserved = 64;

uint64_t PageBytes() {
  static const uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// Who had the lock before may have removed the file.
bool IsStillNamed(int fd, const std::string& path) {
  struct stat locked;
  struct stat named;
  return fstat(fd, &locked) == 0 && stat(path.c_str(), &named) == 0 &&
         locked.st_ino == named.st_ino && locked.st_dev == named.st_dev;
}

}  // namespace

MappedFile::MappedFile(std::string path, size_t place_bytes)
    : path_(std::move(path)), place_bytes_(place_bytes) {
  segments_.reserve(kSegmentsReserved);
}

absl::Status MappedFile::Failed(absl::string_view doing,
                                int error_number) const {
  return absl::ErrnoToStatus(error_number, absl::StrCat(doing, " ", path_));
}

absl::Status MappedFile::Open(const std::string& name) {
  const auto failed = [&](absl::string_view doing) {
    return absl::ErrnoToStatus(errno, absl::StrCat(doing, " ", name));
  };
  fd_ = open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
  if (fd_ < 0) return failed("cannot open the trace file");
  absl::Status status;
  if (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
    status = errno == EWOULDBLOCK
                 ? absl::ResourceExhaustedError(
                       absl::StrCat(name, " is in use by another process"))
                 : failed("cannot lock the trace file");
  } else if (!IsStillNamed(fd_, name)) {
    status = absl::ResourceExhaustedError(
        absl::StrCat(name, " was removed by another process"));
  }
  if (!status.ok()) Close();
  return status;
}

void MappedFile::Close() {
  for (const Segment& segment : segments_) {
    munmap(segment.memory, segment.end - segment.begin);
  }
  segments_.clear();
  segment_ = 0;
  allocated_ = 0;
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

absl::Status MappedFile::Allocate(uint64_t end) {
  if (end <= allocated_) return absl::OkStatus();
  if (fd_ < 0) return absl::UnavailableError("this is a child process");
  if (allocated_ == 0 && ftruncate(fd_, 0) != 0) {
    return Failed("cannot empty the trace file", errno);
  }
  const NoFileSizeSignal no_signal;
  int error = 0;
  do {
    error = posix_fallocate(fd_, static_cast<off_t>(allocated_),
                            static_cast<off_t>(end - allocated_));
  } while (error == EINTR);
  if (error != 0) return Failed("cannot extend the trace file", error);
  allocated_ = end;
  return absl::OkStatus();
}

absl::Status MappedFile::MapSegment(uint64_t least_end) {
  const uint64_t page = PageBytes();
  const auto pages = [&](uint64_t bytes) { return bytes / page * page; };
  uint64_t begin = 0;
  uint64_t size = kStepMin;
  if (!segments_.empty()) {
    const Segment& last = segments_.back();
    begin = pages(last.end - place_bytes_);
    size = std::min(2 * (last.end - last.begin), kStepMax);
  }
  absl::Status status = Allocate(begin + size);
  const uint64_t least = pages(least_end + page - 1) - begin;
  if (!status.ok() && least < size) {
    size = least;
    status = Allocate(begin + size);
  }
  if (!status.ok()) return status;
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED,
                            fd_, static_cast<off_t>(begin));
  if (memory == MAP_FAILED) return Failed("cannot map the trace file", errno);
  segments_.push_back({begin, begin + size, static_cast<uint8_t*>(memory)});
  return absl::OkStatus();
}

absl::StatusOr<uint8_t*> MappedFile::Place(uint64_t offset) {
  const uint64_t end = offset + place_bytes_;
  if (segment_ < segments_.size() && offset < segments_[segment_].begin) {
    segment_ = 0;
  }
  for (;; ++segment_) {
    if (segment_ == segments_.size()) {
      const absl::Status status = fd_ < 0
          ? absl::UnavailableError("this is a child process")
          : MapSegment(end);
      if (!status.ok()) {
        segment_ = 0;
        return status;
      }
    }
    const Segment& segment = segments_[segment_];
    if (end <= segment.end) return segment.memory + (offset - segment.begin);
  }
}

uint8_t* MappedFile::At(uint64_t offset, size_t bytes) const {
  for (const Segment& segment : segments_) {
    if (offset + bytes > segment.end) continue;
    if (offset < segment.begin) return nullptr;
    return segment.memory + (offset - segment.begin);
  }
  return nullptr;
}

absl::Status MappedFile::Write(absl::string_view bytes, uint64_t offset) {
  const NoFileSizeSignal no_signal;
  const ssize_t stored = pwrite(fd_, bytes.data(), bytes.size(),
                                static_cast<off_t>(offset));
  if (stored == static_cast<ssize_t>(bytes.size())) return absl::OkStatus();
  return Failed("cannot write to the trace file",
                stored < 0 ? errno : ENOSPC);
}

void MappedFile::Zero(uint64_t begin, uint64_t end) {
  for (const Segment& segment : segments_) {
    const uint64_t from = std::max(begin, segment.begin);
    const uint64_t to = std::min(end, segment.end);
    if (from >= to) continue;
    std::memset(segment.memory + (from - segment.begin), 0, to - from);
  }
}

void MappedFile::BecomePrivate() {
  for (const Segment& segment : segments_) {
    const size_t size = segment.end - segment.begin;
    void* const copy = mmap(nullptr, size, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    // Better no child than one that writes into its parent's trace.
    if (copy == MAP_FAILED) _exit(1);
    std::memcpy(copy, segment.memory, size);
    if (mremap(copy, size, size, MREMAP_MAYMOVE | MREMAP_FIXED,
               segment.memory) == MAP_FAILED) {
      _exit(1);
    }
  }
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

}  // namespace asupersync
