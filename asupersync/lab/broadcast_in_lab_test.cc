// broadcast on a runtime: every receiver, every message, and who falls behind.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Runs `body` as a task and expects it to end well.
template <class F>
void RunTask(F&& body) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(std::forward<F>(body));
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_TRUE(result.quiescent()) << result.report;
  EXPECT_EQ(handle.outcome_kind(), OutcomeKind::kOk);
}

// What a receiver got until the channel closed, and how many it missed.
struct Heard {
  std::vector<int> values;
  std::uint64_t missed = 0;
  int lags = 0;
};

Task<absl::Status> Hear(Cx& cx, broadcast::Receiver<int> rx, Heard& heard) {
  for (;;) {
    absl::StatusOr<int> value = co_await rx.Recv(cx);
    if (value.ok()) {
      heard.values.push_back(*value);
    } else if (auto missed = broadcast::LaggedBy(value.status())) {
      heard.missed += *missed;
      ++heard.lags;
    } else {
      EXPECT_TRUE(absl::IsOutOfRange(value.status()));
      co_return absl::OkStatus();
    }
  }
}

Task<absl::Status> Say(Cx& cx, broadcast::Sender<int> tx, int first) {
  for (int i = 0; i < 6; ++i) {
    if (i % 2 == 0) {
      co_await Try(tx.Send(cx, first + i));
    } else {
      auto permit = co_await Try(tx.Reserve(cx));
      co_await Try(cx.Yield());
      permit.Send(first + i);
    }
  }
  co_return absl::OkStatus();
}

TEST(BroadcastInLabTest, EveryReceiverGetsEveryMessageInOneOrder) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
      LabRuntime runtime(LabConfig(seed).WithYieldPolicy(policy));
      std::vector<Heard> heard(3);
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        auto [tx, rx] = broadcast::Channel<int>(100);
        for (Heard& each : heard) {
          cx.Spawn([rx = tx.Subscribe(), &each](Cx& cx) mutable {
            return Hear(cx, std::move(rx), each);
          });
        }
        for (int first : {0, 100}) {
          cx.Spawn([tx = tx, first](Cx& cx) { return Say(cx, tx, first); });
        }
        co_return absl::OkStatus();
      });
      ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
      for (const Heard& each : heard) {
        ASSERT_EQ(each.values, heard[0].values);
        EXPECT_EQ(each.missed, 0u);
        std::vector<int> of_first;
        for (int value : each.values) {
          if (value < 100) of_first.push_back(value);
        }
        EXPECT_THAT(of_first, ElementsAre(0, 1, 2, 3, 4, 5));
      }
      EXPECT_EQ(heard[0].values.size(), 12u);
      runtime.Conclude();
      EXPECT_TRUE(runtime.violations().empty());
    }
  }
}

TEST(BroadcastInLabTest, ASlowReceiverMissesOnlyTheOldestAndIsToldHowMany) {
  int lagged_runs = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::vector<Heard> heard(2);
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      auto [tx, rx] = broadcast::Channel<int>(2);
      for (Heard& each : heard) {
        cx.Spawn([rx = tx.Subscribe(), &each](Cx& cx) mutable {
          return Hear(cx, std::move(rx), each);
        });
      }
      cx.Spawn([tx = tx](Cx& cx) { return Say(cx, tx, 0); });
      co_return absl::OkStatus();
    });
    ASSERT_TRUE(runtime.RunUntilQuiescent().quiescent());
    for (const Heard& each : heard) {
      EXPECT_EQ(each.values.size() + each.missed, 6u);
      EXPECT_TRUE(std::is_sorted(each.values.begin(), each.values.end()));
      ASSERT_FALSE(each.values.empty());
      EXPECT_EQ(each.values.back(), 5);
      if (each.lags > 0) ++lagged_runs;
    }
    // No message of a receiver's log is lost, doubled or overtaken.
    runtime.Conclude();
    EXPECT_TRUE(runtime.violations().empty());
  }
  EXPECT_GT(lagged_runs, 20);
}

