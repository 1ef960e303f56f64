#ifndef ASUPERSYNC_TESTING_WATCHDOG_H_
#define ASUPERSYNC_TESTING_WATCHDOG_H_

#include <pthread.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/time/time.h"
#include "asupersync/asupersync.h"

namespace asupersync {
namespace testing_internal {

// A step that did not return in time.
struct StuckStep {
  std::string task;       // "T2 'worker'"
  std::string operation;  // "a/b_test.cc:12", or "an unknown place"
  std::uint64_t step = 0;
  std::string bound;  // "10s"
  std::string stack;  // a line for each frame, innermost first
};

// Watchdog: a thread that ends the program when a step of a lab runtime does
// not return within a bound of wall-clock time.
//
//   watchdog.Start(absl::Seconds(10), [](const StuckStep& stuck) { ... });
//   watchdog.Watch(&runtime);
//   runtime.RunUntilQuiescent();
//   watchdog.Watch(nullptr);
//   watchdog.Stop();
//
// It looks at LabRuntime::steps(), at least kLooks times within the bound, and
// sends the thread that does not move on a signal. The handler, on that
// thread, prints what can be printed there: test, task, step, stack. It then
// stands still while the watchdog's thread writes the rest: a stuck thread may
// hold any lock, that of malloc too. When the report takes long, the thread is
// let go again, to give up such a lock. A thread that blocks signals is only
// reported, without its stack. When all else fails, an alarm ends the program.
//
// Determinism: the thread only reads a counter until a step is stuck.
//
// What counts are the looks, not the time between them: a program that was
// stopped by a signal or a sleeping computer has not been stuck. Nothing is
// done to a program that a debugger holds.
//
// Invariants
//   1. There is no thread before Start() or after Stop(), so that death tests
//      find a program with one thread.
//   2. In a forked child the watchdog does nothing.
class Watchdog {
 public:
  static constexpr int kLooks = 20;
  // The exit status of a program that the watchdog ended.
  static constexpr int kExitStatus = 1;

  // Called on the watchdog's thread; then the program ends.
  using Report = std::function<void(const StuckStep&)>;

  Watchdog() = default;
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

  // Begins to watch the calling thread, under the name of its test. Does
  // nothing if it has begun, or if the bound is 0.
  void Start(absl::Duration bound, const std::string& test_id, Report report);
  // The runtime whose steps count; null: none. REQUIRES: the thread that
  // called Start(). The runtime must live until another one is watched.
  void Watch(const LabRuntime* runtime);
  void Stop();

 private:
  bool IsHere() const;
  void Run();
  // The runtime has not moved for the whole bound. Returns if its thread says
  // that no step is running.
  void Suspect(const LabRuntime& runtime, std::uint64_t steps);
  [[noreturn]] void End(const LabRuntime& runtime);

  std::optional<std::thread> thread_;
  int forks_ = 0;  // ForkCount() where it was started
  pthread_t watched_ = {};
  absl::Duration bound_;
  std::string test_id_;
  Report report_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;                    // by mutex_
  const LabRuntime* runtime_ = nullptr;  // by mutex_
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_WATCHDOG_H_
