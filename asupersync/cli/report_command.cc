#include "asupersync/cli/report_command.h"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/event_json.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/report_divergence.h"
#include "asupersync/cli/test_artifacts.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/manifest_lookup.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Tells on one screen what a test has left: its status, seeds, verdict, the failed
assertions with their source lines, the violations that oracles found, where a
replay diverged, the last events of the trace, and how to run it again. PATH is
a repro_manifest.json, its folder, the trace beside it, or an artifacts folder
with the folders of several tests. Of a divergence.json, as a replay that
diverged leaves it, the whole report is shown.

With --format=json: "reports", an array with an object for each test, with
"manifest" (its path), the manifest's "test_id", "status", "seed", "steps",
"verdict", "signal" (that its process died by; 0: none known), "certificate",
"fingerprint", "oracle_violations", "failure_reason",
"replay_verdict", and "failed_assertions", "divergence" (or null),
"last_events", "reproduce" (command lines). Of a divergence.json instead
"divergence", with its fields. With --format=textproto the divergence report is
written as the message asupersync.proto.DivergenceReport.

Exit status: 0 ok, also for a test that failed; 2 a manifest cannot be read, or
a file that it names is missing or damaged (the rest is told).

Examples:
  asupersync report bazel-testlogs/bank/bank_test/test.outputs
  asupersync report /tmp/artifacts/Bank_Transfer/repro_manifest.json
  asupersync report /tmp/replay/Bank_Transfer --format=textproto
)";

constexpr char kTextproto[] = "textproto";
constexpr absl::string_view kFormatHelp =
    "human (the default), json: one JSON object (docs/cli.md), or textproto: "
    "the divergence report (proto/divergence_report.proto)";

constexpr size_t kAssertionsMax = 4;
constexpr size_t kMessageLinesMax = 5;
constexpr size_t kLastEvents = 8;
constexpr size_t kLineBytesMax = 160;

// The end of a trace.
struct LastEvents {
  std::vector<std::string> lines;
  std::vector<std::string> json;
};

LastEvents ReadLastEvents(TestArtifacts* test, const Output& output) {
  LastEvents last;
  if (test->trace.empty()) return last;
  absl::StatusOr<TraceReader> reader = TraceReader::Open(test->trace);
  if (!reader.ok()) {
    test->problems.emplace_back(reader.status().message());
    return last;
  }
  EventRenderer renderer;
  std::deque<std::pair<EventRecord, Site>> events;
  // The renderer stands before the first of `events`.
  const absl::Status damage =
      WalkEvents(*reader, output, [&](const EventRecord& record) {
        events.emplace_back(record, SiteOf(*reader, record.site));
        if (events.size() > kLastEvents) {
          renderer.Skip(events.front().first);
          events.pop_front();
        }
        return true;
      });
  if (!damage.ok()) {
    test->problems.emplace_back(damage.message());
  } else if (!reader->recovered().empty()) {
    test->problems.push_back(reader->recovered());
  }
  for (const auto& [record, site] : events) {
    renderer.Enter(record);
    last.lines.push_back(renderer.Line(record, site));
    std::ostringstream text;
    JsonWriter json(text);
    WriteEvent(record, site, renderer, json);
    last.json.push_back(text.str());
    renderer.Leave(record);
  }
  return last;
}

// On one line, which is not too long.
std::string Short(absl::string_view text) {
  std::string line = Printable(text.substr(0, kLineBytesMax));
  if (text.size() > kLineBytesMax) line += "...";
  return line;
}

void PrintAssertions(const TestArtifacts& test, std::ostream& out) {
  if (test.assertions.empty()) return;
  out << "failed assertions: " << test.assertions.size() << "\n";
  for (size_t i = 0; i < test.assertions.size(); ++i) {
    if (i == kAssertionsMax) {
      out << "  ... and " << test.assertions.size() - i << " more\n";
      return;
    }
    const FailedAssertion& assertion = test.assertions[i];
    out << "  " << Short(assertion.file) << ":" << assertion.line;
    absl::string_view separator = " in ";
    const auto where = [&](absl::string_view what, absl::string_view text) {
      out << separator << what << Short(text);
      separator = ", ";
    };
    if (!assertion.task.empty()) where("", assertion.task);
    if (assertion.tick.has_value()) {
      where("step ", absl::StrCat(*assertion.tick));
    }
    if (assertion.event.has_value()) {
      where("event #", absl::StrCat(*assertion.event));
    }
    out << "\n";
    const std::vector<absl::string_view> lines =
        absl::StrSplit(assertion.message, '\n');
    for (size_t n = 0; n < lines.size() && n < kMessageLinesMax; ++n) {
      out << "    " << Short(lines[n]) << "\n";
    }
  }
}

