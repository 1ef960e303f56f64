#ifndef ASUPERSYNC_SYNC_SEMAPHORE_H_
#define ASUPERSYNC_SYNC_SEMAPHORE_H_

#include <cstdint>
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
#include "asupersync/task/task_node.h"

// Semaphore: a number of permits that tasks take and give back.
//
//   Semaphore connections(10);
//   SemaphorePermit permit = co_await Try(connections.Acquire(cx));
//   ...                              // at most ten tasks are here
//   permit.Release();                // or let the permit's scope end
//
// Determinism: Acquire is a scheduling point; TryAcquire, Release and
// AddPermits belong to the current step. Waiters are served strictly in the
// order in which they asked: one that wants many permits is not overtaken by
// one that wants few. Events: ObligationReserved when permits are taken,
// ObligationCommitted when they are released.
//
// Lifetime and cancellation: permits keep the semaphore's state alive and may
// be moved, also to another task. A waiter resumes in a step of its own after
// the one that made enough permits free. Cancelling a waiter takes it out of
// the queue, which may let those behind it go; one that was given its permits
// already keeps them and finds out at its next operation.
//
// Invariant: taken + available == the number given at construction + added.

namespace asupersync {
namespace semaphore_internal {

struct State final : sync_internal::GrantState<State, std::uint64_t> {
  static constexpr ObligationKind kObligation =
      ObligationKind::kSemaphorePermit;

  explicit State(std::uint64_t permits)
      : GrantState("semaphore"), available(permits), total(permits) {}
  bool Take(std::uint64_t count, const TaskNode&) {
    if (count > available) return false;
    available -= count;
    return true;
  }
  void Free(std::uint64_t count) { available += count; }
  WaitDescription Describe(std::uint64_t count) const;

  std::uint64_t available;
  std::uint64_t total;  // with those that are taken
};

}  // namespace semaphore_internal

// Permits that were taken. Move-only; a moved-from one holds none, and
// assigning to one releases what it held.
class [[nodiscard]] SemaphorePermit
    : public sync_internal::Grant<semaphore_internal::State> {
 public:
  using Grant::Grant;

  // How many; 0 after Release() or a move.
  std::uint64_t count() const { return held() ? share() : 0; }

  // Gives them back now. Does nothing if this holds none.
  using Grant::Release;

  // "SemaphorePermit(<count>, <its obligation>)".
  friend std::ostream& operator<<(std::ostream& os,
                                  const SemaphorePermit& permit);
};

// Waits for permits: Semaphore::Acquire. Gives them, or a CancelledError.
using AcquireOperation =
    sync_internal::GrantOperation<semaphore_internal::State, SemaphorePermit>;

class Semaphore {
 public:
  explicit Semaphore(std::uint64_t permits)
      : state_(MakeRef<semaphore_internal::State>(permits)) {}
  Semaphore(const Semaphore&) = delete;
  Semaphore& operator=(const Semaphore&) = delete;

  // Waits for `count` permits at once. A count above all that there will ever
  // be waits for ever, which the deadlock report shows.
  AcquireOperation Acquire(Cx& cx, std::uint64_t count = 1,
                           std::source_location site =
                               std::source_location::current()) {
    return AcquireOperation(cx, state_, count, site);
  }

  // Without waiting: ResourceExhausted if there are too few or others wait.
  absl::StatusOr<SemaphorePermit> TryAcquire(
      Cx& cx, std::uint64_t count = 1,
      std::source_location site = std::source_location::current());

  // Makes `count` more permits. The sum must stay below 2^64, else it aborts.
  void AddPermits(std::uint64_t count,
                  std::source_location site = std::source_location::current());

  std::uint64_t available() const {
    Touch(state_->object, Access::kRead);
    return state_->available;
  }

 private:
  RefPtr<semaphore_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_SEMAPHORE_H_
