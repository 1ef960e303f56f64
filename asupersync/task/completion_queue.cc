#include "asupersync/task/completion_queue.h"

#include <cstddef>
#include <cstdint>
#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/place.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
namespace completion_internal {

void State::Ended(std::size_t number) {
  // Not there: the function could not even be stored; or the task was refused,
  // and Spawn will say so.
  if (running.erase(number) == 0) return;
  Touch(object, Access::kWrite);
  if (waiter == nullptr) {
    ended.push_back(number);
    return;
  }
  NextCompletion& given = *waiter;
  given.number_ = number;
  given.StopWaiting();
  given.Complete();
}

}  // namespace completion_internal

NextCompletion::~NextCompletion() { StopWaiting(); }

void NextCompletion::StopWaiting() {
  if (state_->waiter == this) state_->waiter = nullptr;
  Disarm();
}

void NextCompletion::OnFire() {
  expired_ = true;
  StopWaiting();
  Complete();
}

bool NextCompletion::Poll() {
  Touch(state_->object, Access::kWrite);
  if (!state_->ended.empty()) {
    number_ = state_->ended.front();
    state_->ended.pop_front();
    return true;
  }
  if (state_->running.empty()) return true;
  if (Due()) {
    expired_ = true;
    return true;
  }
  if (state_->waiter != nullptr && state_->waiter != this) {
    Fatal(absl::StrCat(PlaceOf(site()), ": ", node().DisplayName(),
                       " waits for ", state_->what, " while ",
                       state_->waiter->node().DisplayName(),
                       " does; one task at a time may wait"));
  }
  state_->waiter = this;
  Arm();
  return false;
}

absl::StatusOr<std::size_t> NextCompletion::await_resume() {
  if (cancelled()) return CancelledStatus();
  if (number_.has_value()) return *number_;
  if (expired_) {
    return absl::DeadlineExceededError(
        absl::StrCat("no task of ", state_->what, " ended by ",
                     absl::FormatDuration(absl::Nanoseconds(deadline_ns()))));
  }
  return absl::OutOfRangeError(
      absl::StrCat("every task of ", state_->what, " was given"));
}

WaitDescription NextCompletion::Describe() const {
  constexpr int kNamesMax = 5;
  std::string what = absl::StrCat("finish ", state_->what, " (");
  int names = 0;
  for (const auto& [number, task] : state_->running) {
    if (names == kNamesMax) {
      absl::StrAppend(&what, ", ...");
      break;
    }
    absl::StrAppend(&what, names++ == 0 ? "" : ", ", task->DisplayName());
  }
  absl::StrAppend(&what, state_->running.size() == 1 ? " runs" : " run");
  if (HasDeadline()) {
    absl::StrAppend(&what, ", until ",
                    absl::FormatDuration(absl::Nanoseconds(deadline_ns())));
  }
  absl::StrAppend(&what, ")");
  // Any of several could end the wait, so that only one makes a cycle.
  const TaskLabel holder = state_->running.size() == 1
                               ? state_->running.begin()->second->Label()
                               : TaskLabel();
  return {std::move(what), ObjectId{}, holder};
}

ScopeOptions CollectAllScope(const char* name) {
  ScopeOptions options;
  options.name = name;
  options.policy = ScopePolicy::kCollectAll;
  return options;
}

void CompletionQueue::CancelRunning(const CancelReason& reason,
                                    std::source_location site) const {
  Touch(state_->object, Access::kRead);
  for (const auto& [number, task] : state_->running) {
    task->runtime().RequestCancel(*task, reason, site);
  }
}

}  // namespace asupersync
