#include "asupersync/cli/trace_html_tasks.h"

#include <optional>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

// Names are for lanes; nobody reads more.
constexpr size_t kNameBytesMax = 200;

std::string NameOf(absl::string_view text) {
  return std::string(text.substr(0, kNameBytesMax));
}

}  // namespace

void TraceHtmlTasks::SetState(uint32_t task, absl::string_view state) {
  const auto found = tasks_.find(task);
  if (found != tasks_.end()) found->second.state = std::string(state);
  if (state == "running") {
    running_ = task;
  } else if (running_ == task) {
    running_ = 0;
  }
}

void TraceHtmlTasks::Pass(const EventRecord& record) {
  tick_ = record.tick;
  const ReplayEvent& event = record.event;
  if (const auto* e = std::get_if<TaskScheduled>(&event)) {
    SetState(e->task.AsRaw(), "running");
  } else if (const auto* e = std::get_if<TaskYielded>(&event)) {
    SetState(e->task.AsRaw(), "ready");
  } else if (const auto* e = std::get_if<TaskBlocked>(&event)) {
    SetState(e->task.AsRaw(), "waiting");
  } else if (const auto* e = std::get_if<WakerWake>(&event)) {
    SetState(e->task.AsRaw(), "ready");
  } else if (const auto* e = std::get_if<TaskCompleted>(&event)) {
    SetState(e->task.AsRaw(), "ready");
    tasks_.erase(e->task.AsRaw());
  } else if (const auto* e = std::get_if<TaskSpawned>(&event)) {
    Task task;
    task.region = e->region.AsRaw();
    task.parent = e->parent.AsRaw();
    tasks_[e->task.AsRaw()] = std::move(task);
  } else if (const auto* e = std::get_if<TaskNamed>(&event)) {
    const auto found = tasks_.find(e->task.AsRaw());
    if (found != tasks_.end()) found->second.name = NameOf(e->text);
  } else if (const auto* e = std::get_if<TimeAdvanced>(&event)) {
    time_ns_ = e->to_nanos;
  } else if (const auto* e = std::get_if<RegionCreated>(&event)) {
    regions_[e->region.AsRaw()].parent = e->parent.AsRaw();
  } else if (const auto* e = std::get_if<RegionNamed>(&event)) {
    regions_[e->region.AsRaw()].name = NameOf(e->text);
  } else if (const auto* e = std::get_if<RegionClosed>(&event)) {
    regions_.erase(e->region.AsRaw());
  }
}

void TraceHtmlTasks::StartShowing() {
  tick_at_start_ = tick_;
  start_["tick"] = tick_;
  start_["time"] = absl::StrCat(time_ns_);
  start_["running"] = running_;
  Json tasks = Json::array();
  for (const auto& [number, task] : tasks_) {
    if (tasks.size() == kStartTasksMax) continue;
    tasks.push_back({number, task.region, task.parent, task.state, task.name});
  }
  start_["left_out"] = tasks_.size() - tasks.size();
  start_["tasks"] = std::move(tasks);
  Json regions = Json::array();
  for (const auto& [number, region] : regions_) {
    if (regions.size() == kStartTasksMax) break;
    regions.push_back({number, region.parent, region.name});
  }
  start_["regions"] = std::move(regions);
}

}  // namespace asupersync::cli
