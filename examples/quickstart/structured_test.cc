#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"

using asupersync::Budget, asupersync::CancelMask, asupersync::Cx,
    asupersync::Scope, asupersync::Task, asupersync::Try;

LAB_TEST(Structured, NothingOutlivesItsScope, asupersync::Explore::Sweep(100)) {
  int open = 0;
  const absl::Time soon = cx.Now() + absl::Seconds(5);
  absl::Status status = co_await Scope(
      cx, {.name = "fetch", .budget = Budget::Unlimited().WithDeadline(soon)},
      [&](Cx& cx) -> Task<absl::Status> {
        cx.AddFinalizer([&] { EXPECT_EQ(open, 0); });  // after the tasks
        for (int i = 0; i < 3; ++i) {
          cx.Spawn("fetcher", [&open, i](Cx& cx) -> Task<absl::Status> {
            ++open;
            absl::Status slept = co_await cx.Sleep(absl::Seconds(4 * i));
            CancelMask mask(cx);  // clean-up may wait, cancelled or not
            co_await Try(cx.Sleep(absl::Milliseconds(1)));
            --open;
            co_return slept;
          });
        }
        co_return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok());  // the body's; the last fetcher was cancelled
  EXPECT_EQ(cx.Now(), soon + absl::Milliseconds(1));
  CO_ASSERT_EQ(open, 0);
  co_return absl::OkStatus();
}
