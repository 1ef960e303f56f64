#include "asupersync/lab/oracles/starvation.h"

#include <algorithm>
#include <cstdint>
#include <source_location>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/operation.h"

namespace asupersync {

void StarvationOracle::OnCheck(std::uint64_t tasks) {
  const std::uint64_t bound = idle_steps() * std::max<std::uint64_t>(tasks, 1);
  const auto now = static_cast<std::uint32_t>(step());
  next_.clear();
  VisitTasks(runtime().root_region(), [&](const TaskNode& task) {
    if (task.state != TaskNode::State::kReady) return;
    // Most have run just now. So that those cost no more than this look, the
    // others are watched from a quarter of the bound on.
    if (now - task.last_step < bound / 4) return;
    Waiting entry{task.compact, task.last_step, step(), false};
    const auto before = std::lower_bound(
        waiting_.begin(), waiting_.end(), entry.task,
        [](const Waiting& w, std::uint32_t number) { return w.task < number; });
    // It was runnable then and has not run since, so it still is.
    if (before != waiting_.end() && before->task == entry.task &&
        before->last_step == entry.last_step) {
      entry = *before;
    }
    if (!entry.reported && step() - entry.since >= bound) {
      entry.reported = true;
      const std::source_location where =
          task.started ? task.operation->site() : task.spawned_at;
      Report(absl::StrCat(task.DisplayName(), " could run for ",
                          step() - entry.since,
                          " steps and was never chosen; it is runnable at ",
                          PlaceOf(where)),
             &task, where);
    }
    next_.push_back(entry);
  });
  std::sort(next_.begin(), next_.end(), [](const Waiting& a, const Waiting& b) {
    return a.task < b.task;
  });
  waiting_.swap(next_);
}

}  // namespace asupersync
