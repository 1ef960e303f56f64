// Writes traces of the toy program into a folder, as inputs of
// replay_source_fuzz: the first byte says which program is driven by it.
//
//   bazel run //asupersync/replay/fuzz:write_corpus -- $PWD/FOLDER
//
// What is in corpus/replay_source/toy_* was made by it.
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/replay/toy_program.h"
#include "asupersync/replay/toy_recording.h"
#include "asupersync/replay/trace_writer.h"
#include "asupersync/trace/recorder_config.h"

namespace asupersync {
namespace {

absl::Status Record(const RecorderConfig& config, const ToyOptions& options,
                    const TraceWriterOptions& how, const std::string& path) {
  const ToyRecording recorded = RecordToy(42, options, config);
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path, how);
  if (!writer.ok()) return writer.status();
  if (absl::Status s = writer->WriteTrace(recorded.trace); !s.ok()) return s;
  return writer->Finish();
}

// Puts `variant` before the file's bytes; cuts `cut` bytes off its end.
void Change(const std::string& path, char variant, size_t cut) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes(std::istreambuf_iterator<char>(in), {});
  bytes.resize(bytes.size() - cut);
  std::ofstream(path, std::ios::binary) << variant << bytes;
}

int Main(const std::string& folder) {
  struct {
    const char* name;
    RecorderConfig config;
    ToyOptions options;
    TraceWriterOptions how;
    char variant;
    size_t cut = 0;
  } const kinds[] = {
      {"rows", RecorderConfig::Enabled(), {}, TraceWriterOptions::Plain(), 0},
      {"zstd", RecorderConfig::Enabled(), {}, {}, 8},
      {"mid_run",
       RecorderConfig::Disabled(),
       {.enable_recording_after = 5},
       TraceWriterOptions::Plain(),
       0},
      {"other_program",
       RecorderConfig::Enabled(),
       {.tasks = 5, .says_something = true},
       TraceWriterOptions::Plain(),
       2},
      {"prefix", RecorderConfig::Enabled(), {}, TraceWriterOptions::Plain(), 16,
       50},
  };
  for (const auto& kind : kinds) {
    const std::string path = absl::StrCat(folder, "/toy_", kind.name);
    const absl::Status status =
        Record(kind.config, kind.options, kind.how, path);
    if (!status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 2;
    }
    Change(path, kind.variant, kind.cut);
  }
  return 0;
}

}  // namespace
}  // namespace asupersync

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: write_corpus FOLDER\n");
    return 1;
  }
  return asupersync::Main(argv[1]);
}
