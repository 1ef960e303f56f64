#include "asupersync/cli/trace_export.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/export_jsonl.h"
#include "asupersync/cli/export_perfetto.h"
#include "asupersync/cli/export_sink.h"
#include "asupersync/cli/export_textproto.h"
#include "asupersync/cli/fd_output.h"
#include "asupersync/cli/output_file.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Writes a trace to the new file OUT, or to standard output, as

  jsonl      an object for each event, a line each; the fields are told in
             docs/cli.md
  textproto  protobuf's text format of an asupersync.proto.TraceExport
             (proto/trace_event.proto)
  perfetto   a timeline to open in ui.perfetto.dev or chrome://tracing: regions
             as processes, tasks as threads, steps and waits as slices, arrows
             from a spawn or wake to the step that follows (from a write to the
             next access by another task, too, if accesses were recorded)

Of a perfetto timeline, --from and --until cut a piece out; the other filters
say which events are drawn as marks.

With --format=json, which needs OUT: "input", "output", "to" and "events", the
number of those that were read.

Exit status: 0 ok; 1 wrong usage; 2 the file cannot be read or is not whole
(what is there is written), OUT is there already or cannot be written.

Examples:
  asupersync trace export --to=jsonl trace.async | jq 'select(.task == 3)'
  asupersync trace export --to=perfetto trace.async trace.json
  asupersync trace export --to=perfetto --time=virtual --from=tick:900 \
      trace.async end.json
  asupersync trace export --to=textproto --kind=UserTrace trace.async
)";

std::unique_ptr<ExportSink> MakeSink(const Arguments& arguments,
                                     std::ostream& out) {
  const std::string to = arguments.value("to").value_or("");
  if (to == "jsonl") return MakeJsonlSink(out);
  if (to == "textproto") return MakeTextprotoSink(out);
  return MakePerfettoSink(out, arguments.value("time") == "virtual"
                                   ? PerfettoTime::kVirtual
                                   : PerfettoTime::kStep);
}

std::optional<absl::string_view> WrongUsage(const Arguments& arguments,
                                            const Output& output) {
  if (!arguments.has("to")) {
    return "--to is missing; choose one of jsonl, textproto, perfetto";
  }
  if (arguments.has("time") && arguments.value("to") != "perfetto") {
    return "--time is for --to=perfetto";
  }
  if (output.json != nullptr && arguments.operand_count() < 2) {
    return "--format=json needs OUT: standard output cannot take both";
  }
  if (arguments.has("force") && arguments.operand_count() < 2) {
    return "--force is for OUT, which is missing";
  }
  return std::nullopt;
}

// Returns the number of events read.
uint64_t Export(TraceReader& reader, const EventFilter& filter,
                std::ostream& out, ExportSink& sink, const Output& output,
                absl::Status* damage) {
  EventRenderer renderer;
  uint64_t events = 0;
  bool all = true;
  sink.Begin(reader.metadata());
  *damage = WalkEvents(reader, output, [&](const EventRecord& record) {
    if (filter.IsBehind(record)) return all = false;
    ++events;
    const Site& site = SiteOf(reader, record.site);
    renderer.Enter(record);
    auto part = ExportSink::Part::kShown;
    if (filter.IsBefore(record)) {
      part = ExportSink::Part::kOutside;
    } else if (filter.active() && !filter.Matches(record, site, renderer)) {
      part = ExportSink::Part::kFiltered;
    }
    sink.Add(record, site, renderer, part);
    renderer.Leave(record);
    return static_cast<bool>(out);
  });
  sink.End(all && damage->ok() ? reader.summary() : std::nullopt);
  return events;
}

ExitCode ExportToFile(const Arguments& arguments, TraceReader& reader,
                      const EventFilter& filter, const Output& output) {
  const std::string& in = arguments.operand(0);
  const std::string& path = arguments.operand(1);
  absl::StatusOr<OutputFile> file =
      OutputFile::Create(path, {in}, arguments.has("force"));
  absl::Status status = file.status();
  absl::Status damage;
  uint64_t events = 0;
  if (status.ok()) {
    FdOutput out(file->fd());
    const std::unique_ptr<ExportSink> sink = MakeSink(arguments, out);
    events = Export(reader, filter, out, *sink, output, &damage);
    out.flush();
    status = file->Commit(out.error_number());
  }
  if (!status.ok()) {
    PrintError(output, status.message());
    return ExitCode::kInput;
  }
  output.out << "wrote " << Printable(path) << "\n";
  if (output.json != nullptr) {
    output.json->Field("input", in);
    output.json->Field("output", path);
    output.json->Field("to", arguments.value("to"));
    output.json->Field("events", events);
  }
  return CheckRead(reader, damage, output);
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  if (const auto wrong = WrongUsage(arguments, output)) {
    return UsageError(output, "trace export", *wrong);
  }
  absl::StatusOr<EventFilter> filter =
      EventFilter::FromArguments(arguments, "until");
  if (!filter.ok()) {
    return UsageError(output, "trace export", filter.status().message());
  }
  std::optional<TraceReader> reader = OpenTrace(arguments.operand(0), output);
  if (!reader.has_value()) return ExitCode::kInput;
  if (absl::Status s = filter->Prepare(*reader, output); !s.ok()) {
    PrintError(output, s.message());
    return ExitCode::kInput;
  }
  if (arguments.operand_count() > 1) {
    return ExportToFile(arguments, *reader, *filter, output);
  }
  absl::Status damage;
  const std::unique_ptr<ExportSink> sink = MakeSink(arguments, output.out);
  Export(*reader, *filter, output.out, *sink, output.Streaming(), &damage);
  return CheckRead(*reader, damage, output);
}

}  // namespace

const Command& TraceExportCommand() {
  static const auto* const kCommand = new Command{
      "trace export",
      "--to=FORM FILE [OUT] [OPTIONS]",
      "write a trace as JSON lines, text proto or a Perfetto timeline",
      kHelp,
      {FilterOptions(
           {{"to",
             "FORM",
             "jsonl, textproto or perfetto",
             {"jsonl", "textproto", "perfetto"}},
            {"time",
             "AXIS",
             "of a perfetto timeline: step (the default; a microsecond for "
             "each step, so that their order can be seen) or virtual time",
             {"step", "virtual"}},
            {"force", "", "replace OUT if it is there"}},
           "until"),
       {"FILE", "[OUT]"}},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
