#ifndef ASUPERSYNC_SYNC_MUTEX_H_
#define ASUPERSYNC_SYNC_MUTEX_H_

#include <ostream>
#include <source_location>

#include "absl/status/statusor.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/sync/grant.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

// Mutex: at most one task at a time holds it.
//
//   Mutex mutex;
//   MutexGuard guard = co_await Try(mutex.Lock(cx));
//   ...                                  // may wait while holding it
//   guard.Unlock();                      // or let the guard's scope end
//
// Determinism: Lock is a scheduling point; TryLock and Unlock belong to the
// current step. Waiters get the lock in the order in which they asked: Unlock
// hands it to the first one, so that nobody overtakes. Events:
// ObligationReserved when a guard is made, ObligationCommitted when it ends.
//
// Lifetime and cancellation: a guard keeps the lock's state alive and may be
// moved, also to another task. A waiter resumes in a step of its own after the
// one that unlocked. Cancelling a waiter takes it out of the queue; one that
// was handed the lock already gets it and finds out about the cancellation at
// its next operation. Not recursive: a task that locks again waits for itself,
// which the deadlock report shows.

namespace asupersync {
namespace mutex_internal {

struct Whole {};

struct State final : sync_internal::GrantState<State, Whole> {
  static constexpr ObligationKind kObligation = ObligationKind::kLock;

  State() : GrantState("mutex") {}
  bool Take(Whole, const TaskNode& taker);
  void Free(Whole) { locked = false; }
  WaitDescription Describe(Whole) const {
    return {"lock mutex", object.id(), holder};
  }

  bool locked = false;
  TaskLabel holder;  // REQUIRES: locked
};

}  // namespace mutex_internal

// Holds a Mutex. Move-only; a moved-from guard holds nothing, and assigning to
// one releases what it held.
class [[nodiscard]] MutexGuard
    : public sync_internal::Grant<mutex_internal::State> {
 public:
  using Grant::Grant;

  // Releases the lock now. Does nothing if this guard holds none.
  void Unlock() { Release(); }

  // "MutexGuard(<its obligation>)".
  friend std::ostream& operator<<(std::ostream& os, const MutexGuard& guard);
};

// Waits for the lock: Mutex::Lock. Gives the guard, or a CancelledError.
using LockOperation =
    sync_internal::GrantOperation<mutex_internal::State, MutexGuard>;

class Mutex {
 public:
  Mutex() : state_(MakeRef<mutex_internal::State>()) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  LockOperation Lock(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return LockOperation(cx, state_, {}, site);
  }

  // Without waiting: Unavailable if it is held or others wait for it.
  absl::StatusOr<MutexGuard> TryLock(
      Cx& cx, std::source_location site = std::source_location::current());

  bool locked() const {
    Touch(state_->object, Access::kRead);
    return state_->locked;
  }

 private:
  RefPtr<mutex_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_MUTEX_H_
