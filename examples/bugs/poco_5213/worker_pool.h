#ifndef ASUPERSYNC_EXAMPLES_BUGS_POCO_5213_WORKER_POOL_H_
#define ASUPERSYNC_EXAMPLES_BUGS_POCO_5213_WORKER_POOL_H_

#include <deque>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace poco_5213 {

using Notification = int;

// A queue of notifications, from which several tasks take.
class NotificationQueue {
 public:
  virtual ~NotificationQueue() = default;

  void Enqueue(Notification notification);
  // Waits for a notification; nullopt if WakeUpAll() ended the wait.
  virtual asupersync::Task<absl::StatusOr<std::optional<Notification>>>
  WaitDequeue(asupersync::Cx& cx);
  // Ends every wait.
  virtual void WakeUpAll() { available_.NotifyAll(); }

 protected:
  std::deque<Notification> notifications_;
  asupersync::Notify available_;
};

// Two workers handle three notifications; then they are shut down as the
// queue's documentation told: set a flag that they look at, wake them up, wait
// for their end.
asupersync::Task<absl::Status> WorkAndShutDown(asupersync::Cx& cx,
                                               NotificationQueue& queue);

}  // namespace poco_5213

#endif  // ASUPERSYNC_EXAMPLES_BUGS_POCO_5213_WORKER_POOL_H_
