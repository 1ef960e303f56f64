#ifndef ASUPERSYNC_CHANNEL_CHANNEL_END_H_
#define ASUPERSYNC_CHANNEL_CHANNEL_END_H_

#include <ostream>
#include <source_location>
#include <utility>

#include "absl/strings/string_view.h"
#include "asupersync/base/ref_ptr.h"
#include "asupersync/task/obligation.h"

// What the ends of all channels have in common: senders that are counted,
// permits that send once, and the report of an end that is used up. Internal
// to this folder.
//
//   struct State : RefCounted<State> {
//     using Message = T;
//     static constexpr const char* kName = "mpsc";
//     void Deliver(Message);            // to the receivers, if there are any;
//                                       // no effect if it throws
//     void CommitPermit(Obligation&);   // after Deliver
//     void AbortPermit(Obligation&);
//     void AddProducer();               // another sender
//     void DropProducer();              // one less
//     SharedObject object;
//   };

namespace asupersync {
namespace channel_internal {

// "file:line: an mpsc::Sender is used after it was moved from".
[[noreturn]] void ReportMovedFrom(absl::string_view channel,
                                  absl::string_view end,
                                  std::source_location site);
// "file:line: mpsc::Permit::Send() on a permit that sent at file:line; ...".
// `sent_at` is empty (line 0) if the end was moved from instead.
[[noreturn]] void ReportSecondSend(absl::string_view channel,
                                   absl::string_view end,
                                   std::source_location site,
                                   std::source_location made_at,
                                   std::source_location sent_at);

// Aborts if `state` was moved away.
template <class State>
const RefPtr<State>& Live(const RefPtr<State>& state, absl::string_view end,
                          std::source_location site) {
  if (!state) ReportMovedFrom(State::kName, end, site);
  return state;
}

// "mpsc::Sender(object:...)".
template <class State>
std::ostream& PrintEnd(std::ostream& os, const RefPtr<State>& state,
                       absl::string_view end) {
  os << State::kName << "::" << end << "(";
  if (!state) return os << "moved from)";
  return os << state->object.id() << ")";
}

// A sender of which there may be copies. The channel knows how many there are.
template <class State>
class SenderEnd {
 public:
  explicit SenderEnd(RefPtr<State> state) : state_(std::move(state)) {}
  SenderEnd(const SenderEnd& other) : state_(other.state_) {
    if (state_) state_->AddProducer();
  }
  SenderEnd(SenderEnd&& other) noexcept = default;
  SenderEnd& operator=(SenderEnd other) noexcept {
    std::swap(state_, other.state_);
    return *this;
  }
  ~SenderEnd() {
    if (state_) state_->DropProducer();
  }

  // "mpsc::Sender(object:...)".
  friend std::ostream& operator<<(std::ostream& os, const SenderEnd& sender) {
    return PrintEnd(os, sender.state_, "Sender");
  }

 protected:
  const RefPtr<State>& state(std::source_location site) const {
    return Live(state_, "Sender", site);
  }

 private:
  RefPtr<State> state_;
};

// The right to send one message. Move-only.
template <class State>
class [[nodiscard]] SendPermit {
 public:
  // Internal: senders make permits.
  SendPermit(RefPtr<State> state, Obligation obligation)
      : state_(std::move(state)),
        obligation_(std::move(obligation)),
        reserved_at_(obligation_.where()) {}
  SendPermit(SendPermit&&) noexcept = default;
  // Aborts what this permit was for.
  SendPermit& operator=(SendPermit&& other) noexcept {
    SendPermit taken(std::move(other));
    std::swap(state_, taken.state_);
    std::swap(obligation_, taken.obligation_);
    std::swap(reserved_at_, taken.reserved_at_);
    sent_at_ = {};
    return *this;
  }
  // Aborts if nothing was sent.
  ~SendPermit() {
    if (state_) state_->AbortPermit(obligation_);
  }

  // Sends `message` in the current step. If there is no receiver any more the
  // message is destroyed. If the message's move throws, nothing was sent and
  // the permit is as before: it may send another one, or be destroyed.
  // REQUIRES: not sent or moved from before.
  void Send(typename State::Message message,
            std::source_location site = std::source_location::current()) {
    if (!state_) {
      ReportSecondSend(State::kName, "Permit", site, reserved_at_, sent_at_);
    }
    state_->Deliver(std::move(message));
    sent_at_ = site;
    const RefPtr<State> state = std::move(state_);
    state->CommitPermit(obligation_);
  }

  // "mpsc::Permit(<its obligation>)".
  friend std::ostream& operator<<(std::ostream& os, const SendPermit& permit) {
    return os << State::kName << "::Permit(" << permit.obligation_ << ")";
  }

 private:
  RefPtr<State> state_;
  Obligation obligation_;
  std::source_location reserved_at_;
  std::source_location sent_at_;
};

}  // namespace channel_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_CHANNEL_END_H_
