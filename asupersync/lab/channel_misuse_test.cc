// Misuse of a channel's ends names the place of the mistake and the place that
// it collides with.
#include <utility>

#include "absl/status/status.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/channel/watch.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

#define HERE "channel_misuse_test.cc:[0-9]+"

// Runs `body` as the task T1 'user' of a runtime.
template <class F>
void RunTask(F&& body) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("user", std::forward<F>(body));
  runtime.RunUntilQuiescent();
}

// Runs `wait` in two tasks at once.
template <class F>
void RunTwice(F wait) {
  LabRuntime runtime(LabConfig(1));
  for (int i = 0; i < 2; ++i) {
    runtime.SpawnRoot([&](Cx& cx) { return wait(cx); });
  }
  runtime.RunUntilQuiescent();
}

TEST(ChannelMisuseDeathTest, AOneshotSenderSendsOnce) {
  EXPECT_DEATH(RunTask([](Cx&) -> Task<absl::Status> {
                 auto [tx, rx] = oneshot::Channel<int>();
                 co_await Try(tx.Send(1));
                 co_return tx.Send(2);
               }),
               HERE ": oneshot::Sender::Send\\(\\) on one that sent at .*" HERE
                    " \\(made at .*" HERE "\\); it sends one message");
}

TEST(ChannelMisuseDeathTest, AMovedFromOneshotSenderSendsNothing) {
  EXPECT_DEATH(RunTask([](Cx&) -> Task<absl::Status> {
                 auto [tx, rx] = oneshot::Channel<int>();
                 auto other = std::move(tx);
                 co_return tx.Send(2);
               }),
               HERE ": oneshot::Sender::Send\\(\\) on one that was moved from "
                    "\\(made at .*" HERE "\\)");
}

TEST(ChannelMisuseDeathTest, APermitSendsOnce) {
  EXPECT_DEATH(
      RunTask([](Cx& cx) -> Task<absl::Status> {
        auto [tx, rx] = broadcast::Channel<int>(2);
        auto permit = co_await Try(tx.Reserve(cx));
        permit.Send(1);
        permit.Send(2);
        co_return absl::OkStatus();
      }),
      HERE ": broadcast::Permit::Send\\(\\) on one that sent at .*" HERE
           " \\(made at .*" HERE "\\); it sends one message");
}

TEST(ChannelMisuseDeathTest, AMovedFromPermitSendsNothing) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 auto [tx, rx] = mpsc::Channel<int>(2);
                 auto permit = co_await Try(tx.Reserve(cx));
                 auto other = std::move(permit);
                 permit.Send(2);
                 co_return absl::OkStatus();
               }),
               HERE ": mpsc::Permit::Send\\(\\) on one that was moved from "
                    "\\(made at .*" HERE "\\)");
}

TEST(ChannelMisuseDeathTest, TwoTasksCannotWaitAtOneEnd) {
  EXPECT_DEATH(
      {
        auto ends = oneshot::Channel<int>();
        RunTwice([&](Cx& cx) -> Task<absl::Status> {
          co_return (co_await ends.receiver.Recv(cx)).status();
        });
      },
      HERE ": T[12] receives from a oneshot channel while T[12] waits at "
           ".*" HERE "; one task at a time may");
  EXPECT_DEATH(
      {
        auto ends = oneshot::Channel<int>();
        RunTwice([&](Cx& cx) -> Task<absl::Status> {
          co_return co_await ends.sender.Closed(cx);
        });
      },
      HERE ": T[12] waits for a oneshot channel to close while T[12] waits at");
  EXPECT_DEATH(
      {
        auto ends = broadcast::Channel<int>(1);
        RunTwice([&](Cx& cx) -> Task<absl::Status> {
          co_return (co_await ends.receiver.Recv(cx)).status();
        });
      },
      HERE ": T[12] receives from a broadcast receiver while T[12] waits at");
  EXPECT_DEATH(
      {
        auto ends = watch::Channel<int>(1);
        RunTwice([&](Cx& cx) -> Task<absl::Status> {
          co_return co_await ends.receiver.Changed(cx);
        });
      },
      HERE ": T[12] waits for a watch channel to change while T[12] waits at");
}

TEST(ChannelMisuseDeathTest, AMovedFromEndIsSpent) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 auto [tx, rx] = mpsc::Channel<int>(2);
                 auto other = std::move(tx);
                 co_return co_await tx.Send(cx, 1);
               }),
               HERE ": the mpsc::Sender was moved from");
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 auto [tx, rx] = mpsc::Channel<int>(2);
                 auto other = std::move(rx);
                 co_return (co_await rx.Recv(cx)).status();
               }),
               HERE ": the mpsc::Receiver was moved from");
  EXPECT_DEATH(RunTask([](Cx&) -> Task<absl::Status> {
                 auto [tx, rx] = oneshot::Channel<int>();
                 auto other = std::move(rx);
                 co_return rx.TryRecv().status();
               }),
               HERE ": the oneshot::Receiver was moved from");
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 auto [tx, rx] = broadcast::Channel<int>(1);
                 auto other = std::move(rx);
                 co_return (co_await rx.Recv(cx)).status();
               }),
               HERE ": the broadcast::Receiver was moved from");
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 auto [tx, rx] = watch::Channel<int>(1);
                 auto other = std::move(rx);
                 co_return co_await rx.Changed(cx);
               }),
               HERE ": the watch::Receiver was moved from");
}

TEST(ChannelMisuseDeathTest, ABroadcastKeepsOneMessageAtLeast) {
  EXPECT_DEATH(broadcast::Channel<int>(0),
               "channel_misuse_test.cc:[0-9]+: .*a capacity of at least 1");
}

}  // namespace
}  // namespace asupersync
