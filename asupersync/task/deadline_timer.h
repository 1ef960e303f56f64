#ifndef ASUPERSYNC_TASK_DEADLINE_TIMER_H_
#define ASUPERSYNC_TASK_DEADLINE_TIMER_H_

#include <cstdint>

#include "asupersync/task/timer.h"

namespace asupersync {

class Runtime;
struct RegionNode;
struct TaskNode;

// Cancels a task or a region when the deadline of its budget has come.
// Internal: owned by the control block, armed and disarmed by the runtime.
class DeadlineTimer final : public Timer {
 public:
  DeadlineTimer(std::int64_t deadline_ns, TaskNode& task)
      : Timer(deadline_ns), task_(&task) {}
  DeadlineTimer(std::int64_t deadline_ns, RegionNode& region)
      : Timer(deadline_ns), region_(&region) {}

 private:
  void OnFire() override;  // in runtime.cc

  TaskNode* task_ = nullptr;
  RegionNode* region_ = nullptr;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_DEADLINE_TIMER_H_
