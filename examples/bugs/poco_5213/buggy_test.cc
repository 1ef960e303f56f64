// A lost wake-up in POCO's NotificationQueue that hangs shut-downs.
//
// Source: https://github.com/pocoproject/poco/issues/5213. wakeUpAll() wakes
// only those that wait already. A worker that has seen that it is not to stop,
// but does not wait yet, misses it, and waits for a notification that will
// never come, while the task that shuts down waits for the worker. The test
// fails under 46 % of the seeds (460 of 1 to 1,000); with
// --lab_explore=sweep:1000 it finds one and prints how to run it again.

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/bugs/poco_5213/worker_pool.h"

namespace {

using poco_5213::NotificationQueue;
using poco_5213::WorkAndShutDown;

LAB_TEST(Poco5213, ShutdownEndsEveryWorker) {
  NotificationQueue queue;
  co_return co_await WorkAndShutDown(cx, queue);
}

}  // namespace
