#ifndef ASUPERSYNC_EXAMPLES_CANCELLATION_CLEANUP_CONNECTION_POOL_H_
#define ASUPERSYNC_EXAMPLES_CANCELLATION_CLEANUP_CONNECTION_POOL_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace cancellation_cleanup {

struct Connection {
  bool in_transaction = false;
};

// Ends the transaction that the connection is in; takes a while.
asupersync::Task<absl::Status> RollBack(asupersync::Cx& cx,
                                        Connection& connection);

// A pool of one connection, shared by many queries.
class ConnectionPool {
 public:
  // Waits until the connection is free. Who gets it must give it back.
  asupersync::Task<absl::StatusOr<Connection*>> Acquire(asupersync::Cx& cx);
  void Release(Connection* connection);

  int in_use() const { return in_use_; }
  bool in_transaction() const { return connection_.in_transaction; }

 private:
  Connection connection_;
  int in_use_ = 0;
  asupersync::Notify released_;
};

using Query = asupersync::Task<absl::Status> (*)(asupersync::Cx& cx,
                                                 ConnectionPool& pool);

// Starts a query for a user who loses patience after a random time, up to
// 40 ms, and cancels it; returns when the query has ended.
asupersync::Task<absl::Status> QueryForImpatientUser(asupersync::Cx& cx,
                                                     ConnectionPool& pool,
                                                     Query query);

}  // namespace cancellation_cleanup

#endif  // ASUPERSYNC_EXAMPLES_CANCELLATION_CLEANUP_CONNECTION_POOL_H_
