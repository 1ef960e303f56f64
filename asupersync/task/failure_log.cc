#include "asupersync/task/failure_log.h"

#include <memory>
#include <vector>

namespace asupersync {

void FailureLog::Add(TaskNode& task, const Outcome<void>& outcome) {
  if (failures_.size() == failures_.capacity()) {
    std::erase_if(failures_, [](const Entry& old) { return *old.seen; });
  }
  task.Extras().failure_seen = std::make_shared<bool>(false);
  failures_.push_back(
      {{task.Label(), task.spawned_at, outcome}, task.extras->failure_seen});
}

std::vector<TaskFailure> FailureLog::Unseen() const {
  std::vector<TaskFailure> unseen;
  for (const Entry& failure : failures_) {
    if (!*failure.seen) unseen.push_back(failure);
  }
  return unseen;
}

}  // namespace asupersync
