#ifndef ASUPERSYNC_TASK_DEADLINE_TIMER_H_
#define ASUPERSYNC_TASK_DEADLINE_TIMER_H_

#include <cstdint>

#include "asupersync/base/ids.h"
#include "asupersync/task/timer.h"

namespace asupersync {

class Runtime;
struct RegionNode;
struct TaskNode;

// Cancels a task or a region when the deadline of its budget has come.
// Internal: owned by the control block, armed and disarmed by the runtime.
class DeadlineTimer final : public Timer {
 public:
  DeadlineTimer(std::int64_t deadline_ns, TaskNode& task, TimerId identity)
      : Timer(deadline_ns), task_(&task), identity_(identity) {}
  DeadlineTimer(std::int64_t deadline_ns, RegionNode& region, TimerId identity)
      : Timer(deadline_ns), region_(&region), identity_(identity) {}

 private:
  void OnFire() override;  // in runtime.cc
  TimerId Identity() const override { return identity_; }

  TaskNode* task_ = nullptr;
  RegionNode* region_ = nullptr;
  TimerId identity_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_DEADLINE_TIMER_H_