void PrintDivergence(const TestArtifacts& test, std::ostream& out) {
  if (!test.divergence.has_value()) return;
  const DivergenceSummary& divergence = *test.divergence;
  out << "diverged: " << Short(divergence.category) << " at event #"
      << divergence.index << "\n  expected " << Short(divergence.expected)
      << "\n  actual   " << Short(divergence.actual) << "\n  "
      << Short(divergence.likely_cause) << "\n";
}

// How the execution ended. The manifest of one that has no end was written
// before its first step.
std::string EndText(const ReproManifest& m) {
  if (m.verdict.empty() && m.signal != 0) {
    return absl::StrCat("its process died by signal ", m.signal,
                        "; the trace has what was done until then");
  }
  if (m.status == "running" || m.status == "died") {
    return "its process runs or died before the end; the trace has what was "
           "done until then";
  }
  return absl::StrCat(
      m.steps, " steps, ",
      m.verdict.empty() ? "nothing was run" : Short(m.verdict),
      ", certificate ", Short(m.schedule_certificate), ", fingerprint ",
      Short(m.trace_fingerprint));
}

void Print(const TestArtifacts& test, const LastEvents& last,
           std::ostream& out) {
  const ReproManifest& m = test.manifest;
  out << absl::AsciiStrToUpper(Short(m.status)) << " " << Short(m.test_id)
      << ", seed " << FormatSeed(m.seed) << "\n"
      << EndText(m) << "\n"
      << "seeds: schedule " << FormatSeed(m.schedule_seed) << ", entropy "
      << FormatSeed(m.entropy_seed) << ", fault " << FormatSeed(m.fault_seed)
      << ", fuzz " << FormatSeed(m.fuzz_seed) << "\n";
  if (!m.chaos.empty() && m.chaos != "off") {
    out << "chaos: " << Short(m.chaos) << "\n";
  }
  if (!m.replay_verdict.empty()) {
    out << "a replay of " << Short(m.replay_of) << ": "
        << Short(m.replay_verdict) << "\n";
  }
  if (!m.failure_reason.empty()) {
    out << "reason: " << Short(m.failure_reason) << "\n";
  }
  PrintAssertions(test, out);
  if (!m.oracle_violations.empty()) {
    out << "oracle violations: "
        << Short(absl::StrJoin(m.oracle_violations, ", ")) << "\n";
  }
  PrintDivergence(test, out);
  if (!last.lines.empty()) out << "last events:\n";
  for (const std::string& line : last.lines) out << "  " << Short(line) << "\n";
  out << "run it again:\n";
  for (const std::string& line : ReproLines(test)) {
    out << "  " << Printable(line) << "\n";
  }
}

void WriteAssertions(const TestArtifacts& test, JsonWriter& json) {
  json.Key("failed_assertions");
  json.BeginArray();
  for (const FailedAssertion& assertion : test.assertions) {
    json.BeginObject();
    json.Field("file", assertion.file);
    json.Field("line", assertion.line);
    json.Field("message", assertion.message);
    json.Field("tick", assertion.tick);
    json.Field("event_index", assertion.event);
    json.Field("task", assertion.task);
    json.End();
  }
  json.End();
}

void WriteDivergence(const TestArtifacts& test, JsonWriter& json) {
  json.Key("divergence");
  if (!test.divergence.has_value()) {
    json.Null();
    return;
  }
  json.BeginObject();
  json.Field("file", test.divergence->file);
  json.Field("category", test.divergence->category);
  json.Field("index", test.divergence->index);
  json.Field("expected", test.divergence->expected);
  json.Field("actual", test.divergence->actual);
  json.Field("likely_cause", test.divergence->likely_cause);
  json.End();
}

