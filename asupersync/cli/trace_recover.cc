#include "asupersync/cli/trace_recover.h"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <limits>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/output_file.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/cli/trace_rewriter.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/mapped_trace_file.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;

constexpr absl::string_view kHelp = R"(
Writes what can be read of DAMAGED, a trace that ends too soon or has damaged
bytes, to the new file OUT: metadata, and the events before the damage. Every
command reads OUT, and a replay can follow it as far as it goes. What an
execution ended with (certificate, fingerprint) is not known then: OUT has no
footer and is still told as a prefix ('trace verify': truncated). Of a trace
that is whole nothing is lost. DAMAGED is never changed.

Without OUT the one operand is a folder: the artifacts of a lab test whose
process died, or an artifacts folder with such folders. There, trace.async is
replaced by what can be read of it, event_log.txt gets the events, and the
manifest's status becomes "died", as the next start of a lab test with that
artifacts folder would do it. A test that still runs is left alone and named;
so is a whole trace without a manifest, whose process ended between the two:
there is nothing to complete.

Prints what was recovered and what was lost.

With --format=json: "input", "output", "events" (recovered), "whole" (true:
nothing was lost) and "lost" (a text, or null); of a folder "finished", a list
of objects with "folder", "test_id", "signal" (0: not known), "events" and
"steps", "running", the folders of the tests that still run, and
"without_manifest", the traces that have none.

Exit status: 0 OUT is written, or the folder has no more that died; 2 DAMAGED
cannot be read or its first bytes, the header and metadata, are damaged; OUT is
there already; or something cannot be written.

Example:
  asupersync trace recover trace.async recovered.async
  asupersync trace recover /tmp/asupersync_artifacts_1000
)";

void Tell(const std::string& in, const std::string& out,
          const Rewritten& rewritten, const Output& output) {
  const bool whole = rewritten.input.ok();
  const std::string lost(rewritten.input.message());
  output.out << "recovered " << rewritten.events << " events to "
             << Printable(out) << "\n"
             << (whole ? "nothing is lost: the trace is whole"
                       : Printable(lost))
             << "\n";
  if (output.json == nullptr) return;
  output.json->Field("input", in);
  output.json->Field("output", out);
  output.json->Field("events", rewritten.events);
  output.json->Field("whole", whole);
  output.json->Field("lost",
                     whole ? std::nullopt : std::optional<std::string>(lost));
}

// What a folder has, of one test or of many, that needs no completing.
struct Others {
  std::vector<std::string> running;           // folders
  std::vector<std::string> without_manifest;  // traces
};

void Look(const std::string& folder, Others* others) {
  std::error_code error;
  const std::string trace = absl::StrCat(folder, "/", kTraceFileName);
  if (!fs::is_regular_file(trace, error)) return;
  if (IsTraceFileInUse(trace)) {
    others->running.push_back(folder);
  } else if (!fs::exists(absl::StrCat(folder, "/", kManifestFileName),
                         error)) {
    others->without_manifest.push_back(trace);
  }
}

Others LookAround(const std::string& folder) {
  Others others;
  Look(folder, &others);
  std::vector<std::string> below;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    below.push_back(it->path());
  }
  std::sort(below.begin(), below.end());
  for (const std::string& path : below) Look(path, &others);
  return others;
}

void TellOthers(const Others& others, const Output& output) {
  for (const std::string& folder : others.running) {
    output.out << "the test of " << Printable(folder) << " still runs\n";
  }
  for (const std::string& trace : others.without_manifest) {
    output.out << Printable(trace)
               << " has no manifest: its process ended before it wrote one; "
                  "'trace events' and --lab_replay take the trace\n";
  }
  if (output.json == nullptr) return;
  output.json->Texts("running", others.running);
  output.json->Texts("without_manifest", others.without_manifest);
}

// A folder of one test, or of many.
FinishedRuns FinishFolder(const std::string& folder) {
  FinishedRuns runs =
      FinishDiedRuns(folder, std::numeric_limits<size_t>::max());
  absl::StatusOr<FinishResult> own = FinishDiedRun(folder);
  if (!own.ok()) {
    runs.errors.push_back(own.status());
  } else if (own->state == FinishResult::State::kFinished) {
    runs.finished.push_back(own->run);
  }
  return runs;
}

ExitCode Finish(const std::string& folder, const Output& output) {
  std::error_code error;
  if (!fs::exists(folder, error)) {
    PrintError(output, absl::StrCat(folder, " is not there; give a damaged "
                                            "trace and OUT, or a folder"));
    return ExitCode::kInput;
  }
  if (!fs::is_directory(folder, error)) {
    return UsageError(output, "trace recover",
                      "OUT is missing; only a folder goes without it");
  }
  const FinishedRuns runs = FinishFolder(folder);
  if (output.json != nullptr) {
    output.json->Key("finished");
    output.json->BeginArray();
  }
  for (const DiedRun& run : runs.finished) {
    output.out << Printable(run.ToString()) << "\n";
    if (output.json == nullptr) continue;
    output.json->BeginObject();
    output.json->Field("folder", run.folder);
    output.json->Field("test_id", run.test_id);
    output.json->Field("signal", run.signal);
    output.json->Field("events", run.events);
    output.json->Field("steps", run.steps);
    output.json->End();
  }
  if (output.json != nullptr) output.json->End();
  if (runs.finished.empty() && runs.errors.empty()) {
    output.out << "no test has died in " << Printable(folder) << "\n";
  }
  TellOthers(LookAround(folder), output);
  for (const absl::Status& status : runs.errors) {
    PrintError(output, status.message());
  }
  return runs.errors.empty() ? ExitCode::kOk : ExitCode::kInput;
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  if (arguments.operand_count() == 1) {
    return Finish(arguments.operand(0), output);
  }
  const std::string& in = arguments.operand(0);
  const std::string& out = arguments.operand(1);
  std::optional<TraceReader> reader = OpenTrace(in, output);
  if (!reader.has_value()) return ExitCode::kInput;
  absl::StatusOr<OutputFile> file =
      OutputFile::Create(out, {in}, arguments.has("force"));
  absl::Status status = file.status();
  Rewritten rewritten;
  if (status.ok()) {
    absl::StatusOr<Rewritten> done =
        RewriteTrace(*reader, TraceWriterOptions(), *file, output);
    status = done.status();
    if (status.ok()) rewritten = *done;
  }
  if (status.ok()) status = file->Commit();
  if (!status.ok()) {
    PrintError(output, status.message());
    return ExitCode::kInput;
  }
  Tell(in, out, rewritten, output);
  return ExitCode::kOk;
}

}  // namespace

const Command& TraceRecoverCommand() {
  static const auto* const kCommand =
      new Command{"trace recover",
                  "DAMAGED [OUT] [OPTIONS]",
                  "save what is whole of a damaged trace",
                  kHelp,
                  {{{"force", "", "replace OUT if it is there"}},
                   {"DAMAGED", "[OUT]"}},
                  &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
