#ifndef ASUPERSYNC_LAB_READY_SET_H_
#define ASUPERSYNC_LAB_READY_SET_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// The runnable tasks of one lane, and the candidates of a scheduling choice.
//
// A dense array, in which each task knows its index: adding appends, removing
// moves the last task into the gap, both O(1). A task that yields keeps its
// place, so the common step does not write here at all.
//
// Determinism: the order is a function of the calls.
class ReadySet final : public CandidateView {
 public:
  bool empty() const { return tasks_.empty(); }
  std::uint32_t size() const {
    return static_cast<std::uint32_t>(tasks_.size());
  }
  TaskNode& operator[](std::uint32_t index) const { return *tasks_[index]; }

  // Tells the processor, a few steps ahead, where a guess of the next choices
  // leads: `next`, `second` and `third` in this order. An index that is too
  // large leads nowhere. No effect but on time.
  void Prefetch(std::uint32_t next, std::uint32_t second,
                std::uint32_t third) const;

  // REQUIRES: `task` is in no ready set.
  void Add(TaskNode& task);
  // REQUIRES: `task` is in this one.
  void Remove(TaskNode& task);
  // Forgets all tasks, keeps memory.
  void Clear();

  Candidate At(std::uint32_t index) const override;
  // O(1), after a first call of O(n).
  std::optional<std::uint32_t> IndexOf(std::uint64_t compact) const override;

 private:
  std::vector<TaskNode*> tasks_;
  // By number, for replay, which looks tasks up by name. Kept only after the
  // first look-up.
  mutable bool indexed_ = false;
  mutable absl::flat_hash_map<std::uint64_t, const TaskNode*> by_number_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_READY_SET_H_
