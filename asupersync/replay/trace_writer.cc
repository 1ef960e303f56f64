#include "asupersync/replay/trace_writer.h"

#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/metadata_codec.h"

namespace asupersync {
namespace {

absl::Status WriteError(absl::string_view path, absl::string_view doing,
                        int error_number) {
  const absl::Status status = absl::ErrnoToStatus(error_number, "");
  return absl::Status(
      status.code(),
      absl::StrCat("cannot write trace file ", path, ": ", doing, " failed",
                   status.message(), " (errno ", error_number,
                   "); give a folder that exists, is writable and has room"));
}

}  // namespace

TraceWriter::TraceWriter(std::string path, std::string temporary,
                         std::FILE* file)
    : path_(std::move(path)), temporary_(std::move(temporary)), file_(file) {}

TraceWriter::TraceWriter(TraceWriter&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, "")),
      file_(std::move(other.file_)),
      offset_(other.offset_),
      started_(other.started_),
      written_(other.written_) {}

TraceWriter& TraceWriter::operator=(TraceWriter&& other) noexcept {
  if (this == &other) return *this;
  Discard();
  path_ = std::move(other.path_);
  temporary_ = std::exchange(other.temporary_, "");
  file_ = std::move(other.file_);
  offset_ = other.offset_;
  started_ = other.started_;
  written_ = other.written_;
  return *this;
}

TraceWriter::~TraceWriter() { Discard(); }

void TraceWriter::Discard() {
  file_.reset();
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
  written_ = false;
}

absl::StatusOr<TraceWriter> TraceWriter::Create(absl::string_view path) {
  // The process id keeps processes that write one path apart.
  std::string temporary = absl::StrCat(path, ".", ::getpid(), ".tmp");
  std::FILE* file = std::fopen(temporary.c_str(), "wb");
  if (file == nullptr) return WriteError(path, "opening it", errno);
  return TraceWriter(std::string(path), std::move(temporary), file);
}

absl::Status TraceWriter::Fail(absl::string_view doing, int error_number) {
  Discard();
  return WriteError(path_, doing, error_number);
}

absl::Status TraceWriter::Append(absl::string_view bytes) {
  if (!bytes.empty() &&
      std::fwrite(bytes.data(), 1, bytes.size(), file_.get()) != bytes.size()) {
    return Fail("writing", errno);
  }
  offset_ += bytes.size();
  return absl::OkStatus();
}

absl::Status TraceWriter::AppendSection(SectionHeader& header,
                                        absl::string_view payload) {
  header.stored_length = static_cast<uint32_t>(payload.size());
  header.raw_length = header.stored_length;
  header.payload_check = StableHash64(payload);
  absl::Status status = Append(EncodeSectionHeader(header));
  if (status.ok()) status = Append(payload);
  return status;
}

absl::Status TraceWriter::WriteTrace(const ReplayTrace& trace) {
  if (started_ || file_ == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot write a second trace to ", path_,
                     ": a file holds one; create another TraceWriter"));
  }
  started_ = true;
  const std::string metadata = EncodeMetadata(trace.metadata());
  if (metadata.size() > kMetadataBytesMax) {
    Discard();
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write trace file ", path_, ": its metadata takes ",
                     metadata.size(), " bytes, at most ", kMetadataBytesMax,
                     " are allowed; shorten the config entries"));
  }
  const std::string header = EncodeHeader(metadata);
  uint64_t digest = LoadU64(header, 16);
  absl::Status status = Append(header);
  for (const TraceBlock& block : trace.blocks()) {
    if (!status.ok()) return status;
    SectionHeader section;
    section.type = static_cast<uint8_t>(SectionType::kBlock);
    section.event_count = block.event_count;
    section.site_count = block.site_count;
    section.first_event = block.first_event;
    section.first_tick = block.first_tick;
    status = AppendSection(section, block.payload);
    digest = ExtendDigest(digest, section.header_check);
  }
  if (status.ok() && trace.summary().has_value()) {
    const uint64_t footer_offset = offset_;
    SectionHeader section;
    section.type = static_cast<uint8_t>(SectionType::kFooter);
    const TraceSummary& summary = *trace.summary();
    status = AppendSection(
        section, EncodeFooter({summary.event_count, summary.end_tick,
                               summary.certificate, summary.fingerprint, digest,
                               /*index_offset=*/0}));
    if (status.ok()) status = Append(EncodeTrailer(footer_offset));
  }
  written_ = status.ok();
  return status;
}

absl::Status TraceWriter::Finish() {
  if (!written_) {
    return absl::FailedPreconditionError(
        absl::StrCat("cannot finish trace file ", path_,
                     ": no trace was written to it; call WriteTrace() first "
                     "and Finish() once"));
  }
  written_ = false;
  // Buffered bytes may only now meet a full disk.
  if (std::fclose(file_.release()) != 0) return Fail("closing it", errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0) {
    return Fail("renaming it from its temporary name", errno);
  }
  temporary_.clear();
  return absl::OkStatus();
}

}  // namespace asupersync
