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

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_LABEL_H_
