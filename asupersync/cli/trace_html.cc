#include "asupersync/cli/trace_html.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "asupersync/cli/fd_output.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/output_file.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_html_against.h"
#include "asupersync/cli/trace_html_data.h"
#include "asupersync/cli/trace_html_events.h"
#include "asupersync/cli/trace_html_page.h"
#include "asupersync/cli/trace_html_source.h"
#include "asupersync/cli/trace_html_story.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

// What a page stays responsive with.
constexpr uint64_t kEventsMax = 200000;

constexpr absl::string_view kHelp = R"(
Draws a trace: one HTML file that needs no network. Tasks are lanes in the tree
of their regions; steps are bars; waits, wakes, spawns, messages, failed
assertions, faults and choices are drawn between and on them. In the page: '?'
shows the keys, and the address part #event=N selects event N.

What lies beside the trace is used, too: repro_manifest.json, and the
failed_assertions.json and divergence.json that it names.

--against aligns the traces as 'trace diff' does, by what each task does: events
that both have are known as the same wherever they stand, what a lane has alone
is shaded, and the first causal difference is marked.

With --format=json: "output", "events" (in the page, of each trace) and
"first_difference" (with --against; null: there is none), with "task_path"
(empty: every task does the same, in another order), "a" and "b" (the events;
null: the trace has no more of the task) and "order_parts".

Exit status: 0 ok; 1 wrong usage; 2 a file cannot be read or written, exists
already, or is not whole (the page then shows what is there).

Examples:
  asupersync trace html trace.async
  asupersync trace html trace.async --source . --out race.html --force
  asupersync trace html failed.async --against passed.async --out diff.html
)";

struct Inputs {
  std::optional<TraceReader> a;
  std::optional<TraceReader> b;  // --against
  std::optional<TraceComparison> comparison;
  TraceScan scan;  // of `a`, if there is no comparison

  const TraceScan& ScanOf(int which) const {
    return comparison.has_value() ? comparison->scan(which) : scan;
  }
  // Where the traces differ; nullopt: they do not, or there is only one.
  std::optional<uint64_t> DifferenceIn(int which) const {
    if (!comparison.has_value() || !comparison->difference().has_value()) {
      return std::nullopt;
    }
    return comparison->difference()->place[which];
  }
};

std::string OutputPath(const Arguments& arguments) {
  const std::string& trace = arguments.operand(0);
  return arguments.value("out").value_or(
      absl::StrCat(absl::StripSuffix(trace, ".async"), ".html"));
}

// What must not be overwritten.
std::vector<std::string> InputPaths(const Arguments& arguments) {
  std::vector<std::string> paths = {arguments.operand(0)};
  for (const char* option : {"against", "manifest"}) {
    if (const auto path = arguments.value(option)) paths.push_back(*path);
  }
  return paths;
}

// The events to show of a trace; an error's text if --from and --to are wrong.
absl::StatusOr<TraceWindow> ChooseWindow(
    const Arguments& arguments, const TraceScan& scan,
    const std::optional<uint64_t>& difference) {
  const auto from = arguments.number("from");
  if (!from.ok()) return from.status();
  const auto to = arguments.number("to");
  if (!to.ok()) return to.status();
  if (!from->has_value() && !to->has_value()) {
    return difference.has_value()
               ? EventsAround(*difference, scan.events, kEventsMax)
               : LastEvents(scan.events, kEventsMax);
  }
  // What is not given is as far away as the bound allows.
  TraceWindow window;
  if (to->has_value()) {
    const uint64_t end =
        **to >= scan.events ? scan.events : **to + 1;
    window.end = end;
    window.from = from->value_or(end > kEventsMax ? end - kEventsMax : 0);
  } else {
    window.from = **from;
    window.end = window.from < scan.events &&
                         scan.events - window.from > kEventsMax
                     ? window.from + kEventsMax
                     : scan.events;
  }
  if (to->has_value() && window.from > **to) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--from ", window.from, " is after --to ", **to));
  }
  if (window.from > window.end) window.from = window.end;
  if (window.end - window.from > kEventsMax) {
    return absl::InvalidArgumentError(
        absl::StrCat("--from and --to span ", window.end - window.from,
                     " events; a page holds at most ", kEventsMax));
  }
  return window;
}

// Opens and reads the inputs once.
std::optional<Inputs> Open(const Arguments& arguments, const Output& output) {
  Inputs inputs;
  inputs.a = OpenTrace(arguments.operand(0), output);
  if (!inputs.a.has_value()) return std::nullopt;
  const std::optional<std::string> other = arguments.value("against");
  if (!other.has_value()) {
    inputs.scan = ScanTrace(*inputs.a, output);
    return inputs;
  }
  inputs.b = OpenTrace(*other, output);
  if (!inputs.b.has_value()) return std::nullopt;
  inputs.comparison.emplace(*inputs.a, *inputs.b, output);
  return inputs;
}

