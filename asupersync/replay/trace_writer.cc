#include "asupersync/replay/trace_writer.h"

#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/block_compressor.h"
#include "asupersync/replay/file_size_signal.h"
#include "asupersync/replay/metadata_codec.h"
#include "asupersync/replay/trace_columns.h"
#include "asupersync/replay/trace_index.h"

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

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

// Sites that the file has defined, as payloads of sections.
struct SiteRows {
  std::string rows;
  uint32_t count = 0;
};

}  // namespace

struct TraceWriter::State {
  enum class Phase { kCreated, kBegun, kEnded, kFinished };

  std::string path;
  std::string temporary;  // empty once there is none
  TraceWriterOptions options;
  std::unique_ptr<std::FILE, CloseFile> file;
  Phase phase = Phase::kCreated;
  uint64_t offset = 0;
  uint64_t digest = 0;
  BlockCompressor compressor;
  std::vector<SiteRows> sites;
  uint64_t blocks = 0;
  std::vector<IndexEntry> page;  // of blocks since the last page
  IndexRoot root;

  ~State() { Discard(); }

  void Discard() {
    const NoFileSizeSignal no_signal;
    file.reset();
    if (!temporary.empty()) ::unlink(temporary.c_str());
    temporary.clear();
    phase = Phase::kFinished;
  }
  absl::Status Fail(absl::string_view doing, int error_number) {
    Discard();
    return WriteError(path, doing, error_number);
  }
  absl::Status Misused(absl::string_view what) const {
    return absl::FailedPreconditionError(absl::StrCat(
        "cannot write to trace file ", path, ": ", what,
        "; a TraceWriter writes one trace: WriteTrace(), or Begin(), Append() "
        "and End(), then Finish(), each once"));
  }
  absl::Status Invalid(absl::string_view what) {
    Discard();
    return absl::InvalidArgumentError(
        absl::StrCat("cannot write trace file ", path, ": ", what));
  }

  absl::Status Write(absl::string_view bytes);
  absl::Status WriteSection(SectionHeader& header, absl::string_view stored,
                            size_t raw_length);
  // A section of another type than block, uncompressed.
  absl::Status WritePlain(SectionType type, absl::string_view payload);
  absl::Status WritePage();
  absl::Status WriteSites();
  // Index and footer.
  absl::Status WriteEnd(const TraceSummary& summary);
  void KeepSites(std::string rows, uint32_t count);
};

absl::Status TraceWriter::State::Write(absl::string_view bytes) {
  const NoFileSizeSignal no_signal;
  if (!bytes.empty() &&
      std::fwrite(bytes.data(), 1, bytes.size(), file.get()) != bytes.size()) {
    return Fail("writing", errno);
  }
  offset += bytes.size();
  return absl::OkStatus();
}

absl::Status TraceWriter::State::WriteSection(SectionHeader& header,
                                              absl::string_view stored,
                                              size_t raw_length) {
  header.stored_length = static_cast<uint32_t>(stored.size());
  header.raw_length = static_cast<uint32_t>(raw_length);
  header.payload_check = StableHash64(stored);
  absl::Status status = Write(EncodeSectionHeader(header));
  if (status.ok()) status = Write(stored);
  digest = ExtendDigest(digest, header.header_check);
  return status;
}

absl::Status TraceWriter::State::WritePlain(SectionType type,
                                            absl::string_view payload) {
  SectionHeader header;
  header.type = static_cast<uint8_t>(type);
  return WriteSection(header, payload, payload.size());
}

absl::Status TraceWriter::State::WritePage() {
  IndexEntry entry = page.front();
  entry.offset = offset;
  root.pages.push_back(entry);
  const std::string bytes = EncodeIndexPage(page);
  page.clear();
  return WritePlain(SectionType::kIndexPage, bytes);
}

absl::Status TraceWriter::State::WriteSites() {
  if (!sites.empty()) root.sites_offset = offset;
  for (const SiteRows& some : sites) {
    SectionHeader header;
    header.type = static_cast<uint8_t>(SectionType::kSites);
    header.site_count = some.count;
    std::string stored = some.rows;
    if (options.codec == BlockCodec::kZstd) {
      stored = compressor.Compress(some.rows);
      header.codec = static_cast<uint8_t>(BlockCodec::kZstd);
      if (stored.size() >= some.rows.size()) {
        stored = some.rows;
        header.codec = 0;
      }
    }
    absl::Status status = WriteSection(header, stored, some.rows.size());
    if (!status.ok()) return status;
    root.site_count += some.count;
  }
  return absl::OkStatus();
}

absl::Status TraceWriter::State::WriteEnd(const TraceSummary& summary) {
  absl::Status status;
  uint64_t index_offset = 0;
  if (options.index && blocks > 1) {
    if (!page.empty()) status = WritePage();
    if (status.ok()) status = WriteSites();
    if (!status.ok()) return status;
    index_offset = offset;
    status = WritePlain(SectionType::kIndexRoot, EncodeIndexRoot(root));
  }
  const uint64_t footer_offset = offset;
  if (status.ok()) {
    Footer footer{summary.event_count, summary.end_tick, summary.certificate,
                  summary.fingerprint, digest,           index_offset};
    footer.limit = static_cast<uint32_t>(summary.limit);
    footer.events_lost = summary.events_lost;
    status = WritePlain(SectionType::kFooter, EncodeFooter(footer));
  }
  if (status.ok()) status = Write(EncodeTrailer(footer_offset));
  return status;
}

