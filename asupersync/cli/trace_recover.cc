#include "asupersync/cli/trace_recover.h"

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/output_file.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/cli/trace_rewriter.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Writes what can be read of DAMAGED, a trace that ends too soon or has damaged
bytes, to the new file OUT: metadata, and the events before the damage. Every
command reads OUT, and a replay can follow it as far as it goes. What an
execution ended with (certificate, fingerprint) is not known then: OUT has no
footer and is still told as a prefix ('trace verify': truncated). Of a trace
that is whole nothing is lost. DAMAGED is never changed.

Prints what was recovered and what was lost.

With --format=json: "input", "output", "events" (recovered), "whole" (true:
nothing was lost) and "lost" (a text, or null).

Exit status: 0 OUT is written; 2 DAMAGED cannot be read or its first bytes,
the header and metadata, are damaged; OUT is there already; or it cannot be
written.

Example:
  asupersync trace recover trace.async recovered.async
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

ExitCode Run(const Arguments& arguments, const Output& output) {
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
                  "DAMAGED OUT [OPTIONS]",
                  "save what is whole of a damaged trace",
                  kHelp,
                  {{{"force", "", "replace OUT if it is there"}},
                   {"DAMAGED", "OUT"}},
                  &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
