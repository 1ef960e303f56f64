#ifndef ASUPERSYNC_SYNC_RW_LOCK_H_
#define ASUPERSYNC_SYNC_RW_LOCK_H_

#include <cstdint>
#include <ostream>
#include <source_location>

#include "absl/status/statusor.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/sync/grant.h"
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
// Readers do not depend on each other while no writer holds the lock or waits:
// their footprints are reads.
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

enum class Share : bool { kRead, kWrite };

// Readers wait in `waiters`.
struct State final : sync_internal::GrantState<State, Share> {
  static constexpr ObligationKind kObligation = ObligationKind::kLock;

  State() : GrantState("rw lock") {}
  bool Take(Share share, const TaskNode& taker);
  void Free(Share share);
  Access AccessOf(Share share) const {
    return share == Share::kRead && !written() && waiting_writers.empty()
               ? Access::kRead
               : Access::kWrite;
  }
  Waiters& QueueOf(Share share) {
    return share == Share::kWrite ? waiting_writers : waiters;
  }
  void Serve() {
    ServeQueue(waiting_writers);
    ServeQueue(waiters);
  }
  WaitDescription Describe(Share share) const;

  bool written() const { return writer.id.IsValid(); }

  std::uint32_t readers = 0;
  TaskLabel writer;  // none: no writer
  Waiters waiting_writers;
};

}  // namespace rw_lock_internal

// Holds an RwLock. Move-only; a moved-from guard holds nothing, and assigning
// to one releases what it held.
class [[nodiscard]] RwLockGuard
    : public sync_internal::Grant<rw_lock_internal::State> {
 public:
  using Grant::Grant;

  // Releases the lock now. Does nothing if this guard holds none.
  void Unlock() { Release(); }

  // "RwLockGuard(write <its obligation>)".
  friend std::ostream& operator<<(std::ostream& os, const RwLockGuard& guard);
};

// Waits for the lock: RwLock::Read and Write. Gives the guard, or a
// CancelledError.
using RwLockOperation =
    sync_internal::GrantOperation<rw_lock_internal::State, RwLockGuard>;

class RwLock {
 public:
  RwLock() : state_(MakeRef<rw_lock_internal::State>()) {}
  RwLock(const RwLock&) = delete;
  RwLock& operator=(const RwLock&) = delete;

  RwLockOperation Read(Cx& cx, std::source_location site =
                                   std::source_location::current()) {
    return RwLockOperation(cx, state_, Share::kRead, site);
  }
  RwLockOperation Write(Cx& cx, std::source_location site =
                                    std::source_location::current()) {
    return RwLockOperation(cx, state_, Share::kWrite, site);
  }

  // Without waiting: Unavailable if it is held in a way that excludes this one
  // or others wait who go first.
  absl::StatusOr<RwLockGuard> TryRead(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return TryTake(cx, Share::kRead, site);
  }
  absl::StatusOr<RwLockGuard> TryWrite(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return TryTake(cx, Share::kWrite, site);
  }

 private:
  using Share = rw_lock_internal::Share;

  absl::StatusOr<RwLockGuard> TryTake(Cx& cx, Share share,
                                      std::source_location site);

  RefPtr<rw_lock_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_RW_LOCK_H_
