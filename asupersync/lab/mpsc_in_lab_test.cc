// mpsc on a runtime: order, capacity, closing and fairness under many seeds.
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

constexpr std::uint64_t kSeeds = 200;

Task<absl::Status> Produce(Cx& cx, mpsc::Sender<int> tx, int first, int count) {
  for (int i = 0; i < count; ++i) {
    if (i % 2 == 0) {
      co_await Try(tx.Send(cx, first + i));
    } else {
      auto permit = co_await Try(tx.Reserve(cx));
      if (i % 3 == 0) co_await Try(cx.Yield());
      permit.Send(first + i);
    }
  }
  co_return absl::OkStatus();
}

TEST(MpscInLabTest, LosesAndDuplicatesNothingAndKeepsEachSendersOrder) {
  for (std::uint64_t seed = 0; seed < kSeeds; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::vector<int> received;
    std::size_t most = 0;
    const std::size_t capacity = 1 + seed % 4;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      auto [tx, rx] = mpsc::Channel<int>(capacity);
      for (int sender = 0; sender < 3; ++sender) {
        cx.Spawn([tx = tx, sender](Cx& cx) {
          return Produce(cx, tx, 100 * sender, 7);
        });
      }
      {
        auto last_of_ours = std::move(tx);
      }
      for (;;) {
        most = std::max(most, rx.size());
        absl::StatusOr<int> value = co_await rx.Recv(cx);
        if (!value.ok()) {
          EXPECT_TRUE(absl::IsOutOfRange(value.status()));
          co_return absl::OkStatus();
        }
        received.push_back(*value);
      }
    });
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_LE(most, capacity);
    for (int sender = 0; sender < 3; ++sender) {
      std::vector<int> of_sender, expected;
      for (int value : received) {
        if (value / 100 == sender) of_sender.push_back(value);
      }
      for (int i = 0; i < 7; ++i) expected.push_back(100 * sender + i);
      ASSERT_EQ(of_sender, expected);
    }
  }
}

TEST(MpscInLabTest, SendersGetSlotsInTheOrderInWhichTheyAsked) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = mpsc::Channel<int>(1);
    for (int i = 0; i < 5; ++i) {
      runtime.SpawnRoot([&, i](Cx& cx) -> Task<absl::Status> {
        co_await Try(cx.Sleep(absl::Seconds(i)));  // asks at second i
        co_return co_await tx.Send(cx, i);
      });
    }
    std::vector<int> received;
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(10)));
      for (int i = 0; i < 5; ++i) {
        received.push_back(co_await Try(rx.Recv(cx)));
        // A newcomer must not take the slot that others wait for.
        EXPECT_FALSE(i < 4 && tx.TrySend(cx, 99).ok());
      }
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_THAT(received, ElementsAre(0, 1, 2, 3, 4));
  }
}

// Runs `body` as a task and expects it to end well.
template <class F>
void RunTask(F&& body) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(std::forward<F>(body));
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_TRUE(result.quiescent()) << result.report;
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kOk);
}

TEST(MpscInLabTest, TheTryFunctionsSayWhyNot) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(2);
    EXPECT_TRUE(absl::IsUnavailable(rx.TryRecv().status()));
    EXPECT_TRUE(tx.TrySend(cx, 1).ok());
    auto permit = tx.TryReserve(cx);
    EXPECT_TRUE(permit.ok());
    EXPECT_TRUE(absl::IsResourceExhausted(tx.TrySend(cx, 2)));
    EXPECT_EQ(*rx.TryRecv(), 1);
    EXPECT_TRUE(absl::IsUnavailable(rx.TryRecv().status()));
    permit->Send(3);
    {
      auto gone = std::move(tx);
    }
    EXPECT_EQ(*rx.TryRecv(), 3);
    EXPECT_TRUE(absl::IsOutOfRange(rx.TryRecv().status()));
    co_return absl::OkStatus();
  });
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(2);
    auto permit = co_await Try(tx.Reserve(cx));
    {
      auto gone = std::move(rx);
    }
    EXPECT_TRUE(absl::IsFailedPrecondition(tx.TrySend(cx, 1)));
    EXPECT_TRUE(absl::IsFailedPrecondition(co_await tx.Send(cx, 1)));
    EXPECT_TRUE(absl::IsFailedPrecondition((co_await tx.Reserve(cx)).status()));
    permit.Send(5);  // cannot fail
    co_return absl::OkStatus();
  });
}

TEST(MpscInLabTest, AnUnsentPermitGivesItsSlotToTheNextSender) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(1);
    auto waiting = [&] {
      return cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
        co_return co_await tx.Send(cx, 1);
      });
    };
    {
      auto permit = co_await Try(tx.Reserve(cx));
      auto sender = waiting();
      co_await Try(cx.Sleep(absl::Seconds(1)));
      EXPECT_FALSE(sender.done());
    }
    EXPECT_EQ(co_await Try(rx.Recv(cx)), 1);
    // Assigning to a permit gives back the slot that it had.
    auto first = co_await Try(tx.Reserve(cx));
    auto other = mpsc::Channel<int>(1);
    auto second = co_await Try(other.sender.Reserve(cx));
    auto sender = waiting();
    first = std::move(second);
    co_await Try(sender.Join(cx));
    EXPECT_EQ(co_await Try(rx.Recv(cx)), 1);
    first.Send(9);
    EXPECT_EQ(*other.receiver.TryRecv(), 9);
    co_return absl::OkStatus();
  });
}

