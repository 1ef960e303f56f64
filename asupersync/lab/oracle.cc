#include "asupersync/lab/oracle.h"

#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"

namespace asupersync {

void Oracle::Report(std::string message, std::vector<CompactTaskId> tasks,
                    std::vector<std::string> sites) {
  Violation violation;
  violation.oracle = id_;
  violation.message = std::move(message);
  violation.tasks = std::move(tasks);
  violation.sites = std::move(sites);
  violation.step = step();
  violation.event = runtime().recorder().event_count();
  context_.log->Add(std::move(violation));
}

void Oracle::Report(std::string message, const TaskNode* task,
                    const std::source_location& where) {
  std::vector<CompactTaskId> tasks;
  if (task != nullptr) tasks.emplace_back(task->compact);
  Report(std::move(message), std::move(tasks), {PlaceOf(where)});
}

std::string Describe(const RegionNode& region) {
  if (region.owner == nullptr) return "the root region";
  return absl::StrCat(region.DisplayName(), ", opened by ",
                      region.owner->DisplayName(), " at ",
                      PlaceOf(region.opened_at));
}

std::string Describe(const TaskNode* task) {
  if (task == nullptr) return "nobody";
  return task->DisplayOrigin();
}

}  // namespace asupersync
