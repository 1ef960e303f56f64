#include "asupersync/replay/mapped_trace_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/metadata_codec.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/replay/trace_open_block.h"

namespace asupersync {
namespace {

// How much the file grows at a time: each segment is twice the one before.
constexpr uint64_t kStepMin = 128 << 10;
constexpr uint64_t kStepMax = 8 << 20;

// Of half a gigabyte: so that an execution allocates nothing that outlives it.
constexpr size_t kSegmentsReserved = 64;

constexpr size_t kBlockBytes =
    kSectionHeaderBytes + BlockStorage::kBytesUsual;

uint64_t PageBytes() {
  static const uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// What was stored before is there when what comes later is (the reader is this
// thread's death).
void KeepOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }

absl::Status Failed(const std::string& path, absl::string_view doing,
                    int error_number) {
  return absl::ErrnoToStatus(error_number, absl::StrCat(doing, " ", path));
}

// Every file of this process; changed by the thread that forks, if any does.
std::vector<MappedTraceFile*>& LiveFiles() {
  static auto* const files = [] {
    pthread_atfork(nullptr, nullptr, [] {
      for (MappedTraceFile* file : LiveFiles()) file->BecomePrivate();
    });
    return new std::vector<MappedTraceFile*>();
  }();
  return *files;
}

}  // namespace

MappedTraceFile::MappedTraceFile(std::string path, int fd, OnFull on_full)
    : path_(std::move(path)), fd_(fd), on_full_(std::move(on_full)) {
  LiveFiles().push_back(this);
}

MappedTraceFile::~MappedTraceFile() {
  std::erase(LiveFiles(), this);
  for (const Segment& segment : segments_) {
    munmap(segment.memory, segment.end - segment.begin);
  }
  if (fd_ >= 0) close(fd_);
}

absl::StatusOr<std::shared_ptr<MappedTraceFile>> MappedTraceFile::Create(
    const std::string& path, OnFull on_full) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
                      0666);
  if (fd < 0) return Failed(path, "cannot open the trace file", errno);
  const auto fail = [&](const absl::Status& status) {
    close(fd);
    return status;
  };
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    return fail(errno == EWOULDBLOCK
                    ? absl::ResourceExhaustedError(
                          absl::StrCat(path, " is in use by another process"))
                    : Failed(path, "cannot lock the trace file", errno));
  }
  // Who had the lock before may have removed the file.
  struct stat locked;
  struct stat named;
  if (fstat(fd, &locked) != 0 || stat(path.c_str(), &named) != 0 ||
      locked.st_ino != named.st_ino || locked.st_dev != named.st_dev) {
    return fail(absl::ResourceExhaustedError(
        absl::StrCat(path, " was removed by another process")));
  }
  return std::shared_ptr<MappedTraceFile>(
      new MappedTraceFile(path, fd, std::move(on_full)));
}

absl::Status MappedTraceFile::Allocate(uint64_t end) {
  if (end <= allocated_) return absl::OkStatus();
  // Beyond the limit the kernel would also send SIGXFSZ.
  rlimit limit;
  if (getrlimit(RLIMIT_FSIZE, &limit) == 0 && end > limit.rlim_cur) {
    return Failed(path_, "cannot extend the trace file", EFBIG);
  }
  int error = 0;
  do {
    error = posix_fallocate(fd_, static_cast<off_t>(allocated_),
                            static_cast<off_t>(end - allocated_));
  } while (error == EINTR);
  if (error != 0) return Failed(path_, "cannot extend the trace file", error);
  allocated_ = end;
  return absl::OkStatus();
}

