#include "examples/cancellation_cleanup/connection_pool.h"

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"

namespace cancellation_cleanup {

using asupersync::Cx;
using asupersync::Task;
using asupersync::Try;

Task<absl::Status> RollBack(Cx& cx, Connection& connection) {
  co_await Try(cx.Sleep(absl::Milliseconds(5)));
  connection.in_transaction = false;
  co_return absl::OkStatus();
}

Task<absl::StatusOr<Connection*>> ConnectionPool::Acquire(Cx& cx) {
  while (in_use_ > 0) co_await Try(released_.Wait(cx));
  ++in_use_;
  co_return &connection_;
}

void ConnectionPool::Release(Connection*) {
  --in_use_;
  released_.NotifyOne();
}

Task<absl::Status> QueryForImpatientUser(Cx& cx, ConnectionPool& pool,
                                         Query query) {
  return asupersync::Scope(cx, [&pool, query](Cx& cx) -> Task<absl::Status> {
    auto running =
        cx.Spawn("query", [&pool, query](Cx& cx) { return query(cx, pool); });
    co_await Try(cx.Sleep(absl::Milliseconds(cx.RandomBelow(40))));
    running.Cancel("the user has lost patience");
    absl::Status status = (co_await running.Join(cx)).status();
    co_return absl::IsCancelled(status) ? absl::OkStatus() : status;
  });
}

}  // namespace cancellation_cleanup
