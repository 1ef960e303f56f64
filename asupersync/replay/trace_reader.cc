#include "asupersync/replay/trace_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/metadata_codec.h"
#include "asupersync/replay/trace_columns.h"

namespace asupersync {
namespace {

absl::Status OpenError(absl::string_view path, int error_number) {
  const absl::Status status = absl::ErrnoToStatus(error_number, "");
  return absl::Status(status.code(),
                      absl::StrCat("cannot read trace file ", path,
                                   status.message(), " (errno ", error_number,
                                   "); check the path and its permissions"));
}

bool AllZero(absl::string_view bytes) {
  return bytes.find_first_not_of('\0') == absl::string_view::npos;
}

}  // namespace

TraceReader::TraceReader(std::string path, int file, uint64_t size)
    : path_(std::move(path)),
      file_(file),
      size_(size),
      current_(absl::OutOfRangeError("no event was read")) {}

TraceReader::TraceReader(TraceReader&& other) noexcept
    : current_(absl::OutOfRangeError("no event was read")) {
  *this = std::move(other);
}

TraceReader& TraceReader::operator=(TraceReader&& other) noexcept {
  if (this == &other) return *this;
  if (file_ >= 0) ::close(file_);
  path_ = std::move(other.path_);
  file_ = std::exchange(other.file_, -1);
  size_ = other.size_;
  sections_begin_ = other.sections_begin_;
  metadata_check_ = other.metadata_check_;
  metadata_ = std::move(other.metadata_);
  decompressor_ = std::move(other.decompressor_);
  end_ = std::move(other.end_);
  Start();
  at_end_ = true;
  return *this;
}

TraceReader::~TraceReader() {
  if (file_ >= 0) ::close(file_);
}

absl::StatusOr<TraceReader> TraceReader::Open(absl::string_view path) {
  std::string name(path);
  // Not blocking: a pipe without a writer must not hang.
  const int file = ::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) return OpenError(path, errno);
  struct stat info;
  if (::fstat(file, &info) != 0) {
    const int error_number = errno;
    ::close(file);
    return OpenError(path, error_number);
  }
  TraceReader reader(std::move(name), file,
                     static_cast<uint64_t>(info.st_size));
  if (!S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " is not a regular file, so no trace; give a .async file"));
  }
  if (absl::Status status = reader.ReadHeader(); !status.ok()) return status;
  return reader;
}

absl::Status TraceReader::ReadAt(uint64_t offset, size_t length,
                                 std::string* bytes) {
  bytes->resize(length);
  size_t done = 0;
  while (done < length) {
    const ssize_t n = ::pread(file_, bytes->data() + done, length - done,
                              static_cast<off_t>(offset + done));
    if (n > 0) {
      done += static_cast<size_t>(n);
    } else if (n == 0) {
      return Damaged("the file became shorter while it was read", offset);
    } else if (errno != EINTR) {
      return OpenError(path_, errno);
    }
  }
  return absl::OkStatus();
}

absl::Status TraceReader::Damaged(absl::string_view what,
                                  uint64_t offset) const {
  return absl::DataLossError(
      absl::StrCat(path_, " is damaged at byte ", offset, " of ", size_, ": ",
                   what,
                   from_index_
                       ? "; read it from the start to recover what is before"
                       : absl::StrCat("; ", next_event_ - metadata_.first_event,
                                      " events in ", blocks_read_,
                                      " whole blocks before it can be "
                                      "recovered")));
}

void TraceReader::EndsEarly(absl::string_view how) {
  recovered_ = absl::StrCat(
      path_, " ", how, " at byte ", size_,
      ", without a footer: its writer died or the file was cut; recovered ",
      next_event_ - metadata_.first_event, " events in ", blocks_read_,
      " whole blocks");
  if (limit_mark_ == RecordingLimit::kNone) return;
  absl::StrAppend(&recovered_, "; before that the recording ",
                  ToString(limit_mark_));
}

