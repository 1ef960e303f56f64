#ifndef ASUPERSYNC_SYNC_NOTIFY_H_
#define ASUPERSYNC_SYNC_NOTIFY_H_

#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/shared_object.h"

// Notify: tells tasks that something happened, without saying what.
//
//   Notify changed;
//   co_await Try(changed.Wait(cx));   // in one task
//   changed.NotifyOne();              // in another
//
// NotifyOne() wakes the task that waits longest. If none waits it leaves one
// permit, which the next Wait() takes without waiting; further calls add none.
// NotifyAll() wakes those that wait now and leaves no permit.
//
// Determinism: Wait is a scheduling point; the notifications belong to the
// current step.
//
// Lifetime and cancellation: a waiter resumes in a step of its own after the
// one that notified. A cancelled waiter leaves the queue. A notification by
// NotifyOne() that reached a waiter whose frame is destroyed before it could
// resume goes to the next one, so it is not lost.

namespace asupersync {
namespace notify_internal {

struct State final : RefCounted<State> {
  void NotifyOne();

  SharedObject object{"notify"};
  bool permit = false;
  IntrusiveList<class WaitOperation, WaitersTag> waiters;
};

// Waits for a notification: Notify::Wait. Gives OkStatus or a CancelledError.
class [[nodiscard]] WaitOperation final : public QueuedOperation {
 public:
  WaitOperation(TaskNode& node, RefPtr<State> state,
                std::source_location site)
      : QueuedOperation(node, site), state_(std::move(state)) {}
  ~WaitOperation();

  absl::Status await_resume();

  WaitDescription Describe() const override;

  // Internal: for Notify.
  void NotifyThis(bool pass_on_if_lost);

 private:
  bool Poll() override;
  void Abandon() override;

  RefPtr<State> state_;
  bool pass_on_ = false;  // holds a NotifyOne() that nobody has seen yet
};

}  // namespace notify_internal

class Notify {
 public:
  Notify() : state_(MakeRef<notify_internal::State>()) {}
  Notify(const Notify&) = delete;
  Notify& operator=(const Notify&) = delete;

  notify_internal::WaitOperation Wait(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return notify_internal::WaitOperation(cx.node(site), state_, site);
  }
  void NotifyOne() { state_->NotifyOne(); }
  void NotifyAll();

 private:
  RefPtr<notify_internal::State> state_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_NOTIFY_H_
