#ifndef ASUPERSYNC_CHANNEL_MPSC_CORE_H_
#define ASUPERSYNC_CHANNEL_MPSC_CORE_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <source_location>

#include "absl/status/status.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/channel/wait_point.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/message_log.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/shared_object.h"

// The part of an mpsc channel that does not depend on the message type.
// Internal to channel/mpsc.h.

namespace asupersync {
namespace mpsc_internal {

class SlotOperation;

inline constexpr std::size_t kUnbounded =
    std::numeric_limits<std::size_t>::max();

struct Core {
  Core(std::size_t capacity, std::source_location site);
  Core(const Core&) = delete;
  Core& operator=(const Core&) = delete;

  void TouchCore();
  // OkStatus: a slot is the caller's now.
  absl::Status TryTakeSlot();
  // A slot became free: it goes to the sender that waits longest.
  void ReleaseSlot();
  // A permit was born; the slot is taken already.
  Obligation StartObligation(TaskNode& node, RegionNode& region,
                             std::source_location site);
  // The permit's message, if any, is in its slot.
  void CommitPermit(Obligation& obligation);
  void AbortPermit(Obligation& obligation);
  void AddProducer() { ++producers; }
  void DropProducer();
  void CloseReceiver();
  absl::Status NoMessageError() const;

  SharedObject object;
  MessageLog log;
  std::size_t capacity;
  std::size_t slots_used = 0;   // messages, permits and granted waiters
  std::uint32_t producers = 1;  // senders and permits
  bool receiver_alive = true;
  IntrusiveList<SlotOperation, WaitersTag> senders_waiting;
  channel_internal::WaitPoint receiver{"receives from an mpsc channel"};
};

absl::Status ReceiverClosedError();
absl::Status SenderClosedError();

// Waits for a slot. The derived class keeps the core alive.
class SlotOperation : public QueuedOperation {
 public:
  WaitDescription Describe() const override;

 protected:
  SlotOperation(const Cx& cx, Core& core, std::source_location site)
      : QueuedOperation(cx.node(site), site),
        region_(cx.region()),
        core_(core) {}

  // To be called from the destructor of the derived class.
  void LeaveQueue();
  // The slot is the caller's, or why not.
  absl::Status TakeSlot();
  Obligation StartObligation();

 private:
  friend struct Core;

  bool Poll() override;
  void Abandon() override;

  RegionNode& region_;  // of the Cx: that of the obligation
  Core& core_;
  bool granted_ = false;
};

// Waits for a message. The derived class keeps the core alive.
class MessageOperation : public channel_internal::PointOperation {
 public:
  WaitDescription Describe() const override;

 protected:
  MessageOperation(TaskNode& node, Core& core, std::source_location site)
      : PointOperation(node, core.receiver, site), core_(core) {}

  virtual bool HasMessage() const = 0;

 private:
  void ReportAccess() override { core_.TouchCore(); }
  bool IsOver() const override {
    return HasMessage() || core_.producers == 0;
  }

  Core& core_;
};

}  // namespace mpsc_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_MPSC_CORE_H_
