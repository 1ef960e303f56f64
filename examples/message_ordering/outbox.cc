#include "examples/message_ordering/outbox.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace message_ordering {

using asupersync::Cx;
using asupersync::Task;
using asupersync::Try;

Task<absl::StatusOr<std::vector<int>>> RunTwoWorkers(Cx& cx, Deliver deliver) {
  auto [tx, rx] = asupersync::mpsc::Channel<int>(2);
  Outbox outbox{std::move(tx)};
  co_await Try(asupersync::Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn("worker 1", [&](Cx& cx) { return deliver(cx, outbox); });
    cx.Spawn("worker 2", [&](Cx& cx) { return deliver(cx, outbox); });
    co_return absl::OkStatus();
  }));
  std::vector<int> arrived;
  for (int i = 0; i < 2; ++i) {
    arrived.push_back(co_await Try(rx.Recv(cx)));
  }
  co_return arrived;
}

}  // namespace message_ordering
