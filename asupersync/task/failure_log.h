#ifndef ASUPERSYNC_TASK_FAILURE_LOG_H_
#define ASUPERSYNC_TASK_FAILURE_LOG_H_

#include <memory>
#include <source_location>
#include <vector>

#include "asupersync/base/outcome.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// How a task ended that failed.
struct TaskFailure {
  TaskLabel task;
  std::source_location spawned_at;
  Outcome<void> outcome;  // an error or an exception
};

// The failures of one runtime's tasks, for those that nobody comes to see.
// Internal: users call Runtime::UnseenFailures().
//
// Cost: amortised constant for each failure; memory in proportion to what
// nobody had seen when it grew last.
class FailureLog {
 public:
  // `task` failed with `outcome`. From then on TaskNode::MarkFailureSeen()
  // tells this log, also after the runtime is gone.
  void Add(TaskNode& task, const Outcome<void>& outcome);
  // In the order in which they were added.
  std::vector<TaskFailure> Unseen() const;
  void Clear() { failures_.clear(); }

 private:
  struct Entry : TaskFailure {
    std::shared_ptr<bool> seen;
  };

  std::vector<Entry> failures_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_FAILURE_LOG_H_
