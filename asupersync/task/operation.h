#ifndef ASUPERSYNC_TASK_OPERATION_H_
#define ASUPERSYNC_TASK_OPERATION_H_

#include <concepts>
#include <coroutine>
#include <cstdint>
#include <source_location>
#include <string>

#include "absl/status/status.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/task/call_chain.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// What a blocked task waits for, for the deadlock report.
struct WaitDescription {
  std::string what;                  // "lock mutex", "receive from mpsc"
  ObjectId object = {};              // none: not an object
  TaskLabel holder = {};             // who could end the wait, if known
  bool ends_by_clock = false;        // at a deadline, if by nothing else
  bool for_message = false;          // and not for room, a lock or a signal
};

// One awaitable operation of one task: the base of everything that a task can
// wait for (a lock, a receive, a sleep, a join).
//
//   class LockOperation final : public Operation {
//    public:
//     absl::StatusOr<MutexGuard> await_resume();
//    private:
//     bool Poll() override;      // takes the lock, or queues *this
//     void Abandon() override;   // leaves the queue
//     ...
//   };
//
//   state      meaning                                 leaves by
//   kPending   not attempted yet                       the first attempt
//   kWaiting   attempted, registered with its object   Complete, Wake + Poll,
//                                                      cancellation
//   kComplete  result ready                            -
//
// Where the runtime yields before operations (the lab's default), awaiting
// suspends first; the task's next step makes the attempt, and if it succeeds
// runs on to the next operation. Otherwise the attempt is made at once, and
// only an operation that has to wait suspends.
//
// Lifetime and cancellation: an operation lives in the awaiting frame and must
// be awaited where it is made. Its task's cancellation, unless masked, ends a
// pending or waiting operation with Cancelled() and no effect; an operation
// that another task has completed already stays completed, so that nothing
// handed over is lost. If the frame is destroyed while the operation waits,
// the destructor of the derived class must leave the queue.
// The task resumes in a step of its own, never inside the waker's.
//
// Compilers: g++ 12 evaluates both sides of `co_await (c ? a() : b())` and
// awaits a bitwise copy. An operation notices and aborts with a message; write
// `if (c) co_await a(); else co_await b();` instead.
class Operation {
 public:
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  // Defined in runtime.cc, as is Complete(): they talk to the runtime.
  bool await_ready();

  template <AwaitsInsideATask Promise>
  void await_suspend(std::coroutine_handle<Promise> awaiting) {
    CheckPlace();
    if (awaiting.promise().chain != &node_.chain) ReportForeignCx();
    Suspend();
  }

  // --- For the runtime.

  // Tries to bring the operation to its end; true when it is complete.
  bool Attempt();
  bool waiting() const { return stage_ == Stage::kWaiting; }
  std::source_location site() const { return site_; }
  TaskNode& node() const { return node_; }

  // Fills in the deadlock report. Called while waiting.
  virtual WaitDescription Describe() const = 0;

 protected:
  // `cancellable`: false for what must not end early, whatever is asked.
  Operation(TaskNode& node, std::source_location site, bool cancellable = true)
      : node_(node),
        site_(site),
        stage_(Stage::kPending),
        cancelled_(false),
        cancellable_(cancellable),
        place_(LowBits(this)) {}
  ~Operation() = default;

  // Does the operation's effect and returns true, or registers *this with
  // what it waits for and returns false. Called again after each Wake().
  virtual bool Poll() = 0;

  // Undoes the registration that a Poll() made. Called at most once.
  virtual void Abandon() = 0;

  // For whoever hands this waiting operation its result: marks it complete and
  // makes its task runnable.
  void Complete();

  // True when the operation ended without an effect because its task was
  // cancelled; CancelledStatus() then is its result.
  bool cancelled() const { return cancelled_; }
  absl::Status CancelledStatus() const;
  const CancelReason& Reason() const { return node_.VisibleReason(); }

 private:
  friend class TimedOperation;

  enum class Stage : std::uint8_t { kPending, kWaiting, kComplete };

  static std::uint16_t LowBits(const Operation* place) {
    return static_cast<std::uint16_t>(
        reinterpret_cast<std::uintptr_t>(place) / alignof(Operation));
  }
  void CheckPlace() const {
    if (place_ != LowBits(this)) ReportMoved();
  }
  [[noreturn]] void ReportMoved() const;

  void Suspend() {
    node_.operation = this;
    node_.chain.Suspend();
  }
  [[noreturn]] void ReportForeignCx() const;
  void EndCancelled();

  TaskNode& node_;
  std::source_location site_;
  Stage stage_ : 2;
  bool cancelled_ : 1;
  bool cancellable_ : 1;
  // Where this was made. Never observable.
  std::uint16_t place_;
  // Of a TimedOperation, here in what would be padding: which of its task's
  // timers it has.
  std::uint32_t timer_index_ = 0;
};

// An operation that waits in a queue of the thing that it waits for.
class QueuedOperation : public Operation, public ListNode<WaitersTag> {
 protected:
  using Operation::Operation;
  ~QueuedOperation() = default;
};

inline bool Operation::Attempt() {
  if (stage_ == Stage::kComplete) return true;
  if (node_.CancelVisible() && cancellable_) {
    EndCancelled();
    return true;
  }
  if (Poll()) {
    stage_ = Stage::kComplete;
    return true;
  }
  stage_ = Stage::kWaiting;
  return false;
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_OPERATION_H_
