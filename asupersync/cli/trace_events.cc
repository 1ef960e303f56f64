#include "asupersync/cli/trace_events.h"

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/event_json.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Prints the events of a trace, a line each:

  #12 tick=5 T2(producer) TaskBlocked task=T2 at bank_test.cc:42 Transfer

that is index, tick, the task whose step it is with its name ('-' between
steps), the event, and the source line that caused it. An event about another
task that has a name is followed by that name.

With --format=json: "events", an array of the objects that 'trace export
--to=jsonl' writes.

Exit status: 0 ok; 1 wrong usage, such as a bad regular expression; 2 the file
cannot be read or is not whole (the events that are there are printed), or there
is no such task. That there is no such event is said on standard error, with
status 0.

Examples:
  asupersync trace events trace.async --kind=UserTrace,TaskCompleted
  asupersync trace events trace.async --task=producer --from=tick:100
  asupersync trace events trace.async --site=bank_test.cc:42
  asupersync trace events trace.async --filter='text="sent [0-9]+"' --to=260
)";

absl::Status PrintEvents(TraceReader& reader, const EventFilter& filter,
                         const Output& output, uint64_t* printed) {
  EventRenderer renderer;
  EventWriter writer;
  return WalkEvents(reader, output.Streaming(), [&](const EventRecord& record) {
    if (filter.IsBehind(record)) return false;
    const Site& site = SiteOf(reader, record.site);
    renderer.Enter(record);
    if (filter.Matches(record, site, renderer)) {
      ++*printed;
      if (output.json != nullptr) {
        writer.Write(record, site, renderer, *output.json);
      } else {
        output.out << renderer.Line(record, site) << "\n";
      }
    }
    renderer.Leave(record);
    return !output.closed();
  });
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  absl::StatusOr<EventFilter> filter = EventFilter::FromArguments(arguments);
  if (!filter.ok()) {
    return UsageError(output, "trace events", filter.status().message());
  }
  std::optional<TraceReader> reader = OpenTrace(arguments.operand(0), output);
  if (!reader.has_value()) return ExitCode::kInput;
  if (absl::Status s = filter->Prepare(*reader, output); !s.ok()) {
    PrintError(output, s.message());
    return ExitCode::kInput;
  }
  if (output.json != nullptr) {
    output.json->Key("events");
    output.json->BeginArray();
  }
  uint64_t printed = 0;
  const absl::Status damage = PrintEvents(*reader, *filter, output, &printed);
  if (output.json != nullptr) output.json->End();
  const ExitCode code = CheckRead(*reader, damage, output);
  // In JSON the empty array says it.
  if (printed == 0 && code == ExitCode::kOk && output.json == nullptr) {
    PrintError(output, absl::StrCat("no event of ", reader->path(),
                                    filter->active()
                                        ? " is taken by these options"
                                        : ": the trace has none"));
  }
  return code;
}

}  // namespace

const Command& TraceEventsCommand() {
  static const auto* const kCommand = new Command{
      "trace events", "FILE [OPTIONS]", "print the events of a trace",
      kHelp,          {FilterOptions(), {"FILE"}}, &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
