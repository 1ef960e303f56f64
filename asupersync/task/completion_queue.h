#ifndef ASUPERSYNC_TASK_COMPLETION_QUEUE_H_
#define ASUPERSYNC_TASK_COMPLETION_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/timed_operation.h"

// CompletionQueue: tells the tasks that were spawned through it in the order in
// which they end. What Race, Timeout, Hedge and the like are made of.
//
//   CompletionQueue queue("Race");
//   TaskHandle<int> a = queue.Spawn(cx, A);                   // number 0
//   TaskHandle<int> b = queue.Spawn(cx, B);                   // number 1
//   std::size_t first = co_await Try(queue.Next(cx));
//   Outcome<int> outcome = (first == 0 ? a : b).TakeOutcome();  // done already
//
// A task counts as ended however it ends: with a result, by an exception, or
// cancelled before it started.
//
// Determinism: Next is a scheduling point. The order of the ends is the
// schedule's, hence the seed's, and every end writes the queue's object: who
// only wants all results joins the handles instead, which orders nothing.
//
// Lifetime and cancellation: tasks are spawned by the task that made it, and
// one task at a time waits in Next. Tasks may outlive the queue, operations may
// too. No end is lost: one that was handed to a Next which then does not return
// it, being cancelled or the loser of a Select, is given by the next call,
// before those that came later.

namespace asupersync {

class AllEndedOperation;
class NextCompletion;

namespace completion_internal {

struct State final : RefCounted<State> {
  explicit State(const char* waiting_for) : what(waiting_for) {}

  void Ended(std::size_t number);
  // Hands an end to the task that waits in Next; false: none does.
  bool HandOver(std::size_t number);
  // Of an end that was handed over and not taken.
  void GiveBack(std::size_t number);
  // "T2, T3 run": who has not ended, or the first of them.
  std::string DescribeRunning() const;
  // Whose end would end a wait: one that runs alone.
  TaskLabel OnlyOneRunning() const;

  SharedObject object{"completions"};
  const char* what;
  std::size_t spawned = 0;
  // Not ended. No task is destroyed before it has left this.
  std::map<std::size_t, TaskNode*> running;
  std::deque<std::size_t> ended;     // and not given, oldest first
  NextCompletion* waiter = nullptr;  // waits: then `ended` is empty
  IntrusiveList<AllEndedOperation, WaitersTag> drains;  // wait for !running
};

// Says that a task has ended by being destroyed with the task's function.
class Ticket {
 public:
  Ticket(RefPtr<State> state, std::size_t number)
      : state_(std::move(state)), number_(number) {}
  Ticket(Ticket&&) noexcept = default;
  Ticket& operator=(Ticket&&) = delete;
  ~Ticket() {
    if (state_) state_->Ended(number_);
  }

 private:
  RefPtr<State> state_;
  std::size_t number_;
};

template <class F>
struct Watched {
  decltype(auto) operator()(Cx& cx) { return std::invoke(function, cx); }

  Ticket ticket;  // dies after the function
  F function;
};

}  // namespace completion_internal

// Waits for the next end: CompletionQueue::Next.
class [[nodiscard]] NextCompletion : public TimedOperation {
 public:
  NextCompletion(TaskNode& node, RefPtr<completion_internal::State> state,
                 std::int64_t deadline_ns, std::source_location site)
      : TimedOperation(node, deadline_ns, site),
        state_(std::move(state)) {}
  ~NextCompletion();

  absl::StatusOr<std::size_t> await_resume();

  WaitDescription Describe() const override;

 private:
  friend struct completion_internal::State;

  bool Poll() override;
  void Abandon() override { StopWaiting(); }
  void OnFire() override;
  void StopWaiting();

