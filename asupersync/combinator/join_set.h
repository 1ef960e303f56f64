#ifndef ASUPERSYNC_COMBINATOR_JOIN_SET_H_
#define ASUPERSYNC_COMBINATOR_JOIN_SET_H_

#include <cstddef>
#include <map>
#include <source_location>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/combinator/all_done.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/task_node.h"

// JoinSet<T>: tasks of one result type, any number of them, whose results are
// taken in the order in which they end.
//
//   JoinSet<absl::StatusOr<Page>> fetches(cx);
//   for (const std::string& url : urls) {
//     fetches.Spawn([url](Cx& cx) { return Fetch(cx, url); });
//   }
//   while (!fetches.empty()) {
//     auto page = co_await Try(fetches.JoinNext(cx));   // .index, .outcome
//     ...
//   }
//
// Determinism: JoinNext and Close are scheduling points. The order of the ends
// is the schedule's, hence the seed's.
//
// Lifetime and cancellation: belongs to the task that made it. Its tasks are
// tasks of that Cx's region: what they refer to must outlive the region (make a
// Scope for them to refer to locals). Destruction asks those that still run to
// end; the region waits for them. Close does both here and now. Results that
// nobody took are dropped, and an exception among them fails the test as that
// of any task that nobody joined.

namespace asupersync {

// A task of a JoinSet that has ended.
template <class T>
struct Joined {
  std::size_t index;     // how many tasks were spawned into the set before it
  OutcomeOf<T> outcome;
};

template <class T>
using JoinSetHandles = std::map<std::size_t, TaskHandle<T>>;

// Waits for the next end in a JoinSet: JoinSet::JoinNext.
template <class T>
class [[nodiscard]] JoinNextOperation final : public NextCompletion {
 public:
  JoinNextOperation(TaskNode& node, const CompletionQueue& queue,
                    JoinSetHandles<T>& handles, std::source_location site)
      : NextCompletion(node, queue.state(),
                       absl::ToUnixNanos(absl::InfiniteFuture()), site),
        handles_(handles) {}

  absl::StatusOr<Joined<T>> await_resume() {
    absl::StatusOr<std::size_t> index = NextCompletion::await_resume();
    if (!index.ok()) return index.status();
    auto node = handles_.extract(*index);
    return Joined<T>{*index, node.mapped().TakeOutcome()};
  }

 private:
  JoinSetHandles<T>& handles_;
};

template <class T>
class JoinSet {
 public:
  explicit JoinSet(
      Cx& cx, std::source_location site = std::source_location::current())
      : cx_(cx), queue_("JoinSet::JoinNext"), opened_at_(site) {}
  JoinSet(const JoinSet&) = delete;
  JoinSet& operator=(const JoinSet&) = delete;
  ~JoinSet() { Abort("its JoinSet was destroyed", opened_at_); }

  // As Cx::Spawn with the set's Cx; f(cx) must be a Task<T>. Returns the index
  // that JoinNext will give.
  template <class F>
  std::size_t Spawn(F&& f, std::source_location site =
                               std::source_location::current()) {
    return Spawn("", std::forward<F>(f), site);
  }
  template <class F>
  std::size_t Spawn(
      absl::string_view name, F&& f,
      std::source_location site = std::source_location::current()) {
    SpawnOptions options;
    options.name = std::string(name);
    const std::size_t index = queue_.spawned();
    handles_.emplace(index,
                     queue_.Spawn(cx_, options, std::forward<F>(f), site));
    return index;
  }

  // Waits until a task has ended that was not given yet: of several the one
  // that ended first. OutOfRange if the set is empty; CancelledError, and then
  // nothing is lost.
  JoinNextOperation<T> JoinNext(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return JoinNextOperation<T>(cx.node(site), queue_, handles_, site);
  }

  // Asks every task that still runs to end. JoinNext gives their outcomes.
  void AbortAll(std::source_location site = std::source_location::current()) {
    Abort("JoinSet::AbortAll", site);
  }

  // AbortAll, then waits until all are done, also if the caller is cancelled,
  // and drops what was not taken. The set is empty then and may be used again.
  Task<> Close(Cx& cx, std::source_location site =
                           std::source_location::current()) {
    Abort("JoinSet::Close", site);
    std::vector<TaskNode*> tasks;
    for (const auto& [index, handle] : handles_) {
      tasks.push_back(&handle.node());
    }
    co_await combinator_internal::AllDoneOperation(
        cx.node(site), "JoinSet::Close", std::move(tasks), site);
    queue_.DropEnded();
    handles_.clear();
  }

  // Tasks that JoinNext has not given yet.
  std::size_t size() const { return handles_.size(); }
  bool empty() const { return handles_.empty(); }

 private:
  void Abort(const char* why, std::source_location site) {
    if (handles_.empty()) return;
    queue_.CancelRunning(
        CancelReason(CancelKind::kUser, why, cx_.id(), site), site);
  }

  Cx& cx_;
  CompletionQueue queue_;
  JoinSetHandles<T> handles_;
  std::source_location opened_at_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_JOIN_SET_H_