TEST(MpscInLabTest, AWaitingSenderLearnsThatTheReceiverIsGone) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<LiveProbe>(1);
    auto sender = cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(tx.Send(cx, LiveProbe()));
      co_return co_await tx.Send(cx, LiveProbe());
    });
    co_await Try(cx.Sleep(absl::Seconds(1)));
    EXPECT_GE(LiveProbe::alive(), 2);
    {
      auto gone = std::move(rx);
    }
    Outcome<void> end = co_await sender.Join(cx);
    EXPECT_TRUE(absl::IsFailedPrecondition(end.status()));
    EXPECT_EQ(LiveProbe::alive(), 0);
    co_return absl::OkStatus();
  });
}

TEST(MpscInLabTest, AnAssignedReceiverClosesItsOldChannelAtOnce) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [old_tx, rx] = mpsc::Channel<int>(1);
    auto [new_tx, new_rx] = mpsc::Channel<int>(1);
    rx = std::move(new_rx);
    EXPECT_TRUE(absl::IsFailedPrecondition(old_tx.TrySend(cx, 1)));
    EXPECT_TRUE(new_tx.TrySend(cx, 2).ok());
    EXPECT_EQ(*rx.TryRecv(), 2);
    co_return absl::OkStatus();
  });
}

TEST(MpscInLabTest, APermitKeepsTheChannelOpen) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(1);
    auto permit = co_await Try(tx.Reserve(cx));
    {
      auto gone = std::move(tx);
    }
    EXPECT_TRUE(absl::IsUnavailable(rx.TryRecv().status()));
    permit.Send(4);
    EXPECT_EQ(co_await Try(rx.Recv(cx)), 4);
    EXPECT_TRUE(absl::IsOutOfRange((co_await rx.Recv(cx)).status()));
    co_return absl::OkStatus();
  });
}

// Cannot be moved once it was sent.
struct ThrowsInTheQueue {
  explicit ThrowsInTheQueue(bool* queued) : queued(queued) {}
  ThrowsInTheQueue(ThrowsInTheQueue&& other) : queued(other.queued) {
    if (*queued) throw std::runtime_error("moved");
  }
  bool* queued;
};

TEST(MpscInLabTest, AnExceptionOfAMessagesMoveIsTheReceivers) {
  LabRuntime runtime(LabConfig(1));
  bool queued = false;
  auto [tx, rx] = mpsc::Channel<ThrowsInTheQueue>(1);
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(tx.Send(cx, ThrowsInTheQueue(&queued)));
    queued = true;
    co_await Try(rx.Recv(cx));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(handle.TakeOutcome().panic().what, "moved");
  queued = false;
}

TEST(MpscInLabTest, AMessageMayHoldTheChannelsOwnSender) {
  struct Message {
    std::optional<mpsc::Sender<std::shared_ptr<Message>>> reply;
    LiveProbe probe;
  };
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<std::shared_ptr<Message>>(3);
    for (int i = 0; i < 3; ++i) {
      auto message = std::make_shared<Message>();
      message->reply = tx;
      co_await Try(tx.Send(cx, std::move(message)));
    }
    {
      auto gone = std::move(tx);
    }
    EXPECT_EQ(LiveProbe::alive(), 3);
    {
      auto gone = std::move(rx);
    }
    EXPECT_EQ(LiveProbe::alive(), 0);
    co_return absl::OkStatus();
  });
}

TEST(MpscInLabTest, WithoutABoundNoSenderEverWaits) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = mpsc::UnboundedChannel<int>();
    auto producer = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 500; ++i) co_await Try(tx.Send(cx, i));
      auto permit = tx.TryReserve(cx);
      EXPECT_TRUE(permit.ok());
      permit->Send(500);
      auto gone = std::move(tx);
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(producer.done());
    EXPECT_EQ(rx.size(), 501u);
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i <= 500; ++i) EXPECT_EQ(co_await Try(rx.Recv(cx)), i);
      EXPECT_TRUE(absl::IsOutOfRange((co_await rx.Recv(cx)).status()));
      co_return absl::OkStatus();
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  }
}

TEST(MpscInLabTest, EachPermitIsOneObligationCommittedOrAborted) {
  LabRuntime runtime(LabConfig(1).WithDefaultReplayRecording());
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(4);
    (co_await Try(tx.Reserve(cx))).Send(1);
    {
      auto unsent = co_await Try(tx.Reserve(cx));
    }
    auto moved = co_await Try(tx.Reserve(cx));
    auto kept = std::move(moved);
    kept.Send(2);
    co_return tx.TrySend(cx, 3);
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  std::string log;
  const ReplayTrace trace = *runtime.TakeReplayTrace();
  for (const EventRecord& record : trace.events()) {
    if (std::get_if<ObligationReserved>(&record.event)) log += 'r';
    if (std::get_if<ObligationCommitted>(&record.event)) log += 'c';
    if (std::get_if<ObligationAborted>(&record.event)) log += 'a';
  }
  EXPECT_EQ(log, "rcrarcrc");
}

}  // namespace
}  // namespace asupersync
