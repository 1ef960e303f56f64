#include "asupersync/cli/event_renderer.h"

#include <optional>
#include <variant>

#include "absl/strings/str_cat.h"
#include "asupersync/cli/quoting.h"

namespace asupersync::cli {

void EventRenderer::Enter(const EventRecord& record) {
  const ReplayEvent& event = record.event;
  if (const auto* scheduled = std::get_if<TaskScheduled>(&event)) {
    running_ = scheduled->task;
  } else if (std::holds_alternative<TimeAdvanced>(event)) {
    running_ = CompactTaskId();  // time stands still within a step
  } else if (const auto* named = std::get_if<TaskNamed>(&event)) {
    const uint64_t task = named->task.AsRaw();
    if (names_.size() < kNamesMax || names_.contains(task)) {
      names_[task] =
          Printable(absl::string_view(named->text).substr(0, kNameBytesMax));
    }
  }
}

void EventRenderer::Leave(const EventRecord& record) {
  const ReplayEvent& event = record.event;
  const auto ends = [&](CompactTaskId task) {
    if (running_ == task) running_ = CompactTaskId();
  };
  if (const auto* yielded = std::get_if<TaskYielded>(&event)) {
    ends(yielded->task);
  } else if (const auto* blocked = std::get_if<TaskBlocked>(&event)) {
    ends(blocked->task);
  } else if (const auto* completed = std::get_if<TaskCompleted>(&event)) {
    ends(completed->task);
    names_.erase(completed->task.AsRaw());
  }
}

absl::string_view EventRenderer::NameOf(CompactTaskId task) const {
  const auto name = names_.find(task.AsRaw());
  return name == names_.end() ? absl::string_view() : name->second;
}

std::string EventRenderer::TaskText(CompactTaskId task) const {
  if (!task.IsValid()) return "-";
  const auto name = names_.find(task.AsRaw());
  if (name == names_.end()) return absl::StrCat("T", task.AsRaw());
  return absl::StrCat("T", task.AsRaw(), "(", name->second, ")");
}

std::string EventRenderer::Line(const EventRecord& record,
                                const Site& site) const {
  std::string line =
      absl::StrCat("#", record.index, " tick=", record.tick, " ",
                   TaskText(running_), " ", ToString(record.event));
  const std::optional<CompactTaskId> about = TaskOf(record.event);
  if (about.has_value() && *about != running_) {
    const auto name = names_.find(about->AsRaw());
    if (name != names_.end() &&
        !std::holds_alternative<TaskNamed>(record.event)) {
      absl::StrAppend(&line, " (", name->second, ")");
    }
  }
  absl::StrAppend(&line, " at ", Printable(ToString(site)));
  return line;
}

std::string EventRenderer::Render(const EventRecord& record,
                                  const Site& site) {
  Enter(record);
  std::string line = Line(record, site);
  Leave(record);
  return line;
}

void EventRenderer::Skip(const EventRecord& record) {
  Enter(record);
  Leave(record);
}

}  // namespace asupersync::cli
