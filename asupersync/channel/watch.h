#ifndef ASUPERSYNC_CHANNEL_WATCH_H_
#define ASUPERSYNC_CHANNEL_WATCH_H_

#include <cstddef>
#include <optional>
#include <ostream>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/channel/channel_end.h"
#include "asupersync/channel/hub.h"
#include "asupersync/channel/wait_point.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_node.h"
#include "asupersync/task/try.h"

// A value that senders replace and receivers watch: a configuration, a state,
// a request to shut down.
//
//   auto [tx, rx] = watch::Channel<int>(0);
//   co_await Try(tx.Send(cx, 1));
//   co_await Try(rx.Changed(cx));              // there is a value not yet seen
//   int now = rx.BorrowAndUpdate();
//   co_await Try(rx.WaitFor(cx, [](int n) { return n >= 10; }));
//
// Only the latest value is kept: a receiver that looks late misses those in
// between. That is the purpose, so no message log knows about them and nothing
// counts as lost. Each receiver remembers which version it has seen; the value
// at its making counts as seen.
//
// Determinism: Send, SendModify and Changed are scheduling points; WaitFor is
// one for each Changed() that it needs; the Borrow functions, HasChanged,
// Subscribe and copying belong to the current step. Receivers do not depend on
// each other: their footprints on the channel are reads.
//
// Lifetime and cancellation: ends keep the channel alive. Both kinds may be
// copied; a copied Receiver has seen what the original had. The channel is
// closed for receivers when the last Sender is gone; the last value stays.
// Waiters resume in steps of their own after the one that sent. A cancelled
// Changed has seen nothing; a cancelled Send has changed nothing. If the swap
// of two T throws, nobody is told and the value is what the swap has left.

namespace asupersync {
namespace watch {

template <class T>
struct State final : RefCounted<State<T>>, channel_internal::Hub {
  static constexpr const char* kName = "watch";

  explicit State(T initial)
      : Hub("watch channel"), value(std::move(initial)) {}
  void Announce() {
    ++sent;
    WakeAll();
  }

  T value;
};

// What one receiver has; operations share it.
template <class T>
struct View final : RefCounted<View<T>>, channel_internal::Subscriber {
  View(RefPtr<State<T>> watched, std::uint64_t has_seen)
      : Subscriber("watch receiver", "waits for a watch channel to change"),
        state(std::move(watched)) {
    seen = has_seen;
    state->Join(*this);
  }

  RefPtr<State<T>> state;
};

// Sender::Send and SendModify: calls `change(T&)`. Gives OkStatus;
// FailedPrecondition if a receiver is required and there is none; the value is
// then as before; CancelledError.
template <class T, class F>
class [[nodiscard]] SendOperation final : public Operation {
 public:
  SendOperation(TaskNode& node, RefPtr<State<T>> state, F change,
                bool needs_receiver, std::source_location site)
      : Operation(node, site),
        state_(std::move(state)),
        change_(std::move(change)),
        needs_receiver_(needs_receiver) {}

  absl::Status await_resume() {
    if (cancelled()) return CancelledStatus();
    if (needs_receiver_) {
      absl::Status status = state_->CheckReceivers();
      if (!status.ok()) return status;
    }
    change_(state_->value);
    state_->Announce();
    return absl::OkStatus();
  }
  WaitDescription Describe() const override {
    return {"send to watch channel", state_->object.id(), {}};
  }

 private:
  bool Poll() override {
    Touch(state_->object, Access::kWrite);
    return true;
  }
  void Abandon() override {}

  RefPtr<State<T>> state_;
  F change_;
  bool needs_receiver_;
};

// Waits for a value that the receiver has not seen: Receiver::Changed. Gives
// OkStatus; OutOfRange when every sender is gone and the last value was seen;
// CancelledError.
template <class T>
class [[nodiscard]] ChangedOperation final
    : public channel_internal::PointOperation {
 public:
  ChangedOperation(TaskNode& node, RefPtr<View<T>> view,
                   std::source_location site)
      : PointOperation(node, view->point, site), view_(std::move(view)) {}
  ~ChangedOperation() { StopWaiting(); }

  absl::Status await_resume() {
    if (cancelled()) return CancelledStatus();
    if (view_->seen == view_->state->sent) return State<T>::ClosedError();
    view_->seen = view_->state->sent;
    return absl::OkStatus();
  }
  WaitDescription Describe() const override {
    return {"see watch channel changed", view_->state->object.id(), {}};
  }

 private:
  void ReportAccess() override {
    Touch(view_->state->object, Access::kRead);
    Touch(view_->object, Access::kWrite);
  }
  bool IsOver() const override {
    return view_->seen != view_->state->sent || view_->state->producers == 0;
  }

  RefPtr<View<T>> view_;
};

template <class T>
class Receiver {
 public:
  // Internal: Channel() and Sender::Subscribe() make receivers.
  explicit Receiver(RefPtr<View<T>> view) : view_(std::move(view)) {}
  Receiver(const Receiver& other)
      : view_(other.view_ ? MakeRef<View<T>>(other.view_->state,
                                             other.view_->seen)
                          : RefPtr<View<T>>()) {
    if (view_) Touch(other.view_->object, Access::kRead);
  }
  Receiver(Receiver&&) noexcept = default;
  Receiver& operator=(Receiver other) noexcept {
    std::swap(view_, other.view_);
    return *this;
  }
  ~Receiver() {
    if (view_) view_->state->Leave(*view_);
  }

