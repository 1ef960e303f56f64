#include "asupersync/task/completion_queue.h"

#include <cstddef>
#include <cstdint>
#include <optional>
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
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/place.h"
#include "asupersync/task/cx.h"
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
  if (!HandOver(number)) ended.push_back(number);
  if (!running.empty()) return;
  while (AllEndedOperation* first = drains.front()) {
    first->Unlink();
    first->node().runtime().Wake(first->node());
  }
}

bool State::HandOver(std::size_t number) {
  if (waiter == nullptr) return false;
  NextCompletion& given = *waiter;
  given.number_ = number;
  given.StopWaiting();
  given.Complete();
  return true;
}

void State::GiveBack(std::size_t number) {
  Touch(object, Access::kWrite);
  if (!HandOver(number)) ended.push_front(number);
}

std::string State::DescribeRunning() const {
  RunningTasks tasks;
  for (auto at = running.begin(); at != running.end() && !tasks.full(); ++at) {
    tasks.Add(at->second->Label());
  }
  return tasks.ToString();
}

TaskLabel State::OnlyOneRunning() const {
  return running.size() == 1 ? running.begin()->second->Label() : TaskLabel();
}

}  // namespace completion_internal

NextCompletion::~NextCompletion() {
  StopWaiting();
  if (number_.has_value()) state_->GiveBack(*number_);
}

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
  if (number_.has_value()) return *std::exchange(number_, std::nullopt);
  if (expired_) {
    return absl::DeadlineExceededError(
        absl::StrCat("no task of ", state_->what, " ended by ",
                     absl::FormatDuration(absl::Nanoseconds(deadline_ns()))));
  }
  return absl::OutOfRangeError(
      absl::StrCat("every task of ", state_->what, " was given"));
}

WaitDescription NextCompletion::Describe() const {
  std::string what = absl::StrCat("finish ", state_->what, " (",
                                  state_->DescribeRunning());
  if (HasDeadline()) {
    absl::StrAppend(&what, ", until ",
                    absl::FormatDuration(absl::Nanoseconds(deadline_ns())));
  }
  absl::StrAppend(&what, ")");
  // Any of several could end the wait, so that only one makes a cycle.
  return {.what = std::move(what),
          .holder = state_->OnlyOneRunning(),
          .ends_by_clock = HasDeadline()};
}

bool AllEndedOperation::Poll() {
  Touch(state_->object, Access::kRead);
  if (state_->running.empty()) return true;
  if (!linked()) state_->drains.PushBack(*this);
  return false;
}

WaitDescription AllEndedOperation::Describe() const {
  return {absl::StrCat("finish ", what_, " (", state_->DescribeRunning(), ")"),
          ObjectId{},
          // Each of them holds it up.
          state_->running.empty() ? TaskLabel()
                                  : state_->running.begin()->second->Label()};
}

ScopeOptions CollectAllScope(const char* name) {
  ScopeOptions options;
  options.name = name;
  options.policy = ScopePolicy::kCollectAll;
  options.hands_on_obligations = true;
  return options;
}

void CompletionQueue::CancelRunning(const CancelReason& reason,
                                    std::source_location site) const {
  Touch(state_->object, Access::kRead);
  for (const auto& [number, task] : state_->running) {
    task->runtime().RequestCancel(*task, reason, site);
  }
}

void CompletionQueue::CancelRest(Cx& cx, const CancelReason& reason,
                                 std::source_location site) const {
  Touch(state_->object, Access::kRead);
  RegionNode& region = cx.region();
  if (region.tasks.empty() || region.cancel != nullptr) return;
  cx.node(site).runtime().CancelRegion(region, reason, site);
}

}  // namespace asupersync
