#include "asupersync/lab/ready_set.h"

#include <cstdint>
#include <optional>

#include "absl/base/optimization.h"

namespace asupersync {

void ReadySet::Add(TaskNode& task) {
  task.slot = size();
  tasks_.push_back(&task);
  if (ABSL_PREDICT_FALSE(indexed_)) by_number_[task.compact] = &task;
}

void ReadySet::Remove(TaskNode& task) {
  TaskNode* last = tasks_.back();
  tasks_[task.slot] = last;
  last->slot = task.slot;
  tasks_.pop_back();
  task.slot = TaskNode::kNoSlot;
  if (ABSL_PREDICT_FALSE(indexed_)) by_number_.erase(task.compact);
}

void ReadySet::Prefetch(std::uint32_t next, std::uint32_t second,
                        std::uint32_t third) const {
  // Of the third only where its pointer is, of the second the control block,
  // of the next what its step reads first: each has arrived one step later.
  if (third < size()) __builtin_prefetch(&tasks_[third]);
  if (second < size()) {
    const char* const block = reinterpret_cast<const char*>(tasks_[second]);
    __builtin_prefetch(block, 1);
    __builtin_prefetch(block + 64, 1);
    __builtin_prefetch(block + 128, 1);
  }
  if (next < size()) {
    const TaskNode& task = *tasks_[next];
    if (task.started) {
      const char* const operation =
          reinterpret_cast<const char*>(task.operation);
      __builtin_prefetch(operation, 1);
      __builtin_prefetch(operation + 64, 1);
      __builtin_prefetch(task.chain.leaf(), 1);
    }
    task.PrefetchNeighbours();
  }
  // The one that comes into the gap when a task leaves.
  if (size() > 4) __builtin_prefetch(&tasks_[size() - 4]->slot, 1);
}

void ReadySet::Clear() {
  tasks_.clear();
  by_number_.clear();
}

Candidate ReadySet::At(std::uint32_t index) const {
  const TaskNode& task = *tasks_[index];
  return Candidate{task.identity, task.compact, task.lane};
}

std::optional<std::uint32_t> ReadySet::IndexOf(std::uint64_t compact) const {
  if (!indexed_) {
    indexed_ = true;
    for (const TaskNode* task : tasks_) by_number_[task->compact] = task;
  }
  const auto found = by_number_.find(compact);
  if (found == by_number_.end()) return std::nullopt;
  return found->second->slot;
}

}  // namespace asupersync
