#include "asupersync/testing/trace_view.h"

#include <optional>
#include <ostream>
#include <string>
#include <variant>
#include <vector>

namespace asupersync {
namespace {

const Site& UnknownSite() {
  static const Site* const site = new Site();
  return *site;
}

const std::string& NoName() {
  static const std::string* const name = new std::string();
  return *name;
}

}  // namespace

TraceView::TraceView(const ReplayTrace& trace) : sites_(trace.sites()) {
  events_.reserve(trace.size());
  for (const EventRecord& record : trace.events()) events_.push_back(record);
  FindTasks();
}

TraceView::TraceView(const std::optional<ReplayTrace>& trace)
    : TraceView(trace.has_value() ? *trace : ReplayTrace()) {
  exists_ = trace.has_value();
}

TraceView::TraceView(const std::vector<EventRecord>& events)
    : events_(events) {
  FindTasks();
}

void TraceView::FindTasks() {
  by_.reserve(events_.size());
  CompactTaskId by;
  bool completed = false;
  for (const EventRecord& record : events_) {
    const ReplayEvent& event = record.event;
    if (const auto* named = std::get_if<TaskNamed>(&event)) {
      names_[named->task] = named->text;
    }
    if (const auto* scheduled = std::get_if<TaskScheduled>(&event)) {
      by = scheduled->task;
      completed = false;
    } else if (completed && !std::holds_alternative<WakerWake>(event)) {
      // The last thing that a task does is to wake those who join it.
      by = CompactTaskId();
    }
    by_.push_back(by);
    if (std::holds_alternative<TaskYielded>(event) ||
        std::holds_alternative<TaskBlocked>(event)) {
      by = CompactTaskId();
    } else if (std::holds_alternative<TaskCompleted>(event)) {
      completed = true;
    }
  }
}

TracedEvent TraceView::operator[](std::size_t index) const {
  const EventRecord& record = events_[index];
  const std::size_t site = record.site.AsRaw();
  const CompactTaskId about = TaskOf(record.event).value_or(CompactTaskId());
  return TracedEvent{
      record,     site == 0 || site > sites_.size() ? UnknownSite()
                                                    : sites_[site - 1],
      by_[index], about,
      NameOf(by_[index]), NameOf(about)};
}

const std::string& TraceView::NameOf(CompactTaskId task) const {
  const auto found = names_.find(task);
  return found == names_.end() ? NoName() : found->second;
}

std::ostream& operator<<(std::ostream& out, const TracedEvent& event) {
  out << "#" << event.record.index << " tick=" << event.record.tick;
  if (event.by.IsValid()) out << " " << event.by;
  if (!event.by_name.empty()) out << " '" << event.by_name << "'";
  out << ": " << ToString(event.record.event);
  if (event.about != event.by && !event.about_name.empty()) {
    out << " '" << event.about_name << "'";
  }
  if (event.site.line != 0) out << " at " << event.site;
  return out;
}

}  // namespace asupersync
