#include "asupersync/cli/trace_stats.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/outcome.h"
#include "asupersync/cli/event_filter.h"
#include "asupersync/cli/event_json.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_counts.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Counts the events of a trace: all of them and the bytes that each takes in the
file; steps, and how many of them were of another task than the step before
(context switches); how far virtual time went and in how many advances; then
the events of each kind, task, region and source line. With the options below,
only the events that they take are counted.

Tasks are in the order of their steps, source lines in that of their events,
most first; of equals the smaller number (or file and line) comes first. A
task's events are those of its steps.

With --format=json: the same, "kinds", "tasks", "regions" and "sites" as
arrays; "tasks_total", "regions_total" and "sites_total" also count those that
are not shown. "bytes_per_event" is of the whole file, null with options.

Exit status: 0 ok; 1 wrong usage; 2 the file cannot be read or is not whole
(what is there is counted).

Examples:
  asupersync trace stats trace.async
  asupersync trace stats trace.async --task=producer --top=3
  asupersync trace stats trace.async --format=json | jq .context_switches
)";

absl::string_view OutcomeText(const std::optional<uint64_t>& outcome) {
  if (!outcome.has_value()) return "-";
  return Name(static_cast<OutcomeKind>(*outcome));
}

struct View {
  const TraceCounts& stats;
  const TraceReader& reader;
  std::vector<TaskCounts> tasks;
  std::vector<RegionCounts> regions;
  std::vector<SiteCounts> sites;
  size_t top;
  std::optional<double> bytes_per_event;

  template <class T>
  size_t Shown(const std::vector<T>& rows) const {
    return std::min(top, rows.size());
  }
};

std::optional<double> BytesPerEvent(const std::string& path, uint64_t events) {
  struct stat file;
  if (events == 0 || ::stat(path.c_str(), &file) != 0) return std::nullopt;
  return static_cast<double>(file.st_size) / static_cast<double>(events);
}

void PrintTotals(const View& view, std::ostream& out) {
  const TraceCounts& stats = view.stats;
  out << absl::StrFormat("%-17s %d", "events", stats.events);
  if (view.bytes_per_event.has_value()) {
    out << absl::StrFormat(", %.3f bytes each", *view.bytes_per_event);
  }
  out << absl::StrFormat(
      "\n%-17s %d\n%-17s %d\n%-17s from %d ns to %d ns, %d advances\n", "steps",
      stats.steps, "context_switches", stats.context_switches, "virtual_time",
      stats.time_from, stats.time_to, stats.time_advances);
}

void PrintMore(size_t shown, size_t total, std::ostream& out) {
  if (shown < total) out << "  ... and " << total - shown << " more\n";
}

void Print(const View& view, std::ostream& out) {
  PrintTotals(view, out);
  out << "\nkinds\n";
  for (int kind = 1; kind <= kEventKindCount; ++kind) {
    const uint64_t count = view.stats.kinds[kind];
    if (count == 0) continue;
    out << absl::StrFormat("  %-20s %10d %5.1f %%\n",
                           KindName(static_cast<EventKind>(kind)), count,
                           100.0 * static_cast<double>(count) /
                               static_cast<double>(view.stats.events));
  }
  out << absl::StrFormat("\ntasks %d\n  %10s %10s %10s %10s %-9s %s\n",
                         view.tasks.size(), "steps", "events", "waits", "woken",
                         "outcome", "task");
  for (size_t i = 0; i < view.Shown(view.tasks); ++i) {
    const TaskCounts& task = view.tasks[i];
    out << absl::StrFormat("  %10d %10d %10d %10d %-9s T%d", task.steps,
                           task.events, task.waits, task.woken,
                           OutcomeText(task.outcome), task.task);
    if (!task.name.empty()) out << "(" << Printable(task.name) << ")";
    out << " in R" << task.region << "\n";
  }
  PrintMore(view.Shown(view.tasks), view.tasks.size(), out);
  out << absl::StrFormat("\nregions %d\n  %10s %10s %10s region\n",
                         view.regions.size(), "steps", "events", "tasks");
  for (size_t i = 0; i < view.Shown(view.regions); ++i) {
    const RegionCounts& region = view.regions[i];
    out << absl::StrFormat("  %10d %10d %10d R%d", region.steps, region.events,
                           region.tasks, region.region);
    if (!region.name.empty()) out << "(" << Printable(region.name) << ")";
    out << "\n";
  }
  PrintMore(view.Shown(view.regions), view.regions.size(), out);
  out << absl::StrFormat("\nsource lines %d\n  %10s line\n", view.sites.size(),
                         "events");
  for (size_t i = 0; i < view.Shown(view.sites); ++i) {
    out << absl::StrFormat("  %10d %s\n", view.sites[i].events,
                           Printable(view.sites[i].text));
  }
  PrintMore(view.Shown(view.sites), view.sites.size(), out);
}

