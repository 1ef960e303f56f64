#ifndef ASUPERSYNC_CHANNEL_BROADCAST_H_
#define ASUPERSYNC_CHANNEL_BROADCAST_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <ostream>
#include <source_location>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/channel/broadcast_core.h"
#include "asupersync/channel/channel_end.h"
#include "asupersync/channel/wait_point.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"

// A channel in which each of many receivers gets every message that was sent
// after it subscribed.
//
//   auto [tx, rx] = broadcast::Channel<int>(16);
//   auto other = tx.Subscribe();
//   co_await Try(tx.Send(cx, 1));             // never waits for receivers
//   int value = co_await Try(rx.Recv(cx));    // 1, and so will other's be
//
// The channel keeps the last `capacity` messages. A receiver that falls further
// behind loses the oldest ones: its next Recv gives, once, a DataLoss error
// that says how many it missed (LaggedBy), and the one after that the oldest
// message that is left. A message that every receiver has got, or missed, is
// destroyed.
//
// Determinism: Reserve, Send and Recv are scheduling points; the Try functions,
// Permit::Send and Subscribe belong to the current step. Receivers do not
// depend on each other, their footprints on the channel are reads, unless T has
// a destructor: whose step destroys a message depends on their order. Events:
// ObligationReserved, then ObligationCommitted or ObligationAborted, for each
// permit.
//
// Lifetime and cancellation: a Sender may be copied, a Receiver not. The
// channel is closed for receivers when the last Sender and Permit are gone and
// they got every message; for senders while there is no receiver. A waiter
// resumes in a step of its own after the one that sent. A cancelled Recv has
// taken nothing, a cancelled Send or Reserve has sent nothing; an unused permit
// reserves nothing but the right to send. If T's move or copy throws, nothing
// was sent or received.
//
// Each receiver is a channel of its own to the message log: a message counts as
// sent to each receiver that there is then, as received when that receiver gets
// it, and as dropped when the receiver learns that it missed it or goes away.
//
// Invariants
//   1. entries are the messages sent - entries.size() .. sent - 1; at most
//      capacity of them.
//   2. entry.remaining counts the receivers that have not got it; the front
//      entry's is not 0.

namespace asupersync {
namespace broadcast {

// How many messages a Recv's error says were missed; nullopt for another error.
using broadcast_internal::LaggedBy;

template <class T>
struct State final : RefCounted<State<T>>, broadcast_internal::Core {
  static_assert(std::is_copy_constructible_v<T>,
                "broadcast::Channel<T>: each receiver gets a copy of its own");
  using Message = T;
  using Subscriber = broadcast_internal::Subscriber;
  static constexpr const char* kName = "broadcast";
  // What getting a message, or not wanting it any more, is to other receivers.
  static constexpr Access kTake =
      std::is_trivially_destructible_v<T> ? Access::kRead : Access::kWrite;

  // A T or nothing, whose own move never throws.
  using Slot = std::conditional_t<std::is_nothrow_move_constructible_v<T>,
                                  std::optional<T>, std::unique_ptr<T>>;
  struct Entry {
    Slot value;  // empty when `remaining` is 0
    std::size_t remaining;
  };

  State(std::size_t capacity, std::source_location site)
      : Core(capacity, site) {}

  void Deliver(T message) {
    if (subscriber_count == 0) return;
    std::optional<Slot> overwritten;  // dies last: its destructor may come here
    entries.push_back({InSlot(std::move(message)), subscriber_count});
    if (entries.size() > capacity) {
      overwritten.emplace(std::move(entries.front().value));
      entries.pop_front();
      Trim();
    }
    Announce();
  }

  // The next message of `subscriber`, or that it lagged. REQUIRES: there is
  // one.
  absl::StatusOr<T> Take(Subscriber& subscriber) {
    if (subscriber.seen < oldest()) return Skip(subscriber, oldest());
    Entry& entry = EntryOf(subscriber.seen);
    // The last one needs no copy. If this throws nothing has changed.
    T message = entry.remaining == 1 ? std::move(*entry.value)
                                     : T(std::as_const(*entry.value));
    subscriber.Received();
    DropShare(entry);
    return message;
  }

