#include "asupersync/channel/hub.h"

#include "absl/status/status.h"
#include "asupersync/task/runtime.h"

namespace asupersync {
namespace channel_internal {

void Hub::Join(Subscriber& subscriber) {
  Touch(object, Access::kRead);
  subscribers.PushBack(subscriber);
  ++subscriber_count;
}

void Hub::Leave(Subscriber& subscriber) {
  Touch(object, Access::kRead);
  subscribers.Remove(subscriber);
  --subscriber_count;
}

void Hub::WakeAll() {
  for (Subscriber& subscriber : subscribers) subscriber.point.Wake();
}

void Hub::DropProducer() {
  // Also when it is not the last: which one is the last, and so closes the
  // channel, depends on their order.
  Touch(object, Access::kWrite);
  if (--producers == 0) WakeAll();
}

absl::Status Hub::CheckReceivers() const {
  if (subscriber_count > 0) return absl::OkStatus();
  return absl::FailedPreconditionError("the channel has no receiver");
}

absl::Status Hub::ClosedError() {
  return absl::OutOfRangeError("the channel is closed: every sender is gone");
}

}  // namespace channel_internal
}  // namespace asupersync
