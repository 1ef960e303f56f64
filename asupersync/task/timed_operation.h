#ifndef ASUPERSYNC_TASK_TIMED_OPERATION_H_
#define ASUPERSYNC_TASK_TIMED_OPERATION_H_

#include <cstdint>
#include <limits>
#include <source_location>

#include "asupersync/base/ids.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/timer.h"

namespace asupersync {

// An operation that a deadline ends, alone (a sleep) or among other things.
//
// The derived class says what happens then, in OnFire(), and calls Arm() from
// Poll() when it has to wait. Its timer is the n-th of its task, so that no
// other task decides about the timer's identity.
class TimedOperation : public Operation, protected Timer {
 protected:
  // The deadline that never comes.
  static constexpr std::int64_t kNever =
      std::numeric_limits<std::int64_t>::max();

  TimedOperation(TaskNode& node, std::int64_t deadline_ns,
                 std::source_location site)
      : Operation(node, site), Timer(deadline_ns) {}
  ~TimedOperation() { Disarm(); }

  bool HasDeadline() const { return deadline_ns() != kNever; }
  // Whether the deadline has come.
  bool Due() const;

  // Starts the timer, if there is a deadline and it does not run.
  void Arm();
  // Stops the timer, if it runs.
  void Disarm();

 private:
  TimerId Identity() const final;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TIMED_OPERATION_H_
