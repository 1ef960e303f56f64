#include "asupersync/channel/mpsc_core.h"

#include <cstddef>
#include <cstdint>
#include <source_location>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace mpsc_internal {

Core::Core(std::size_t capacity, std::source_location site)
    : object("mpsc channel"), log(object), capacity(capacity) {
  if (capacity == 0) {
    Fatal(absl::StrCat(
        PlaceOf(site),
        ": mpsc::Channel(0): a channel needs a capacity of at least 1"));
  }
}

void Core::TouchCore() { Touch(object, Access::kWrite); }

absl::Status Core::TryTakeSlot() {
  TouchCore();
  if (!receiver_alive) return SenderClosedError();
  if (slots_used == capacity || !senders_waiting.empty()) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the channel is full (capacity ", capacity, ")"));
  }
  ++slots_used;
  return absl::OkStatus();
}

void Core::ReleaseSlot() {
  if (SlotOperation* next = senders_waiting.PopFront()) {
    next->granted_ = true;
    next->Complete();
  } else {
    --slots_used;
  }
}

Obligation Core::StartObligation(TaskNode& node, RegionNode& region,
                                 std::source_location site) {
  AddProducer();
  return Obligation(node, region, ObligationKind::kSendPermit, object.id(),
                    site);
}

void Core::CommitPermit(Obligation& obligation) {
  TouchCore();
  obligation.Commit();
  if (!receiver_alive) ReleaseSlot();
  receiver.Wake();
  DropProducer();
}

void Core::AbortPermit(Obligation& obligation) {
  TouchCore();
  obligation.Abort();
  ReleaseSlot();
  DropProducer();
}

void Core::DropProducer() {
  // Also when it is not the last: which one is the last, and so closes the
  // channel, depends on their order.
  TouchCore();
  if (--producers == 0) receiver.Wake();
}

void Core::CloseReceiver() {
  TouchCore();
  receiver_alive = false;
  while (SlotOperation* waiting = senders_waiting.PopFront()) {
    waiting->Complete();
  }
}

absl::Status Core::NoMessageError() const {
  if (producers == 0) return ReceiverClosedError();
  return absl::UnavailableError("the channel is empty");
}

absl::Status ReceiverClosedError() {
  return absl::OutOfRangeError(
      "the channel is closed: every sender is gone and every message was "
      "received");
}

absl::Status SenderClosedError() {
  return absl::FailedPreconditionError(
      "the channel is closed: its receiver is gone");
}

bool SlotOperation::Poll() {
  core_.TouchCore();
  if (!core_.receiver_alive) return true;
  const bool first = linked() ? core_.senders_waiting.front() == this
                              : core_.senders_waiting.empty();
  if (first && core_.slots_used < core_.capacity) {
    if (linked()) Unlink();
    ++core_.slots_used;
    granted_ = true;
    return true;
  }
  if (!linked()) core_.senders_waiting.PushBack(*this);
  return false;
}

void SlotOperation::Abandon() {
  core_.TouchCore();
  Unlink();
}

void SlotOperation::LeaveQueue() {
  if (linked() || granted_) core_.TouchCore();
  if (linked()) Unlink();
  if (granted_) core_.ReleaseSlot();
}

absl::Status SlotOperation::TakeSlot() {
  if (cancelled()) return CancelledStatus();
  if (!granted_) return SenderClosedError();
  granted_ = false;
  return absl::OkStatus();
}

Obligation SlotOperation::StartObligation() {
  return core_.StartObligation(node(), region_, site());
}

WaitDescription SlotOperation::Describe() const {
  return {absl::StrCat("send to mpsc channel (capacity ", core_.capacity,
                       ", full)"),
          core_.object.id(), {}};
}

WaitDescription MessageOperation::Describe() const {
  return {.what = "receive from mpsc channel",
          .object = core_.object.id(),
          .for_message = true};
}

}  // namespace mpsc_internal
}  // namespace asupersync
