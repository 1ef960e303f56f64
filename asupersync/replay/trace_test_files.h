// Traces in files, for the tests of this folder.
#ifndef ASUPERSYNC_REPLAY_TRACE_TEST_FILES_H_
#define ASUPERSYNC_REPLAY_TRACE_TEST_FILES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/replay/trace_file.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

// In the test's temporary folder.
std::string PathOf(const std::string& name);

std::string ReadBytes(const std::string& path);
void WriteBytes(const std::string& path, const std::string& bytes);

absl::Status Save(const ReplayTrace& trace, const std::string& path,
                  const TraceWriterOptions& options = TraceWriterOptions());
absl::StatusOr<ReplayTrace> Load(const std::string& path);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TRACE_TEST_FILES_H_