  // The receiver goes away. What only it was to get is added to `unwanted`.
  void Unsubscribe(Subscriber& subscriber, std::vector<Slot>& unwanted) {
    Touch(object, kTake);
    Leave(subscriber);
    subscriber.SkipTo(oldest());
    while (subscriber.seen < sent) {
      Entry& entry = EntryOf(subscriber.seen);
      if (entry.remaining == 1) unwanted.push_back(std::move(entry.value));
      subscriber.SkipTo(subscriber.seen + 1);
      DropShare(entry);
    }
  }

  static Slot InSlot(T message) {
    if constexpr (std::is_nothrow_move_constructible_v<T>) {
      return Slot(std::move(message));
    } else {
      return std::make_unique<T>(std::move(message));
    }
  }

  std::uint64_t oldest() const { return sent - entries.size(); }
  Entry& EntryOf(std::uint64_t message) { return entries[message - oldest()]; }

  void DropShare(Entry& entry) {
    if (--entry.remaining > 0) return;
    // An empty one in the middle waits for those before it.
    [[maybe_unused]] const Slot dead(std::move(entry.value));
    entry.value.reset();
    Trim();
  }
  void Trim() {
    while (!entries.empty() && entries.front().remaining == 0) {
      entries.pop_front();
    }
  }

  std::deque<Entry> entries;
};

// What one receiver has; operations share it.
template <class T>
struct Mailbox final : RefCounted<Mailbox<T>>, broadcast_internal::Subscriber {
  explicit Mailbox(RefPtr<State<T>> channel)
      : Subscriber(channel->sent), state(std::move(channel)) {
    state->Join(*this);
  }

  void TouchBoth(Access access) {
    Touch(state->object, access);
    Touch(this->object, Access::kWrite);
  }
  bool HasMessage() const { return seen < state->sent; }

  RefPtr<State<T>> state;
};

// The right to send one message, also when there is no receiver any more.
template <class T>
using Permit = channel_internal::SendPermit<State<T>>;

// Sender::Reserve. Gives the Permit; FailedPrecondition if there is no
// receiver; CancelledError.
template <class T>
class [[nodiscard]] ReserveOperation final
    : public broadcast_internal::ReadyOperation {
 public:
  ReserveOperation(const Cx& cx, RefPtr<State<T>> state,
                   std::source_location site)
      : ReadyOperation(cx, *state, site), state_(std::move(state)) {}

  absl::StatusOr<Permit<T>> await_resume() {
    if (absl::Status status = CheckSend(); !status.ok()) return status;
    return Permit<T>(state_, StartObligation());
  }

 private:
  RefPtr<State<T>> state_;
};

// Sender::Send. Gives OkStatus, or an error as Reserve does; the message is
// then destroyed.
template <class T>
class [[nodiscard]] SendOperation final
    : public broadcast_internal::ReadyOperation {
 public:
  SendOperation(const Cx& cx, RefPtr<State<T>> state, T message,
                std::source_location site)
      : ReadyOperation(cx, *state, site),
        state_(std::move(state)),
        message_(std::move(message)) {}

  absl::Status await_resume() {
    if (absl::Status status = CheckSend(); !status.ok()) return status;
    Permit<T>(state_, StartObligation()).Send(std::move(message_), site());
    return absl::OkStatus();
  }

 private:
  RefPtr<State<T>> state_;
  T message_;
};

// Waits for a message: Receiver::Recv. Gives the oldest one that this receiver
// has not got; DataLoss if it missed some, once; OutOfRange when every sender
// is gone and it got the last message; CancelledError.
template <class T>
class [[nodiscard]] RecvOperation final
    : public channel_internal::PointOperation {
 public:
  RecvOperation(TaskNode& node, RefPtr<Mailbox<T>> mailbox,
                std::source_location site)
      : PointOperation(node, mailbox->point, site),
        mailbox_(std::move(mailbox)) {}
  ~RecvOperation() { StopWaiting(); }

  absl::StatusOr<T> await_resume() {
    if (cancelled()) return CancelledStatus();
    if (!mailbox_->HasMessage()) return State<T>::ClosedError();
    return mailbox_->state->Take(*mailbox_);
  }
  WaitDescription Describe() const override {
    return {.what = "receive from broadcast channel",
            .object = mailbox_->state->object.id(),
            .for_message = true};
  }

 private:
  void ReportAccess() override {
    mailbox_->TouchBoth(mailbox_->HasMessage() ? State<T>::kTake
                                               : Access::kRead);
  }
  bool IsOver() const override {
    return mailbox_->HasMessage() || mailbox_->state->producers == 0;
  }

  RefPtr<Mailbox<T>> mailbox_;
};

template <class T>
class Receiver {
 public:
  // Internal: Channel() and Sender::Subscribe() make receivers.
  explicit Receiver(RefPtr<Mailbox<T>> mailbox)
      : mailbox_(std::move(mailbox)) {}
  Receiver(Receiver&&) noexcept = default;
  // Leaves the channel that this one received from.
  Receiver& operator=(Receiver&& other) noexcept {
    Receiver taken(std::move(other));
    std::swap(mailbox_, taken.mailbox_);
    return *this;
  }
  ~Receiver() {
    if (!mailbox_) return;
    std::vector<typename State<T>::Slot> unwanted;
    mailbox_->state->Unsubscribe(*mailbox_, unwanted);
  }

