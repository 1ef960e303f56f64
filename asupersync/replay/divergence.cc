#include "asupersync/replay/divergence.h"

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace asupersync {
namespace {

std::string Hex(uint64_t value) { return absl::StrFormat("0x%016x", value); }

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
  // The numbers of ChoiceKind: schedule, timer, waiter, fault, io.
  switch (std::get<Choice>(event).kind) {
    case 1:
      return DivergenceCategory::kTimer;
    case 3:
      return DivergenceCategory::kChaos;
    case 4:
      return DivergenceCategory::kIo;
    default:
      return DivergenceCategory::kSchedule;
  }
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
  std::string out = absl::StrCat("replay diverged at event ", index, ", tick ",
                                 tick, " (", Name(category), ")\n");
  const auto line = [&](absl::string_view name, absl::string_view text) {
    absl::StrAppend(&out, absl::StrFormat("  %-12s %s\n", name, text));
  };
  line("expected:", expected);
  line("", absl::StrCat("at ", expected_site));
  line("actual:", actual);
  line("", absl::StrCat("at ", actual_site));
  if (!runnable.empty()) line("runnable:", absl::StrJoin(runnable, ", "));
  line("likely:", likely_cause);
  std::string who;
  if (task.has_value()) absl::StrAppend(&who, "task T", task->AsRaw(), " ");
  if (region.has_value()) {
    absl::StrAppend(&who, "region R", region->AsRaw(), " ");
  }
  if (lane.has_value()) {
    absl::StrAppend(&who, "lane ", asupersync::Name(*lane));
  }
  if (!who.empty()) line("involved:", who);
  line("certificate:", absl::StrCat("expected ", Hex(certificate_expected),
                                    ", actual ", Hex(certificate_actual)));
  if (fingerprint_expected.has_value() || fingerprint_actual.has_value()) {
    const auto text = [](const std::optional<uint64_t>& value) {
      return value.has_value() ? Hex(*value) : "not known";
    };
    line("fingerprint:", absl::StrCat("expected ", text(fingerprint_expected),
                                      ", actual ", text(fingerprint_actual)));
  }
  if (!before.empty()) {
    absl::StrAppend(&out, "  the ", before.size(), " events before agree:\n");
    for (const std::string& event : before) {
      absl::StrAppend(&out, "    ", event, "\n");
    }
  }
  if (!next_expected.empty()) {
    absl::StrAppend(&out, "  the trace goes on with:\n");
    for (const std::string& event : next_expected) {
      absl::StrAppend(&out, "    ", event, "\n");
    }
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
