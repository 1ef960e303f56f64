#include "asupersync/cli/trace_events.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "re2/re2.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Prints the events of a trace, a line each:

  #12 tick=5 T2(producer) TaskBlocked task=T2 at bank_test.cc:42 Transfer

that is index, tick, the task whose step it is with its name ('-' between
steps), the event, and the source line that caused it. An event about another
task that has a name is followed by that name.

  --filter RE2  only lines in which the regular expression matches somewhere
                (syntax: https://github.com/google/re2/wiki/Syntax)
  --from N      begin with event N
  --to N        end with event N, included

Exit status: 0 ok; 1 wrong usage, such as a bad regular expression; 2 the file
cannot be read or is not whole (the events that are there are printed).

Examples:
  asupersync trace events trace.async --filter 'UserTrace|TaskCompleted'
  asupersync trace events trace.async --filter '\(producer\)' --from 100
  asupersync trace events trace.async --from 250 --to 260
)";

struct Selection {
  uint64_t from = 0;
  uint64_t to = std::numeric_limits<uint64_t>::max();
  std::unique_ptr<const RE2> filter;  // null: all
};

// An error's text, or nullopt.
std::optional<std::string> ReadSelection(const Arguments& arguments,
                                         Selection* selection) {
  const auto from = arguments.number("from");
  if (!from.ok()) return std::string(from.status().message());
  const auto to = arguments.number("to");
  if (!to.ok()) return std::string(to.status().message());
  selection->from = from->value_or(selection->from);
  selection->to = to->value_or(selection->to);
  if (selection->from > selection->to) {
    return absl::StrCat("--from ", selection->from, " is after --to ",
                        selection->to);
  }
  const std::optional<std::string> filter = arguments.value("filter");
  if (!filter.has_value()) return std::nullopt;
  RE2::Options options;
  options.set_log_errors(false);
  selection->filter = std::make_unique<const RE2>(*filter, options);
  if (selection->filter->ok()) return std::nullopt;
  return absl::StrCat("--filter ", ShellQuote(Printable(*filter)),
                      " is no RE2 expression: ", selection->filter->error());
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  Selection selection;
  if (const auto error = ReadSelection(arguments, &selection)) {
    return UsageError(output, "trace events", *error);
  }
  std::optional<TraceReader> reader = OpenTrace(arguments.operand(0), output);
  if (!reader.has_value()) return ExitCode::kInput;
  EventRenderer renderer;
  for (const absl::StatusOr<EventRecord>& event : reader->events()) {
    if (!event.ok()) {
      PrintError(output, event.status().message());
      return ExitCode::kInput;
    }
    if (event->index > selection.to) return ExitCode::kOk;
    if (event->index < selection.from) {
      renderer.Skip(*event);
      continue;
    }
    const std::string line =
        renderer.Render(*event, SiteOf(*reader, event->site));
    if (selection.filter == nullptr ||
        RE2::PartialMatch(line, *selection.filter)) {
      output.out << line << "\n";
    }
    if (!output.out) return ExitCode::kOk;  // nobody reads on
  }
  return CheckWhole(*reader, output);
}

}  // namespace

const Command& TraceEventsCommand() {
  static const auto* const kCommand = new Command{
      "trace events",
      "FILE [--filter RE2] [--from N] [--to N]",
      "print the events of a trace",
      kHelp,
      {{{"filter", "RE2"}, {"from", "N"}, {"to", "N"}}, {"FILE"}},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
