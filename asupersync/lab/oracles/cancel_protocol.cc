#include "asupersync/lab/oracles/cancel_protocol.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/task/limits.h"

namespace asupersync {

std::uint32_t CleanupSteps(CancelKind kind) {
  return 2 * std::uint32_t{CleanupStepsMax(kind)} + 100;
}

CancelProtocolOracle::State& CancelProtocolOracle::At(const TaskNode& task) {
  if (task.compact >= tasks_.size()) tasks_.resize(task.compact + 1);
  return tasks_[task.compact];
}

void CancelProtocolOracle::ReportTask(const TaskNode& task,
                                      const std::string& what) {
  Report(absl::StrCat(Describe(&task), ", ", what,
                      task.cancel == nullptr
                          ? std::string()
                          : absl::StrCat("; its cancellation: ",
                                         task.cancel->ToString())),
         &task, task.spawned_at);
}

void CancelProtocolOracle::CheckSeverity(const TaskNode& task, State& state) {
  const int severity =
      task.cancel == nullptr ? -1 : Severity(task.cancel->kind());
  if (severity < state.severity) {
    ReportTask(task, absl::StrCat("had a cancellation of severity ",
                                  int{state.severity},
                                  ", which has become weaker: ", severity));
  }
  // Also less: reported once.
  state.severity = static_cast<std::int8_t>(severity);
}

void CancelProtocolOracle::OnTaskSpawned(const TaskNode& task) {
  if (task.region->state == RegionNode::State::kClosed) {
    ReportTask(task, absl::StrCat("was spawned into a closed region: ",
                                  Describe(*task.region)));
  }
}

void CancelProtocolOracle::OnCancelRequested(const TaskNode& task,
                                             const CancelReason& reason) {
  State& state = At(task);
  if (state.stage == Stage::kDone) {
    ReportTask(task, "was asked to end after it was done");
    return;
  }
  const auto asked = static_cast<std::int8_t>(Severity(reason.kind()));
  state.severity = std::max(state.severity, asked);
  CheckSeverity(task, state);
}

void CancelProtocolOracle::OnCancelSeen(const TaskNode& task) {
  State& state = At(task);
  if (task.cancel == nullptr) {
    ReportTask(task, "was told of a cancellation that nobody requested");
    return;
  }
  if (state.stage == Stage::kDone) {
    ReportTask(task, "was told of its cancellation after it was done");
    return;
  }
  CheckSeverity(task, state);
  if (state.stage == Stage::kNone) state.stage = Stage::kSeen;
}

void CancelProtocolOracle::OnCancelledStep(const TaskNode& task) {
  State& state = At(task);
  CheckSeverity(task, state);
  if (state.stage != Stage::kSeen || task.cancel == nullptr) return;
  if (task.extras != nullptr && task.extras->finalizing != nullptr) return;
  const std::uint32_t bound = CleanupSteps(task.cancel->kind());
  if (++state.cleanup_steps <= bound) return;
  state.stage = Stage::kTooLong;
  ReportTask(task, absl::StrCat("has seen its cancellation and is not done "
                                "after ",
                                bound, " further steps of its own"));
}

void CancelProtocolOracle::OnTaskDone(const TaskNode& task) {
  if (task.extras != nullptr && task.extras->scope != nullptr) {
    ReportTask(task, absl::StrCat("is done while a scope of it is open: ",
                                  Describe(*task.extras->scope)));
  }
  // At() would make room for every task that is done.
  const bool is_known = task.compact < tasks_.size();
  if (!is_known && task.cancel == nullptr) return;
  State& state = At(task);
  CheckSeverity(task, state);
  if (state.stage == Stage::kDone) ReportTask(task, "is done twice");
  state.stage = Stage::kDone;
}

}  // namespace asupersync