TEST(BroadcastInLabTest, TheLagIsReportedOnceThenTheOldestThatIsLeft) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = broadcast::Channel<std::string>(3);
    for (const char* text : {"a", "b", "c", "d", "e"}) {
      co_await Try(tx.Send(cx, text));
    }
    EXPECT_EQ(rx.size(), 5u);
    const absl::Status lagged = (co_await rx.Recv(cx)).status();
    EXPECT_TRUE(absl::IsDataLoss(lagged));
    EXPECT_THAT(lagged.message(), HasSubstr("2 messages were overwritten"));
    EXPECT_EQ(broadcast::LaggedBy(lagged), 2u);
    EXPECT_EQ(rx.size(), 3u);
    EXPECT_EQ(co_await Try(rx.Recv(cx)), "c");
    co_await Try(tx.Send(cx, "f"));
    EXPECT_EQ(*rx.TryRecv(), "d");
    EXPECT_EQ(*rx.TryRecv(), "e");
    EXPECT_EQ(*rx.TryRecv(), "f");
    const absl::Status empty = rx.TryRecv().status();
    EXPECT_TRUE(absl::IsUnavailable(empty));
    EXPECT_EQ(broadcast::LaggedBy(empty), std::nullopt);
    co_return absl::OkStatus();
  });
}

TEST(BroadcastInLabTest, AReceiverGetsWhatIsSentAfterItSubscribed) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = broadcast::Channel<int>(8);
    co_await Try(tx.Send(cx, 1));
    auto late = tx.Subscribe();
    EXPECT_EQ(tx.receiver_count(), 2u);
    co_await Try(tx.Send(cx, 2));
    EXPECT_EQ(*late.TryRecv(), 2);
    EXPECT_EQ(*rx.TryRecv(), 1);
    EXPECT_EQ(*rx.TryRecv(), 2);
    {
      auto gone = std::move(rx);
      auto gone_too = std::move(late);
    }
    EXPECT_TRUE(absl::IsFailedPrecondition(co_await tx.Send(cx, 3)));
    EXPECT_TRUE(absl::IsFailedPrecondition((co_await tx.Reserve(cx)).status()));
    EXPECT_TRUE(absl::IsFailedPrecondition(tx.TrySend(cx, 3)));
    auto again = tx.Subscribe();
    EXPECT_TRUE(tx.TrySend(cx, 4).ok());
    EXPECT_EQ(*again.TryRecv(), 4);
    co_return absl::OkStatus();
  });
}

TEST(BroadcastInLabTest, APermitKeepsTheChannelOpenAndMayBeGivenUp) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = broadcast::Channel<int>(8);
    auto permit = co_await Try(tx.Reserve(cx));
    auto unused = co_await Try(tx.Reserve(cx));
    {
      auto gone = std::move(tx);
      auto gone_too = std::move(unused);
    }
    EXPECT_TRUE(absl::IsUnavailable(rx.TryRecv().status()));
    permit.Send(1);
    EXPECT_EQ(co_await Try(rx.Recv(cx)), 1);
    EXPECT_TRUE(absl::IsOutOfRange((co_await rx.Recv(cx)).status()));
    EXPECT_TRUE(absl::IsOutOfRange(rx.TryRecv().status()));
    co_return absl::OkStatus();
  });
}

TEST(BroadcastInLabTest, AMessageDiesWhenTheLastReceiverIsDoneWithIt) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    using Message = std::shared_ptr<int>;
    auto [tx, a] = broadcast::Channel<Message>(2);
    auto b = tx.Subscribe();
    std::vector<std::weak_ptr<int>> sent;
    auto send = [&]() {
      auto message = std::make_shared<int>(1);
      sent.push_back(message);
      return tx.TrySend(cx, std::move(message));
    };
    EXPECT_TRUE(send().ok());
    EXPECT_TRUE(a.TryRecv().ok());
    EXPECT_FALSE(sent[0].expired());
    EXPECT_TRUE(b.TryRecv().ok());
    EXPECT_TRUE(sent[0].expired());
    // One that is overwritten dies too, and one whose receivers go away.
    EXPECT_TRUE(send().ok());
    EXPECT_TRUE(send().ok());
    EXPECT_TRUE(send().ok());
    EXPECT_TRUE(sent[1].expired());
    EXPECT_FALSE(sent[2].expired());
    {
      auto gone = std::move(b);
    }
    EXPECT_FALSE(sent[2].expired());
    {
      auto gone = std::move(a);
    }
    EXPECT_TRUE(sent[2].expired());
    EXPECT_TRUE(sent[3].expired());
    co_return absl::OkStatus();
  });
}

// Cannot be copied while `*armed`.
struct ThrowsWhenCopied {
  explicit ThrowsWhenCopied(bool* armed) : armed(armed) {}
  ThrowsWhenCopied(const ThrowsWhenCopied& other) : armed(other.armed) {
    if (*armed) throw std::runtime_error("copied");
  }
  ThrowsWhenCopied(ThrowsWhenCopied&& other) noexcept = default;
  bool* armed;
};

