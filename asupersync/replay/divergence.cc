#include "asupersync/replay/divergence.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/choice_kind.h"

namespace asupersync {
namespace {

std::string Hex(uint64_t value) { return absl::StrFormat("0x%016x", value); }

std::string HexOrNot(const std::optional<uint64_t>& value) {
  return value.has_value() ? Hex(*value) : "not known";
}

// "task T2 region R1 lane ready", as far as it is known.
std::string Involved(const DivergenceReport& report) {
  std::vector<std::string> who;
  if (report.task.has_value()) {
    who.push_back(absl::StrCat("task T", report.task->AsRaw()));
  }
  if (report.region.has_value()) {
    who.push_back(absl::StrCat("region R", report.region->AsRaw()));
  }
  if (report.lane.has_value()) {
    who.push_back(absl::StrCat("lane ", Name(*report.lane)));
  }
  return absl::StrJoin(who, " ");
}

// The most lines that a likely cause takes on the screen.
constexpr size_t kCauseLines = 4;

// `text` broken between words into at most `lines_max` lines of `columns`.
std::vector<std::string> Wrapped(absl::string_view text, size_t columns,
                                 size_t lines_max) {
  std::vector<std::string> lines(1);
  for (absl::string_view word : absl::StrSplit(text, ' ')) {
    std::string& line = lines.back();
    if (line.empty()) {
      line = std::string(word);
    } else if (line.size() + 1 + word.size() <= columns ||
               lines.size() == lines_max) {
      absl::StrAppend(&line, " ", word);
    } else {
      lines.emplace_back(word);
    }
  }
  return lines;
}

// Fills in the task whose step event `index` belongs to, unless the event
// names one itself, and that task's region.
void DescribeTask(const ReplayTrace& trace, uint64_t index,
                  DivergenceReport* report) {
  std::optional<CompactTaskId> running;
  std::map<CompactTaskId, CompactRegionId> region_of;
  for (const EventRecord& record : trace.events()) {
    if (const auto* spawned = std::get_if<TaskSpawned>(&record.event)) {
      region_of[spawned->task] = spawned->region;
    }
    if (record.index >= index) break;
    switch (Kind(record.event)) {
      case EventKind::kTaskScheduled:
        running = TaskOf(record.event);
        break;
      case EventKind::kTaskYielded:
      case EventKind::kTaskBlocked:
      case EventKind::kTaskCompleted:
        running.reset();
        break;
      default:
        break;
    }
  }
  if (!report->task.has_value()) report->task = running;
  if (report->region.has_value() || !report->task.has_value()) return;
  const auto it = region_of.find(*report->task);
  if (it != region_of.end()) report->region = it->second;
}

}  // namespace

const char* Name(DivergenceCategory category) {
  switch (category) {
    case DivergenceCategory::kSchedule:
      return "schedule";
    case DivergenceCategory::kTime:
      return "time";
    case DivergenceCategory::kTimer:
      return "timer";
    case DivergenceCategory::kRandom:
      return "random";
    case DivergenceCategory::kIo:
      return "io";
    case DivergenceCategory::kChaos:
      return "chaos";
    case DivergenceCategory::kOutcome:
      return "outcome";
    case DivergenceCategory::kRegion:
      return "region";
    case DivergenceCategory::kLength:
      return "length";
    case DivergenceCategory::kCertificate:
      return "certificate";
  }
  return "unknown";
}

DivergenceCategory CategoryOf(const ReplayEvent& event) {
  switch (Kind(event)) {
    case EventKind::kTaskScheduled:
    case EventKind::kTaskYielded:
    case EventKind::kTaskBlocked:
    case EventKind::kTaskSpawned:
    case EventKind::kTaskNamed:
    case EventKind::kTaskCancelRequested:
    case EventKind::kWakerWake:
    case EventKind::kWakerBatchWake:
    case EventKind::kObjectAccessed:
      return DivergenceCategory::kSchedule;
    case EventKind::kTaskCompleted:
    case EventKind::kUserTrace:
      return DivergenceCategory::kOutcome;
    case EventKind::kTimeAdvanced:
      return DivergenceCategory::kTime;
    case EventKind::kTimerCreated:
    case EventKind::kTimerFired:
    case EventKind::kTimerCancelled:
      return DivergenceCategory::kTimer;
    case EventKind::kIoReady:
    case EventKind::kIoResult:
    case EventKind::kIoError:
      return DivergenceCategory::kIo;
    case EventKind::kRngSeed:
    case EventKind::kRngValue:
      return DivergenceCategory::kRandom;
    case EventKind::kChaosInjection:
      return DivergenceCategory::kChaos;
    case EventKind::kRegionCreated:
    case EventKind::kRegionClosed:
    case EventKind::kRegionCancelled:
    case EventKind::kRegionNamed:
    case EventKind::kObligationReserved:
    case EventKind::kObligationCommitted:
    case EventKind::kObligationAborted:
      return DivergenceCategory::kRegion;
    case EventKind::kChoice:
      break;
  }
  switch (static_cast<ChoiceKind>(std::get<Choice>(event).kind)) {
    case ChoiceKind::kTimer:
      return DivergenceCategory::kTimer;
    case ChoiceKind::kFault:
      return DivergenceCategory::kChaos;
    case ChoiceKind::kIo:
      return DivergenceCategory::kIo;
    default:
      return DivergenceCategory::kSchedule;
  }
}

DivergenceCategory CategoryOf(const ReplayEvent& expected,
                              const ReplayEvent& actual) {
  const EventKind kind = Kind(actual);
  if (Kind(expected) == EventKind::kTaskCompleted &&
      (kind == EventKind::kTaskYielded || kind == EventKind::kTaskBlocked)) {
    return DivergenceCategory::kSchedule;
  }
  return CategoryOf(expected);
}

std::string Summarize(const EventRecord& record, const Site& site) {
  return absl::StrCat("#", record.index, " tick=", record.tick, " ",
                      ToString(record.event), " at ", ToString(site));
}

void DescribePlace(const ReplayTrace& trace, uint64_t index,
                   DivergenceReport* report) {
  report->index = index;
  report->before.clear();
  report->next_expected.clear();
  report->task.reset();
  report->region.reset();
  report->expected = "end of the trace";
  report->expected_site = ToString(Site());
  const uint64_t begin =
      index - std::min<uint64_t>(index, DivergenceReport::kBeforeMax);
  for (const EventRecord& record : trace.From(begin)) {
    if (record.index > index + DivergenceReport::kAfterMax) break;
    const Site& site = trace.site(record.site);
    if (record.index == index) {
      report->expected = ToString(record.event);
      report->expected_site = ToString(site);
      report->task = TaskOf(record.event);
      report->region = RegionOf(record.event);
    } else {
      (record.index < index ? report->before : report->next_expected)
          .push_back(Summarize(record, site));
    }
  }
  DescribeTask(trace, index, report);
}

std::string DivergenceReport::ToString() const {
  std::string out;
  const auto print = [&](std::string line) {
    if (line.size() > kScreenColumns) {
      line.resize(kScreenColumns - 3);
      line += "...";
    }
    absl::StrAppend(&out, line, "\n");
  };
  const auto field = [&](absl::string_view name, absl::string_view text) {
    print(absl::StrFormat("  %-12s %s", name, text));
  };
  const auto list = [&](const std::vector<std::string>& events) {
    for (const std::string& event : events) print("    " + event);
  };
  print(absl::StrCat("replay diverged at event ", index, ", tick ", tick, " (",
                     Name(category), ")"));
  field("expected:", expected);
  field("", absl::StrCat("at ", expected_site));
  field("actual:", actual);
  field("", absl::StrCat("at ", actual_site));
  if (!runnable.empty()) field("runnable:", absl::StrJoin(runnable, ", "));
  absl::string_view name = "likely:";
  for (const std::string& line :
       Wrapped(likely_cause, kScreenColumns - 15, kCauseLines)) {
    field(name, line);
    name = "";
  }
  const std::string who = Involved(*this);
  if (!who.empty()) field("involved:", who);
  field("certificate:", absl::StrCat("expected ", Hex(certificate_expected),
                                     ", actual ", Hex(certificate_actual)));
  if (fingerprint_expected.has_value() || fingerprint_actual.has_value()) {
    field("fingerprint:",
          absl::StrCat("expected ", HexOrNot(fingerprint_expected),
                       ", actual ", HexOrNot(fingerprint_actual)));
  }
  if (!before.empty()) {
    print(absl::StrCat("  the ", before.size(), " events before agree:"));
    list(before);
  }
  if (!next_expected.empty()) {
    print("  the trace goes on with:");
    list(next_expected);
  }
  return out;
}

std::string DivergenceReport::ToJson() const {
  using Json = nlohmann::ordered_json;
  const auto hash = [](const std::optional<uint64_t>& value) {
    return value.has_value() ? Json(Hex(*value)) : Json(nullptr);
  };
  const auto number = [](const auto& id) {
    return id.has_value() ? Json(id->AsRaw()) : Json(nullptr);
  };
  Json json;
  json["index"] = index;
  json["tick"] = tick;
  json["category"] = Name(category);
  json["expected"] = expected;
  json["expected_site"] = expected_site;
  json["actual"] = actual;
  json["actual_site"] = actual_site;
  json["runnable"] = runnable;
  json["task_id"] = number(task);
  json["region_id"] = number(region);
  json["lane"] =
      lane.has_value() ? Json(asupersync::Name(*lane)) : Json(nullptr);
  json["schedule_cert_expected"] = Hex(certificate_expected);
  json["schedule_cert_actual"] = Hex(certificate_actual);
  json["trace_fingerprint_expected"] = hash(fingerprint_expected);
  json["trace_fingerprint"] = hash(fingerprint_actual);
  json["likely_cause"] = likely_cause;
  json["context"] = before;
  json["next_expected"] = next_expected;
  // Names of a program need not be UTF-8; what is not is replaced.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace asupersync