absl::Status TraceReader::ReadHeader() {
  std::string header;
  absl::Status status =
      ReadAt(0, std::min<uint64_t>(size_, kHeaderBytes), &header);
  if (!status.ok()) return status;
  const absl::string_view magic(kTraceMagic, kMagicBytes);
  const absl::string_view start =
      absl::string_view(header).substr(0, std::min(header.size(), kMagicBytes));
  if (start != magic.substr(0, start.size()) || start.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path_, " is not a trace: ",
        start.empty()
            ? "it is empty"
            : absl::StrCat("it starts with \"", absl::CHexEscape(start), "\""),
        ", a trace starts with \"", magic, "\"; give a .async file"));
  }
  if (header.size() >= kMagicBytes + 2) {
    const uint16_t version = LoadU16(header, 8);
    if (version != kTraceFormatVersion) {
      return absl::FailedPreconditionError(absl::StrCat(
          path_, " has trace format version ", version,
          "; this program reads version ", kTraceFormatVersion,
          "; read it with the version that wrote it, or record it again"));
    }
  }
  if (header.size() < kHeaderBytes) {
    return Damaged(absl::StrCat("the file ends inside of its header of ",
                                kHeaderBytes, " bytes"),
                   size_);
  }
  const uint32_t length = LoadU32(header, 12);
  if (length > kMetadataBytesMax) {
    return Damaged(absl::StrCat("metadata of ", length, " bytes; at most ",
                                kMetadataBytesMax, " are allowed"),
                   12);
  }
  if (length > size_ - kHeaderBytes) {
    return Damaged(absl::StrCat("the file ends inside of its metadata of ",
                                length, " bytes"),
                   size_);
  }
  std::string metadata;
  status = ReadAt(kHeaderBytes, length, &metadata);
  if (!status.ok()) return status;
  metadata_check_ = LoadU64(header, 16);
  const uint64_t actual = MetadataCheck(header, metadata);
  if (actual != metadata_check_) {
    return Damaged(
        absl::StrFormat("the check of the metadata is %016x, its bytes give "
                        "%016x",
                        metadata_check_, actual),
        16);
  }
  if (const uint16_t flags = LoadU16(header, 10); flags != 0) {
    return absl::FailedPreconditionError(absl::StrFormat(
        "%s has the format flags %04x; this program knows none of them", path_,
        flags));
  }
  absl::StatusOr<TraceMetadata> decoded = DecodeMetadata(metadata);
  if (!decoded.ok()) {
    return Damaged(decoded.status().message(), kHeaderBytes);
  }
  metadata_ = *std::move(decoded);
  sections_begin_ = kHeaderBytes + length;
  Start();
  at_end_ = true;
  return absl::OkStatus();
}

void TraceReader::Start() {
  offset_ = sections_begin_;
  digest_ = metadata_check_;
  from_index_ = false;
  blocks_read_ = block_offset_ = 0;
  next_event_ = metadata_.first_event;
  tick_ = 0;
  rows_.reset();
  sites_taken_ = 0;
  sites_.clear();
  open_block_read_ = false;
  at_end_ = false;
  current_ = absl::OutOfRangeError("no event was read");
  summary_.reset();
  limit_mark_ = RecordingLimit::kNone;
  recovered_.clear();
}

absl::StatusOr<bool> TraceReader::NextHeader(uint64_t begin,
                                             SectionHeader* header) {
  const uint64_t left = size_ - begin;
  std::string bytes;
  absl::Status status =
      ReadAt(begin, std::min<uint64_t>(left, kSectionHeaderBytes), &bytes);
  if (!status.ok()) return status;
  const absl::string_view mark = absl::string_view(bytes).substr(0, 4);
  // A mark of zero is a section header that the writer died in, or none.
  if (AllZero(mark)) {
    EndsEarly(bytes.empty() ? "ends"
                            : "has no whole section header before its end");
    return false;
  }
  if (bytes.size() < kSectionHeaderBytes) {
    if (mark != absl::string_view(kSectionSync, mark.size())) {
      return Damaged("bytes that begin no section", begin);
    }
    EndsEarly("ends inside of a section header");
    return false;
  }
  const absl::StatusOr<SectionHeader> decoded = DecodeSectionHeader(bytes);
  if (!decoded.ok()) return Damaged(decoded.status().message(), begin);
  *header = *decoded;
  return true;
}

absl::Status TraceReader::ReadPayload(const SectionHeader& header,
                                      uint64_t begin, std::string* stored) {
  absl::Status status =
      ReadAt(begin + kSectionHeaderBytes, header.stored_length, stored);
  if (!status.ok()) return status;
  const uint64_t check = StableHash64(*stored);
  if (check == header.payload_check) return absl::OkStatus();
  return Damaged(
      absl::StrFormat("the check of a section is %016x, its bytes give %016x",
                      header.payload_check, check),
      begin);
}