// The data of the page, or why the arguments are wrong.
absl::StatusOr<Json> BuildPage(const Arguments& arguments, Inputs& inputs,
                               TraceStory story, const Output& output) {
  Json page = TraceHtmlEvents::Schema();
  page["difference"] = nullptr;
  page["same"] = Json::array();
  if (inputs.comparison.has_value()) {
    page["difference"] = inputs.comparison->DifferenceJson();
    page["same"] = inputs.comparison->SameTasks();
  }
  page["story"] = std::move(story.json);
  page["notes"] = story.notes;
  page["traces"] = Json::array();
  for (int which = 0; which < (inputs.b.has_value() ? 2 : 1); ++which) {
    TraceReader& reader = which == 0 ? *inputs.a : *inputs.b;
    const TraceScan& scan = inputs.ScanOf(which);
    const absl::StatusOr<TraceWindow> window =
        ChooseWindow(arguments, scan, inputs.DifferenceIn(which));
    if (!window.ok()) return window.status();
    Json trace = TraceHtmlData(reader, scan, *window, output);
    trace["lines"] = SourceLines(reader.sites(), arguments.value("source"));
    if (inputs.comparison.has_value()) {
      trace["twins"] = inputs.comparison->Twins(which, *window);
    }
    page["traces"].push_back(std::move(trace));
  }
  return page;
}

ExitCode WritePage(const Arguments& arguments, const std::string& html,
                   const Output& output) {
  const std::string path = OutputPath(arguments);
  absl::StatusOr<OutputFile> file =
      OutputFile::Create(path, InputPaths(arguments), arguments.has("force"));
  absl::Status status = file.status();
  if (status.ok()) {
    FdOutput out(file->fd());
    out << html;
    out.flush();
    status = file->Commit(out.error_number());
  }
  if (status.ok()) {
    output.out << "wrote " << Printable(path) << "\n";
    if (output.json != nullptr) output.json->Field("output", path);
    return ExitCode::kOk;
  }
  PrintError(output, status.message());
  return ExitCode::kInput;
}

// What is wrong with the inputs although there is something to show.
ExitCode CheckInputs(const Inputs& inputs, const Output& output) {
  ExitCode result = ExitCode::kOk;
  for (int which = 0; which < (inputs.b.has_value() ? 2 : 1); ++which) {
    const TraceScan& scan = inputs.ScanOf(which);
    const std::string& wrong =
        scan.damage.empty() ? scan.recovered : scan.damage;
    if (wrong.empty()) continue;
    PrintError(output, wrong);
    result = ExitCode::kInput;
  }
  return result;
}

void DescribePage(const Inputs& inputs, const Json& page, JsonWriter& json) {
  json.Key("events");
  json.BeginArray(JsonWriter::kOneLine);
  for (const Json& trace : page["traces"]) {
    json.Value(trace["count"].get<uint64_t>());
  }
  json.End();
  json.Key("first_difference");
  if (!inputs.comparison.has_value() ||
      !inputs.comparison->difference().has_value()) {
    json.Null();
    return;
  }
  const TraceComparison::Difference& difference =
      *inputs.comparison->difference();
  json.BeginObject();
  json.Field("task_path", difference.path);
  json.Field("a", difference.at[0]);
  json.Field("b", difference.at[1]);
  json.Field("order_parts", difference.order_parts);
  json.End();
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  std::optional<Inputs> inputs = Open(arguments, output);
  if (!inputs.has_value()) return ExitCode::kInput;
  const ExitCode whole = CheckInputs(*inputs, output);
  absl::StatusOr<TraceStory> story =
      ReadTraceStory(arguments.operand(0), arguments.value("manifest"));
  if (!story.ok()) {
    PrintError(output, story.status().message());
    return ExitCode::kInput;
  }
  for (const std::string& note : story->notes) PrintError(output, note);
  const std::string test = inputs->a->metadata().test_id;
  absl::StatusOr<Json> page =
      BuildPage(arguments, *inputs, *std::move(story), output);
  if (!page.ok()) {
    return UsageError(output, "trace html", page.status().message());
  }
  const std::string title =
      absl::StrCat(test.empty() ? arguments.operand(0) : test, " - trace");
  const ExitCode written =
      WritePage(arguments, TraceHtmlPage(title, *page), output);
  if (written == ExitCode::kOk && output.json != nullptr) {
    DescribePage(*inputs, *page, *output.json);
  }
  return written == ExitCode::kOk ? whole : written;
}

}  // namespace

const Command& TraceHtmlCommand() {
  static const auto* const kCommand = new Command{
      "trace html",
      "FILE [--against OTHER] [--out OUT.html]",
      "draw a trace as an HTML page",
      kHelp,
      {{{"out", "FILE",
         "write there; without it beside the trace, with the ending .html for "
         ".async"},
        {"force", "", "replace a file that is there"},
        {"against", "OTHER",
         "show this trace below, aligned as by 'trace diff'"},
        {"manifest", "FILE", "the manifest that belongs to the trace"},
        {"from", "N", "begin with event N"},
        {"to", "N",
         "end with event N, included. A page holds at most 200000 events: "
         "without --from and --to the last ones, or those around the first "
         "difference; it says what is left out"},
        {"source", "FOLDER",
         "put the text of source lines into the page: of files in FOLDER that "
         "the trace names by a path relative to it"}},
       {"FILE"}},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
