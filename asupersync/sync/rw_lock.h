#ifndef ASUPERSYNC_SYNC_RW_LOCK_H_
#define ASUPERSYNC_SYNC_RW_LOCK_H_

#include <cstdint>
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
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_label.h"
#include "asupersync/task/task_node.h"

// RwLock: held by any number of readers, or by one writer.
//
//   RwLock lock;
//   RwLockGuard guard = co_await Try(lock.Read(cx));   // with other readers
//   RwLockGuard guard = co_await Try(lock.Write(cx));  // alone
//
// Determinism: Read and Write are scheduling points; Unlock belongs to the
// current step. Writers are preferred: a reader waits while a writer holds the
// lock or waits for it, so that writers do not starve. When a writer unlocks,
// the next writer gets the lock, or else every waiting reader. Writers among
// themselves, and readers, are served in the order in which they asked. Events:
// ObligationReserved when a guard is made, ObligationCommitted when it ends.
//
// Lifetime and cancellation: a guard keeps the lock's state alive and may be
// moved, also to another task. A waiter resumes in a step of its own after the
// one that let it in. Cancelling a waiter takes it out of the queue; if it was
// the last waiting writer, waiting readers may go. One that was let in already
// keeps the lock and finds out at its next operation. A task that holds the
// lock and asks for it again may wait for itself, which the deadlock report
// shows.

namespace asupersync {
namespace rw_lock_internal {

class LockOperationBase;

struct State final : RefCounted<State> {
  // Lets in whoever may go now.
  void Serve();
  void Release(bool writer);

  SharedObject object{"rw lock"};
  std::uint32_t readers = 0;
  TaskLabel writer;  // none: no writer
  IntrusiveList<LockOperationBase, WaitersTag> waiting_readers;
  IntrusiveList<LockOperationBase, WaitersTag> waiting_writers;
};

class LockOperationBase : public Operation {
 public:
  WaitDescription Describe() const override;

 protected:
  LockOperationBase(TaskNode& node, RefPtr<State> state, bool write,
                    std::source_location site)
      : Operation(node, site), state_(std::move(state)), write_(write) {}
  ~LockOperationBase();

  bool TakeOwnership() { return std::exchange(owns_, false); }
  const RefPtr<State>& state() const { return state_; }
  bool write() const { return write_; }

 private:
  friend struct State;

  // Takes the lock. REQUIRES: it may.
  void Enter();
  bool Poll() override;
  void Abandon() override;

  RefPtr<State> state_;
  bool write_;
  bool owns_ = false;
};

}  // namespace rw_lock_internal

// Holds an RwLock. Move-only; a moved-from guard holds nothing.
class [[nodiscard]] RwLockGuard {
 public:
  RwLockGuard(RwLockGuard&& other) noexcept = default;
  RwLockGuard& operator=(RwLockGuard&& other) noexcept {
    RwLockGuard moved(std::move(other));
    std::swap(state_, moved.state_);
    std::swap(write_, moved.write_);
    obligation_ = std::move(moved.obligation_);
    return *this;
  }
  ~RwLockGuard() { Unlock(); }

  // Releases the lock now. Does nothing if this guard holds none.
  void Unlock();

  friend std::ostream& operator<<(std::ostream& os, const RwLockGuard& guard);

 private:
  friend class RwLockOperation;

  RwLockGuard(RefPtr<rw_lock_internal::State> state, bool write,
              TaskNode& holder, std::source_location site);

  RefPtr<rw_lock_internal::State> state_;
  bool write_;
  Obligation obligation_;
};

// Waits for the lock: RwLock::Read and Write. Gives the guard, or a
// CancelledError.
class [[nodiscard]] RwLockOperation final
    : public rw_lock_internal::LockOperationBase {
 public:
  RwLockOperation(TaskNode& node, RefPtr<rw_lock_internal::State> state,
                  bool write, std::source_location site)
      : LockOperationBase(node, std::move(state), write, site) {}

  absl::StatusOr<RwLockGuard> await_resume();
};

class RwLock {
 public:
  RwLock() : state_(MakeRef<rw_lock_internal::State>()) {}
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  RwLockOperation Read(Cx& cx, std::source_location site =
                                   std::source_location::current()) {
    return RwLockOperation(cx.node(), state_, /*write=*/false, site);
  }
  RwLockOperation Write(Cx& cx, std::source_location site =
                                    std::source_location::current()) {
    return RwLockOperation(cx.node(), state_, /*write=*/true, site);
  }

 private:
  RefPtr<rw_lock_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_RW_LOCK_H_