void TraceWriter::State::KeepSites(std::string rows, uint32_t count) {
  if (count == 0) return;
  if (!sites.empty() &&
      sites.back().rows.size() + rows.size() <= kPayloadBytesMax) {
    sites.back().rows += rows;
    sites.back().count += count;
  } else {
    sites.push_back({std::move(rows), count});
  }
}

TraceWriter::TraceWriter(std::unique_ptr<State> state)
    : state_(std::move(state)) {}
TraceWriter::TraceWriter(TraceWriter&&) noexcept = default;
TraceWriter& TraceWriter::operator=(TraceWriter&&) noexcept = default;
TraceWriter::~TraceWriter() = default;

absl::StatusOr<TraceWriter> TraceWriter::Create(
    absl::string_view path, const TraceWriterOptions& options) {
  // The process id keeps processes that write one path apart.
  const std::string temporary = absl::StrCat(path, ".", ::getpid(), ".tmp");
  // A process of this id that has died may have left one; a link under that
  // name is not followed.
  std::remove(temporary.c_str());
  std::FILE* file = std::fopen(temporary.c_str(), "wbx");
  if (file == nullptr) return WriteError(path, "opening it", errno);
  auto state = std::make_unique<State>();
  state->path = std::string(path);
  state->temporary = temporary;
  state->options = options;
  state->file.reset(file);
  return TraceWriter(std::move(state));
}

absl::Status TraceWriter::Begin(const TraceMetadata& metadata) {
  if (state_->phase != State::Phase::kCreated) {
    return state_->Misused("it has begun already");
  }
  const std::string bytes = EncodeMetadata(metadata);
  if (bytes.size() > kMetadataBytesMax) {
    return state_->Invalid(absl::StrCat("its metadata takes ", bytes.size(),
                                        " bytes, at most ", kMetadataBytesMax,
                                        " are allowed; shorten the config "
                                        "entries"));
  }
  const std::string header = EncodeHeader(bytes);
  state_->digest = LoadU64(header, 16);
  state_->phase = State::Phase::kBegun;
  return state_->Write(header);
}

absl::Status TraceWriter::Append(const TraceBlock& block) {
  State& state = *state_;
  if (state.phase != State::Phase::kBegun) {
    return state.Misused("a block comes after Begin() and before End()");
  }
  std::string columns;
  std::string site_rows;
  if (block.payload.size() > kPayloadBytesMax) {
    return state.Invalid(absl::StrCat("a block of ", block.payload.size(),
                                      " bytes; at most ", kPayloadBytesMax,
                                      " are allowed"));
  }
  absl::Status status = RowsToColumns(block.payload, &columns, &site_rows);
  if (!status.ok()) return state.Invalid(status.message());
  state.KeepSites(std::move(site_rows), block.site_count);
  if (state.options.index && state.root.pages.size() < kIndexPagesMax) {
    state.page.push_back({block.first_event, block.first_tick, state.offset});
  }
  ++state.blocks;

  SectionHeader header;
  header.type = static_cast<uint8_t>(SectionType::kBlock);
  header.event_count = block.event_count;
  header.site_count = block.site_count;
  header.first_event = block.first_event;
  header.first_tick = block.first_tick;
  const bool in_columns = state.options.layout == BlockLayout::kColumns &&
                          columns.size() <= kPayloadBytesMax;
  const std::string& raw = in_columns ? columns : block.payload;
  std::string compressed;
  const bool zstd = state.options.codec == BlockCodec::kZstd;
  if (zstd) compressed = state.compressor.Compress(raw);
  const std::string& stored = zstd ? compressed : raw;
  if (stored.size() < block.payload.size() || (in_columns && !zstd)) {
    header.codec = static_cast<uint8_t>(state.options.codec);
    if (in_columns) header.layout = static_cast<uint8_t>(BlockLayout::kColumns);
    status = state.WriteSection(header, stored, raw.size());
  } else {
    status = state.WriteSection(header, block.payload, block.payload.size());
  }
  if (status.ok() && state.page.size() == kIndexPageEntriesMax) {
    status = state.WritePage();
  }
  return status;
}

absl::Status TraceWriter::End(const std::optional<TraceSummary>& summary,
                              RecordingLimit limit) {
  if (state_->phase != State::Phase::kBegun) {
    return state_->Misused("End() comes after Begin()");
  }
  absl::Status status;
  if (summary.has_value()) {
    status = state_->WriteEnd(*summary);
  } else if (limit != RecordingLimit::kNone) {
    status = state_->Write(EncodeLimitMark(static_cast<uint32_t>(limit)));
  }
  if (status.ok()) state_->phase = State::Phase::kEnded;
  return status;
}

absl::Status TraceWriter::WriteTrace(const ReplayTrace& trace) {
  absl::Status status = Begin(trace.metadata());
  for (const TraceBlock& block : trace.blocks()) {
    if (!status.ok()) return status;
    status = Append(block);
  }
  if (status.ok()) status = End(trace.summary(), trace.limit());
  return status;
}

absl::Status TraceWriter::Finish() {
  State& state = *state_;
  if (state.phase != State::Phase::kEnded) {
    return state.Misused("no whole trace was written");
  }
  state.phase = State::Phase::kFinished;
  const NoFileSizeSignal no_signal;
  // Buffered bytes may only now meet a full disk.
  if (std::fclose(state.file.release()) != 0) {
    return state.Fail("closing it", errno);
  }
  if (std::rename(state.temporary.c_str(), state.path.c_str()) != 0) {
    return state.Fail("renaming it from its temporary name", errno);
  }
  state.temporary.clear();
  return absl::OkStatus();
}

}  // namespace asupersync
