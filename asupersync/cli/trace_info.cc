#include "asupersync/cli/trace_info.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/outcome.h"
#include "asupersync/cli/event_json.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Prints what a trace records: the test, its seeds and configuration, the build,
how many events, steps and tasks there are, how far virtual time went, the
schedule's certificate, the execution's fingerprint, and whether the file is
whole. The number of events of each kind comes last.

With --format=json: "trace", "metadata" (the seeds are numbers), "events",
"steps", "last_tick", "tasks", "virtual_time", "certificate", "fingerprint"
(null: not known), "state" (complete, recovered or damaged), "limit" (what a
limit of the recording did, or null), "events_lost" (by it), "kinds".

Exit status: 0 ok; 2 the file cannot be read or is not whole (what is there is
printed).

Example:
  asupersync trace info trace.async
)";

// The last of the counts by outcome stands for all numbers without a name.
constexpr size_t kOutcomeCounts = kOutcomeKindCount + 1;
absl::string_view OutcomeText(size_t outcome) {
  return outcome < kOutcomeKindCount ? Name(static_cast<OutcomeKind>(outcome))
                                     : "with an unknown outcome";
}

struct Counts {
  std::array<uint64_t, kEventKindCount + 1> by_kind{};
  std::array<uint64_t, kOutcomeCounts> by_outcome{};
  uint64_t events = 0;
  std::optional<uint64_t> time_from;
  uint64_t time_to = 0;
  uint64_t last_tick = 0;

  uint64_t Of(EventKind kind) const {
    return by_kind[static_cast<size_t>(kind)];
  }
  void Add(const EventRecord& record) {
    ++events;
    ++by_kind[static_cast<size_t>(Kind(record.event))];
    last_tick = record.tick;
    if (const auto* e = std::get_if<TaskCompleted>(&record.event)) {
      ++by_outcome[std::min<size_t>(e->outcome, kOutcomeKindCount)];
    } else if (const auto* e = std::get_if<TimeAdvanced>(&record.event)) {
      if (!time_from.has_value()) time_from = e->from_nanos;
      time_to = e->to_nanos;
    }
  }
};

std::string Hex(uint64_t value) { return absl::StrFormat("0x%016x", value); }

void Line(std::ostream& out, absl::string_view name, absl::string_view text) {
  out << absl::StrFormat("%-16s %s\n", name, Printable(text));
}

absl::string_view OrUnknown(absl::string_view text) {
  return text.empty() ? "not known" : text;
}

void PrintMetadata(std::ostream& out, const TraceMetadata& metadata) {
  Line(out, "test", metadata.test_id.empty() ? "none" : metadata.test_id);
  Line(out, "seed", Hex(metadata.seed));
  Line(out, "schedule_seed", Hex(metadata.schedule_seed));
  Line(out, "entropy_seed", Hex(metadata.entropy_seed));
  Line(out, "fault_seed", Hex(metadata.fault_seed));
  Line(out, "fuzz_seed", Hex(metadata.fuzz_seed));
  Line(out, "library_version", OrUnknown(metadata.library_version));
  Line(out, "config_hash", OrUnknown(metadata.config_hash));
  for (const auto& [key, value] : metadata.config) {
    Line(out, "config", absl::StrCat(key, " = ", value));
  }
  std::string recorded = "events";
  if (metadata.rng_recorded) absl::StrAppend(&recorded, ", random values");
  if (metadata.wakers_recorded) absl::StrAppend(&recorded, ", wakes");
  if (metadata.accesses_recorded) absl::StrAppend(&recorded, ", accesses");
  Line(out, "recorded", recorded);
  if (metadata.first_event > 0) {
    Line(out, "begins", absl::StrCat("with event #", metadata.first_event));
  }
  if (metadata.start_tick > 0) {
    // What was dropped is in no certificate that is kept.
    Line(out, "begins",
         absl::StrCat("after tick ", metadata.start_tick, ", certificate ",
                      metadata.first_event > 0
                          ? "not known"
                          : Hex(metadata.start_certificate)));
  }
}

std::string TasksText(const Counts& counts) {
  std::string text =
      absl::StrCat(counts.Of(EventKind::kTaskSpawned), " spawned, ",
                   counts.Of(EventKind::kTaskCompleted), " completed");
  absl::string_view separator = ": ";
  for (size_t i = 0; i < kOutcomeCounts; ++i) {
    if (counts.by_outcome[i] == 0) continue;
    absl::StrAppend(&text, separator, counts.by_outcome[i], " ",
                    OutcomeText(i));
    separator = ", ";
  }
  return text;
}

