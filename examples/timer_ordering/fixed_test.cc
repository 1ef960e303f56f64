// The program of racy_test.cc mended: the last moment at which the holder may
// renew comes before the lease lapses, so no two timers that matter are due
// together.

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/timer_ordering/lease.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Try;
using timer_ordering::KeepsLease;
using timer_ordering::Lease;

absl::Duration Jittered(Cx& cx) {
  return Lease::kTimeToLive / 2 + absl::Milliseconds(cx.RandomBelow(21));
}

LAB_TEST(TimerOrdering, HolderKeepsItsLease, Explore::Sweep(1000)) {
  bool kept = co_await Try(KeepsLease(cx, Jittered));
  EXPECT_TRUE(kept) << "the lease has lapsed";
  co_return absl::OkStatus();
}

}  // namespace
