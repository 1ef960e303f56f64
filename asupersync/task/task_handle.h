#ifndef ASUPERSYNC_TASK_TASK_HANDLE_H_
#define ASUPERSYNC_TASK_TASK_HANDLE_H_

#include <exception>
#include <functional>
#include <optional>
#include <ostream>
#include <source_location>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"
#include "asupersync/task/execution_context.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_node.h"

// TaskHandle<T>: the right to wait for a spawned task, cancel it and take its
// result.
//
//   TaskHandle<absl::StatusOr<int>> handle = cx.Spawn(Compute);
//   int value = co_await Try(handle.Join(cx));
//
// Lifetime and cancellation: dropping the handle detaches; the task goes on
// and its region still waits for it. A handle may outlive the runtime, which
// leaves its task cancelled with kShutdown. Cancelling the joiner does not
// cancel the task that it waits for.
//
// Determinism: Join is a scheduling point; Cancel takes effect in the caller's
// step.

namespace asupersync {

// A control block that knows the result type. Internal.
template <class T>
struct TypedTaskNode : TaskNode {
  using TaskNode::TaskNode;

  OutcomeKind ResultKind() const final {
    if (result.has_exception()) return OutcomeKind::kPanicked;
    return KindOfResult(result.value());
  }

  Outcome<void> Failure() const final {
    if (result.has_exception()) {
      return PanicInfo::FromException(result.exception());
    }
    return FailureOfResult(result.value());
  }

  void DropResult() noexcept final { result.Clear(); }

  std::string PanicText() const final {
    return PanicInfo::FromException(result.exception()).what;
  }

  // Moves the result out. REQUIRES: state kDone, not taken.
  OutcomeOf<T> TakeOutcome(std::source_location where) {
    taken = true;
    taken_at = where;
    MarkFailureSeen();
    if (result.has_exception()) {
      return PanicInfo::FromException(result.exception());
    }
    if (!result.has_value()) {
      if (extras != nullptr && !extras->refused.ok()) return extras->refused;
      return *cancel;
    }
    if constexpr (std::is_void_v<T>) {
      return OutcomeOf<T>();
    } else {
      return ToOutcome(std::move(result.value()));
    }
  }

  ResultSlot<T> result;
};

// Waits until a task is done: TaskHandle::Join. Gives the task's outcome;
// Cancelled with the joiner's own reason if the joiner is cancelled while it
// waits (the result stays for another join); Err(FailedPrecondition) if the
// result was taken before.
template <class T>
class [[nodiscard]] JoinOperation final : public QueuedOperation {
 public:
  JoinOperation(TaskNode& joiner, TypedTaskNode<T>& target,
                std::source_location site)
      : QueuedOperation(joiner, site), target_(&target) {
    target_->Ref();
  }
  ~JoinOperation() {
    Abandon();
    target_->Unref();
  }

  OutcomeOf<T> await_resume() {
    if (cancelled()) return Reason();
    if (target_->taken) {
      return absl::FailedPreconditionError(
          absl::StrCat(PlaceOf(site()), ": the result of ",
                       target_->DisplayName(), " was taken before, at ",
                       PlaceOf(target_->taken_at), "; it can be taken once"));
    }
    return target_->TakeOutcome(site());
  }

  WaitDescription Describe() const override {
    return {absl::StrCat("join ", target_->DisplayName()), ObjectId{},
            target_->Label()};
  }

 private:
  bool Poll() override {
    // Who joins first takes the result.
    const bool done = target_->state == TaskNode::State::kDone;
    node().runtime().TouchCompletion(
        *target_, done && !target_->taken ? Access::kWrite : Access::kRead);
    if (done) return true;
    if (target_->region->runtime != node().region->runtime) {
      Fatal(absl::StrCat(PlaceOf(site()), ": ", node().DisplayName(),
                         " joins a task of another runtime that is not done"));
    }
    if (!linked()) target_->joiners.PushBack(*this);
    return false;
  }
  void Abandon() override {
    if (linked()) target_->joiners.Remove(*this);
  }

  TypedTaskNode<T>* target_;
};

template <class T>
class TaskHandle {
 public:
  // Takes over one reference. Internal: Cx::Spawn makes handles.
  explicit TaskHandle(TypedTaskNode<T>* adopted) : node_(adopted) {}
  TaskHandle(TaskHandle&& other) noexcept
      : node_(std::exchange(other.node_, nullptr)) {}
  // Detaches from the task that this handle stood for.
  TaskHandle& operator=(TaskHandle&& other) noexcept {
    TaskHandle taken(std::move(other));
    std::swap(node_, taken.node_);
    return *this;
  }
  ~TaskHandle() {
    if (node_ != nullptr) node_->Unref();
  }

