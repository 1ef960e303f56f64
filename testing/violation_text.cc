#include "asupersync/testing/violation_text.h"

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr std::size_t kEventsMax = 12;

// That a task was scheduled says little about what it did.
bool TellsMuch(const ReplayEvent& event) {
  return Kind(event) != EventKind::kTaskScheduled &&
         Kind(event) != EventKind::kTaskYielded;
}

std::string EventLines(const Violation& violation, const ReplayTrace& trace) {
  std::deque<std::string> lines;
  for (const EventRecord& record : trace.events()) {
    if (record.index >= violation.event) break;
    const std::optional<CompactTaskId> task = TaskOf(record.event);
    if (!task.has_value() || !TellsMuch(record.event)) continue;
    const auto& named = violation.tasks;
    if (std::find(named.begin(), named.end(), *task) == named.end()) continue;
    std::string line = absl::StrCat("\n    #", record.index, " step ",
                                    record.tick, " ", ToString(record.event));
    if (record.site != SiteId()) {
      const Site& site = trace.site(record.site);
      absl::StrAppend(&line, " at ", site.file, ":", site.line);
    }
    lines.push_back(std::move(line));
    if (lines.size() > kEventsMax) lines.pop_front();
  }
  std::string text;
  for (const std::string& line : lines) absl::StrAppend(&text, line);
  return text;
}

}  // namespace

std::string ViolationText(const Violation& violation,
                          const ReplayTrace* trace) {
  std::string text = absl::StrCat(
      violation.message, "\n  oracle ", Name(violation.oracle), ", in step ",
      violation.step, ": ", Info(violation.oracle).claim);
  if (trace == nullptr || violation.tasks.empty()) return text;
  const std::string events = EventLines(violation, *trace);
  if (!events.empty()) {
    absl::StrAppend(&text, "\n  last events of the tasks named:", events);
  }
  return text;
}

}  // namespace testing_internal
}  // namespace asupersync