void PrintCounts(std::ostream& out, const Counts& counts) {
  Line(out, "events", absl::StrCat(counts.events));
  Line(out, "steps",
       absl::StrCat(counts.Of(EventKind::kTaskScheduled), ", the last is tick ",
                    counts.last_tick));
  Line(out, "virtual_time",
       counts.time_from.has_value()
           ? absl::StrCat("from ", *counts.time_from, " ns to ",
                          counts.time_to, " ns")
           : std::string("did not advance"));
  Line(out, "tasks", TasksText(counts));
}

void PrintKinds(std::ostream& out, const Counts& counts) {
  for (int kind = 1; kind <= kEventKindCount; ++kind) {
    if (counts.by_kind[kind] == 0) continue;
    out << absl::StrFormat("  %-20s %d\n",
                           KindName(static_cast<EventKind>(kind)),
                           counts.by_kind[kind]);
  }
}

struct State {
  const char* name;
  std::string text;
};

State StateOf(const TraceReader& reader, const absl::Status& damage) {
  if (!damage.ok()) {
    return {"damaged", "damaged; the numbers are those before the damage"};
  }
  if (!reader.recovered().empty()) {
    return {"recovered", absl::StrCat("recovered: ", reader.recovered())};
  }
  return {"complete", "complete"};
}

void Print(const TraceReader& reader, const Counts& counts, const State& state,
           std::ostream& out) {
  Line(out, "trace", reader.path());
  PrintMetadata(out, reader.metadata());
  PrintCounts(out, counts);
  const std::optional<TraceSummary>& summary = reader.summary();
  Line(out, "certificate",
       summary.has_value() ? Hex(summary->certificate) : "not known");
  Line(out, "fingerprint",
       summary.has_value() ? Hex(summary->fingerprint) : "not known");
  Line(out, "state", state.text);
  if (reader.limit() != RecordingLimit::kNone) {
    Line(out, "limit",
         absl::StrCat(ToString(reader.limit()),
                      reader.events_lost().has_value()
                          ? absl::StrCat("; ", *reader.events_lost(),
                                         *reader.events_lost() == 1
                                             ? " event is not there"
                                             : " events are not there")
                          : "; how many events are not there is not known"));
  }
  PrintKinds(out, counts);
}

void WriteCounts(const Counts& counts, JsonWriter& json) {
  json.Field("events", counts.events);
  json.Field("steps", counts.Of(EventKind::kTaskScheduled));
  json.Field("last_tick", counts.last_tick);
  json.Key("tasks");
  json.BeginObject();
  json.Field("spawned", counts.Of(EventKind::kTaskSpawned));
  json.Field("completed", counts.Of(EventKind::kTaskCompleted));
  for (size_t i = 0; i < kOutcomeCounts; ++i) {
    json.Field(OutcomeText(i), counts.by_outcome[i]);
  }
  json.End();
  json.Key("virtual_time");
  json.BeginObject();
  json.Field("from_nanos", counts.time_from);
  json.Field("to_nanos", counts.time_from.has_value()
                             ? std::optional<uint64_t>(counts.time_to)
                             : std::nullopt);
  json.End();
}

void WriteJson(const TraceReader& reader, const Counts& counts,
               const State& state, JsonWriter& json) {
  json.Field("trace", reader.path());
  json.Key("metadata");
  WriteMetadata(reader.metadata(), json);
  WriteCounts(counts, json);
  std::optional<std::string> certificate;
  std::optional<std::string> fingerprint;
  if (reader.summary().has_value()) {
    certificate = Hex(reader.summary()->certificate);
    fingerprint = Hex(reader.summary()->fingerprint);
  }
  json.Field("certificate", certificate);
  json.Field("fingerprint", fingerprint);
  json.Field("state", state.name);
  std::optional<std::string> limit;
  if (reader.limit() != RecordingLimit::kNone) {
    limit = std::string(ToString(reader.limit()));
  }
  json.Field("limit", limit);
  json.Field("events_lost", reader.events_lost());
  json.Key("kinds");
  json.BeginObject();
  for (int kind = 1; kind <= kEventKindCount; ++kind) {
    if (counts.by_kind[kind] == 0) continue;
    json.Field(KindName(static_cast<EventKind>(kind)), counts.by_kind[kind]);
  }
  json.End();
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  std::optional<TraceReader> reader = OpenTrace(arguments.operand(0), output);
  if (!reader.has_value()) return ExitCode::kInput;
  Counts counts;
  const absl::Status damage =
      WalkEvents(*reader, output, [&](const EventRecord& record) {
        counts.Add(record);
        return true;
      });
  const State state = StateOf(*reader, damage);
  if (output.json != nullptr) {
    WriteJson(*reader, counts, state, *output.json);
  } else {
    Print(*reader, counts, state, output.out);
  }
  return CheckRead(*reader, damage, output);
}

}  // namespace

const Command& TraceInfoCommand() {
  static const auto* const kCommand = new Command{
      "trace info", "FILE", "print what a trace records", kHelp,
      {{}, {"FILE"}}, &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
