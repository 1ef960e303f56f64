#ifndef ASUPERSYNC_EXAMPLES_TIMER_ORDERING_LEASE_H_
#define ASUPERSYNC_EXAMPLES_TIMER_ORDERING_LEASE_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"

namespace timer_ordering {

// A right that lapses unless its holder renews it in time.
class Lease {
 public:
  static constexpr absl::Duration kTimeToLive = absl::Milliseconds(100);

  explicit Lease(absl::Time now) { Renew(now); }
  void Renew(absl::Time now) { deadline_ = now + kTimeToLive; }
  absl::Time deadline() const { return deadline_; }

 private:
  absl::Time deadline_;
};

// Waits until the lease lapses.
asupersync::Task<absl::Status> WatchLease(asupersync::Cx& cx,
                                          const Lease& lease);

// How long a holder waits before it renews.
using RenewDelay = absl::Duration (*)(asupersync::Cx& cx);

// Whether a holder that renews ten times, each time after such a delay, keeps
// the lease all that time.
asupersync::Task<absl::StatusOr<bool>> KeepsLease(asupersync::Cx& cx,
                                                  RenewDelay delay);

}  // namespace timer_ordering

#endif  // ASUPERSYNC_EXAMPLES_TIMER_ORDERING_LEASE_H_