  CompactTaskId id() const { return CompactTaskId(Node().compact); }
  std::string name() const { return Node().DisplayName(); }
  bool done() const {
    TypedTaskNode<T>& node = Node();
    // The node's own runtime may be gone; the one that runs a step is not.
    if (Runtime* running = execution_context.runtime) {
      running->TouchCompletion(node, Access::kRead);
    }
    return node.state == TaskNode::State::kDone;
  }
  // Whoever asks has seen a failure. REQUIRES: done().
  OutcomeKind outcome_kind() const {
    Node().MarkFailureSeen();
    return Node().outcome;
  }

  // Waits until the task is done and moves its outcome out.
  template <class Context>
  JoinOperation<T> Join(
      Context& cx,
      std::source_location site = std::source_location::current()) const {
    return JoinOperation<T>(cx.node(site), Node(), site);
  }

  // Moves the outcome out, from outside the runtime, after a run.
  // Err(FailedPrecondition) if the task is not done or its outcome was taken.
  OutcomeOf<T> TakeOutcome(std::source_location site =
                               std::source_location::current()) const {
    if (!done()) {
      return absl::FailedPreconditionError(
          absl::StrCat(name(), " is not done yet"));
    }
    if (Node().taken) {
      const std::source_location& first = Node().taken_at;
      return absl::FailedPreconditionError(
          absl::StrCat("the result of ", name(), " was taken before, at ",
                       PlaceOf(first), "; it can be taken once"));
    }
    if (Runtime* running = execution_context.runtime) {
      running->TouchCompletion(Node(), Access::kWrite);
    }
    return Node().TakeOutcome(site);
  }

  // For primitives.
  TaskNode& node() const { return Node(); }

  // Asks the task to end; see Runtime::RequestCancel.
  void Cancel(
      std::string message = "cancelled through its handle",
      std::source_location site = std::source_location::current()) const {
    Cancel(CancelReason(CancelKind::kUser, std::move(message), CurrentTaskId(),
                        site),
           site);
  }
  void Cancel(
      const CancelReason& reason,
      std::source_location site = std::source_location::current()) const {
    if (done()) return;
    Node().runtime().RequestCancel(Node(), reason, site);
  }

  // "T3 'name' (not done)", "T3 (done: ok)". Not an observation of the task, as
  // done() is.
  friend std::ostream& operator<<(std::ostream& os, const TaskHandle& handle) {
    const TypedTaskNode<T>* node = handle.node_;
    if (node == nullptr) return os << "no task (moved from)";
    os << node->DisplayName();
    if (node->state != TaskNode::State::kDone) return os << " (not done)";
    return os << " (done: " << node->outcome << ")";
  }

 private:
  static CompactTaskId CurrentTaskId() {
    const TaskNode* current = execution_context.task;
    return CompactTaskId(current == nullptr ? 0 : current->compact);
  }

  TypedTaskNode<T>& Node() const {
    if (node_ == nullptr) {
      const TaskNode* const user = execution_context.task;
      Fatal(
          absl::StrCat(user == nullptr ? "" : user->DisplayOrigin() + ", uses ",
                       "a TaskHandle after it was moved from"));
    }
    return *node_;
  }

  TypedTaskNode<T>* node_;
};

// A task's function, until it is dropped. Internal.
template <class F>
class SpawnedFunction {
 public:
  template <class G>
  explicit SpawnedFunction(G&& function)
      : function_(std::forward<G>(function)) {}

  template <class Context>
  decltype(auto) Call(Context& cx) {
    return std::invoke(*function_, cx);
  }
  void Drop() { function_.reset(); }

 private:
  std::optional<F> function_;
};

// One without state takes no room.
template <class F>
  requires(std::is_empty_v<F> && std::is_default_constructible_v<F> &&
           std::is_trivially_destructible_v<F>)
class SpawnedFunction<F> {
 public:
  explicit SpawnedFunction(const F&) {}

  template <class Context>
  decltype(auto) Call(Context& cx) {
    // A function object that lives as long as its coroutine may use `this`.
    static F function;
    return std::invoke(function, cx);
  }
  void Drop() {}
};

// A control block that holds the user's function for as long as the task
// lives. Internal. `Context` is Cx.
template <class T, class F, class Context>
struct SpawnedTask final : TypedTaskNode<T> {
  template <class G>
  SpawnedTask(RegionNode& region, std::source_location site, G&& f)
      : TypedTaskNode<T>(region, site),
        cx(*this, region),
        function(std::forward<G>(f)) {}

  void Start() override {
    try {
      auto& promise = function.Call(cx).Release();
      promise.slot = &this->result;
      this->chain.Start(promise);
    } catch (...) {
      this->result.SetException(std::current_exception());
    }
  }
  void DropFunction() noexcept override { function.Drop(); }

  Context cx;
  [[no_unique_address]] SpawnedFunction<F> function;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_TASK_HANDLE_H_
