#ifndef ASUPERSYNC_TASK_CANCEL_MASK_H_
#define ASUPERSYNC_TASK_CANCEL_MASK_H_

#include <source_location>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/misuse.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// Hides cancellation from a task for as long as it lives, so that clean-up may
// wait.
//
//   absl::Status status = co_await Serve(cx);
//   CancelMask mask(cx);                    // also if Serve was cancelled
//   co_await Try(connection.Flush(cx));
//
// A request that comes meanwhile is noticed at the first operation after the
// mask. Masks nest up to TaskNode::kMaskDepthMax; more aborts, and so does a
// mask whose end is in another task.
//
// What a masked section spawns, and the scopes that it opens, are protected
// from what the mask hides: earlier cancellation and passed limits. They may
// take as many steps as the task's clean-up has left; requests of their own
// (a Timeout, a handle) reach them.
class [[nodiscard]] CancelMask {
 public:
  explicit CancelMask(
      Cx& cx, std::source_location site = std::source_location::current())
      : task_(cx.node(site)), site_(site) {
    if (task_.mask_depth == TaskNode::kMaskDepthMax) {
      Fatal(absl::StrCat(PlaceOf(site), ": ", task_.DisplayName(),
                         " nests more than ", TaskNode::kMaskDepthMax,
                         " CancelMasks"));
    }
    ++task_.mask_depth;
    task_.Ref();
  }
  CancelMask(const CancelMask&) = delete;
  CancelMask& operator=(const CancelMask&) = delete;
  ~CancelMask() {
    const TaskNode* const running = execution_context.task;
    if (running != nullptr && running != &task_ &&
        !execution_context.runtime->destroying()) [[unlikely]] {
      task_internal::FailForeignMask(*running, task_, site_);
    }
    --task_.mask_depth;
    task_.Unref();
  }

 private:
  TaskNode& task_;
  std::source_location site_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CANCEL_MASK_H_
