#ifndef ASUPERSYNC_SYNC_SEMAPHORE_H_
#define ASUPERSYNC_SYNC_SEMAPHORE_H_

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

class AcquireOperationBase;

struct State final : RefCounted<State> {
  explicit State(std::uint64_t permits) : available(permits) {}

  // Serves the waiters at the front that can be served.
  void Serve();
  void Release(std::uint64_t count);

  SharedObject object{"semaphore"};
  std::uint64_t available;
  IntrusiveList<AcquireOperationBase, WaitersTag> waiters;
};

class AcquireOperationBase : public Operation {
 public:
  WaitDescription Describe() const override;

 protected:
  AcquireOperationBase(TaskNode& node, RefPtr<State> state,
                       std::uint64_t count, std::source_location site)
      : Operation(node, site), state_(std::move(state)), count_(count) {}
  ~AcquireOperationBase();

  bool TakeOwnership() { return std::exchange(owns_, false); }
  const RefPtr<State>& state() const { return state_; }
  std::uint64_t count() const { return count_; }

 private:
  friend struct State;

  bool Poll() override;
  void Abandon() override;

  RefPtr<State> state_;
  std::uint64_t count_;
  bool owns_ = false;
};

}  // namespace semaphore_internal

// Permits that were taken. Move-only; a moved-from one holds none.
class [[nodiscard]] SemaphorePermit {
 public:
  SemaphorePermit(SemaphorePermit&& other) noexcept = default;
  SemaphorePermit& operator=(SemaphorePermit&& other) noexcept {
    SemaphorePermit moved(std::move(other));
    std::swap(state_, moved.state_);
    std::swap(count_, moved.count_);
    obligation_ = std::move(moved.obligation_);
    return *this;
  }
  ~SemaphorePermit() { Release(); }

  // How many; 0 after Release() or a move.
  std::uint64_t count() const { return state_ ? count_ : 0; }

  // Gives them back now. Does nothing if this holds none.
  void Release();

  friend std::ostream& operator<<(std::ostream& os, const SemaphorePermit& permit);

 private:
  friend class AcquireOperation;
  friend class Semaphore;

  SemaphorePermit(RefPtr<semaphore_internal::State> state,
                  std::uint64_t count, TaskNode& taker,
                  std::source_location site);

  RefPtr<semaphore_internal::State> state_;
  std::uint64_t count_;
  Obligation obligation_;
};

// Waits for permits: Semaphore::Acquire. Gives them, or a CancelledError.
class [[nodiscard]] AcquireOperation final
    : public semaphore_internal::AcquireOperationBase {
 public:
  AcquireOperation(TaskNode& node, RefPtr<semaphore_internal::State> state,
                   std::uint64_t count, std::source_location site)
      : AcquireOperationBase(node, std::move(state), count, site) {}

  absl::StatusOr<SemaphorePermit> await_resume();
};

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
    return AcquireOperation(cx.node(), state_, count, site);
  }

  // Without waiting: ResourceExhausted if there are too few or others wait.
  absl::StatusOr<SemaphorePermit> TryAcquire(
      Cx& cx, std::uint64_t count = 1,
      std::source_location site = std::source_location::current());

  // Makes `count` more permits. The sum must stay below 2^64.
  void AddPermits(std::uint64_t count) { state_->Release(count); }

  std::uint64_t available() const {
    Touch(state_->object, Access::kRead);
    return state_->available;
  }

 private:
  RefPtr<semaphore_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_SEMAPHORE_H_
