#ifndef ASUPERSYNC_TASK_TASK_LABEL_H_
#define ASUPERSYNC_TASK_TASK_LABEL_H_

#include <memory>
#include <string>

#include "asupersync/base/ids.h"

namespace asupersync {

// Who a task was, for reports: stays valid when the task is gone, and keeps
// nothing of it alive but the name.
struct TaskLabel {
  CompactTaskId id;                         // none: no task
  std::shared_ptr<const std::string> name;  // null: unnamed

  // "T7" or "T7 'name'"; "no task".
  std::string ToString() const;
};

// What a wait for tasks lasts for: "T2 'reader' runs", "T2, T3 run". Longer
// lists are cut.
class RunningTasks {
 public:
  static constexpr int kShownMax = 5;

  // Whether there is more to say than what was added: past kShownMax only
  // that.
  bool full() const { return count_ > kShownMax; }
  void Add(const TaskLabel& task);

  // Empty if none was added.
  std::string ToString() const;

 private:
  int count_ = 0;
  std::string names_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_LABEL_H_
