#include "asupersync/lab/oracles/task_leak.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"

namespace asupersync {

void TaskLeakOracle::OnConcluded(const Conclusion& end) {
  if (end.end_is_expected || end.tasks_left.empty()) return;
  std::string message;
  if (end.last_run == nullptr ||
      end.last_run->verdict == RunVerdict::kQuiescent) {
    message =
        "tasks were spawned and not run to their end; call "
        "runtime().RunUntilQuiescent():";
  } else if (end.last_run->verdict == RunVerdict::kStopped) {
    message =
        "the last run was stopped with tasks left; run them to their end with "
        "runtime().RunUntilQuiescent(), or say "
        "ExpectVerdict(RunVerdict::kStopped):";
  } else {
    return;
  }
  std::vector<CompactTaskId> tasks;
  std::vector<std::string> sites;
  VisitTasks(end.root, [&](const TaskNode& task) {
    tasks.emplace_back(task.compact);
    sites.push_back(PlaceOf(task.spawned_at));
  });
  Report(absl::StrCat(message, "\n", end.tasks_left), std::move(tasks),
         std::move(sites));
}

}  // namespace asupersync