TEST(BroadcastInLabTest, AnExceptionOfACopyLosesNothing) {
  bool armed = true;
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = broadcast::Channel<ThrowsWhenCopied>(2);
  auto other = tx.Subscribe();
  auto failed = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_await Try(tx.Send(cx, ThrowsWhenCopied(&armed)));
    co_return (co_await rx.Recv(cx)).status();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_EQ(failed.TakeOutcome().panic().what, "copied");
  armed = false;
  EXPECT_TRUE(rx.TryRecv().ok());
  EXPECT_TRUE(other.TryRecv().ok());
}

TEST(BroadcastInLabTest, AMessageMayHoldTheChannelsOwnSender) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    struct Message {
      std::optional<broadcast::Sender<std::shared_ptr<Message>>> reply;
    };
    auto [tx, rx] = broadcast::Channel<std::shared_ptr<Message>>(2);
    std::vector<std::weak_ptr<Message>> sent;
    for (int i = 0; i < 3; ++i) {
      auto message = std::make_shared<Message>();
      message->reply = tx;
      sent.push_back(message);
      co_await Try(tx.Send(cx, std::move(message)));
    }
    EXPECT_TRUE(sent[0].expired());
    {
      auto gone = std::move(tx);
    }
    EXPECT_FALSE(rx.TryRecv().ok());  // lagged
    EXPECT_TRUE(rx.TryRecv().ok());
    EXPECT_TRUE(rx.TryRecv().ok());
    EXPECT_TRUE(absl::IsOutOfRange(rx.TryRecv().status()));
    co_return absl::OkStatus();
  });
}

TEST(BroadcastInLabTest, ACancelledReceiverMissesNothing) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = broadcast::Channel<int>(2);
    auto other = tx.Subscribe();
    auto receiver = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await rx.Recv(cx)).status();
    });
    runtime.StepN(2);
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      absl::Status sent = tx.TrySend(cx, 7);  // wakes the receiver
      receiver.Cancel();
      co_return sent;
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(receiver.outcome_kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(*rx.TryRecv(), 7);
    EXPECT_EQ(*other.TryRecv(), 7);
  }
}

// How many classes the executions of three tasks that receive `message` fall
// into.
template <class T>
std::size_t ReceiveClasses(const T& message) {
  std::set<std::uint64_t> fingerprints;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    auto [tx, rx] = broadcast::Channel<T>(2);
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 3; ++i) {
        cx.Spawn([rx = tx.Subscribe()](Cx& cx) mutable -> Task<absl::Status> {
          const absl::StatusOr<T> got = co_await rx.Recv(cx);
          co_return got.status();
        });
      }
      co_return tx.TrySend(cx, message);
    });
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    fingerprints.insert(runtime.fingerprint().value());
  }
  return fingerprints.size();
}

TEST(BroadcastInLabTest, ReceiversDependOnEachOtherOnlyThroughDestructors) {
  EXPECT_EQ(ReceiveClasses<int>(1), 1u);
  EXPECT_EQ(ReceiveClasses<std::string>("text"), 6u);
}

TEST(BroadcastInLabTest, ADeadlockShowsTheReceiver) {
  LabRuntime runtime(LabConfig(1));
  auto [tx, rx] = broadcast::Channel<int>(2);
  runtime.SpawnRoot("listener", [&](Cx& cx) -> Task<absl::Status> {
    co_return (co_await rx.Recv(cx)).status();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("'listener' waits to receive from broadcast channel at "
                        "asupersync/lab/broadcast_in_lab_test.cc:"));
}

TEST(BroadcastInLabTest, ARuntimeThatEndsInBetweenLeavesNothing) {
  auto message = std::make_shared<int>(1);
  {
    auto [tx, rx] = broadcast::Channel<std::shared_ptr<int>>(2);
    LabRuntime runtime(LabConfig(1));
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([rx = tx.Subscribe()](
                            Cx& cx) mutable -> Task<absl::Status> {
        for (;;) co_await Try(rx.Recv(cx));
      });
    }
    runtime.SpawnRoot([tx = tx, message](Cx& cx) -> Task<absl::Status> {
      auto permit = co_await Try(tx.Reserve(cx));
      co_await Try(tx.Send(cx, message));
      co_return co_await cx.Sleep(absl::InfiniteDuration());
    });
    runtime.StepN(7);
    EXPECT_GT(message.use_count(), 1);
  }
  EXPECT_EQ(message.use_count(), 1);
}

}  // namespace
}  // namespace asupersync
