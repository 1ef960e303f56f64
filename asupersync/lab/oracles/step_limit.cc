#include "asupersync/lab/oracles/step_limit.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"

namespace asupersync {

void StepLimitOracle::OnConcluded(const Conclusion& end) {
  if (end.end_is_expected || end.last_run == nullptr ||
      end.last_run->verdict != RunVerdict::kStepLimit) {
    return;
  }
  std::vector<CompactTaskId> tasks;
  std::vector<std::string> sites;
  VisitTasks(end.root, [&](const TaskNode& task) {
    tasks.emplace_back(task.compact);
    sites.push_back(PlaceOf(task.spawned_at));
  });
  Report(absl::StrCat(end.last_run->report,
                      "LabConfig::WithStepLimit() in ConfigureLab() sets "
                      "another limit"),
         std::move(tasks), std::move(sites));
}

}  // namespace asupersync
