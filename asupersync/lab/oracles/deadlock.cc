#include "asupersync/lab/oracles/deadlock.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "asupersync/base/place.h"
#include "asupersync/task/operation.h"

namespace asupersync {

void DeadlockOracle::OnConcluded(const Conclusion& end) {
  if (end.end_is_expected || end.last_run == nullptr ||
      end.last_run->verdict != RunVerdict::kDeadlock ||
      end.tasks_left.empty()) {
    return;
  }
  std::vector<TaskNode*> blocked;
  VisitTasks(end.root, [&](TaskNode& task) {
    if (task.state == TaskNode::State::kBlocked) blocked.push_back(&task);
  });
  std::sort(blocked.begin(), blocked.end(),
            [](const TaskNode* a, const TaskNode* b) {
              return a->compact < b->compact;
            });
  std::vector<std::string> waits;
  for (const TaskNode* task : blocked) {
    waits.push_back(absl::StrCat(task->DisplayName(), " waits to ",
                                 task->operation->Describe().what, " at ",
                                 PlaceOf(task->operation->site())));
  }
  std::string message = end.last_run->report;
  std::vector<CompactTaskId> tasks;
  std::vector<std::string> sites;
  for (std::size_t i = 0; i < blocked.size(); ++i) {
    tasks.emplace_back(blocked[i]->compact);
    sites.push_back(PlaceOf(blocked[i]->operation->site()));
    if (!end.would_succeed(*blocked[i])) continue;
    absl::StrAppend(&message, "  lost wake-up: ", waits[i],
                    " for what has happened already: it would succeed now, "
                    "but nobody woke the task\n");
  }
  Report(std::string(absl::StripSuffix(message, "\n")), std::move(tasks),
         std::move(sites));
}

}  // namespace asupersync
