#include "asupersync/cli/trace_convert.h"

#include <sys/stat.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/output_file.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/cli/trace_rewriter.h"
#include "asupersync/replay/trace_layout.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Copies the trace IN to the new file OUT with other codec, layout or index; the
events stay the same. Without options OUT is as small as can be (zstd over
columns). --codec=none gives bytes that do not depend on the version of zstd. A
block that does not become smaller by it is written as rows, uncompressed.
Memory does not grow with the trace.

With --format=json: "input", "output", "events", "input_bytes" and
"output_bytes".

Exit status: 0 OUT is written; 1 wrong usage; 2 IN cannot be read or is not
whole (what is there is written, without a footer), OUT is there already or
cannot be written.

Examples:
  asupersync trace convert trace.async small.async
  asupersync trace convert --codec=none --layout=rows trace.async plain.async
)";

TraceWriterOptions OptionsOf(const Arguments& arguments) {
  TraceWriterOptions options;
  if (arguments.value("codec") == "none") options = TraceWriterOptions::Plain();
  const std::optional<std::string> layout = arguments.value("layout");
  if (layout == "rows") options.layout = BlockLayout::kRows;
  if (layout == "columns") options.layout = BlockLayout::kColumns;
  options.index = !arguments.has("no-index");
  return options;
}

uint64_t BytesOf(const std::string& path) {
  struct stat file;
  return ::stat(path.c_str(), &file) == 0 ? static_cast<uint64_t>(file.st_size)
                                          : 0;
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
        RewriteTrace(*reader, OptionsOf(arguments), *file, output);
    status = done.status();
    if (status.ok()) rewritten = *done;
  }
  if (status.ok()) status = file->Commit();
  if (!status.ok()) {
    PrintError(output, status.message());
    return ExitCode::kInput;
  }
  output.out << "wrote " << rewritten.events << " events to " << Printable(out)
             << ": " << BytesOf(out) << " bytes, before " << BytesOf(in)
             << "\n";
  if (output.json != nullptr) {
    output.json->Field("input", in);
    output.json->Field("output", out);
    output.json->Field("events", rewritten.events);
    output.json->Field("input_bytes", BytesOf(in));
    output.json->Field("output_bytes", BytesOf(out));
  }
  if (rewritten.input.ok()) return ExitCode::kOk;
  PrintError(output, rewritten.input.message());
  return ExitCode::kInput;
}

}  // namespace

const Command& TraceConvertCommand() {
  static const auto* const kCommand = new Command{
      "trace convert",
      "IN OUT [OPTIONS]",
      "copy a trace with another codec or layout",
      kHelp,
      {{{"codec", "CODEC", "zstd (the default) or none", {"zstd", "none"}},
        {"layout",
         "LAYOUT",
         "rows, or columns; columns for zstd and rows for none if not given",
         {"rows", "columns"}},
        {"no-index", "", "write no index; seeking then reads from the start"},
        {"force", "", "replace OUT if it is there"}},
       {"IN", "OUT"}},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
