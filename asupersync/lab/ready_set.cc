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
