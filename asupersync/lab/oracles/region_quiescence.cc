#include "asupersync/lab/oracles/region_quiescence.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"

namespace asupersync {

void RegionQuiescenceOracle::OnRegionClosed(const RegionNode& region) {
  if (!region.Quiescent()) ReportLeft(region, "was closed");
}

void RegionQuiescenceOracle::OnRegionFreed(const RegionNode& region) {
  if (region.state != RegionNode::State::kClosed) {
    ReportLeft(region, "ended without being closed");
  } else if (!region.Quiescent()) {
    ReportLeft(region, "ended");
  }
}

void RegionQuiescenceOracle::ReportLeft(const RegionNode& region,
                                        const char* what) {
  std::string message = absl::StrCat(Describe(region), ", ", what);
  std::vector<CompactTaskId> tasks;
  std::vector<std::string> sites = {PlaceOf(region.opened_at)};
  if (region.Quiescent()) {
    absl::StrAppend(&message, "; nobody waited for its tasks to end");
  } else {
    absl::StrAppend(&message, " while this was left in it:");
  }
  for (const TaskNode& task : region.tasks) {
    absl::StrAppend(&message, "\n  ", Describe(&task));
    tasks.emplace_back(task.compact);
    sites.push_back(PlaceOf(task.spawned_at));
  }
  for (const RegionNode& child : region.children) {
    absl::StrAppend(&message, "\n  ", Describe(child));
    sites.push_back(PlaceOf(child.opened_at));
  }
  Report(std::move(message), std::move(tasks), std::move(sites));
}

}  // namespace asupersync