absl::Status TraceReader::Unpack(const SectionHeader& header, uint64_t begin,
                                 std::string* stored) {
  if (header.codec > static_cast<uint8_t>(BlockCodec::kZstd) ||
      header.layout > static_cast<uint8_t>(BlockLayout::kColumns) ||
      header.flags != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, " has a block with codec ", header.codec, ", layout ",
        header.layout, " and flags ", header.flags, " at byte ", begin,
        "; this program reads codec 0 and 1, layout 0 and 1 and flags 0; read "
        "it with a later version"));
  }
  if (header.codec == static_cast<uint8_t>(BlockCodec::kZstd)) {
    const absl::Status status =
        decompressor_.Decompress(*stored, header.raw_length, &columns_);
    if (!status.ok()) return Damaged(status.message(), begin);
    stored->swap(columns_);
  } else if (header.raw_length != header.stored_length) {
    return Damaged("an uncompressed block with two lengths", begin);
  }
  if (header.layout == static_cast<uint8_t>(BlockLayout::kColumns)) {
    const absl::Status status = ColumnsToRows(*stored, &columns_);
    if (!status.ok()) return Damaged(status.message(), begin);
    stored->swap(columns_);
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> TraceReader::NextBlock() {
  if (open_block_read_) return false;
  // Its memory is used again.
  std::string payload = std::move(block_.payload);
  while (true) {
    const uint64_t begin = offset_;
    SectionHeader header;
    const absl::StatusOr<bool> there = NextHeader(begin, &header);
    if (!there.ok() || !*there) return there;
    const bool block = header.type == static_cast<uint8_t>(SectionType::kBlock);
    if (block &&
        (header.flags == kFlagOpen || header.flags == kFlagClosing)) {
      const absl::Status follows = CheckFollows(header, begin);
      if (!follows.ok()) return follows;
      return ReadOpenBlock(begin, header.first_event, header.first_tick);
    }
    if (header.stored_length > size_ - begin - kSectionHeaderBytes) {
      EndsEarly("ends inside of a section");
      return false;
    }
    absl::Status status = ReadPayload(header, begin, &payload);
    if (!status.ok()) return status;
    offset_ = begin + kSectionHeaderBytes + header.stored_length;
    if (header.type == static_cast<uint8_t>(SectionType::kFooter)) {
      status = ReadFooter(payload, begin);
      if (!status.ok()) return status;
      return false;
    }
    digest_ = ExtendDigest(digest_, header.header_check);
    if (header.type == static_cast<uint8_t>(SectionType::kLimitMark)) {
      const absl::StatusOr<uint32_t> limit = DecodeLimitMark(payload);
      if (!limit.ok()) return Damaged(limit.status().message(), begin);
      limit_mark_ = static_cast<RecordingLimit>(*limit);
    }
    if (!block) continue;

    status = CheckFollows(header, begin);
    if (status.ok()) status = Unpack(header, begin, &payload);
    if (!status.ok()) return status;
    SetBlock({header.first_event, header.first_tick, header.event_count,
              header.site_count, std::move(payload)},
             begin);
    return true;
  }
}

absl::Status TraceReader::CheckFollows(const SectionHeader& header,
                                       uint64_t begin) const {
  if (header.first_event != next_event_) {
    return Damaged(absl::StrCat("a block starts at event ", header.first_event,
                                ", expected event ", next_event_),
                   begin);
  }
  if (header.first_tick < tick_ || header.first_tick > kTickMax) {
    return Damaged(absl::StrCat("a block starts at tick ", header.first_tick,
                                "; the one before it ends at tick ", tick_,
                                ", and no tick is above 2^63 - 1"),
                   begin);
  }
  return absl::OkStatus();
}

void TraceReader::SetBlock(TraceBlock block, uint64_t begin) {
  block_offset_ = begin;
  block_ = std::move(block);
  sites_taken_ = 0;
  rows_.emplace(block_.payload, block_.first_tick, block_.first_event,
                from_index_ ? RowDecoder::kAllSites
                            : static_cast<uint32_t>(sites_.size()));
}

absl::StatusOr<bool> TraceReader::ReadOpenBlock(uint64_t begin,
                                                uint64_t first_event,
                                                uint64_t first_tick) {
  const uint64_t rows_begin = begin + kSectionHeaderBytes;
  std::string payload;
  absl::Status status =
      ReadAt(rows_begin, std::min<uint64_t>(size_ - rows_begin,
                                            kPayloadBytesMax),
             &payload);
  if (!status.ok()) return status;
  RowDecoder rows(payload, first_tick, first_event,
                  from_index_ ? RowDecoder::kAllSites
                              : static_cast<uint32_t>(sites_.size()));
  EventRecord record;
  while (rows.Next(&record)) {
  }
  const size_t whole = rows.whole_row_bytes();
  const bool torn = whole < payload.size() && payload[whole] != '\0';
  payload.resize(whole);
  offset_ = size_;  // nothing that follows can be trusted
  open_block_read_ = true;
  recovered_ = absl::StrCat(
      path_, " ends with an open block at byte ", begin,
      ": its writer died; recovered ",
      first_event + rows.events_read() - metadata_.first_event,
      " events, the last ", rows.events_read(), " of them from that block",
      torn ? absl::StrCat(", in which the row at byte ", rows_begin + whole,
                          " is torn (", rows.status().message(), ")")
           : "");
  SetBlock({first_event, first_tick,
            static_cast<uint32_t>(rows.events_read()),
            static_cast<uint32_t>(rows.new_sites().size()),
            std::move(payload)},
           begin);
  return true;
}

absl::Status TraceReader::ReadFooter(absl::string_view payload,
                                     uint64_t section_offset) {
  if (payload.size() < kFooterBytes) {
    return Damaged(absl::StrCat("a footer of ", payload.size(),
                                " bytes; it has at least ", kFooterBytes),
                   section_offset);
  }
  const Footer footer = DecodeFooter(payload);
  if (footer.event_count != next_event_) {
    return Damaged(absl::StrCat("the footer counts ", footer.event_count,
                                " events, the blocks hold ", next_event_),
                   section_offset);
  }
  if (footer.digest != digest_ && !from_index_) {
    return Damaged(absl::StrFormat("the footer's digest is %016x, the "
                                   "sections give %016x",
                                   footer.digest, digest_),
                   section_offset);
  }
  const std::string expected = EncodeTrailer(section_offset);
  std::string trailer;
  absl::Status status = ReadAt(
      offset_, std::min<uint64_t>(size_ - offset_, kTrailerBytes), &trailer);
  if (!status.ok()) return status;
  if (trailer != expected.substr(0, trailer.size())) {
    return Damaged("the trailer does not name the footer before it", offset_);
  }
  if (size_ - offset_ > kTrailerBytes) {
    return Damaged("bytes after the end of the trace", offset_ + kTrailerBytes);
  }
  summary_ = TraceSummary{footer.event_count, footer.end_tick,
                          footer.certificate, footer.fingerprint,
                          static_cast<RecordingLimit>(footer.limit),
                          footer.events_lost};
  if (trailer.size() < kTrailerBytes) {
    recovered_ = absl::StrCat(path_, " ends inside of its trailer at byte ",
                              size_, "; all ",
                              next_event_ - metadata_.first_event,
                              " events and the footer are there");
  }
  return absl::OkStatus();
}

absl::Status TraceReader::CheckBlock() {
  if (!rows_->status().ok()) {
    return Damaged(rows_->status().message(), block_offset_);
  }
  const uint32_t new_sites = static_cast<uint32_t>(rows_->new_sites().size());
  if (rows_->events_read() != block_.event_count ||
      (new_sites != block_.site_count && !from_index_)) {
    return Damaged(
        absl::StrCat("a block holds ", rows_->events_read(), " events and ",
                     new_sites, " sites, its header says ", block_.event_count,
                     " and ", block_.site_count),
        block_offset_);
  }
  next_event_ += block_.event_count;
  tick_ = rows_->tick();
  ++blocks_read_;
  return absl::OkStatus();
}

TraceReader::Range TraceReader::events() {
  Start();
  Advance();
  return Range(this);
}

void TraceReader::TakeSites() {
  const std::vector<Site>& fresh = rows_->new_sites();
  sites_.insert(sites_.end(), fresh.begin() + sites_taken_, fresh.end());
  sites_taken_ = fresh.size();
}

void TraceReader::AdvanceSlowly() {
  if (current_.status().code() != absl::StatusCode::kOutOfRange &&
      !current_.ok()) {
    at_end_ = true;  // an error is the last element
    return;
  }
  if (!current_.ok()) current_.emplace();
  while (true) {
    if (rows_.has_value()) {
      const bool have_event = rows_->Next(&*current_);
      TakeSites();
      if (have_event) return;
      const absl::Status status = CheckBlock();
      rows_.reset();
      if (!status.ok()) {
        current_ = status;
        return;
      }
    }
    const absl::StatusOr<bool> more = NextBlock();
    if (!more.ok()) {
      current_ = more.status();
      return;
    }
    if (!*more) {
      at_end_ = true;
      return;
    }
  }
}

Site TraceReader::site(SiteId id) const {
  if (!id.IsValid() || id.AsRaw() > sites_.size()) return Site();
  return sites_[id.AsRaw() - 1];
}

absl::StatusOr<SectionHeader> TraceReader::HeaderAt(uint64_t offset,
                                                    SectionType type) {
  if (offset < sections_begin_ || offset > size_ ||
      size_ - offset < kSectionHeaderBytes) {
    return Damaged("a section of the index is outside of the file", offset);
  }
  std::string bytes;
  absl::Status status = ReadAt(offset, kSectionHeaderBytes, &bytes);
  if (!status.ok()) return status;
  const absl::StatusOr<SectionHeader> header = DecodeSectionHeader(bytes);
  if (!header.ok()) return Damaged(header.status().message(), offset);
  if (header->type != static_cast<uint8_t>(type) ||
      header->stored_length > size_ - offset - kSectionHeaderBytes) {
    return Damaged(absl::StrCat("a section of type ", header->type, " and ",
                                header->stored_length,
                                " bytes where the index names one of type ",
                                static_cast<int>(type)),
                   offset);
  }
  return *header;
}

absl::StatusOr<TraceReader::Section> TraceReader::SectionAt(uint64_t offset,
                                                            SectionType type) {
  const absl::StatusOr<SectionHeader> header = HeaderAt(offset, type);
  if (!header.ok()) return header.status();
  Section section{*header, ""};
  absl::Status status = ReadPayload(*header, offset, &section.payload);
  if (status.ok()) status = Unpack(*header, offset, &section.payload);
  if (!status.ok()) return status;
  return section;
}

absl::Status TraceReader::LoadSites(uint64_t offset, uint32_t count,
                                    std::vector<Site>* sites) {
  while (sites->size() < count) {
    const auto section = SectionAt(offset, SectionType::kSites);
    if (!section.ok()) return section.status();
    RowDecoder rows(section->payload, 0, 0,
                    static_cast<uint32_t>(sites->size()));
    EventRecord record;
    if (rows.Next(&record) || !rows.status().ok() || rows.new_sites().empty()) {
      return Damaged(
          absl::StrCat("a section of sites holds something else: ",
                       rows.status().message()),
          offset);
    }
    sites->insert(sites->end(), rows.new_sites().begin(),
                  rows.new_sites().end());
    offset += kSectionHeaderBytes + section->header.stored_length;
  }
  return absl::OkStatus();
}

absl::Status TraceReader::LoadIndex(uint64_t root_offset) {
  const auto section = SectionAt(root_offset, SectionType::kIndexRoot);
  if (!section.ok()) return section.status();
  absl::StatusOr<IndexRoot> root = DecodeIndexRoot(section->payload);
  if (!root.ok()) return Damaged(root.status().message(), root_offset);
  absl::Status status =
      LoadSites(root->sites_offset, root->site_count, &end_->sites);
  if (status.ok() && !root->pages.empty()) end_->root = *std::move(root);
  return status;
}

absl::Status TraceReader::LoadEnd() {
  if (end_.has_value()) return absl::OkStatus();
  end_.emplace();
  constexpr size_t kLeast =
      kSectionHeaderBytes + kFooterBytes + kTrailerBytes;
  if (size_ - sections_begin_ < kLeast) return absl::OkStatus();
  std::string bytes;
  absl::Status status = ReadAt(size_ - kTrailerBytes, kTrailerBytes, &bytes);
  const absl::StatusOr<uint64_t> offset = DecodeTrailer(bytes);
  // Without a trailer the writer died; reading the events tells what is there.
  if (!status.ok() || !offset.ok()) return status;
  const auto section = SectionAt(*offset, SectionType::kFooter);
  status = section.status();
  if (status.ok() && section->payload.size() < kFooterBytes) {
    status = Damaged("a footer that is too short", *offset);
  }
  if (status.ok()) {
    const Footer footer = DecodeFooter(section->payload);
    end_->has_footer = true;
    end_->event_count = footer.event_count;
    if (footer.index_offset != 0) status = LoadIndex(footer.index_offset);
  }
  if (!status.ok()) end_.reset();
  return status;
}

absl::Status TraceReader::StartAt(Choose choose, uint64_t where) {
  const absl::Status status = LoadEnd();
  if (!status.ok()) return status;
  Start();
  if (!end_->root.has_value()) return absl::OkStatus();
  const IndexEntry& page = choose(end_->root->pages, where);
  const auto section = SectionAt(page.offset, SectionType::kIndexPage);
  if (!section.ok()) return section.status();
  const auto entries = DecodeIndexPage(section->payload);
  if (!entries.ok()) return Damaged(entries.status().message(), page.offset);
  const IndexEntry& entry = choose(*entries, where);
  // NextBlock() reads the rest.
  const auto block = HeaderAt(entry.offset, SectionType::kBlock);
  if (!block.ok()) return block.status();
  if (block->first_event != entry.first_event ||
      block->first_tick != entry.first_tick) {
    return Damaged("the index names another block than the one that is there",
                   entry.offset);
  }
  from_index_ = true;
  sites_ = end_->sites;
  offset_ = entry.offset;
  next_event_ = entry.first_event;
  tick_ = entry.first_tick;
  return absl::OkStatus();
}

absl::StatusOr<TraceReader::Range> TraceReader::Seek(uint64_t event) {
  const absl::Status status = StartAt(&EntryOfEvent, event);
  if (!status.ok()) {
    at_end_ = true;
    return status;
  }
  do {
    Advance();
  } while (!at_end_ && current_.ok() && current_->index < event);
  if (!at_end_ && !current_.ok()) return current_.status();
  if (at_end_ && event > next_event_) {
    return absl::OutOfRangeError(
        absl::StrCat("there is no event ", event, " in ", path_,
                     ": it ends before event ", next_event_));
  }
  return Range(this);
}

absl::StatusOr<TraceReader::Range> TraceReader::SeekTick(uint64_t tick) {
  const absl::Status status = StartAt(&EntryOfTick, tick);
  if (!status.ok()) {
    at_end_ = true;
    return status;
  }
  do {
    Advance();
  } while (!at_end_ && current_.ok() && current_->tick < tick);
  if (!at_end_ && !current_.ok()) return current_.status();
  return Range(this);
}

absl::StatusOr<uint64_t> TraceReader::EndIndex() {
  const absl::Status status = LoadEnd();
  if (!status.ok()) return status;
  if (!end_->event_count.has_value()) {
    for (const auto& event : events()) {
      if (!event.ok()) return event.status();
    }
    end_->event_count = next_event_;
  }
  Start();
  at_end_ = true;
  return *end_->event_count;
}

absl::Status TraceReader::Check(absl::FunctionRef<void(uint64_t)> block) {
  Start();
  absl::StatusOr<bool> more = NextBlock();
  for (; more.ok() && *more; more = NextBlock()) {
    rows_->Check();
    if (absl::Status status = CheckBlock(); !status.ok()) {
      more = status;
      break;
    }
    TakeSites();
    block(block_.event_count);
  }
  rows_.reset();
  at_end_ = true;
  return more.status();
}

absl::StatusOr<ReplayTrace> TraceReader::ReadBlocks(bool keep_prefix) {
  std::vector<TraceBlock> blocks;
  const absl::Status status =
      Check([&](uint64_t) { blocks.push_back(std::move(block_)); });
  if (!status.ok()) {
    if (!keep_prefix) return status;
    recovered_ = std::string(status.message());
    summary_.reset();
  }
  return ReplayTrace(metadata_, sites_, std::move(blocks), summary_,
                     recovered_, limit_mark_);
}

absl::StatusOr<ReplayTrace> TraceReader::ReadAll() {
  return ReadBlocks(/*keep_prefix=*/false);
}

ReplayTrace TraceReader::Recover() { return *ReadBlocks(/*keep_prefix=*/true); }

}  // namespace asupersync