absl::Status MappedTraceFile::MapSegment(uint64_t least_end) {
  const uint64_t page = PageBytes();
  const auto pages = [&](uint64_t bytes) { return bytes / page * page; };
  uint64_t begin = 0;
  uint64_t size = kStepMin;
  if (!segments_.empty()) {
    const Segment& last = segments_.back();
    begin = pages(last.end - kBlockBytes);
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
  if (memory == MAP_FAILED) {
    return Failed(path_, "cannot map the trace file", errno);
  }
  segments_.push_back({begin, begin + size, static_cast<uint8_t*>(memory)});
  return absl::OkStatus();
}

uint8_t* MappedTraceFile::Place(uint64_t offset) {
  const uint64_t end = offset + kBlockBytes;
  for (;; ++segment_) {
    if (segment_ == segments_.size()) {
      const absl::Status status =
          fd_ < 0 ? absl::UnavailableError("") : MapSegment(end);
      if (!status.ok()) {
        segment_ = 0;
        FailToGrow(status);
        return nullptr;
      }
    }
    const Segment& segment = segments_[segment_];
    if (end <= segment.end) return segment.memory + (offset - segment.begin);
  }
}

void MappedTraceFile::FailToGrow(const absl::Status& why) {
  if (on_full_ != nullptr && fd_ >= 0) std::exchange(on_full_, nullptr)(why);
}

void MappedTraceFile::Zero(uint64_t begin, uint64_t end) {
  for (const Segment& segment : segments_) {
    const uint64_t from = std::max(begin, segment.begin);
    const uint64_t to = std::min(end, segment.end);
    if (from >= to) continue;
    std::memset(segment.memory + (from - segment.begin), 0, to - from);
  }
}

absl::Status MappedTraceFile::Begin(const TraceMetadata& metadata) {
  begun_ = false;
  if (fd_ < 0) return absl::UnavailableError("this is a child process");
  if (allocated_ == 0 && ftruncate(fd_, 0) != 0) {
    return Failed(path_, "cannot empty the trace file", errno);
  }
  segments_.reserve(kSegmentsReserved);
  // The old trace ends before its first block from the first of these stores
  // on.
  segment_ = 0;
  Zero(sections_begin_, std::min(sections_begin_ + 4, written_));
  KeepOrder();
  Zero(sections_begin_, written_);
  written_ = sections_begin_;
  std::string header = EncodeHeader(EncodeMetadata(metadata));
  const size_t header_bytes = header.size();
  if (absl::Status status = Allocate(header_bytes); !status.ok()) {
    FailToGrow(status);
    return status;
  }
  // In one call, which no death of the process interrupts: one header or the
  // other, with nothing behind it.
  header.resize(std::max<size_t>(header_bytes, sections_begin_));
  const ssize_t stored = pwrite(fd_, header.data(), header.size(), 0);
  if (stored != static_cast<ssize_t>(header.size())) {
    return Failed(path_, "cannot write to the trace file",
                  stored < 0 ? errno : ENOSPC);
  }
  written_ = sections_begin_ = header_bytes;
  begun_ = true;
  return absl::OkStatus();
}

void MappedTraceFile::Reserve(size_t) {}  // comes with the first segment

absl::Span<uint8_t> MappedTraceFile::Open(uint64_t first_event,
                                          uint64_t first_tick) {
  if (begun_) {
    open_ = Place(written_);
    if (open_ != nullptr) {
      StoreOpenHeader(open_, first_event, first_tick);
      ++file_blocks_;
      return {open_ + kSectionHeaderBytes, kBytesUsual};
    }
    begun_ = false;
  }
  return heap_.Open(first_event, first_tick);
}

void MappedTraceFile::Close(const BlockFacts& facts) {
  if (open_ == nullptr) return heap_.Close(facts);
  if (facts.bytes == 0) {
    std::memset(open_, 0, 4);  // the mark first: then there is no block
    KeepOrder();
    std::memset(open_, 0, kSectionHeaderBytes);
  } else {
    StoreClosedHeader(
        open_,
        absl::string_view(
            reinterpret_cast<const char*>(open_) + kSectionHeaderBytes,
            facts.bytes),
        facts.event_count, facts.site_count);
    written_ += kSectionHeaderBytes + facts.bytes;
  }
  open_ = nullptr;
}

void MappedTraceFile::DropOldest() {
  if (file_blocks_ > 0) {
    --file_blocks_;
  } else {
    heap_.DropOldest();
  }
}

void MappedTraceFile::Reset() {
  if (written_ > sections_begin_ || file_blocks_ > 0) begun_ = false;
  file_blocks_ = 0;
  // Memory of one execution does not outlive it: it would show in the addresses
  // of the next.
  heap_ = HeapBlockStorage();
}

void MappedTraceFile::BecomePrivate() {
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

bool IsTraceFileInUse(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return false;
  const bool in_use =
      flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return in_use;
}

}  // namespace asupersync
