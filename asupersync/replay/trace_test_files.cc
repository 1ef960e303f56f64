#include "asupersync/replay/trace_test_files.h"

#include <fstream>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace asupersync {

std::string PathOf(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "/", name);
}

std::string ReadBytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void WriteBytes(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

absl::Status Save(const ReplayTrace& trace, const std::string& path,
                  const TraceWriterOptions& options) {
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path, options);
  if (!writer.ok()) return writer.status();
  if (auto s = writer->WriteTrace(trace); !s.ok()) return s;
  return writer->Finish();
}

absl::StatusOr<ReplayTrace> Load(const std::string& path) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  return reader->ReadAll();
}

}  // namespace asupersync