  // One task at a time may wait.
  RecvOperation<T> Recv(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return RecvOperation<T>(cx.node(site), mailbox(site), site);
  }

  // Without waiting: Unavailable if there is no message now; else as Recv.
  absl::StatusOr<T> TryRecv(
      std::source_location site = std::source_location::current()) {
    Mailbox<T>& mailbox = *this->mailbox(site);
    State<T>& state = *mailbox.state;
    mailbox.TouchBoth(mailbox.HasMessage() ? State<T>::kTake : Access::kRead);
    if (mailbox.HasMessage()) return state.Take(mailbox);
    return state.producers == 0 ? state.ClosedError() : state.EmptyError();
  }

  // Messages that this receiver has not got, those that it missed included.
  std::size_t size(std::source_location site =
                       std::source_location::current()) const {
    const Mailbox<T>& mailbox = *this->mailbox(site);
    Touch(mailbox_->state->object, Access::kRead);
    Touch(mailbox_->object, Access::kRead);
    return mailbox.state->sent - mailbox.seen;
  }

  // "broadcast::Receiver(object:...)".
  friend std::ostream& operator<<(std::ostream& os, const Receiver& receiver) {
    return channel_internal::PrintEnd(
        os, receiver.mailbox_ ? receiver.mailbox_->state : RefPtr<State<T>>(),
        "Receiver");
  }

 private:
  const RefPtr<Mailbox<T>>& mailbox(std::source_location site) const {
    if (!mailbox_) {
      channel_internal::ReportMovedFrom(State<T>::kName, "Receiver", site);
    }
    return mailbox_;
  }

  RefPtr<Mailbox<T>> mailbox_;
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

  // In the current step: FailedPrecondition if there is no receiver.
  absl::StatusOr<Permit<T>> TryReserve(
      Cx& cx,
      std::source_location site = std::source_location::current()) const {
    const RefPtr<State<T>>& state = this->state(site);
    Touch(state->object, Access::kWrite);
    if (absl::Status status = state->CheckReceivers(); !status.ok()) {
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

  // A receiver of what is sent from now on.
  Receiver<T> Subscribe(std::source_location site =
                            std::source_location::current()) const {
    return Receiver<T>(MakeRef<Mailbox<T>>(this->state(site)));
  }

  std::size_t receiver_count(std::source_location site =
                                 std::source_location::current()) const {
    const RefPtr<State<T>>& state = this->state(site);
    Touch(state->object, Access::kWrite);  // receivers come and go by reads
    return state->subscriber_count;
  }
};

template <class T>
struct ChannelEnds {
  Sender<T> sender;
  Receiver<T> receiver;
};

// A channel that keeps `capacity` messages. REQUIRES: capacity >= 1.
template <class T>
ChannelEnds<T> Channel(
    std::size_t capacity,
    std::source_location site = std::source_location::current()) {
  RefPtr<State<T>> state = MakeRef<State<T>>(capacity, site);
  RefPtr<Mailbox<T>> mailbox = MakeRef<Mailbox<T>>(state);
  return ChannelEnds<T>{Sender<T>(std::move(state)),
                        Receiver<T>(std::move(mailbox))};
}

}  // namespace broadcast
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_BROADCAST_H_
