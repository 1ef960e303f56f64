// TraceWriter saves a trace to a file.
//
//   absl::StatusOr<TraceWriter> writer = TraceWriter::Create("trace.async");
//   if (!writer.ok()) return writer.status();
//   if (auto s = writer->WriteTrace(trace); !s.ok()) return s;
//   return writer->Finish();
//
// Determinism: equal traces give equal files.
//
// Lifetime: everything goes to a temporary file beside `path`, which Finish()
// renames. Whatever stood at `path` stays untouched until then, and for good
// if anything fails. Destroying a writer that has not finished removes the
// temporary file.
#ifndef ASUPERSYNC_REPLAY_TRACE_WRITER_H_
#define ASUPERSYNC_REPLAY_TRACE_WRITER_H_

#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

class TraceWriter {
 public:
  // Opens the temporary file. Errors carry the code of the operating system's
  // error (PermissionDenied, NotFound for a missing folder, ...) and one line
  // that names the path and what to do.
  static absl::StatusOr<TraceWriter> Create(absl::string_view path);

  TraceWriter(TraceWriter&&) noexcept;
  TraceWriter& operator=(TraceWriter&&) noexcept;
  ~TraceWriter();

  // Writes the whole trace. A trace that is itself a recovered prefix is
  // written without a footer, so that it stays recognizable as one.
  // FailedPrecondition: called twice or after Finish(). InvalidArgument: the
  // metadata is longer than the format allows.
  absl::Status WriteTrace(const ReplayTrace& trace);

  // Puts the file in its place. FailedPrecondition without a WriteTrace()
  // that succeeded, or when called twice.
  absl::Status Finish();

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };

  TraceWriter(std::string path, std::string temporary, std::FILE* file);
  absl::Status Append(absl::string_view bytes);
  absl::Status AppendSection(SectionHeader& header, absl::string_view payload);
  absl::Status Fail(absl::string_view doing, int error_number);
  void Discard();

  std::string path_;
  std::string temporary_;  // empty once there is none
  std::unique_ptr<std::FILE, CloseFile> file_;
  uint64_t offset_ = 0;
  bool started_ = false;
  bool written_ = false;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_WRITER_H_
