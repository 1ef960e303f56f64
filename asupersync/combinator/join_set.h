#ifndef ASUPERSYNC_COMBINATOR_JOIN_SET_H_
#define ASUPERSYNC_COMBINATOR_JOIN_SET_H_

#include <cstddef>
#include <functional>
#include <map>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/completion_queue.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/shared_object.h"
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
// Lifetime and cancellation: the task that made it spawns; other tasks may
// call JoinNext (one at a time) and Close, and the set outlives what they
// await. Its tasks are tasks of the Cx's region: what they refer to must
// outlive that region (make a Scope for them to refer to locals). Each runs in
// a Scope of its own with that region's policy, so that a task has ended when
// all that it spawned with its own Cx has, and asking it to end asks that, too.
// Destruction asks those that still run to end; the region waits for them.
// Close does both here and now. Results that nobody took are dropped, and an
// exception or an error among them (the error of a task that was asked to end
// is expected) fails the test as that of any task that nobody joined.

namespace asupersync {

// A task of a JoinSet that has ended.
template <class T>
struct Joined {
  std::size_t index;     // how many tasks were spawned into the set before it
  OutcomeOf<T> outcome;
};

// What JoinNext has not given yet. Internal.
template <class T>
struct JoinSetHandles {
  SharedObject object{"join set"};
  std::map<std::size_t, TaskHandle<T>> of;  // by index
};

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
    Touch(handles_.object, Access::kWrite);
    auto node = handles_.of.extract(*index);
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
    auto in_scope = [f = std::decay_t<F>(std::forward<F>(f)),
                     site](Cx& cx) mutable -> Task<T> {
      ScopeOptions scope;
      scope.policy = cx.region().policy;
      return Scope(cx, scope, std::ref(f), site);
    };
    // Other tasks may wait for the first, or look whether one is left.
    Touch(queue_.state()->object, Access::kWrite);
    Touch(handles_.object, Access::kWrite);
    const auto [place, added] = handles_.of.emplace(
        index, queue_.Spawn(cx_, options, std::move(in_scope), site));
    if (closing_ > 0) {
      place->second.Cancel(Reason("JoinSet::Close", site), site);
    }
    return index;
  }

  // Waits until a task has ended that was not given yet: of several the one
  // that ended first. OutOfRange if there is none left to wait for, also when a
  // Close in another task has dropped the rest meanwhile; CancelledError. If it
  // is cancelled, or loses a Select, nothing is lost.
  JoinNextOperation<T> JoinNext(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return JoinNextOperation<T>(cx.node(site), queue_, handles_, site);
  }

  // Asks every task that still runs to end. JoinNext gives their outcomes.
  void AbortAll(std::source_location site = std::source_location::current()) {
    Touch(handles_.object, Access::kRead);
    Abort("JoinSet::AbortAll", site);
  }

  // AbortAll, then waits until all are done, also if the caller is cancelled,
  // and drops what was not taken. What is spawned meanwhile is asked to end,
  // too. The set is empty then and may be used again; only what the JoinNext of
  // another task was handed and has not returned yet is still in it, and is
  // that JoinNext's.
  Task<> Close(Cx& cx, std::source_location site =
                           std::source_location::current()) {
    Touch(handles_.object, Access::kWrite);
    Abort("JoinSet::Close", site);
    ++closing_;
    co_await queue_.AllEnded(cx, "JoinSet::Close", site);
    --closing_;
    Touch(handles_.object, Access::kWrite);
    for (const std::size_t index : queue_.TakeEnded()) {
      handles_.of.erase(index);
    }
  }

  // Tasks that JoinNext has not given yet.
  std::size_t size() const {
    Touch(handles_.object, Access::kRead);
    return handles_.of.size();
  }
  bool empty() const { return size() == 0; }

 private:
  CancelReason Reason(const char* why, std::source_location site) const {
    return CancelReason(CancelKind::kUser, why, cx_.id(), site);
  }
  void Abort(const char* why, std::source_location site) {
    if (handles_.of.empty()) return;
    queue_.CancelRunning(Reason(why, site), site);
  }

  Cx& cx_;
  CompletionQueue queue_;
  // Mutable: size() is an access to it.
  mutable JoinSetHandles<T> handles_;
  int closing_ = 0;  // tasks that wait in Close
  std::source_location opened_at_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_JOIN_SET_H_
