// Messages whose move or copy throws: nothing was sent or received then, and
// the channel goes on.
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Throws when it is moved or copied, by whoever, for the `fuse`-th time.
struct Bomb {
  explicit Bomb(int value) : value(value) {}
  Bomb(const Bomb& other) : value(other.value) { Burn(); }
  Bomb(Bomb&& other) : value(other.value) { Burn(); }

  static void Burn() {
    if (fuse > 0 && --fuse == 0) throw std::runtime_error("moved");
  }
  static inline int fuse = 0;
  int value;
};

constexpr int kFuseMax = 12;

// Calls `send` so that each of its moves throws once; gives whether it threw.
template <class F>
bool Throws(int fuse, F&& send) {
  Bomb::fuse = fuse;
  try {
    send();
  } catch (const std::runtime_error&) {
    Bomb::fuse = 0;
    return true;
  }
  Bomb::fuse = 0;
  return false;
}

// Calls `test` with a runtime and a fuse, until the fuse is not used up.
void ForEachMove(absl::FunctionRef<bool(LabRuntime&, int fuse)> test) {
  int fuse = 1;
  for (; fuse <= kFuseMax; ++fuse) {
    SCOPED_TRACE(fuse);
    LabRuntime runtime(LabConfig(static_cast<std::uint64_t>(fuse)));
    const bool threw = test(runtime, fuse);
    EXPECT_TRUE(runtime.violations().empty());
    EXPECT_TRUE(runtime.obligations().empty());
    if (!threw) break;
  }
  EXPECT_GT(fuse, 1) << "no move at all";
  EXPECT_LE(fuse, kFuseMax);
}

TEST(ThrowingMovesTest, AnMpscChannelHasItsSlotBack) {
  ForEachMove([](LabRuntime& runtime, int fuse) {
    bool threw = false;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto [tx, rx] = mpsc::Channel<Bomb>(1);
      threw = Throws(fuse, [&] { (void)tx.TrySend(cx, Bomb(1)); });
      EXPECT_EQ(rx.size(), threw ? 0u : 1u);
      if (threw) co_await Try(tx.TrySend(cx, Bomb(1)));
      EXPECT_EQ((co_await Try(rx.Recv(cx))).value, 1);
      { auto gone = std::move(tx); }
      EXPECT_TRUE(absl::IsOutOfRange((co_await rx.Recv(cx)).status()));
      co_return absl::OkStatus();
    });
    return threw;
  });
}

TEST(ThrowingMovesTest, AnMpscPermitIsAsBefore) {
  ForEachMove([](LabRuntime& runtime, int fuse) {
    bool threw = false;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto [tx, rx] = mpsc::Channel<Bomb>(1);
      auto permit = co_await Try(tx.Reserve(cx));
      threw = Throws(fuse, [&] { permit.Send(Bomb(1)); });
      if (threw) {
        EXPECT_TRUE(absl::IsUnavailable(rx.TryRecv().status()));
        permit.Send(Bomb(1));
      }
      EXPECT_EQ((co_await Try(rx.Recv(cx))).value, 1);
      co_return absl::OkStatus();
    });
    return threw;
  });
}

TEST(ThrowingMovesTest, AnMpscMessageIsReceivedWhenItsMoveSucceeds) {
  LabRuntime runtime(LabConfig(1));
  (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<Bomb>(1);
    co_await Try(tx.TrySend(cx, Bomb(1)));
    EXPECT_TRUE(Throws(1, [&, &rx = rx] { (void)rx.TryRecv(); }));
    EXPECT_EQ((co_await Try(rx.Recv(cx))).value, 1);
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.violations().empty());
}

TEST(ThrowingMovesTest, AOneshotSenderStillSendsOrCloses) {
  for (bool again : {false, true}) {
    ForEachMove([&](LabRuntime& runtime, int fuse) {
      bool threw = false;
      (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
        auto [tx, rx] = oneshot::Channel<Bomb>();
        auto receiver = cx.Spawn(
            [&rx = rx](Cx& cx) -> Task<absl::StatusOr<int>> {
              const Bomb got = co_await Try(rx.Recv(cx));
              co_return got.value;
            });
        co_await Try(cx.Sleep(absl::Milliseconds(1)));
        std::optional<oneshot::Sender<Bomb>> sender(std::move(tx));
        threw = Throws(fuse, [&] { (void)sender->Send(Bomb(1)); });
        if (threw && again) co_await Try(sender->Send(Bomb(1)));
        sender.reset();
        const Outcome<int> outcome = co_await receiver.Join(cx);
        if (threw && !again) {
          EXPECT_TRUE(absl::IsOutOfRange(outcome.status()));
        } else {
          EXPECT_EQ(*outcome, 1);
        }
        co_return absl::OkStatus();
      });
      return threw;
    });
  }
}

TEST(ThrowingMovesTest, ABroadcastChannelCountsWhatItHas) {
  ForEachMove([](LabRuntime& runtime, int fuse) {
    bool threw = false;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      auto [tx, rx] = broadcast::Channel<Bomb>(1);
      auto other = tx.Subscribe();
      // Overwritten by the second one, if that is sent.
      co_await Try(tx.TrySend(cx, Bomb(1)));
      threw = Throws(fuse, [&] { (void)tx.TrySend(cx, Bomb(2)); });
      EXPECT_EQ(rx.size(), threw ? 1u : 2u);
      { auto gone = std::move(other); }
      if (!threw) {
        EXPECT_EQ(broadcast::LaggedBy(rx.TryRecv().status()), 1u);
      }
      EXPECT_TRUE(Throws(1, [&, &rx = rx] { (void)rx.TryRecv(); }));
      EXPECT_EQ((co_await Try(rx.Recv(cx))).value, threw ? 1 : 2);
      co_await Try(tx.TrySend(cx, Bomb(3)));
      // Gives up a message that nobody else is to get.
      Bomb::fuse = 1;
      { auto gone = std::move(rx); }
      Bomb::fuse = 0;
      co_return absl::OkStatus();
    });
    return threw;
  });
}

}  // namespace
}  // namespace asupersync
