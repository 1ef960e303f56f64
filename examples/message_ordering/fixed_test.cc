// The race of racy_test.cc mended: sending in two phases. A worker waits for
// its place in the channel first; then it numbers the message and sends it in
// one step, in which nobody can overtake it.
//
// The failure of racy_test.cc was kept as a trace; the last line drives this
// program along it, and fails if it should ever fail there again.

#include <vector>

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "asupersync/testing/regression_traces.h"
#include "examples/message_ordering/outbox.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using asupersync::Try;
using message_ordering::Outbox;
using message_ordering::RunTwoWorkers;

Task<absl::Status> Deliver(Cx& cx, Outbox& outbox) {
  auto permit = co_await Try(outbox.messages.Reserve(cx));
  permit.Send(outbox.next_number++);
  co_return absl::OkStatus();
}

LAB_TEST(MessageOrdering, ArrivesInOrder, Explore::Sweep(1000)) {
  std::vector<int> arrived = co_await Try(RunTwoWorkers(cx, Deliver));
  EXPECT_THAT(arrived, ::testing::ElementsAre(0, 1));
  co_return absl::OkStatus();
}

LAB_REGRESSION_TRACES("testdata/traces/*.async");

}  // namespace