  // One task at a time may wait.
  ChangedOperation<T> Changed(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return ChangedOperation<T>(cx.node(site), view(site), site);
  }

  // Waits until `predicate(const T&)` is true of the value, and has seen it
  // then. Errors as Changed gives them. The receiver must outlive it.
  template <class P>
  Task<absl::Status> WaitFor(
      Cx& cx, P predicate,
      std::source_location site = std::source_location::current()) {
    static_assert(std::is_invocable_r_v<bool, P&, const T&>,
                  "WaitFor(cx, p): p(const T&) must give a bool");
    return RunWaitFor(cx, *this, std::move(predicate), site);
  }

  // The latest value; the reference stays valid while an end is alive, and
  // shows another value after the next Send.
  const T& Borrow(std::source_location site =
                      std::source_location::current()) const {
    Touch(view(site)->state->object, Access::kRead);
    return view_->state->value;
  }
  // Likewise, and has seen it.
  const T& BorrowAndUpdate(
      std::source_location site = std::source_location::current()) {
    Touch(view(site)->state->object, Access::kRead);
    Touch(view_->object, Access::kWrite);
    view_->seen = view_->state->sent;
    return view_->state->value;
  }
  // True if there is a value that this receiver has not seen.
  bool HasChanged(std::source_location site =
                      std::source_location::current()) const {
    Touch(view(site)->state->object, Access::kRead);
    Touch(view_->object, Access::kRead);
    return view_->seen != view_->state->sent;
  }

  // "watch::Receiver(object:...)".
  friend std::ostream& operator<<(std::ostream& os, const Receiver& receiver) {
    return channel_internal::PrintEnd(
        os, receiver.view_ ? receiver.view_->state : RefPtr<State<T>>(),
        "Receiver");
  }

 private:
  template <class P>
  static Task<absl::Status> RunWaitFor(Cx& cx, Receiver& self, P predicate,
                                       std::source_location site) {
    while (!predicate(self.BorrowAndUpdate(site))) {
      co_await Try(self.Changed(cx, site));
    }
    co_return absl::OkStatus();
  }
  const RefPtr<View<T>>& view(std::source_location site) const {
    if (!view_) {
      channel_internal::ReportMovedFrom(State<T>::kName, "Receiver", site);
    }
    return view_;
  }

  RefPtr<View<T>> view_;
};

template <class T>
class Sender : public channel_internal::SenderEnd<State<T>> {
 public:
  // Internal: Channel() makes the first one.
  using channel_internal::SenderEnd<State<T>>::SenderEnd;

  // Replaces the value, if there is a receiver.
  auto Send(Cx& cx, T value, std::source_location site =
                                 std::source_location::current()) const {
    return Change(
        cx,
        [value = std::move(value)](T& old) mutable {
          using std::swap;
          swap(old, value);  // the old one dies with the operation
        },
        /*needs_receiver=*/true, site);
  }
  // Changes the value by `change(T&)`, in one step, also if there is no
  // receiver. If it throws nobody is told.
  template <class F>
  auto SendModify(Cx& cx, F change,
                  std::source_location site =
                      std::source_location::current()) const {
    return Change(cx, std::move(change), /*needs_receiver=*/false, site);
  }

  // A receiver that has seen the present value.
  Receiver<T> Subscribe(std::source_location site =
                            std::source_location::current()) const {
    const RefPtr<State<T>>& state = this->state(site);
    return Receiver<T>(MakeRef<View<T>>(state, state->sent));
  }

  // As Receiver::Borrow.
  const T& Borrow(std::source_location site =
                      std::source_location::current()) const {
    const RefPtr<State<T>>& state = this->state(site);
    Touch(state->object, Access::kRead);
    return state->value;
  }

 private:
  template <class F>
  SendOperation<T, F> Change(Cx& cx, F change, bool needs_receiver,
                             std::source_location site) const {
    return SendOperation<T, F>(cx.node(site), this->state(site),
                               std::move(change), needs_receiver, site);
  }
};

template <class T>
struct ChannelEnds {
  Sender<T> sender;
  Receiver<T> receiver;
};

// A channel that holds `initial`.
template <class T>
ChannelEnds<T> Channel(T initial) {
  RefPtr<State<T>> state = MakeRef<State<T>>(std::move(initial));
  RefPtr<View<T>> view = MakeRef<View<T>>(state, state->sent);
  return ChannelEnds<T>{Sender<T>(std::move(state)),
                        Receiver<T>(std::move(view))};
}

}  // namespace watch
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_WATCH_H_
