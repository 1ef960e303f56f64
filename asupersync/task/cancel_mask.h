#ifndef ASUPERSYNC_TASK_CANCEL_MASK_H_
#define ASUPERSYNC_TASK_CANCEL_MASK_H_

#include <source_location>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/cx.h"
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
// mask. Masks nest up to TaskNode::kMaskDepthMax; more aborts.
class [[nodiscard]] CancelMask {
 public:
  explicit CancelMask(
      Cx& cx, std::source_location site = std::source_location::current())
      : task_(cx.node(site)) {
    if (task_.mask_depth == TaskNode::kMaskDepthMax) {
      Fatal(absl::StrCat(PlaceOf(site), ": ", task_.DisplayName(),
                         " nests more than ", TaskNode::kMaskDepthMax,
                         " CancelMasks"));
    }
    ++task_.mask_depth;
  }
  CancelMask(const CancelMask&) = delete;
  CancelMask& operator=(const CancelMask&) = delete;
  ~CancelMask() { --task_.mask_depth; }

 private:
  TaskNode& task_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_CANCEL_MASK_H_
