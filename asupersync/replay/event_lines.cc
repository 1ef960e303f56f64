#include "asupersync/replay/event_lines.h"

#include <map>
#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/ids.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {
namespace {

constexpr uint64_t kFirstEventsMax = 1000;
constexpr uint64_t kLastEventsMax = 10000;

// Renders one event after the other; knows the names and the time.
class EventLines {
 public:
  explicit EventLines(const ReplayTrace& trace) : trace_(trace) {}

  // To be called for every event, shown or not.
  void Follow(const ReplayEvent& event) {
    if (const auto* named = std::get_if<TaskNamed>(&event)) {
      names_[named->task.AsRaw()] = named->text;
    } else if (const auto* moved = std::get_if<TimeAdvanced>(&event)) {
      now_ns_ = static_cast<int64_t>(moved->to_nanos);
    }
  }

  void Append(const EventRecord& record, std::string* text) const {
    absl::StrAppend(text, "#", record.index, " tick=", record.tick, " t=",
                    absl::FormatDuration(absl::Nanoseconds(now_ns_)), " ",
                    ToString(record.event));
    if (std::optional<CompactTaskId> task = TaskOf(record.event)) {
      const auto name = names_.find(task->AsRaw());
      if (name != names_.end()) absl::StrAppend(text, " '", name->second, "'");
    }
    if (record.site != SiteId()) {
      const Site& site = trace_.site(record.site);
      absl::StrAppend(text, " at ", site.file, ":", site.line);
    }
    text->push_back('\n');
  }

 private:
  const ReplayTrace& trace_;
  std::map<uint64_t, std::string> names_;
  int64_t now_ns_ = 0;
};

}  // namespace

void AppendEventLines(const ReplayTrace& trace,
                      absl::FunctionRef<void(uint64_t index)> before,
                      std::string* text) {
  EventLines lines(trace);
  const uint64_t size = trace.size();
  const bool all = size <= kFirstEventsMax + kLastEventsMax;
  const uint64_t gap = trace.first_index() + kFirstEventsMax;
  for (const EventRecord& event : trace.events()) {
    before(event.index);
    lines.Follow(event.event);
    if (all || event.index < gap ||
        event.index >= trace.end_index() - kLastEventsMax) {
      lines.Append(event, text);
    } else if (event.index == gap) {
      absl::StrAppend(text, "... ", size - kFirstEventsMax - kLastEventsMax,
                      " events more; the trace has them all ...\n");
    }
  }
}

}  // namespace asupersync
