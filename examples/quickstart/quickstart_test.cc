#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

using asupersync::Cx, asupersync::Task, asupersync::Try;

LAB_TEST(Quickstart, DeliversInOrder, asupersync::Explore::Sweep(100)) {
  auto [tx, rx] = asupersync::mpsc::Channel<int>(2);
  cx.Spawn("producer", [tx = std::move(tx)](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 5; ++i) {
      co_await Try(tx.Send(cx, i));
      co_await Try(cx.Sleep(absl::Milliseconds(100)));  // virtual time
    }
    co_return absl::OkStatus();
  });
  for (int expected = 0; expected < 5; ++expected) {
    int received = co_await Try(rx.Recv(cx));
    CO_ASSERT_EQ(received, expected);
  }
  co_return absl::OkStatus();
}
