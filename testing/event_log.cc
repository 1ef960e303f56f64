#include "asupersync/testing/event_log.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/event_lines.h"
#include "asupersync/replay/manifest.h"
#include "nlohmann/json.hpp"

namespace asupersync {
namespace testing_internal {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kReasonBytesMax = 200;

std::string FormatTime(std::int64_t now_ns) {
  return absl::FormatDuration(absl::Nanoseconds(now_ns));
}

std::string Place(const Position& position) {
  return absl::StrCat("tick=", position.tick,
                      " t=", FormatTime(position.now_ns),
                      position.task.empty() ? "" : " in ", position.task);
}

// Lines of the test's own, by the index of the event that they stand before;
// in the order of insertion where that is the same.
using Marks = std::multimap<std::uint64_t, std::string>;

std::string DescribeFailure(const FailedAssertion& failure) {
  std::string text = absl::StrCat(
      "!! ", failure.fatal ? "FATAL FAILURE " : "FAILURE ",
      Place(failure.position));
  if (!failure.file.empty()) {
    absl::StrAppend(&text, " at ", failure.file, ":", failure.line);
  }
  for (absl::string_view line : absl::StrSplit(failure.message, '\n')) {
    absl::StrAppend(&text, "\n!!   ", line);
  }
  return text;
}

Marks MarksOf(const ExecutionRecord& record) {
  Marks marks;
  for (const PhaseMark& phase : record.phases) {
    marks.emplace(phase.position.events,
                  absl::StrCat("== phase ", phase.name, " ",
                               Place(phase.position)));
  }
  for (const FailedAssertion& failure : record.failures) {
    marks.emplace(failure.position.events, DescribeFailure(failure));
  }
  return marks;
}

// What is known before the first event. `outcome` is the last word of its line.
std::string RunHeader(const ExecutionRecord& record, const char* outcome) {
  std::vector<std::string> phases;
  for (const PhaseMark& phase : record.phases) phases.push_back(phase.name);
  const DerivedSeeds& seeds = record.seeds;
  return absl::StrCat(
      "test_id=", record.test_id, " seed=", FormatSeed(seeds.test_seed),
      " subsystem=", record.subsystem.empty() ? "-" : record.subsystem,
      " invariant=", record.invariant.empty() ? "-" : record.invariant,
      " phase=", phases.empty() ? "-" : phases.back(), " outcome=", outcome,
      "\n", "phases=", absl::StrJoin(phases, ","), "\n",
      "schedule_seed=", FormatSeed(seeds.schedule),
      " entropy_seed=", FormatSeed(seeds.entropy),
      " fault_seed=", FormatSeed(seeds.fault),
      " fuzz_seed=", FormatSeed(seeds.fuzz), "\n");
}

std::string Header(const ExecutionRecord& record) {
  std::string text =
      RunHeader(record, record.failures.empty() ? "passed" : "failed");
  if (!record.has_runtime) {
    return absl::StrCat(text, "the test made no runtime\n\n");
  }
  if (record.chaos.enabled()) {
    absl::StrAppend(&text, "chaos=", record.chaos.ToString(), " injected ",
                    record.chaos_stats.ToString(), "\n");
  }
  return absl::StrCat(
      text, "steps=", record.steps, " t=", FormatTime(record.now_ns),
      " verdict=", record.verdict.empty() ? "-" : record.verdict,
      " certificate=", FormatSeed(record.certificate),
      " fingerprint=", FormatFingerprint(record.fingerprint), "\n",
      record.trace.has_value() ? "" : "recording was off\n", "\n");
}

// The event before which something happened; behind the last one, that one.
std::uint64_t EventOf(const Position& position, const ExecutionRecord& record) {
  if (!record.trace.has_value() || record.trace->empty()) {
    return position.events;
  }
  return std::min(position.events, record.trace->end_index() - 1);
}

}  // namespace

std::string RenderEventLog(const ExecutionRecord& record) {
  std::string text = Header(record);
  const Marks marks = MarksOf(record);
  auto mark = marks.begin();
  const auto append_marks_up_to = [&](std::uint64_t events) {
    for (; mark != marks.end() && mark->first <= events; ++mark) {
      absl::StrAppend(&text, mark->second, "\n");
    }
  };
  if (record.trace.has_value()) {
    AppendEventLines(*record.trace, append_marks_up_to, &text);
  }
  append_marks_up_to(~std::uint64_t{0});
  return text;
}

std::string RenderRunningLog(const ExecutionRecord& record,
                             absl::string_view advice) {
  return absl::StrCat(
      RunHeader(record, kStatusRunning),
      record.chaos.enabled()
          ? absl::StrCat("chaos=", record.chaos.ToString(), "\n")
          : "",
      advice, kNotFinishedMark, R"(: this was written before the first step.
If the process that wrote it is gone, it died in the middle of the test. What
had happened up to then is in trace.async, up to the last event. The next start
of a lab test with this artifacts folder writes the events here, and so does
  asupersync trace recover FOLDER
)");
}

std::string RenderFailedAssertions(const ExecutionRecord& record) {
  Json failures = Json::array();
  for (const FailedAssertion& failure : record.failures) {
    Json json;
    json["file"] = failure.file;
    json["line"] = failure.line;
    json["fatal"] = failure.fatal;
    json["message"] = failure.message;
    json["tick"] = failure.position.tick;
    json["event_index"] = EventOf(failure.position, record);
    json["virtual_time_ns"] = failure.position.now_ns;
    json["task"] = failure.position.task;
    failures.push_back(std::move(json));
  }
  Json json;
  json["schema_version"] = 1;
  json["test_id"] = record.test_id;
  json["seed"] = record.seeds.test_seed;
  json["failed_assertions"] = std::move(failures);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string FailureReason(const ExecutionRecord& record) {
  if (record.failures.empty()) return "";
  const std::string& message = record.failures.front().message;
  std::size_t shown = message.find('\n');
  std::string reason = message.substr(0, shown);
  // ADD_FAILURE() says what failed in the line below.
  if (reason == "Failed" && message.size() > reason.size()) {
    const std::size_t second = reason.size() + 1;
    shown = message.find('\n', second);
    reason = message.substr(second, shown - second);
  }
  // Values that EXPECT_EQ compares stand in the lines below.
  if (reason == "Expected equality of these values:" ||
      reason.rfind("Value of: ", 0) == 0) {
    reason = absl::StrJoin(absl::StrSplit(message, '\n'), " ");
    shown = std::string::npos;
  }
  if (reason.size() > kReasonBytesMax) {
    reason = absl::StrCat(reason.substr(0, kReasonBytesMax), "...");
  } else {
    const std::size_t last = message.find_last_not_of(" \n");
    const bool is_all = last == std::string::npos || shown > last;
    if (!is_all) absl::StrAppend(&reason, " ...");
  }
  return reason;
}

std::string FormatFingerprint(std::uint64_t fingerprint) {
  return absl::StrFormat("foata64:%016x", fingerprint);
}

}  // namespace testing_internal
}  // namespace asupersync
