#ifndef ASUPERSYNC_SYNC_MUTEX_H_
#define ASUPERSYNC_SYNC_MUTEX_H_

#include <ostream>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/ref_ptr.h"
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

class LockOperationBase;

struct State final : RefCounted<State> {
  void Acquire(const TaskNode& task);
  void Release();

  SharedObject object{"mutex"};
  bool locked = false;
  TaskLabel holder;  // REQUIRES: locked
  IntrusiveList<LockOperationBase, WaitersTag> waiters;
};

class LockOperationBase : public Operation {
 public:
  WaitDescription Describe() const override;

 protected:
  LockOperationBase(TaskNode& node, RefPtr<State> state,
                    std::source_location site)
      : Operation(node, site), state_(std::move(state)) {}
  ~LockOperationBase();

  bool TakeOwnership() { return std::exchange(owns_, false); }
  const RefPtr<State>& state() const { return state_; }

 private:
  friend struct State;

  bool Poll() override;
  void Abandon() override;

  RefPtr<State> state_;
  bool owns_ = false;
};

}  // namespace mutex_internal

// Holds a Mutex. Move-only; a moved-from guard holds nothing.
class [[nodiscard]] MutexGuard {
 public:
  MutexGuard(MutexGuard&& other) noexcept = default;
  // Releases what this guard held.
  MutexGuard& operator=(MutexGuard&& other) noexcept {
    MutexGuard taken(std::move(other));
    std::swap(state_, taken.state_);
    obligation_ = std::move(taken.obligation_);
    return *this;
  }
  ~MutexGuard() { Unlock(); }

  // Releases the lock now. Does nothing if this guard holds none.
  void Unlock();

  friend std::ostream& operator<<(std::ostream& os, const MutexGuard& guard);

 private:
  friend class LockOperation;
  friend class Mutex;

  MutexGuard(RefPtr<mutex_internal::State> state, TaskNode& holder,
             std::source_location site);

  RefPtr<mutex_internal::State> state_;
  Obligation obligation_;
};

// Waits for the lock: Mutex::Lock. Gives the guard, or a CancelledError.
class [[nodiscard]] LockOperation final
    : public mutex_internal::LockOperationBase {
 public:
  LockOperation(TaskNode& node, RefPtr<mutex_internal::State> state,
                std::source_location site)
      : LockOperationBase(node, std::move(state), site) {}

  absl::StatusOr<MutexGuard> await_resume();
};

class Mutex {
 public:
  Mutex() : state_(MakeRef<mutex_internal::State>()) {}
  Mutex(const Mutex&) = delete;
  Mutex& operator=(const Mutex&) = delete;

  LockOperation Lock(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return LockOperation(cx.node(), state_, site);
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
