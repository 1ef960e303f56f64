#ifndef ASUPERSYNC_TASK_SLEEP_H_
#define ASUPERSYNC_TASK_SLEEP_H_

#include <cstdint>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/timed_operation.h"

namespace asupersync {

// Waits until the clock reaches a deadline: Cx::Sleep and Cx::SleepUntil.
//
// Gives OkStatus when the deadline has come (at once, but not before its step,
// if it had passed already), or a CancelledError. absl::InfiniteDuration() and
// absl::InfiniteFuture() never come: only cancellation ends that. Cancellation
// takes the timer back. Events: TimerCreated, then TimerFired or
// TimerCancelled.
class [[nodiscard]] SleepOperation final : public TimedOperation {
 public:
  // `allowed` is the result if it is not OK.
  SleepOperation(TaskNode& node, std::int64_t deadline_ns,
                 std::source_location site,
                 absl::Status allowed = absl::OkStatus())
      : TimedOperation(node, deadline_ns, site),
        allowed_(std::move(allowed)) {}

  absl::Status await_resume() const noexcept;

  WaitDescription Describe() const override;

 private:
  bool Poll() override;
  void Abandon() override { Disarm(); }
  void OnFire() override { Complete(); }

  absl::Status allowed_;
};

// Lets other tasks run: Cx::Yield. Gives OkStatus or a CancelledError.
class [[nodiscard]] YieldOperation final : public Operation {
 public:
  YieldOperation(TaskNode& node, std::source_location site)
      : Operation(node, site) {}

  // A yield suspends under every yield policy.
  bool await_ready() const noexcept { return false; }
  absl::Status await_resume() const noexcept {
    return cancelled() ? CancelledStatus() : absl::OkStatus();
  }

  WaitDescription Describe() const override;

 private:
  bool Poll() override { return true; }
  void Abandon() override {}
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_SLEEP_H_
