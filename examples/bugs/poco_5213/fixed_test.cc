// The lost wake-up of buggy_test.cc mended: the queue remembers that it was
// told to wake everybody, and who comes later does not wait. POCO does it with
// a flag under the queue's lock; here it is the permit that a Notify keeps,
// which each worker passes on to the next. A flag that is looked at before the
// wait would not do: the sweep finds the wake-up that comes between the two.

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/bugs/poco_5213/worker_pool.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using asupersync::Try;
using poco_5213::Notification;
using poco_5213::NotificationQueue;
using poco_5213::WorkAndShutDown;

class LastingWakeUpQueue : public NotificationQueue {
 public:
  Task<absl::StatusOr<std::optional<Notification>>> WaitDequeue(
      Cx& cx) override {
    std::optional<Notification> next =
        co_await Try(NotificationQueue::WaitDequeue(cx));
    if (woken_up_) available_.NotifyOne();
    co_return next;
  }
  void WakeUpAll() override {
    woken_up_ = true;
    available_.NotifyOne();
  }

 private:
  bool woken_up_ = false;
};

LAB_TEST(Poco5213, ShutdownEndsEveryWorker, Explore::Sweep(1000)) {
  LastingWakeUpQueue queue;
  co_return co_await WorkAndShutDown(cx, queue);
}

}  // namespace
