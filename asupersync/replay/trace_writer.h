// TraceWriter saves a trace to a file, all at once or block by block.
//
//   absl::StatusOr<TraceWriter> writer = TraceWriter::Create("trace.async");
//   if (!writer.ok()) return writer.status();
//   if (auto s = writer->WriteTrace(trace); !s.ok()) return s;
//   return writer->Finish();
//
// Determinism: equal traces and options give equal files, with one version of
// zstd; another version may compress differently.
//
// Lifetime: everything goes to a temporary file beside `path`, which Finish()
// renames. Whatever stood at `path` stays untouched until then, and for good
// if anything fails. Destroying a writer that has not finished removes the
// temporary file.
//
// Invariants:
// 1. Memory: a few blocks, the sites, and less than 1 MiB of index, however
//    long the trace is.
#ifndef ASUPERSYNC_REPLAY_TRACE_WRITER_H_
#define ASUPERSYNC_REPLAY_TRACE_WRITER_H_

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

// How the events stand in the file. A block that does not become smaller by it
// is written as rows without compression, whatever is asked.
struct TraceWriterOptions {
  BlockCodec codec = BlockCodec::kZstd;
  BlockLayout layout = BlockLayout::kColumns;
  // An index, if there is more than one block.
  bool index = true;

  // Bytes that do not depend on the version of zstd.
  static TraceWriterOptions Plain() {
    return {BlockCodec::kNone, BlockLayout::kRows, true};
  }
};

class TraceWriter {
 public:
  // Opens the temporary file. Errors carry the code of the operating system's
  // error (PermissionDenied, NotFound for a missing folder, ...) and one line
  // that names the path and what to do.
  static absl::StatusOr<TraceWriter> Create(
      absl::string_view path,
      const TraceWriterOptions& options = TraceWriterOptions());

  TraceWriter(TraceWriter&&) noexcept;
  TraceWriter& operator=(TraceWriter&&) noexcept;
  ~TraceWriter();

  // Writes the whole trace: Begin(), Append() for each block, and End(). A
  // trace that is itself a recovered prefix is written without a footer, so
  // that it stays recognizable as one.
  absl::Status WriteTrace(const ReplayTrace& trace);

  // The same in parts; blocks in their order. FailedPrecondition: called in
  // another order, or after Finish(). InvalidArgument: the metadata is longer
  // than the format allows, or the block is no block.
  absl::Status Begin(const TraceMetadata& metadata);
  absl::Status Append(const TraceBlock& block);
  // Without a summary the file is a prefix, without index and footer; if the
  // recording itself ended there, `limit` is marked.
  absl::Status End(const std::optional<TraceSummary>& summary,
                   RecordingLimit limit = RecordingLimit::kNone);

  // Puts the file in its place. FailedPrecondition without an End() that
  // succeeded, or when called twice.
  absl::Status Finish();

 private:
  struct State;
  explicit TraceWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_WRITER_H_