void WriteTasks(const View& view, JsonWriter& json) {
  json.Field("tasks_total", view.tasks.size());
  json.Key("tasks");
  json.BeginArray();
  for (size_t i = 0; i < view.Shown(view.tasks); ++i) {
    const TaskCounts& task = view.tasks[i];
    json.BeginObject(JsonWriter::kOneLine);
    json.Field("task", task.task);
    if (!task.name.empty()) json.Field("name", task.name);
    json.Field("region", task.region);
    json.Field("steps", task.steps);
    json.Field("events", task.events);
    json.Field("waits", task.waits);
    json.Field("woken", task.woken);
    json.Field("outcome", task.outcome);
    json.End();
  }
  json.End();
}

void WriteRegions(const View& view, JsonWriter& json) {
  json.Field("regions_total", view.regions.size());
  json.Key("regions");
  json.BeginArray();
  for (size_t i = 0; i < view.Shown(view.regions); ++i) {
    const RegionCounts& region = view.regions[i];
    json.BeginObject(JsonWriter::kOneLine);
    json.Field("region", region.region);
    if (!region.name.empty()) json.Field("name", region.name);
    json.Field("tasks", region.tasks);
    json.Field("steps", region.steps);
    json.Field("events", region.events);
    json.End();
  }
  json.End();
}

void WriteJson(const View& view, JsonWriter& json) {
  const TraceCounts& stats = view.stats;
  json.Field("trace", view.reader.path());
  json.Field("events", stats.events);
  json.Field("bytes_per_event", view.bytes_per_event);
  json.Field("steps", stats.steps);
  json.Field("context_switches", stats.context_switches);
  json.Field("time_advances", stats.time_advances);
  json.Field("time_from_nanos", stats.time_from);
  json.Field("time_to_nanos", stats.time_to);
  json.Key("kinds");
  json.BeginArray();
  for (int kind = 1; kind <= kEventKindCount; ++kind) {
    if (stats.kinds[kind] == 0) continue;
    json.BeginObject(JsonWriter::kOneLine);
    json.Field("event", KindName(static_cast<EventKind>(kind)));
    json.Field("events", stats.kinds[kind]);
    json.End();
  }
  json.End();
  WriteTasks(view, json);
  WriteRegions(view, json);
  json.Field("sites_total", view.sites.size());
  json.Key("sites");
  json.BeginArray();
  for (size_t i = 0; i < view.Shown(view.sites); ++i) {
    json.BeginObject(JsonWriter::kOneLine);
    json.Field("events", view.sites[i].events);
    WriteSite(SiteOf(view.reader, SiteId(view.sites[i].site)), json);
    json.End();
  }
  json.End();
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  absl::StatusOr<EventFilter> filter = EventFilter::FromArguments(arguments);
  const absl::StatusOr<std::optional<uint64_t>> top = arguments.number("top");
  for (const absl::Status& status : {filter.status(), top.status()}) {
    if (!status.ok()) {
      return UsageError(output, "trace stats", status.message());
    }
  }
  std::optional<TraceReader> reader = OpenTrace(arguments.operand(0), output);
  if (!reader.has_value()) return ExitCode::kInput;
  if (absl::Status s = filter->Prepare(*reader, output); !s.ok()) {
    PrintError(output, s.message());
    return ExitCode::kInput;
  }
  TraceCounts stats;
  EventRenderer renderer;
  const absl::Status damage =
      WalkEvents(*reader, output, [&](const EventRecord& record) {
        if (filter->IsBehind(record)) return false;
        renderer.Enter(record);
        stats.Learn(record.event);
        if (!filter->active() ||
            filter->Matches(record, SiteOf(*reader, record.site), renderer)) {
          stats.Add(record, renderer.running());
        }
        renderer.Leave(record);
        return true;
      });
  std::optional<double> bytes_per_event;
  if (!filter->active()) {
    bytes_per_event = BytesPerEvent(reader->path(), stats.events);
  }
  const View view = {stats,
                     *reader,
                     stats.Tasks(),
                     stats.Regions(),
                     stats.Sites(*reader),
                     top->value_or(10),
                     bytes_per_event};
  if (output.json != nullptr) {
    WriteJson(view, *output.json);
  } else {
    Print(view, output.out);
  }
  return CheckRead(*reader, damage, output);
}

}  // namespace

const Command& TraceStatsCommand() {
  static const auto* const kCommand = new Command{
      "trace stats",
      "FILE [OPTIONS]",
      "count the events of a trace",
      kHelp,
      {FilterOptions({{"top", "N",
                       "how many tasks, regions and source lines to show; 10 "
                       "if not given"}}),
       {"FILE"}},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
