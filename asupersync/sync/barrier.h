#ifndef ASUPERSYNC_SYNC_BARRIER_H_
#define ASUPERSYNC_SYNC_BARRIER_H_

#include <cstdint>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"

// Barrier: a fixed number of tasks wait for each other, again and again.
//
//   Barrier barrier(3);
//   bool leader = co_await Try(barrier.Arrive(cx));   // in three tasks
//   if (leader) ...                                   // in one of them
//
// Determinism: Arrive is a scheduling point. The task that arrives last is the
// leader and goes on in that very step; the others resume in steps of their
// own after it.
//
// Lifetime and cancellation: operations keep the state alive. A task that is
// cancelled while it waits has not arrived: the others go on waiting for as
// many. One that the last arrival reached already passes.

namespace asupersync {
namespace barrier_internal {

class ArriveOperation;

struct State final : RefCounted<State> {
  explicit State(std::uint32_t parties) : parties(parties) {}
  SharedObject object{"barrier"};
  std::uint32_t parties;
  std::uint32_t waiting = 0;  // the length of `waiters`
  IntrusiveList<ArriveOperation, WaitersTag> waiters;
};

// Waits for the others: Barrier::Arrive. Gives whether this is the leader, or
// a CancelledError.
class [[nodiscard]] ArriveOperation final : public QueuedOperation {
 public:
  ArriveOperation(TaskNode& node, RefPtr<State> state,
                  std::source_location site)
      : QueuedOperation(node, site), state_(std::move(state)) {}
  ~ArriveOperation() { Leave(); }

  absl::StatusOr<bool> await_resume() const {
    if (cancelled()) return CancelledStatus();
    return leader_;
  }
  WaitDescription Describe() const override;

 private:
  bool Poll() override;
  void Abandon() override;
  void Leave();

  RefPtr<State> state_;
  bool leader_ = false;
};

}  // namespace barrier_internal

class Barrier {
 public:
  // REQUIRES: parties >= 1.
  explicit Barrier(std::uint32_t parties,
                   std::source_location site = std::source_location::current());
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  barrier_internal::ArriveOperation Arrive(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return barrier_internal::ArriveOperation(cx.node(site), state_, site);
  }

 private:
  RefPtr<barrier_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_BARRIER_H_
