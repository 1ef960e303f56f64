#ifndef ASUPERSYNC_CHANNEL_HUB_H_
#define ASUPERSYNC_CHANNEL_HUB_H_

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/channel/wait_point.h"
#include "asupersync/task/shared_object.h"

// The middle of a channel from many senders to many receivers that each see
// every message: the part of broadcast and watch that does not depend on the
// message type. Internal to this folder.

namespace asupersync {
namespace channel_internal {

struct SubscribersTag;

// One receiver.
struct Subscriber : ListNode<SubscribersTag> {
  // Literals: the kind of its object, and what a task does here.
  Subscriber(const char* kind, const char* what) : object(kind), point(what) {}

  SharedObject object;  // what this receiver alone has: `seen`
  WaitPoint point;
  std::uint64_t seen = 0;  // so many of the hub's messages are behind it
};

// Invariants
//   1. subscriber.seen <= sent for each subscriber.
//   2. producers counts senders and permits; at 0 nothing is sent any more.
struct Hub {
  explicit Hub(const char* kind) : object(kind) {}
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Receivers do not depend on each other: what they do to the hub are reads.
  void Join(Subscriber& subscriber);
  void Leave(Subscriber& subscriber);

  // Whoever waits looks again.
  void WakeAll();

  void AddProducer() { ++producers; }
  void DropProducer();

  // FailedPrecondition if there is no receiver.
  absl::Status CheckReceivers() const;
  // OutOfRange.
  static absl::Status ClosedError();

  SharedObject object;
  std::uint64_t sent = 0;
  std::uint32_t producers = 1;
  std::size_t subscriber_count = 0;
  IntrusiveList<Subscriber, SubscribersTag> subscribers;
};

}  // namespace channel_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_CHANNEL_HUB_H_
