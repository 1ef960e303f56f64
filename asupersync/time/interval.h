#ifndef ASUPERSYNC_TIME_INTERVAL_H_
#define ASUPERSYNC_TIME_INTERVAL_H_

#include <cstdint>
#include <source_location>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/timed_operation.h"

// Interval: ticks at a steady rate.
//
//   Interval interval(cx, absl::Milliseconds(10));
//   for (;;) {
//     co_await Try(interval.Tick(cx));     // at 0, 10, 20, ... ms from now
//     co_await Try(Poll(cx));
//   }
//
// When the loop takes longer than the period, ticks are missed. What then:
//
//   behaviour  after a tick due at 10 that was taken at 25, period 10
//   kBurst     20 (at once), 30, 40, ...  every tick happens, some late
//   kDelay     35, 45, ...                a whole period after the late one
//   kSkip      30, 40, ...                on the grid, the first one after 25
//
// Determinism: Tick is a scheduling point. Events: those of a sleep.
//
// Lifetime and cancellation: belongs to one task. A tick that was cancelled, or
// lost a Select, was not taken: the next Tick gives it.

namespace asupersync {

enum class MissedTickBehavior : std::uint8_t { kBurst, kDelay, kSkip };

class Interval;

// Waits for the next tick: Interval::Tick.
class [[nodiscard]] TickOperation final : public TimedOperation {
 public:
  // `allowed` is the result if it is not OK.
  TickOperation(TaskNode& node, Interval& interval, absl::Status allowed,
                std::source_location site);

  absl::StatusOr<absl::Time> await_resume();

  WaitDescription Describe() const override;

 private:
  bool Poll() override;
  void Abandon() override { Disarm(); }
  void OnFire() override { Complete(); }

  Interval& interval_;
  absl::Status allowed_;
};

class Interval {
 public:
  // The first tick is due now. REQUIRES: period > 0, else aborts.
  Interval(Cx& cx, absl::Duration period,
           MissedTickBehavior missed = MissedTickBehavior::kBurst,
           std::source_location site = std::source_location::current())
      : Interval(cx.Now(), period, missed, site) {}
  // The first tick is due at `first`.
  Interval(absl::Time first, absl::Duration period,
           MissedTickBehavior missed = MissedTickBehavior::kBurst,
           std::source_location site = std::source_location::current());
  Interval(const Interval&) = delete;
  Interval& operator=(const Interval&) = delete;

  // Waits until the next tick is due. Gives the time at which it was due, which
  // is before Now() if it is late; PermissionDenied for a Cx without kTime;
  // CancelledError.
  TickOperation Tick(
      Cx& cx, std::source_location site = std::source_location::current()) {
    return TickOperation(cx.node(site), *this,
                         cx.Allow(Capability::kTime, "wait for a tick", site),
                         site);
  }

  // The next tick is due a period from now.
  void Reset(Cx& cx) { next_ = cx.Now() + period_; }

  absl::Duration period() const { return period_; }
  absl::Time next() const { return next_; }  // when the next tick is due

 private:
  friend class TickOperation;

  // Moves on to the tick after the one that is due; returns that one.
  absl::Time Take(absl::Time now);

  absl::Time next_;
  absl::Duration period_;
  MissedTickBehavior missed_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TIME_INTERVAL_H_
