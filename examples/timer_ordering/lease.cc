#include "examples/timer_ordering/lease.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace timer_ordering {

using asupersync::Cx;
using asupersync::Task;
using asupersync::Try;

Task<absl::Status> WatchLease(Cx& cx, const Lease& lease) {
  while (cx.Now() < lease.deadline()) {
    co_await Try(cx.SleepUntil(lease.deadline()));
  }
  co_return absl::OkStatus();
}

Task<absl::StatusOr<bool>> KeepsLease(Cx& cx, RenewDelay delay) {
  Lease lease(cx.Now());
  bool kept = true;
  co_await Try(asupersync::Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    auto watcher =
        cx.Spawn("watcher", [&](Cx& cx) { return WatchLease(cx, lease); });
    for (int i = 0; i < 10 && kept; ++i) {
      co_await Try(cx.Sleep(delay(cx)));
      lease.Renew(cx.Now());
      kept = !watcher.done();
    }
    watcher.Cancel("the holder needs the lease no longer");
    co_return absl::OkStatus();
  }));
  co_return kept;
}

}  // namespace timer_ordering
