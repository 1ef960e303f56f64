#include "asupersync/cli/trace_counts.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/strings/string_view.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {

void TraceCounts::Add(const EventRecord& record, CompactTaskId running) {
  ++events;
  ++kinds[static_cast<size_t>(Kind(record.event))];
  if (record.site.IsValid()) ++sites_[record.site.AsRaw()];
  if (running.IsValid()) {
    TaskCounts& task = TaskOf(running);
    ++task.events;
    if (task.region != 0) ++RegionOf(CompactRegionId(task.region)).events;
  }
  std::visit([&](const auto& e) { Count(e); }, record.event);
}

void TraceCounts::Learn(const ReplayEvent& event) {
  if (const auto* e = std::get_if<TaskSpawned>(&event)) {
    TaskOf(e->task).region = e->region.AsRaw();
    if (e->region.IsValid()) ++RegionOf(e->region).tasks;
  } else if (const auto* e = std::get_if<TaskNamed>(&event)) {
    TaskOf(e->task).name = e->text.substr(0, EventRenderer::kNameBytesMax);
  } else if (const auto* e = std::get_if<RegionNamed>(&event)) {
    RegionOf(e->region).name = e->text.substr(0, EventRenderer::kNameBytesMax);
  }
}

std::vector<TaskCounts> TraceCounts::Tasks() const {
  std::vector<TaskCounts> tasks;
  for (const auto& [number, task] : tasks_) {
    if (task.events > 0) tasks.push_back(task);
  }
  std::sort(tasks.begin(), tasks.end(), [](const auto& a, const auto& b) {
    return std::make_pair(b.steps, a.task) < std::make_pair(a.steps, b.task);
  });
  return tasks;
}

std::vector<RegionCounts> TraceCounts::Regions() const {
  std::vector<RegionCounts> regions;
  for (const auto& [number, region] : regions_) {
    if (region.events > 0) regions.push_back(region);
  }
  return regions;
}

std::vector<SiteCounts> TraceCounts::Sites(const TraceReader& reader) const {
  std::vector<SiteCounts> sites;
  for (const auto& [site, count] : sites_) {
    const SiteId id(site);
    sites.push_back({site, count, ToString(SiteOf(reader, id))});
  }
  std::sort(sites.begin(), sites.end(), [](const auto& a, const auto& b) {
    return std::make_tuple(b.events, absl::string_view(a.text), a.site) <
           std::make_tuple(a.events, absl::string_view(b.text), b.site);
  });
  return sites;
}

TaskCounts& TraceCounts::TaskOf(CompactTaskId id) {
  TaskCounts& task = tasks_[id.AsRaw()];
  task.task = id.AsRaw();
  return task;
}

RegionCounts& TraceCounts::RegionOf(CompactRegionId id) {
  RegionCounts& region = regions_[id.AsRaw()];
  region.region = id.AsRaw();
  return region;
}

void TraceCounts::Count(const TaskScheduled& event) {
  ++steps;
  if (last_.IsValid() && last_ != event.task) ++context_switches;
  last_ = event.task;
  TaskCounts& task = TaskOf(event.task);
  ++task.steps;
  if (task.region != 0) ++RegionOf(CompactRegionId(task.region)).steps;
}

void TraceCounts::Count(const TaskBlocked& event) {
  ++TaskOf(event.task).waits;
}

void TraceCounts::Count(const WakerWake& event) { ++TaskOf(event.task).woken; }

void TraceCounts::Count(const TaskCompleted& event) {
  TaskOf(event.task).outcome = event.outcome;
}

void TraceCounts::Count(const TimeAdvanced& event) {
  if (time_advances++ == 0) time_from = event.from_nanos;
  time_to = event.to_nanos;
}

}  // namespace asupersync::cli
