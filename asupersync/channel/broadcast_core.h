#ifndef ASUPERSYNC_CHANNEL_BROADCAST_CORE_H_
#define ASUPERSYNC_CHANNEL_BROADCAST_CORE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <source_location>

#include "absl/status/status.h"
#include "asupersync/channel/hub.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/message_log.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task_node.h"

// The part of a broadcast channel that does not depend on the message type.
// Internal to channel/broadcast.h.

namespace asupersync {
namespace broadcast_internal {

// See broadcast.h.
std::optional<std::uint64_t> LaggedBy(const absl::Status& status);

// One receiver. `seen` is the number of the next message that it is to get.
struct Subscriber : channel_internal::Subscriber {
  explicit Subscriber(std::uint64_t first);

  // It got the message `seen`.
  void Received() { log.Received(++seen - first); }
  // It will not get those before `message`.
  void SkipTo(std::uint64_t message) {
    while (seen < message) log.Dropped(++seen - first);
  }

  std::uint64_t first;  // the first message that was sent to it; 1 in the log
  MessageLog log{object};
};

struct Core : channel_internal::Hub {
  Core(std::size_t capacity, std::source_location site);

  // A message was sent to every subscriber.
  void Announce();
  // The subscriber goes on with `oldest`; the error for the rest.
  static absl::Status Skip(Subscriber& subscriber, std::uint64_t oldest);
  static absl::Status EmptyError();

  // A permit was born.
  Obligation StartObligation(TaskNode& node, RegionNode& region,
                             std::source_location site);
  void CommitPermit(Obligation& obligation);
  void AbortPermit(Obligation& obligation);

  std::size_t capacity;
};

// Starts to send; never waits. The derived class keeps the core alive.
class ReadyOperation : public Operation {
 public:
  WaitDescription Describe() const override;

 protected:
  ReadyOperation(const Cx& cx, Core& core, std::source_location site)
      : Operation(cx.node(site), site), region_(cx.region()), core_(core) {}
  ~ReadyOperation() = default;

  // OkStatus, or why nothing can be sent.
  absl::Status CheckSend() const;
  Obligation StartObligation() {
    return core_.StartObligation(node(), region_, site());
  }

 private:
  bool Poll() override;
  void Abandon() override {}

  RegionNode& region_;  // of the Cx: that of the obligation
  Core& core_;
};

}  // namespace broadcast_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_BROADCAST_CORE_H_
