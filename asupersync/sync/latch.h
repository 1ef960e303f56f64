#ifndef ASUPERSYNC_SYNC_LATCH_H_
#define ASUPERSYNC_SYNC_LATCH_H_

#include <cstdint>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"

// Latch: opens once, after it was counted down to zero, and stays open.
//
//   Latch ready(3);
//   ready.CountDown();                // in each of three tasks
//   co_await Try(ready.Wait(cx));     // passes when all have
//
// Determinism: Wait is a scheduling point; CountDown belongs to the current
// step. Waiters do not depend on each other: their footprints are reads.
//
// Lifetime and cancellation: operations keep the state alive. Waiters resume
// in steps of their own after the one that opened the latch. A cancelled
// waiter leaves; one that the opening reached already passes.

namespace asupersync {
namespace latch_internal {

class WaitOperation;

struct State final : RefCounted<State> {
  explicit State(std::uint64_t count) : count(count) {}
  SharedObject object{"latch"};
  std::uint64_t count;
  IntrusiveList<WaitOperation, WaitersTag> waiters;
};

// Waits until the latch is open: Latch::Wait. Gives OkStatus or a
// CancelledError.
class [[nodiscard]] WaitOperation final : public QueuedOperation {
 public:
  WaitOperation(TaskNode& node, RefPtr<State> state,
                std::source_location site)
      : QueuedOperation(node, site), state_(std::move(state)) {}
  ~WaitOperation() {
    if (linked()) Unlink();
  }

  absl::Status await_resume() const noexcept {
    return cancelled() ? CancelledStatus() : absl::OkStatus();
  }
  WaitDescription Describe() const override;

  // Internal: for Latch.
  void Pass() { Complete(); }

 private:
  bool Poll() override;
  void Abandon() override;

  RefPtr<State> state_;
};

}  // namespace latch_internal

class Latch {
 public:
  // A latch with count 0 is open from the beginning.
  explicit Latch(std::uint64_t count)
      : state_(MakeRef<latch_internal::State>(count)) {}
  Latch(const Latch&) = delete;
  Latch& operator=(const Latch&) = delete;

  // Counts down by `by`; opens the latch at zero. Counting below zero aborts.
  void CountDown(std::uint64_t by = 1,
                 std::source_location site = std::source_location::current());
  latch_internal::WaitOperation Wait(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return latch_internal::WaitOperation(cx.node(site), state_, site);
  }
  bool open() const;

 private:
  RefPtr<latch_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_LATCH_H_
