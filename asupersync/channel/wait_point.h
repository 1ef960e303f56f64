#ifndef ASUPERSYNC_CHANNEL_WAIT_POINT_H_
#define ASUPERSYNC_CHANNEL_WAIT_POINT_H_

#include <source_location>

#include "asupersync/task/operation.h"
#include "asupersync/task/task_node.h"

// Where at most one task at a time waits until there is something for it: the
// receiving end of a channel. Internal to this folder.

namespace asupersync {
namespace channel_internal {

class PointOperation;

class WaitPoint {
 public:
  // `what` is what a task does here, for the report of misuse: "receives from
  // an mpsc channel"; a literal.
  explicit WaitPoint(const char* what) : what_(what) {}
  WaitPoint(const WaitPoint&) = delete;
  WaitPoint& operator=(const WaitPoint&) = delete;

  // The waiting operation, if there is one, looks again in its task's next
  // step.
  void Wake();

 private:
  friend class PointOperation;

  const char* what_;
  PointOperation* waiting_ = nullptr;
};

// Waits at a point. The derived class keeps the point alive, calls
// StopWaiting() in its destructor, and takes what there is in await_resume():
// nothing runs between the last IsOver() and that. A cancelled operation has
// taken nothing.
class PointOperation : public Operation {
 protected:
  PointOperation(TaskNode& node, WaitPoint& point, std::source_location site)
      : Operation(node, site), point_(point) {}
  ~PointOperation() = default;

  void StopWaiting();

  // Reports to the runtime what looking and taking touch.
  virtual void ReportAccess() = 0;
  // True if there is something to take, or never will be.
  virtual bool IsOver() const = 0;

 private:
  bool Poll() final;
  void Abandon() final;

  WaitPoint& point_;
};

}  // namespace channel_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_WAIT_POINT_H_
