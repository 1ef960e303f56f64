#ifndef ASUPERSYNC_CHANNEL_MPSC_H_
#define ASUPERSYNC_CHANNEL_MPSC_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <ostream>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/channel/channel_end.h"
#include "asupersync/channel/mpsc_core.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"

// A channel from many senders to one receiver, first in, first out; bounded, or
// not.
//
//   auto [tx, rx] = mpsc::Channel<int>(10);
//   auto permit = co_await Try(tx.Reserve(cx));   // waits for room
//   permit.Send(1);                               // cannot fail
//   int value = co_await Try(rx.Recv(cx));
//
// Sending is two-phase: Reserve() waits for a slot and can be cancelled
// without effect, Permit::Send() puts the message into the slot. A Permit that
// is destroyed unsent gives its slot back. Send() is both in one.
//
// Determinism: Reserve, Send and Recv are scheduling points; the Try functions
// and Permit::Send are not, they belong to the current step. Senders get slots
// in the order in which they asked. Events: ObligationReserved, then
// ObligationCommitted or ObligationAborted, for each permit.
//
// Lifetime and cancellation: a Sender may be copied; the channel is closed for
// the receiver when the last Sender and Permit are gone and every message was
// received, and for senders when the Receiver is gone. Messages that were sent
// and not received are destroyed with the Receiver. A waiter resumes in a step
// of its own after the one that made room or sent. Cancelling a waiter takes
// it out of the queue; a slot that it was given already is not lost: the
// operation then succeeds, and its permit, if unused, gives the slot back. If
// T's move throws, nothing was sent or received; what throws within the Send
// operation has also given its slot back.
//
// Invariants
//   1. messages + unsent permits + granted waiters <= capacity.
//   2. A sender waits only while there is no free slot.

namespace asupersync {
namespace mpsc {

template <class T>
struct State final : RefCounted<State<T>>, mpsc_internal::Core {
  using Message = T;
  static constexpr const char* kName = "mpsc";

  State(std::size_t capacity, std::source_location site)
      : Core(capacity, site) {}
  // Into the slot that is the caller's.
  void Deliver(T message) {
    if (!receiver_alive) return;
    messages.push_back({std::move(message), 0});  // may throw
    messages.back().number = log.Sent();
  }
  // The oldest message. REQUIRES: there is one.
  T Take() {
    T message = std::move(messages.front().value);
    log.Received(messages.front().number);
    messages.pop_front();
    ReleaseSlot();
    return message;
  }

  struct Entry {
    T value;
    std::uint64_t number;  // in the log
  };
  std::deque<Entry> messages;
};

// The right to send one message. Destroyed unsent it gives its slot back.
template <class T>
using Permit = channel_internal::SendPermit<State<T>>;

// Waits for a slot: Sender::Reserve. Gives the Permit;
// FailedPrecondition if the receiver is gone; CancelledError.
template <class T>
class [[nodiscard]] ReserveOperation final
    : public mpsc_internal::SlotOperation {
 public:
  ReserveOperation(const Cx& cx, RefPtr<State<T>> state,
                   std::source_location site)
      : SlotOperation(cx, *state, site), state_(std::move(state)) {}
  // Here, where `state_` is still alive.
  ~ReserveOperation() { LeaveQueue(); }

  absl::StatusOr<Permit<T>> await_resume() {
    if (absl::Status status = TakeSlot(); !status.ok()) return status;
    return Permit<T>(state_, StartObligation());
  }

 private:
  RefPtr<State<T>> state_;
};

// Waits for a slot and sends: Sender::Send. Gives OkStatus, or an error as
// Reserve does; the message is then destroyed.
template <class T>
class [[nodiscard]] SendOperation final : public mpsc_internal::SlotOperation {
 public:
  SendOperation(const Cx& cx, RefPtr<State<T>> state, T message,
                std::source_location site)
      : SlotOperation(cx, *state, site),
        state_(std::move(state)),
        message_(std::move(message)) {}
  ~SendOperation() { LeaveQueue(); }

  absl::Status await_resume() {
    if (absl::Status status = TakeSlot(); !status.ok()) return status;
    Permit<T>(state_, StartObligation()).Send(std::move(message_));
    return absl::OkStatus();
  }

