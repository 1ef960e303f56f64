#ifndef ASUPERSYNC_CHANNEL_ONESHOT_H_
#define ASUPERSYNC_CHANNEL_ONESHOT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/channel/channel_end.h"
#include "asupersync/channel/wait_point.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/message_log.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task_node.h"

// A channel for one message: the answer to a request.
//
//   auto [tx, rx] = oneshot::Channel<int>();
//   absl::Status sent = tx.Send(42);             // never waits
//   int answer = co_await Try(rx.Recv(cx));
//
// There is always room for the one message, so the Sender is the permit: Send()
// commits, and a Sender that is destroyed unsent tells the receiver that no
// message will come.
//
// Determinism: Recv and Closed are scheduling points; Send and TryRecv belong
// to the current step.
//
// Lifetime and cancellation: both ends are move-only and keep the channel
// alive. A waiter resumes in a step of its own after the one that sent or
// destroyed the other end. A cancelled Recv has taken nothing: the message
// stays for another Recv, or is destroyed with the Receiver.

namespace asupersync {
namespace oneshot {

template <class T>
struct State final : RefCounted<State<T>> {
  static constexpr const char* kName = "oneshot";

  // REQUIRES: there is a message.
  T Take() {
    T taken = *std::move(message);
    message.reset();
    log.Received(number);
    return taken;
  }
  // Why there is no message.
  absl::Status NoMessageError() const {
    if (sender_alive) return absl::UnavailableError("nothing was sent yet");
    return absl::OutOfRangeError(
        sent ? "the channel is closed: its message was received"
             : "the channel is closed: its sender is gone without sending");
  }

  SharedObject object{"oneshot channel"};
  MessageLog log{object};
  std::optional<T> message;
  std::uint64_t number = 0;  // of the message, in the log
  bool sent = false;
  bool sender_alive = true;  // and has not sent
  bool receiver_alive = true;
  channel_internal::WaitPoint receiver{"receives from a oneshot channel"};
  channel_internal::WaitPoint sender{"waits for a oneshot channel to close"};
};

// Waits for the message: Receiver::Recv. Gives it; OutOfRange if the sender is
// gone without sending, or the message was received before; CancelledError.
template <class T>
class [[nodiscard]] RecvOperation final
    : public channel_internal::PointOperation {
 public:
  RecvOperation(TaskNode& node, RefPtr<State<T>> state,
                std::source_location site)
      : PointOperation(node, state->receiver, site), state_(std::move(state)) {}
  ~RecvOperation() { StopWaiting(); }

  absl::StatusOr<T> await_resume() {
    if (cancelled()) return CancelledStatus();
    if (!state_->message.has_value()) return state_->NoMessageError();
    return state_->Take();
  }
  WaitDescription Describe() const override {
    return {.what = "receive from oneshot channel",
            .object = state_->object.id(),
            .for_message = true};
  }

 private:
  void ReportAccess() override { Touch(state_->object, Access::kWrite); }
  bool IsOver() const override {
    return state_->message.has_value() || !state_->sender_alive;
  }

  RefPtr<State<T>> state_;
};

// Waits until the receiver is gone: Sender::Closed. Gives OkStatus, or a
// CancelledError.
template <class T>
class [[nodiscard]] ClosedOperation final
    : public channel_internal::PointOperation {
 public:
  ClosedOperation(TaskNode& node, RefPtr<State<T>> state,
                  std::source_location site)
      : PointOperation(node, state->sender, site), state_(std::move(state)) {}
  ~ClosedOperation() { StopWaiting(); }

  absl::Status await_resume() const {
    return cancelled() ? CancelledStatus() : absl::OkStatus();
  }
  WaitDescription Describe() const override {
    return {"see oneshot channel closed", state_->object.id(), {}};
  }

 private:
  void ReportAccess() override { Touch(state_->object, Access::kRead); }
  bool IsOver() const override { return !state_->receiver_alive; }

  RefPtr<State<T>> state_;
};

template <class T>
class Sender {
 public:
  // Internal: Channel() makes it.
  Sender(RefPtr<State<T>> state, std::source_location made_at)
      : state_(std::move(state)), made_at_(made_at) {}
  Sender(Sender&&) noexcept = default;
  // Closes the channel that this one was to send to.
  Sender& operator=(Sender&& other) noexcept {
    Sender taken(std::move(other));
    std::swap(state_, taken.state_);
    made_at_ = taken.made_at_;
    sent_at_ = {};
    return *this;
  }
  ~Sender() {
    if (state_) Close(*state_);
  }

  // Sends the message; FailedPrecondition if the receiver is gone: the message
  // is then destroyed. If its move throws, nothing was sent and the Sender is
  // as before. REQUIRES: not sent or moved from before.
  absl::Status Send(T message, std::source_location site =
                                   std::source_location::current()) {
    if (!state_) {
      channel_internal::ReportSecondSend(State<T>::kName, "Sender", site,
                                         made_at_, sent_at_);
    }
    const bool deliver = state_->receiver_alive;
    if (deliver) {
      state_->message.emplace(std::move(message));  // may throw
      state_->number = state_->log.Sent();
      state_->sent = true;
    }
    sent_at_ = site;
    const RefPtr<State<T>> state = std::move(state_);
    Close(*state);
    if (deliver) return absl::OkStatus();
    return absl::FailedPreconditionError(
        "the channel is closed: its receiver is gone");
  }

  // Waits until the receiver is gone, so that the work for the answer can be
  // given up. One task at a time may wait.
  ClosedOperation<T> Closed(
      Cx& cx,
      std::source_location site = std::source_location::current()) const {
    return ClosedOperation<T>(cx.node(site), state(site), site);
  }
  // True when the receiver is gone.
  bool closed(std::source_location site =
                  std::source_location::current()) const {
    Touch(state(site)->object, Access::kRead);
    return !state_->receiver_alive;
  }

  // "oneshot::Sender(object:...)".
  friend std::ostream& operator<<(std::ostream& os, const Sender& sender) {
    return channel_internal::PrintEnd(os, sender.state_, "Sender");
  }

 private:
  static void Close(State<T>& state) {
    Touch(state.object, Access::kWrite);
    state.sender_alive = false;
    state.receiver.Wake();
  }
  const RefPtr<State<T>>& state(std::source_location site) const {
    return channel_internal::Live(state_, "Sender", site);
  }

  RefPtr<State<T>> state_;
  std::source_location made_at_;
  std::source_location sent_at_;
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
    Touch(state_->object, Access::kWrite);
    state_->receiver_alive = false;
    state_->sender.Wake();
    if (!state_->message.has_value()) return;
    state_->log.Dropped(state_->number);
    state_->message.reset();
  }

  // One task at a time may wait.
  RecvOperation<T> Recv(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return RecvOperation<T>(cx.node(site), state(site), site);
  }

  // Without waiting: Unavailable if nothing was sent yet, OutOfRange as Recv.
  absl::StatusOr<T> TryRecv(
      std::source_location site = std::source_location::current()) {
    Touch(state(site)->object, Access::kWrite);
    if (!state_->message.has_value()) return state_->NoMessageError();
    return state_->Take();
  }

  // "oneshot::Receiver(object:...)".
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

template <class T>
ChannelEnds<T> Channel(
    std::source_location site = std::source_location::current()) {
  RefPtr<State<T>> state = MakeRef<State<T>>();
  return ChannelEnds<T>{Sender<T>(state, site), Receiver<T>(state)};
}

}  // namespace oneshot
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_ONESHOT_H_
