#ifndef ASUPERSYNC_SYNC_GRANT_H_
#define ASUPERSYNC_SYNC_GRANT_H_

#include <source_location>
#include <utility>

#include "absl/status/statusor.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"

// What a task waits for in a queue and gives back by destruction: the common
// part of Mutex, RwLock, Semaphore and OnceCell. Internal to this folder.
//
//   struct State final : GrantState<State, Share> {
//     State() : GrantState("mutex") {}
//     static constexpr ObligationKind kObligation = ObligationKind::kLock;
//     bool Take(const Share&, const TaskNode& taker);   // if it may
//     void Free(const Share&);
//     WaitDescription Describe(const Share&) const;
//   };
//   class Guard : public Grant<State> { ... };
//   using Operation = GrantOperation<State, Guard>;
//
// A Share is what one taker takes of the state: nothing to say for a mutex, a
// number for a semaphore. GrantState::AccessOf, QueueOf and Serve may be
// hidden by the state's own.
//
// Determinism: queues are first in, first out, and nobody takes what those who
// wait in the same queue could have.
//
// Lifetime and cancellation: operations and grants keep the state alive. What
// is freed is handed to the waiter within the step that frees it; the waiter
// resumes in a step of its own. A cancelled waiter leaves the queue, which may
// let others go. One that was handed its share already keeps it, and finds out
// about the cancellation at its next operation.

namespace asupersync {
namespace sync_internal {

template <class State>
class GrantWaiter;

template <class State, class ShareType>
struct GrantState : RefCounted<State> {
  using Share = ShareType;
  using Waiters = IntrusiveList<GrantWaiter<State>, WaitersTag>;

  explicit GrantState(const char* kind) : object(kind) {}

  // Takes `share` in the current step; false if it is not free or others wait.
  bool TryTake(const Share& share, const TaskNode& taker) {
    Touch(object, self().AccessOf(share));
    return self().QueueOf(share).empty() && self().Take(share, taker);
  }
  void Release(const Share& share) {
    Touch(object, self().AccessOf(share));
    self().Free(share);
    self().Serve();
  }

  // What taking, waiting for and releasing `share` are to other tasks' steps.
  Access AccessOf(const Share&) const { return Access::kWrite; }
  Waiters& QueueOf(const Share&) { return waiters; }
  // Hands over to those who wait and can have what they wait for.
  void Serve() { ServeQueue(waiters); }

  void ServeQueue(Waiters& queue) {
    while (GrantWaiter<State>* first = queue.front()) {
      if (!self().Take(first->share(), first->node())) return;
      first->Unlink();
      first->HandOver();
    }
  }

  SharedObject object;
  Waiters waiters;

 private:
  State& self() { return static_cast<State&>(*this); }
};

// Waits for a share.
template <class State>
class GrantWaiter : public QueuedOperation {
 public:
  using Share = typename State::Share;

  const Share& share() const { return share_; }
  // For the state, which has taken the share for this waiter.
  void HandOver() {
    holds_ = true;
    Complete();
  }

  WaitDescription Describe() const override {
    return state_->Describe(share_);
  }

 protected:
  GrantWaiter(const Cx& cx, RefPtr<State> state, Share share,
              std::source_location site)
      : QueuedOperation(cx.node(site), site),
        region_(cx.region()),
        state_(std::move(state)),
        share_(std::move(share)) {}
  ~GrantWaiter() {
    if (linked()) {  // as the loser of a Select, or with its frame
      Touch(state_->object, state_->AccessOf(share_));
      Unlink();
      state_->Serve();
    }
    if (holds_) state_->Release(share_);
  }

  // The share is the caller's to give back now.
  void TakeOver() { holds_ = false; }
  const RefPtr<State>& state() const { return state_; }
  // Of the Cx: what is held must be given back before it closes.
  RegionNode& region() const { return region_; }

 private:
  bool Poll() override {
    Touch(state_->object, state_->AccessOf(share_));
    auto& queue = state_->QueueOf(share_);
    // A waiter that is polled again was woken for nothing, or a hand-over was
    // forgotten, which the oracle "deadlock" finds out in this way.
    const bool first = linked() ? queue.front() == this : queue.empty();
    if (first && state_->Take(share_, node())) {
      if (linked()) Unlink();
      holds_ = true;
      return true;
    }
    if (!linked()) queue.PushBack(*this);
    return false;
  }
  void Abandon() override {
    Touch(state_->object, state_->AccessOf(share_));
    Unlink();
    state_->Serve();
  }

  RegionNode& region_;
  RefPtr<State> state_;
  Share share_;
  bool holds_ = false;
};

// A share that is held: the base of guards. Move-only; a moved-from one holds
// nothing.
template <class State>
class [[nodiscard]] Grant {
 public:
  using Share = typename State::Share;

  // REQUIRES: `share` was taken.
  Grant(RefPtr<State> state, Share share, TaskNode& holder, RegionNode& region,
        std::source_location site)
      : state_(std::move(state)),
        share_(std::move(share)),
        obligation_(holder, region, State::kObligation, state_->object.id(),
                    site) {}
  Grant(Grant&&) noexcept = default;
  // Releases what this one held.
  Grant& operator=(Grant&& other) noexcept {
    if (this == &other) return *this;
    Release();
    state_ = std::move(other.state_);
    share_ = std::move(other.share_);
    obligation_ = std::move(other.obligation_);
    return *this;
  }

 protected:
  ~Grant() { Release(); }

  // Does nothing if nothing is held.
  void Release() {
    if (!state_) return;
    const RefPtr<State> state = std::move(state_);
    obligation_.Commit();
    state->Release(share_);
  }
  bool held() const { return static_cast<bool>(state_); }
  const Share& share() const { return share_; }
  const Obligation& obligation() const { return obligation_; }

 private:
  RefPtr<State> state_;
  Share share_;
  Obligation obligation_;
};

// Waits for a share and gives it as a Guard, or a CancelledError.
template <class State, class Guard>
class [[nodiscard]] GrantOperation final : public GrantWaiter<State> {
 public:
  GrantOperation(const Cx& cx, RefPtr<State> state, typename State::Share share,
                 std::source_location site)
      : GrantWaiter<State>(cx, std::move(state), std::move(share), site) {}

  absl::StatusOr<Guard> await_resume() {
    if (this->cancelled()) return this->CancelledStatus();
    this->TakeOver();
    return Guard(this->state(), this->share(), this->node(), this->region(),
                 this->site());
  }
};

}  // namespace sync_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_SYNC_GRANT_H_