 private:
  RefPtr<State<T>> state_;
  T message_;
};

// Waits for a message: Receiver::Recv. Gives the oldest message; OutOfRange
// when the channel is closed and empty; CancelledError.
template <class T>
class [[nodiscard]] RecvOperation final
    : public mpsc_internal::MessageOperation {
 public:
  RecvOperation(TaskNode& node, RefPtr<State<T>> state,
                std::source_location site)
      : MessageOperation(node, *state, site), state_(std::move(state)) {}
  ~RecvOperation() { StopWaiting(); }

  absl::StatusOr<T> await_resume() {
    if (cancelled()) return CancelledStatus();
    // Nothing ran since Poll(). Here and not there, so that an exception of
    // T's move constructor is the receiving task's.
    if (!HasMessage()) return mpsc_internal::ReceiverClosedError();
    return state_->Take();
  }

 private:
  bool HasMessage() const override { return !state_->messages.empty(); }

  RefPtr<State<T>> state_;
};

template <class T>
class Sender : public channel_internal::SenderEnd<State<T>> {
 public:
  // Internal: Channel() makes the first one.
  using channel_internal::SenderEnd<State<T>>::SenderEnd;

  ReserveOperation<T> Reserve(
      Cx& cx,
      std::source_location site = std::source_location::current()) const {
    return ReserveOperation<T>(cx, this->state(site), site);
  }
  SendOperation<T> Send(
      Cx& cx, T message,
      std::source_location site = std::source_location::current()) const {
    return SendOperation<T>(cx, this->state(site), std::move(message), site);
  }

  // Without waiting: ResourceExhausted if there is no free slot or others wait
  // for one, FailedPrecondition if the receiver is gone.
  absl::StatusOr<Permit<T>> TryReserve(
      Cx& cx,
      std::source_location site = std::source_location::current()) const {
    const RefPtr<State<T>>& state = this->state(site);
    if (absl::Status status = state->TryTakeSlot(); !status.ok()) {
      return status;
    }
    return Permit<T>(state,
                     state->StartObligation(cx.node(site), cx.region(), site));
  }
  absl::Status TrySend(
      Cx& cx, T message,
      std::source_location site = std::source_location::current()) const {
    absl::StatusOr<Permit<T>> permit = TryReserve(cx, site);
    if (!permit.ok()) return permit.status();
    permit->Send(std::move(message), site);
    return absl::OkStatus();
  }
};

template <class T>
class Receiver {
 public:
  // Internal: Channel() makes it.
  explicit Receiver(RefPtr<State<T>> state) : state_(std::move(state)) {}
  Receiver(Receiver&&) noexcept = default;
  // Closes the channel that this one received from.
  Receiver& operator=(Receiver&& other) noexcept {
    Receiver taken(std::move(other));
    std::swap(state_, taken.state_);
    return *this;
  }
  ~Receiver() {
    if (!state_) return;
    state_->CloseReceiver();
    for (const auto& entry : state_->messages) {
      state_->log.Dropped(entry.number);
    }
    state_->messages.clear();
  }

  // One task at a time may wait.
  RecvOperation<T> Recv(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return RecvOperation<T>(cx.node(site), state(site), site);
  }

  // Without waiting: Unavailable if there is no message now, OutOfRange if
  // there will be none any more.
  absl::StatusOr<T> TryRecv(
      std::source_location site = std::source_location::current()) {
    state(site)->TouchCore();
    if (state_->messages.empty()) return state_->NoMessageError();
    return state_->Take();
  }

  // Messages that wait to be received.
  std::size_t size(std::source_location site =
                       std::source_location::current()) const {
    Touch(state(site)->object, Access::kRead);
    return state_->messages.size();
  }

  // "mpsc::Receiver(object:...)".
  friend std::ostream& operator<<(std::ostream& os, const Receiver& receiver) {
    return channel_internal::PrintEnd(os, receiver.state_, "Receiver");
  }

 private:
  const RefPtr<State<T>>& state(std::source_location site) const {
    return channel_internal::Live(state_, "Receiver", site);
  }

  RefPtr<State<T>> state_;
};

template <class T>
struct ChannelEnds {
  Sender<T> sender;
  Receiver<T> receiver;
};

// A channel that holds up to `capacity` messages. REQUIRES: capacity >= 1.
template <class T>
ChannelEnds<T> Channel(
    std::size_t capacity,
    std::source_location site = std::source_location::current()) {
  RefPtr<State<T>> state = MakeRef<State<T>>(capacity, site);
  return ChannelEnds<T>{Sender<T>(state), Receiver<T>(state)};
}

// A channel without a bound: its Send and Reserve never wait, nothing ever has
// to make room.
template <class T>
ChannelEnds<T> UnboundedChannel() {
  return Channel<T>(mpsc_internal::kUnbounded);
}

}  // namespace mpsc
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_MPSC_H_
