#include "examples/bugs/poco_5213/worker_pool.h"

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace poco_5213 {

using asupersync::Cx;
using asupersync::Task;
using asupersync::Try;

void NotificationQueue::Enqueue(Notification notification) {
  notifications_.push_back(notification);
  available_.NotifyOne();
}

Task<absl::StatusOr<std::optional<Notification>>>
NotificationQueue::WaitDequeue(Cx& cx) {
  if (notifications_.empty()) co_await Try(available_.Wait(cx));
  if (notifications_.empty()) co_return std::nullopt;
  Notification next = notifications_.front();
  notifications_.pop_front();
  co_return next;
}

Task<absl::Status> WorkAndShutDown(Cx& cx, NotificationQueue& queue) {
  bool stopped = false;
  int handled = 0;
  asupersync::Notify all_handled;
  auto work = [&](Cx& cx) -> Task<absl::Status> {
    while (!stopped) {
      if (!co_await Try(queue.WaitDequeue(cx))) continue;
      if (++handled == 3) all_handled.NotifyOne();
    }
    co_return absl::OkStatus();
  };
  co_await Try(asupersync::Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn("worker", work);
    cx.Spawn("worker", work);
    for (Notification notification : {1, 2, 3}) queue.Enqueue(notification);
    co_await Try(all_handled.Wait(cx));
    stopped = true;
    queue.WakeUpAll();
    co_return absl::OkStatus();
  }));
  co_return absl::OkStatus();
}

}  // namespace poco_5213