  RefPtr<completion_internal::State> state_;
  std::optional<std::size_t> number_;  // given, and not taken yet
  bool expired_ = false;
};

// Waits until no task runs: CompletionQueue::AllEnded. Not cancellable.
class [[nodiscard]] AllEndedOperation final
    : public Operation,
      public ListNode<WaitersTag> {
 public:
  AllEndedOperation(TaskNode& node, RefPtr<completion_internal::State> state,
                    const char* what, std::source_location site)
      : Operation(node, site, /*cancellable=*/false),
        state_(std::move(state)),
        what_(what) {}
  ~AllEndedOperation() { Abandon(); }

  void await_resume() const {}

  WaitDescription Describe() const override;

 private:
  bool Poll() override;
  void Abandon() override {
    if (linked()) Unlink();
  }

  RefPtr<completion_internal::State> state_;
  const char* what_;
};

// For a Scope whose tasks do not end each other by failing: what their ends
// mean is for whoever waits in Next to say. `name` is the region's, in reports.
ScopeOptions CollectAllScope(const char* name);

class CompletionQueue {
 public:
  // `what` says who waits, in deadlock reports ("Race"); a literal.
  explicit CompletionQueue(const char* what)
      : state_(MakeRef<completion_internal::State>(what)) {}
  CompletionQueue(const CompletionQueue&) = delete;
  CompletionQueue& operator=(const CompletionQueue&) = delete;

  // As Cx::Spawn; tasks have the numbers 0, 1, ... in order of their spawn.
  template <class F>
  auto Spawn(Cx& cx, F&& f,
             std::source_location site = std::source_location::current()) {
    return Spawn(cx, SpawnOptions(), std::forward<F>(f), site);
  }
  template <class F>
  auto Spawn(Cx& cx, const SpawnOptions& options, F&& f,
             std::source_location site = std::source_location::current()) {
    const std::size_t number = state_->spawned++;
    auto handle = cx.Spawn(
        options,
        completion_internal::Watched<std::decay_t<F>>{
            completion_internal::Ticket(state_, number), std::forward<F>(f)},
        site);
    TaskNode& node = handle.node();
    state_->running.emplace(number, &node);
    // A task that was refused, for want of a capability, is done already.
    if (node.state == TaskNode::State::kDone) state_->Ended(number);
    return handle;
  }

  // Waits until a task has ended that was not given yet, and gives its number:
  // of several the one that ended first. The task is done when this returns.
  // DeadlineExceeded if none has ended by `deadline`; OutOfRange if there is
  // none left to wait for; CancelledError. One task at a time may wait.
  NextCompletion Next(
      Cx& cx, absl::Time deadline = absl::InfiniteFuture(),
      std::source_location site = std::source_location::current()) {
    return NextCompletion(cx.node(site), state_, absl::ToUnixNanos(deadline),
                          site);
  }

  // Waits until every task has ended, also if the caller is asked to end. The
  // caller is woken once, by the last of them, and any number of tasks may
  // wait. `what` says who waits ("JoinSet::Close"); a literal.
  AllEndedOperation AllEnded(
      Cx& cx, const char* what,
      std::source_location site = std::source_location::current()) {
    return AllEndedOperation(cx.node(site), state_, what, site);
  }

  // Asks every task that has not ended to end.
  void CancelRunning(
      const CancelReason& reason,
      std::source_location site = std::source_location::current()) const;

  // For a combinator whose result is decided. `cx` is that of the scope which
  // it spawned its tasks in: asks all that is left there to end, the tasks and
  // what any of them spawned with its own Cx, and the scope's body, which is
  // to return. The scope waits for them. Does nothing if nothing is left, or
  // if the scope was cancelled before.
  void CancelRest(
      Cx& cx, const CancelReason& reason,
      std::source_location site = std::source_location::current()) const;

  // Takes the ends that were not given, oldest first.
  std::deque<std::size_t> TakeEnded() {
    Touch(state_->object, Access::kWrite);
    return std::exchange(state_->ended, {});
  }

  std::size_t spawned() const { return state_->spawned; }
  // How many have not ended.
  std::size_t running() const {
    Touch(state_->object, Access::kRead);
    return state_->running.size();
  }

  // For operations that are more than Next.
  const RefPtr<completion_internal::State>& state() const { return state_; }

 private:
  RefPtr<completion_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_COMPLETION_QUEUE_H_
