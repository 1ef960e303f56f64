// The leak of leaky_test.cc mended in both ways that there are: a guard whose
// destructor gives the connection back, however the query ends; and clean-up
// that has to wait, which runs under a CancelMask so that the cancellation that
// made it necessary does not cut it short.

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/cancellation_cleanup/connection_pool.h"

namespace {

using asupersync::CancelMask;
using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using asupersync::Try;
using cancellation_cleanup::Connection;
using cancellation_cleanup::ConnectionPool;
using cancellation_cleanup::QueryForImpatientUser;
using cancellation_cleanup::RollBack;

// Gives a connection back at the end of its scope.
class Returner {
 public:
  Returner(ConnectionPool& pool, Connection* connection)
      : pool_(pool), connection_(connection) {}
  Returner(const Returner&) = delete;
  Returner& operator=(const Returner&) = delete;
  ~Returner() { pool_.Release(connection_); }

 private:
  ConnectionPool& pool_;
  Connection* connection_;
};

Task<absl::Status> Query(Cx& cx, ConnectionPool& pool) {
  Returner returner(pool, co_await Try(pool.Acquire(cx)));
  co_return co_await cx.Sleep(absl::Milliseconds(10));
}

LAB_TEST(CancellationCleanup, GivesTheConnectionBack, Explore::Sweep(1000)) {
  ConnectionPool pool;
  co_await Try(QueryForImpatientUser(cx, pool, Query));
  EXPECT_EQ(pool.in_use(), 0);
  co_return absl::OkStatus();
}

Task<absl::Status> Update(Cx& cx, ConnectionPool& pool) {
  Connection* connection = co_await Try(pool.Acquire(cx));
  Returner returner(pool, connection);
  connection->in_transaction = true;
  absl::Status status = co_await cx.Sleep(absl::Milliseconds(10));
  if (status.ok()) {
    connection->in_transaction = false;
    co_return status;
  }
  CancelMask mask(cx);
  co_await Try(RollBack(cx, *connection));
  co_return status;
}

LAB_TEST(CancellationCleanup, RollsBackBeforeItEnds, Explore::Sweep(1000)) {
  ConnectionPool pool;
  co_await Try(QueryForImpatientUser(cx, pool, Update));
  EXPECT_EQ(pool.in_use(), 0);
  EXPECT_FALSE(pool.in_transaction());
  co_return absl::OkStatus();
}

}  // namespace
