#include "asupersync/replay/mapped_trace_file.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/metadata_codec.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/replay/trace_open_block.h"

namespace asupersync {
namespace {

constexpr size_t kMarkBytes = kSectionHeaderBytes + kLimitMarkBytes;

// A block, and room for the mark that may follow it.
constexpr size_t kPlaceBytes =
    kSectionHeaderBytes + BlockStorage::kBytesUsual + kMarkBytes;

// What was stored before is there when what comes later is (the reader is this
// thread's death).
void KeepOrder() { std::atomic_signal_fence(std::memory_order_seq_cst); }

absl::string_view HeaderAt(const uint8_t* place) {
  return {reinterpret_cast<const char*>(place), kSectionHeaderBytes};
}

// A closed block.
const uint8_t* BlockAt(const MappedFile& file, uint64_t offset) {
  return file.At(offset, kPlaceBytes);
}

// With its header.
uint64_t BlockBytes(const uint8_t* place) {
  return kSectionHeaderBytes + LoadU32(HeaderAt(place), kStoredLengthOffset);
}

// Puts the seeds of `metadata` into a header that was encoded with others:
// fields 1 to 5 come first, each a tag and 8 bytes. False, and the header is of
// no use, if one is not there, because it is or was 0.
bool PutSeeds(const TraceMetadata& metadata, std::string* header) {
  constexpr size_t kFieldBytes = 9;
  const uint64_t seeds[] = {metadata.seed, metadata.schedule_seed,
                            metadata.entropy_seed, metadata.fault_seed,
                            metadata.fuzz_seed};
  size_t at = kHeaderBytes;
  char tag = 1;  // of a fixed64
  for (uint64_t seed : seeds) {
    tag = static_cast<char>(tag + 8);
    if (seed == 0 || header->size() < at + kFieldBytes ||
        (*header)[at] != tag) {
      return false;
    }
    for (size_t i = 1; i < kFieldBytes; ++i, seed >>= 8) {
      (*header)[at + i] = static_cast<char>(seed & 0xff);
    }
    at += kFieldBytes;
  }
  std::string check;
  AppendU64(MetadataCheck(*header, absl::string_view(*header).substr(
                                       kHeaderBytes)),
            &check);
  header->replace(kHeaderBytes - check.size(), check.size(), check);
  return true;
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

std::string SpareTracePath(absl::string_view path) {
  return absl::StrCat(path, ".next");
}

MappedTraceFile::Generation::Generation(const std::string& path)
    : file(path, kPlaceBytes) {}

MappedTraceFile::MappedTraceFile(std::string path, OnFull on_full)
    : path_(std::move(path)),
      on_full_(std::move(on_full)),
      files_{Generation(path_), Generation(path_)} {
  LiveFiles().push_back(this);
}

MappedTraceFile::~MappedTraceFile() {
  std::erase(LiveFiles(), this);
  RemoveSpare();
}

absl::StatusOr<std::shared_ptr<MappedTraceFile>> MappedTraceFile::Create(
    const std::string& path, OnFull on_full) {
  std::shared_ptr<MappedTraceFile> file(
      new MappedTraceFile(path, std::move(on_full)));
  absl::Status status = file->current().file.Open();
  if (!status.ok()) return status;
  file->current().has_name = true;
  return file;
}

const std::string& MappedTraceFile::HeaderOf(const TraceMetadata& metadata) {
  metadata_.SetSeeds(metadata.Seeds());
  if (metadata_ != metadata || !PutSeeds(metadata, &header_)) {
    metadata_ = metadata;
    header_ = EncodeHeader(EncodeMetadata(metadata));
  }
  return header_;
}

absl::Status MappedTraceFile::Start(absl::string_view header,
                                    Generation& generation) {
  MappedFile& file = generation.file;
  const uint64_t old_begin = generation.sections_begin;
  // The old trace ends before its first block from the first of these stores
  // on.
  file.Zero(old_begin, std::min(old_begin + 4, generation.written));
  KeepOrder();
  file.Zero(old_begin, generation.written);
  generation.written = old_begin;
  const size_t header_bytes = header.size();
  absl::Status status = file.Allocate(header_bytes);
  // In one call: one header or the other, with nothing behind it.
  std::string longer;
  if (header_bytes < old_begin) {
    longer.assign(header.data(), header_bytes);
    longer.resize(old_begin);
    header = longer;
  }
  if (status.ok()) status = file.Write(header, 0);
  if (!status.ok()) return status;
  generation.written = generation.sections_begin = header_bytes;
  return status;
}

absl::Status MappedTraceFile::Start(const TraceMetadata& metadata) {
  begun_ = false;
  restart_ = nullptr;
  dropped_sites_ = {};
  if (is_private_) return absl::UnavailableError("this is a child process");
  absl::Status status = Start(HeaderOf(metadata), current());
  if (!status.ok()) {
    FailToGrow(status);
    return status;
  }
  live_begin_ = blocks_begin_ = copies_end_ = current().written;
  begun_ = true;
  return status;
}

absl::Status MappedTraceFile::Begin(const TraceMetadata& metadata) {
  keeps_ = false;
  return Start(metadata);
}

void MappedTraceFile::Restart(const TraceMetadata& metadata) {
  if (!keeps_ && !is_private_) restart_ = &metadata;
}

void MappedTraceFile::EndFile(RecordingLimit why) {
  if (!begun_) return;
  begun_ = false;
  uint8_t* const place = current().file.At(current().written, kMarkBytes);
  if (place == nullptr) return;  // it has not even one block
  StoreLimitMark(place, static_cast<uint32_t>(why));
  current().written += kMarkBytes;
}

void MappedTraceFile::End(RecordingLimit why) { EndFile(why); }

void MappedTraceFile::FailToGrow(const absl::Status& why) {
  EndFile(RecordingLimit::kNoRoom);
  if (on_full_ != nullptr && !is_private_) {
    std::exchange(on_full_, nullptr)(why);
  }
}

void MappedTraceFile::Reserve(size_t) {}  // comes with the first segment

bool MappedTraceFile::MustMove() const {
  return live_begin_ > blocks_begin_ && live_begin_ >= copies_end_ &&
         !is_private_;
}

absl::Status MappedTraceFile::OpenSpare() {
  Generation& next = spare();
  if (next.has_name) return absl::OkStatus();
  next.file.Close();
  next.sections_begin = next.written = 0;
  absl::Status status = next.file.Open(SpareTracePath(path_));
  next.has_name = status.ok();
  return status;
}

absl::Status MappedTraceFile::AppendSites(const SiteRows& sites,
                                          uint64_t first_event,
                                          uint64_t first_tick) {
  Generation& next = spare();
  const absl::StatusOr<uint8_t*> place = next.file.Place(next.written);
  if (!place.ok()) return place.status();
  SectionHeader header;
  header.type = static_cast<uint8_t>(SectionType::kBlock);
  header.stored_length = static_cast<uint32_t>(sites.rows.size());
  header.raw_length = header.stored_length;
  header.site_count = sites.count;
  header.first_event = first_event;
  header.first_tick = first_tick;
  header.payload_check = StableHash64(sites.rows);
  EncodeSectionHeader(header, reinterpret_cast<char*>(*place));
  std::memcpy(*place + kSectionHeaderBytes, sites.rows.data(),
              sites.rows.size());
  next.written += kSectionHeaderBytes + sites.rows.size();
  return absl::OkStatus();
}

absl::Status MappedTraceFile::FillSpare() {
  Generation& next = spare();
  const absl::string_view oldest =
      HeaderAt(BlockAt(current().file, live_begin_));
  TraceMetadata metadata = metadata_;
  metadata.first_event = LoadU64(oldest, kFirstEventOffset);
  metadata.start_tick = LoadU64(oldest, kFirstTickOffset);
  metadata.start_certificate = 0;
  absl::Status status =
      Start(EncodeHeader(EncodeMetadata(metadata)), next);
  for (const SiteRows& sites : dropped_sites_) {
    if (!status.ok()) return status;
    status = AppendSites(sites, metadata.first_event, metadata.start_tick);
  }
  if (!status.ok()) return status;
  const uint64_t copies_begin = next.written;
  for (uint64_t from = live_begin_; from < current().written;) {
    const uint8_t* const block = BlockAt(current().file, from);
    const uint64_t bytes = BlockBytes(block);
    const absl::StatusOr<uint8_t*> place = next.file.Place(next.written);
    if (!place.ok()) return place.status();
    std::memcpy(*place, block, bytes);
    from += bytes;
    next.written += bytes;
  }
  live_begin_ = blocks_begin_ = copies_begin;
  copies_end_ = next.written;
  return status;
}

absl::Status MappedTraceFile::TakeName() {
  const std::string name = SpareTracePath(path_);
  if (renameat2(AT_FDCWD, name.c_str(), AT_FDCWD, path_.c_str(),
                RENAME_EXCHANGE) == 0) {
    return absl::OkStatus();
  }
  // Not every file system exchanges names.
  if (rename(name.c_str(), path_.c_str()) != 0) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat("cannot rename ", name, " to ", path_));
  }
  current().has_name = false;
  return absl::OkStatus();
}

absl::Status MappedTraceFile::MoveToSpare() {
  absl::Status status = OpenSpare();
  if (status.ok()) status = FillSpare();
  if (status.ok()) status = TakeName();
  if (status.ok()) current_ = 1 - current_;
  return status;
}

absl::Span<uint8_t> MappedTraceFile::Open(uint64_t first_event,
                                          uint64_t first_tick) {
  if (restart_ != nullptr) Start(*restart_).IgnoreError();  // was told
  if (begun_ && MustMove()) {
    const absl::Status status = MoveToSpare();
    if (!status.ok()) FailToGrow(status);
  }
  if (begun_) {
    const absl::StatusOr<uint8_t*> place =
        current().file.Place(current().written);
    if (place.ok()) {
      open_ = *place;
      StoreOpenHeader(open_, first_event, first_tick);
      ++file_blocks_;
      return {open_ + kSectionHeaderBytes, kBytesUsual};
    }
    FailToGrow(place.status());
  }
  return heap_.Open(first_event, first_tick);
}

void MappedTraceFile::Close(const BlockFacts& facts) {
  if (open_ == nullptr) return heap_.Close(facts);
  if (keeps_ && facts.bytes > 0) {
    // Open as it is it can be read, and soon another execution begins: its
    // check is not worth its hash.
    current().written += kSectionHeaderBytes + facts.bytes;
  } else if (facts.bytes == 0) {
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
    current().written += kSectionHeaderBytes + facts.bytes;
  }
  open_ = nullptr;
}

void MappedTraceFile::DropOldest(absl::string_view site_rows,
                                 uint32_t site_count) {
  if (file_blocks_ == 0) return heap_.DropOldest(site_rows, site_count);
  --file_blocks_;
  if (!begun_) return;
  live_begin_ += BlockBytes(BlockAt(current().file, live_begin_));
  if (site_count == 0) return;
  if (dropped_sites_.empty() ||
      dropped_sites_.back().rows.size() + site_rows.size() > kBytesUsual) {
    dropped_sites_.emplace_back();
  }
  dropped_sites_.back().rows.append(site_rows.data(), site_rows.size());
  dropped_sites_.back().count += site_count;
}

void MappedTraceFile::Reset() {
  if (current().written > current().sections_begin || file_blocks_ > 0) {
    begun_ = false;
  }
  restart_ = nullptr;
  file_blocks_ = 0;
  // Memory of one execution does not outlive it: it would show in the addresses
  // of the next.
  heap_ = HeapBlockStorage();
  dropped_sites_ = {};
}

void MappedTraceFile::RemoveSpare() {
  Generation& next = spare();
  if (next.has_name && !is_private_) unlink(SpareTracePath(path_).c_str());
  next.has_name = false;
}

void MappedTraceFile::BecomePrivate() {
  for (Generation& generation : files_) generation.file.BecomePrivate();
  is_private_ = true;
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