void WriteJson(const TestArtifacts& test, const LastEvents& last,
               JsonWriter& json) {
  const ReproManifest& m = test.manifest;
  json.BeginObject();
  json.Field("manifest", test.path);
  json.Field("test_id", m.test_id);
  json.Field("status", m.status);
  json.Field("seed", m.seed);
  json.Field("schedule_seed", m.schedule_seed);
  json.Field("entropy_seed", m.entropy_seed);
  json.Field("fault_seed", m.fault_seed);
  json.Field("fuzz_seed", m.fuzz_seed);
  json.Field("steps", m.steps);
  json.Field("verdict", m.verdict);
  json.Field("signal", m.signal);
  json.Field("certificate", m.schedule_certificate);
  json.Field("fingerprint", m.trace_fingerprint);
  json.Texts("oracle_violations", m.oracle_violations);
  json.Field("failure_reason", m.failure_reason);
  json.Field("replay_verdict", m.replay_verdict);
  WriteAssertions(test, json);
  WriteDivergence(test, json);
  json.Key("last_events");
  json.BeginArray();
  for (const std::string& event : last.json) json.Embed(event);
  json.End();
  json.Texts("reproduce", ReproLines(test));
  json.End();
}

// False: something could not be read.
bool Report(const std::string& path, const Output& output) {
  absl::StatusOr<TestArtifacts> test = ReadArtifacts(path);
  if (!test.ok()) {
    PrintError(output, test.status().message());
    return false;
  }
  const LastEvents last = ReadLastEvents(&*test, output);
  if (output.json != nullptr) {
    WriteJson(*test, last, *output.json);
  } else {
    Print(*test, last, output.out);
  }
  for (const std::string& problem : test->problems) {
    PrintError(output, problem);
  }
  return test->problems.empty();
}

ExitCode Fail(const absl::Status& status, const Output& output) {
  PrintError(output, status.message());
  return ExitCode::kInput;
}

// A divergence.json by itself.
ExitCode ReportDivergence(const std::string& path, absl::string_view format,
                          const Output& output) {
  const absl::StatusOr<DivergenceReport> report = ReadDivergenceFile(path);
  if (!report.ok()) return Fail(report.status(), output);
  if (output.json != nullptr) {
    std::string text = report->ToJson();
    absl::StripTrailingAsciiWhitespace(&text);
    output.json->Key("divergence");
    output.json->Embed(text);
  } else if (format == kTextproto) {
    WriteTextproto(*report, output.out);
  } else {
    for (absl::string_view line : absl::StrSplit(report->ToString(), '\n')) {
      if (!line.empty()) output.out << Printable(line) << "\n";
    }
  }
  return ExitCode::kOk;
}

// The one divergence.json of these tests.
ExitCode ReportTextproto(const std::vector<std::string>& manifests,
                         const Output& output) {
  std::vector<std::string> found;
  for (const std::string& path : manifests) {
    const absl::StatusOr<ReproManifest> manifest = ReadManifest(path);
    if (!manifest.ok()) return Fail(manifest.status(), output);
    if (manifest->divergence_file.empty()) continue;
    found.push_back(FileBeside(path, manifest->divergence_file));
  }
  if (found.size() == 1) {
    return ReportDivergence(found.front(), kTextproto, output);
  }
  return Fail(
      absl::FailedPreconditionError(
          found.empty()
              ? absl::StrCat("--format=textproto shows where a replay has "
                             "diverged; ",
                             manifests.front(),
                             manifests.size() == 1 ? " is" : " and others are",
                             " of no replay that did")
              : absl::StrCat("--format=textproto is one report, and ",
                             found.size(), " replays have diverged; give one: ",
                             found.front(), ", ...")),
      output);
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  const std::string& path = arguments.operand(0);
  const std::string format = arguments.value("format").value_or("");
  if (IsDivergenceFile(path)) return ReportDivergence(path, format, output);
  const absl::StatusOr<std::vector<std::string>> manifests =
      FindManifests(path);
  if (!manifests.ok()) return Fail(manifests.status(), output);
  if (format == kTextproto) return ReportTextproto(*manifests, output);
  if (output.json != nullptr) {
    output.json->Key("reports");
    output.json->BeginArray();
  }
  bool good = true;
  bool first = true;
  for (const std::string& manifest : *manifests) {
    if (!std::exchange(first, false)) output.out << "\n";
    good = Report(manifest, output) && good;
    if (output.closed()) break;
  }
  if (output.json != nullptr) output.json->End();
  return good ? ExitCode::kOk : ExitCode::kInput;
}

}  // namespace

const Command& ReportCommand() {
  static const auto* const kCommand = new Command{
      "report", "PATH [OPTIONS]", "tell what a test has left, on one screen",
      kHelp,    {{}, {"PATH"}},   &Run,
      /*writes_json_lines=*/false, {kTextproto}, kFormatHelp};
  return *kCommand;
}

}  // namespace asupersync::cli
