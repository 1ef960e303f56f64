#ifndef ASUPERSYNC_COMBINATOR_ALL_DONE_H_
#define ASUPERSYNC_COMBINATOR_ALL_DONE_H_

#include <cstddef>
#include <source_location>
#include <utility>
#include <vector>

#include "asupersync/task/operation.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
namespace combinator_internal {

// Waits until each of several tasks is done; takes no result. Internal.
//
// Reads only completions, in order, so the order in which the tasks end stays
// unobserved. Not cancellable: what is asked of the caller reaches its branches
// by way of their region. REQUIRES: the tasks outlive the operation.
class [[nodiscard]] AllDoneOperation final : public QueuedOperation {
 public:
  // `what` says who waits ("Join"); a literal.
  AllDoneOperation(TaskNode& node, const char* what,
                   std::vector<TaskNode*> tasks, std::source_location site)
      : QueuedOperation(node, site, /*cancellable=*/false),
        what_(what),
        tasks_(std::move(tasks)) {}
  ~AllDoneOperation() { Abandon(); }

  void await_resume() const {}
  WaitDescription Describe() const override;

 private:
  bool Poll() override;
  void Abandon() override {
    if (linked()) tasks_[next_]->joiners.Remove(*this);
  }

  const char* what_;
  std::vector<TaskNode*> tasks_;
  std::size_t next_ = 0;  // those before are done
};

}  // namespace combinator_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_ALL_DONE_H_
