// Every primitive that a task can wait at, cancelled at every moment: nothing
// is lost, leaked or completed twice.
#include "asupersync/lab/cancellation_matrix.h"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/channel/watch.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/run_result.h"
#include "asupersync/lab/violation.h"
#include "asupersync/sync/barrier.h"
#include "asupersync/sync/latch.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/once_cell.h"
#include "asupersync/sync/rw_lock.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// What most rows have in common.
struct Row {
  static constexpr bool kSeveral = true;
  static constexpr bool kCancellable = true;
  static constexpr bool kReleaseFirst = false;
  static constexpr bool kFifo = false;
  static constexpr bool kDeadlocks = true;

  Task<absl::Status> Prepare(Cx&) { co_return absl::OkStatus(); }
  Task<absl::Status> ExpectIntact(Cx&, int) { co_return absl::OkStatus(); }
};

struct MutexRow : Row {
  static constexpr char kName[] = "Mutex";
  static constexpr bool kFifo = true;
  Task<absl::Status> Prepare(Cx& cx) {
    held = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  }
  Task<absl::Status> Wait(Cx& cx) {
    MutexGuard guard = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  }
  Task<absl::Status> Release(Cx&) {
    held.reset();
    co_return absl::OkStatus();
  }
  Task<absl::Status> ExpectIntact(Cx&, int) {
    EXPECT_FALSE(mutex.locked());
    co_return absl::OkStatus();
  }
  Mutex mutex;
  std::optional<MutexGuard> held;
};

template <bool kWrite>
struct RwLockRow : Row {
  static constexpr const char* kName = kWrite ? "RwLockWrite" : "RwLockRead";
  static constexpr bool kFifo = kWrite;  // readers go together
  // What excludes the operation.
  Task<absl::Status> Prepare(Cx& cx) {
    if constexpr (kWrite) {
      held = co_await Try(lock.Read(cx));
    } else {
      held = co_await Try(lock.Write(cx));
    }
    co_return absl::OkStatus();
  }
  Task<absl::Status> Wait(Cx& cx) {
    if constexpr (kWrite) {
      RwLockGuard guard = co_await Try(lock.Write(cx));
    } else {
      RwLockGuard guard = co_await Try(lock.Read(cx));
    }
    co_return absl::OkStatus();
  }
  Task<absl::Status> Release(Cx&) {
    held.reset();
    co_return absl::OkStatus();
  }
  Task<absl::Status> ExpectIntact(Cx& cx, int) {
    EXPECT_TRUE(lock.TryWrite(cx).ok());
    co_return absl::OkStatus();
  }
  RwLock lock;
  std::optional<RwLockGuard> held;
};

struct SemaphoreRow : Row {
  static constexpr char kName[] = "Semaphore";
  static constexpr bool kFifo = true;
  Task<absl::Status> Prepare(Cx& cx) {
    held = co_await Try(semaphore.Acquire(cx, 2));
    co_return absl::OkStatus();
  }
  Task<absl::Status> Wait(Cx& cx) {
    SemaphorePermit permit = co_await Try(semaphore.Acquire(cx, 2));
    co_return absl::OkStatus();
  }
  Task<absl::Status> Release(Cx&) {
    held.reset();
    co_return absl::OkStatus();
  }
  Task<absl::Status> ExpectIntact(Cx&, int) {
    EXPECT_EQ(semaphore.available(), 3u);
    co_return absl::OkStatus();
  }
  Semaphore semaphore{3};
  std::optional<SemaphorePermit> held;
};

struct NotifyRow : Row {
  static constexpr char kName[] = "Notify";
  static constexpr bool kFifo = true;
  Task<absl::Status> Wait(Cx& cx) { co_return co_await notify.Wait(cx); }
  Task<absl::Status> Release(Cx&) {
    notify.NotifyOne();
    co_return absl::OkStatus();
  }
  Notify notify;
};

struct LatchRow : Row {
  static constexpr char kName[] = "Latch";
  Task<absl::Status> Wait(Cx& cx) { co_return co_await latch.Wait(cx); }
  Task<absl::Status> Release(Cx&) {
    if (!latch.open()) latch.CountDown();
    co_return absl::OkStatus();
  }
  Latch latch{1};
};

struct BarrierRow : Row {
  static constexpr char kName[] = "Barrier";
  static constexpr bool kSeveral = false;  // they would pass each other
  Task<absl::Status> Wait(Cx& cx) {
    co_return (co_await barrier.Arrive(cx)).status();
  }
  Task<absl::Status> Release(Cx& cx) {
    co_return (co_await barrier.Arrive(cx)).status();
  }
  Barrier barrier{2};
};

// Waits while another task makes the value.
struct OnceCellRow : Row {
  static constexpr char kName[] = "OnceCell";
  Task<absl::Status> Prepare(Cx& cx) {
    co_return (co_await cell.GetOrInit(cx, Init{this})).status();
  }
  Task<absl::Status> Wait(Cx& cx) {
    co_return (co_await cell.GetOrInit(cx, Init{this})).status();
  }
  Task<absl::Status> Release(Cx&) {
    if (cell.Get() == nullptr) gate.NotifyOne();
    co_return absl::OkStatus();
  }
  Task<absl::Status> ExpectIntact(Cx&, int) {
    EXPECT_EQ(made, 1);
    EXPECT_NE(cell.Get(), nullptr);
    co_return absl::OkStatus();
  }
  struct Init {
    Task<absl::StatusOr<LiveProbe>> operator()(Cx& cx) {
      co_await Try(row->gate.Wait(cx));
      ++row->made;
      co_return LiveProbe();
    }
    OnceCellRow* row;
  };
  OnceCell<LiveProbe> cell;
  Notify gate;
  int made = 0;
};

// Makes the value itself.
struct OnceCellInitializerRow : OnceCellRow {
  static constexpr char kName[] = "OnceCellInitializer";
  Task<absl::Status> Prepare(Cx&) { co_return absl::OkStatus(); }
};

// A channel that is full, and what was received from it.
struct FullChannel : Row {
  static constexpr bool kFifo = true;
  Task<absl::Status> Prepare(Cx& cx) { co_return ends.sender.TrySend(cx, 0); }
  Task<absl::Status> Release(Cx&) {
    absl::StatusOr<int> message = ends.receiver.TryRecv();
    if (message.ok()) received.push_back(*message);
    co_return absl::OkStatus();
  }
  Task<absl::Status> ExpectIntact(Cx&, int completed) {
    for (;;) {
      absl::StatusOr<int> message = ends.receiver.TryRecv();
      if (!message.ok()) break;
      received.push_back(*message);
    }
    EXPECT_EQ(received.size(), 1u + completed);
    EXPECT_EQ(std::set<int>(received.begin(), received.end()).size(),
              received.size());
    co_return absl::OkStatus();
  }
  mpsc::ChannelEnds<int> ends = mpsc::Channel<int>(1);
  std::vector<int> received;
  int last = 0;
};

struct MpscSendRow : FullChannel {
  static constexpr char kName[] = "MpscSend";
  Task<absl::Status> Wait(Cx& cx) {
    co_return co_await ends.sender.Send(cx, ++last);
  }
};

struct MpscReserveRow : FullChannel {
  static constexpr char kName[] = "MpscReserve";
  Task<absl::Status> Wait(Cx& cx) {
    auto permit = co_await Try(ends.sender.Reserve(cx));
    permit.Send(++last);
    co_return absl::OkStatus();
  }
};

// A receiver that gets 1, 2, ...
struct Stream : Row {
  static constexpr bool kSeveral = false;
  Task<absl::Status> Got(absl::StatusOr<int> message) {
    if (!message.ok()) co_return message.status();
    EXPECT_EQ(*message, ++got);
    co_return absl::OkStatus();
  }
  int got = 0;
  int sent = 0;
};

struct MpscRecvRow : Stream {
  static constexpr char kName[] = "MpscRecv";
  Task<absl::Status> Wait(Cx& cx) {
    co_return co_await Got(co_await ends.receiver.Recv(cx));
  }
  Task<absl::Status> Release(Cx& cx) {
    co_return ends.sender.TrySend(cx, ++sent);
  }
  Task<absl::Status> ExpectIntact(Cx&, int completed) {
    EXPECT_EQ(got, completed);
    EXPECT_EQ(ends.receiver.size(), static_cast<std::size_t>(sent - got));
    co_return absl::OkStatus();
  }
  mpsc::ChannelEnds<int> ends = mpsc::UnboundedChannel<int>();
};

struct BroadcastRecvRow : Stream {
  static constexpr char kName[] = "BroadcastRecv";
  Task<absl::Status> Wait(Cx& cx) {
    co_return co_await Got(co_await ends.receiver.Recv(cx));
  }
  Task<absl::Status> Release(Cx& cx) {
    co_return ends.sender.TrySend(cx, ++sent);
  }
  Task<absl::Status> ExpectIntact(Cx&, int completed) {
    EXPECT_EQ(got, completed);
    EXPECT_EQ(ends.receiver.size(), static_cast<std::size_t>(sent - got));
    co_return absl::OkStatus();
  }
  broadcast::ChannelEnds<int> ends = broadcast::Channel<int>(8);
};

struct OneshotRecvRow : Stream {
  static constexpr char kName[] = "OneshotRecv";
  static constexpr bool kReleaseFirst = true;
  Task<absl::Status> Wait(Cx& cx) {
    co_return co_await Got(co_await ends.receiver.Recv(cx));
  }
  Task<absl::Status> Release(Cx&) {
    if (sent > got) co_return absl::OkStatus();  // still there
    if (sent > 0) ends = oneshot::Channel<int>();
    co_return ends.sender.Send(++sent);
  }
  oneshot::ChannelEnds<int> ends = oneshot::Channel<int>();
};

struct OneshotClosedRow : Stream {
  static constexpr char kName[] = "OneshotClosed";
  Task<absl::Status> Wait(Cx& cx) { co_return co_await sender.Closed(cx); }
  Task<absl::Status> Release(Cx&) {
    receiver.reset();
    co_return absl::OkStatus();
  }
  OneshotClosedRow() : OneshotClosedRow(oneshot::Channel<int>()) {}
  explicit OneshotClosedRow(oneshot::ChannelEnds<int> ends)
      : sender(std::move(ends.sender)), receiver(std::move(ends.receiver)) {}
  oneshot::Sender<int> sender;
  std::optional<oneshot::Receiver<int>> receiver;
};

struct WatchChangedRow : Row {
  static constexpr char kName[] = "WatchChanged";
  static constexpr bool kSeveral = false;
  Task<absl::Status> Wait(Cx& cx) {
    co_return co_await ends.receiver.Changed(cx);
  }
  Task<absl::Status> Release(Cx& cx) {
    co_return co_await ends.sender.SendModify(cx, [](int& value) { ++value; });
  }
  watch::ChannelEnds<int> ends = watch::Channel<int>(0);
};

struct WatchWaitForRow : WatchChangedRow {
  static constexpr char kName[] = "WatchWaitFor";
  Task<absl::Status> Wait(Cx& cx) {
    auto positive = [](int value) { return value > 0; };
    co_return co_await ends.receiver.WaitFor(cx, positive);
  }
};

struct SleepRow : Row {
  static constexpr char kName[] = "Sleep";
  static constexpr bool kDeadlocks = false;
  Task<absl::Status> Wait(Cx& cx) { co_return co_await cx.Sleep(kLong); }
  Task<absl::Status> Release(Cx& cx) { co_return co_await cx.Sleep(kLong); }
  static constexpr absl::Duration kLong = absl::Hours(1);
};

struct JoinRow : Row {
  static constexpr char kName[] = "Join";
  static constexpr bool kSeveral = false;  // a result can be taken once
  static constexpr bool kReleaseFirst = true;
  Task<absl::Status> Prepare(Cx& cx) {
    SpawnTarget(cx);
    co_return absl::OkStatus();
  }
  Task<absl::Status> Wait(Cx& cx) {
    Outcome<LiveProbe> outcome = co_await target->Join(cx);
    if (outcome.ok()) taken = true;
    co_return outcome.status();
  }
  Task<absl::Status> Release(Cx& cx) {
    if (std::exchange(taken, false)) SpawnTarget(cx);
    if (!target->done()) gate.NotifyOne();
    co_return absl::OkStatus();
  }
  void SpawnTarget(Cx& cx) {
    target = cx.Spawn([this](Cx& cx) -> Task<absl::StatusOr<LiveProbe>> {
      co_await Try(gate.Wait(cx));
      co_return LiveProbe();
    });
  }
  Notify gate;
  std::optional<TaskHandle<absl::StatusOr<LiveProbe>>> target;
  bool taken = false;
};

struct ScopeCloseRow : Row {
  static constexpr char kName[] = "ScopeClose";
  static constexpr bool kCancellable = false;
  Task<absl::Status> Wait(Cx& cx) {
    bool started = false;
    bool cleaned_up = false;
    absl::Status status =
        co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
          cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
            CancelMask mask(cx);
            started = true;
            co_await Try(gate.Wait(cx));
            cleaned_up = true;
            co_return absl::OkStatus();
          });
          co_return absl::OkStatus();
        });
    EXPECT_EQ(cleaned_up, started);
    co_return status;
  }
  Task<absl::Status> Release(Cx&) {
    gate.NotifyOne();
    co_return absl::OkStatus();
  }
  Notify gate;
};

template <class RowType>
class CancellationMatrixTest : public ::testing::Test {};

// One execution: a victim, a successor, and whoever releases.
template <class RowType>
class Play {
 public:
  using Handle = TaskHandle<absl::Status>;

  Play(YieldPolicy policy, std::uint64_t seed)
      : runtime_(LabConfig(seed).WithYieldPolicy(policy)),
        row_(std::make_unique<RowType>()) {
    runtime_.SpawnRoot("prepare", [this](Cx& cx) { return row_->Prepare(cx); });
    // At most until it waits, as that of a cell does.
    (void)runtime_.RunUntilQuiescent();
  }

  // Starts a task that waits. A masked one ends with what it sees unmasked.
  Handle Wait(const char* name, bool masked = false) {
    return runtime_.SpawnRoot(
        name, [this, name, masked, probe = LiveProbe()](
                  Cx& cx) -> Task<absl::Status> {
          absl::Status status;
          {
            std::optional<CancelMask> mask;
            if (masked) mask.emplace(cx);
            status = co_await row_->Wait(cx);
          }
          if (status.ok()) {
            ++completed_;
            order_.push_back(name);
          }
          if (masked) co_return cx.Checkpoint();
          co_return status;
        });
  }

  // Releases once; then cancels `victim`, if any, in the same step.
  void Release(Handle* victim = nullptr) {
    runtime_.SpawnRoot("release", [this, victim](Cx& cx) -> Task<absl::Status> {
      absl::Status status = co_await row_->Release(cx);
      if (victim != nullptr) victim->Cancel();
      co_return status;
    });
  }

  // A task that comes after the victim succeeds: with one release if the victim
  // took what there was or nothing was released, else without any.
  void ExpectSuccessor(bool release) {
    if (release && RowType::kReleaseFirst) {
      Release();
      Run();
    }
    Handle successor = Wait("successor");
    if (release && !RowType::kReleaseFirst) Release();
    (void)runtime_.RunUntilQuiescent();
    ASSERT_TRUE(successor.done()) << runtime_.DescribeTasks();
    EXPECT_EQ(successor.outcome_kind(), OutcomeKind::kOk);
    auto check = runtime_.SpawnRoot("check", [this](Cx& cx) {
      return row_->ExpectIntact(cx, completed_);
    });
    (void)runtime_.RunUntilQuiescent();
    EXPECT_EQ(check.outcome_kind(), OutcomeKind::kOk);
    // A task that released may be left: a barrier's waits for another.
    runtime_.Conclude(/*end_is_expected=*/true);
    for (const Violation& violation : runtime_.violations()) {
      ADD_FAILURE() << violation.message;
    }
  }

  void Run() { (void)runtime_.RunUntilQuiescent(); }
  LabRuntime& runtime() { return runtime_; }
  RowType& row() { return *row_; }
  int completed() const { return completed_; }
  const std::vector<std::string>& order() const { return order_; }

 private:
  LabRuntime runtime_;
  std::unique_ptr<RowType> row_;
  int completed_ = 0;
  std::vector<std::string> order_;
};

template <class F>
void ForEachPolicyAndSeed(const F& f) {
  for (YieldPolicy policy :
       {YieldPolicy::kEveryOperation, YieldPolicy::kWhenBlocked}) {
    for (std::uint64_t seed = 0; seed < 8; ++seed) f(policy, seed);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

using Rows =
    ::testing::Types<MutexRow, RwLockRow<false>, RwLockRow<true>, SemaphoreRow,
                     NotifyRow, LatchRow, BarrierRow, OnceCellRow,
                     OnceCellInitializerRow, MpscSendRow, MpscReserveRow,
                     MpscRecvRow, OneshotRecvRow, OneshotClosedRow,
                     BroadcastRecvRow, WatchChangedRow, WatchWaitForRow,
                     SleepRow, JoinRow, ScopeCloseRow>;
struct RowNames {
  template <class RowType>
  static std::string GetName(int) {
    return RowType::kName;
  }
};
TYPED_TEST_SUITE(CancellationMatrixTest, Rows, RowNames);

TYPED_TEST(CancellationMatrixTest, NotStarted) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    auto victim = play.Wait("victim");
    victim.Cancel();
    play.Run();
    ASSERT_EQ(victim.outcome_kind(), OutcomeKind::kCancelled);
    EXPECT_EQ(play.completed(), 0);
    play.ExpectSuccessor(/*release=*/true);
  });
}

TYPED_TEST(CancellationMatrixTest, ByItselfBeforeTheOperation) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    if (!TypeParam::kCancellable) return;
    Play<TypeParam> play(policy, seed);
    std::optional<TaskHandle<absl::Status>> self;
    bool cancelled = false;
    self = play.runtime().SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      self->Cancel();
      const absl::Status status = co_await play.row().Wait(cx);
      cancelled = absl::IsCancelled(status);
      co_return status;
    });
    play.Run();
    EXPECT_TRUE(cancelled);
    play.ExpectSuccessor(/*release=*/true);
  });
}

TYPED_TEST(CancellationMatrixTest, AboutToWaitAndWaiting) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 1; steps < 8; ++steps) {
      Play<TypeParam> play(policy, seed);
      const absl::Time before = play.runtime().Now();
      auto victim = play.Wait("victim");
      play.runtime().StepN(steps);
      ASSERT_FALSE(victim.done());
      victim.Cancel();
      if (TypeParam::kCancellable) {
        play.runtime().StepN(1000);
        ASSERT_TRUE(victim.done());
        EXPECT_EQ(victim.outcome_kind(), OutcomeKind::kCancelled);
        EXPECT_EQ(play.runtime().Now(), before);
        EXPECT_EQ(play.completed(), 0);
        play.ExpectSuccessor(/*release=*/true);
      } else {
        play.Release();
        play.Run();
        ASSERT_TRUE(victim.done());
        EXPECT_EQ(play.completed(), 1);
        play.ExpectSuccessor(/*release=*/true);
      }
    }
  });
}

TYPED_TEST(CancellationMatrixTest, JustReleased) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 0; steps < 8; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto victim = play.Wait("victim");
      play.runtime().StepN(steps);
      play.Release(&victim);
      play.Run();
      if (!victim.done()) play.runtime().StepN(1000);
      ASSERT_TRUE(victim.done()) << play.runtime().DescribeTasks();
      // What the victim did not take is there for the next one.
      play.ExpectSuccessor(/*release=*/play.completed() > 0);
    }
  });
}

TYPED_TEST(CancellationMatrixTest, Masked) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 1; steps < 8; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto victim = play.Wait("victim", /*masked=*/true);
      play.runtime().StepN(steps);
      victim.Cancel();
      play.runtime().StepN(1000);
      ASSERT_FALSE(victim.done());
      play.Release();
      play.Run();
      ASSERT_TRUE(victim.done()) << play.runtime().DescribeTasks();
      EXPECT_EQ(victim.outcome_kind(), OutcomeKind::kCancelled);
      EXPECT_EQ(play.completed(), 1);
      play.ExpectSuccessor(/*release=*/true);
    }
  });
}

TYPED_TEST(CancellationMatrixTest, AlreadyDone) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    auto victim = play.Wait("victim");
    play.Release();
    play.Run();
    ASSERT_TRUE(victim.done()) << play.runtime().DescribeTasks();
    victim.Cancel();
    play.Run();
    EXPECT_EQ(victim.outcome_kind(), OutcomeKind::kOk);
    EXPECT_EQ(play.completed(), 1);
    play.ExpectSuccessor(/*release=*/true);
  });
}

TYPED_TEST(CancellationMatrixTest, InACrowd) {
  if (!TypeParam::kSeveral) GTEST_SKIP() << "one task at a time may wait";
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 0; steps < 16; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto first = play.Wait("first");
      auto victim = play.Wait("victim");
      auto last = play.Wait("last");
      for (int i = 0; i < 3; ++i) play.Release();
      play.runtime().StepN(steps);
      victim.Cancel();
      play.Run();
      // Releases that nobody waited for may have had no effect.
      for (int i = 0; i < 3; ++i) {
        play.Release();
        play.Run();
      }
      ASSERT_TRUE(first.done() && victim.done() && last.done())
          << play.runtime().DescribeTasks();
      EXPECT_EQ(first.outcome_kind(), OutcomeKind::kOk);
      EXPECT_EQ(last.outcome_kind(), OutcomeKind::kOk);
      play.ExpectSuccessor(/*release=*/true);
    }
  });
}

TYPED_TEST(CancellationMatrixTest, FirstInFirstOut) {
  if (!TypeParam::kFifo) GTEST_SKIP() << "they do not go one by one";
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    for (const char* name : {"first", "second", "third"}) {
      play.Wait(name);
      play.runtime().StepN(1000);
    }
    ASSERT_EQ(play.completed(), 0);
    for (int i = 0; i < 3; ++i) {
      play.Release();
      play.Run();
    }
    EXPECT_EQ(play.order(),
              (std::vector<std::string>{"first", "second", "third"}));
  });
}

TYPED_TEST(CancellationMatrixTest, ShownInADeadlock) {
  if (!TypeParam::kDeadlocks) GTEST_SKIP() << "time ends the wait";
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    Play<TypeParam> play(policy, seed);
    play.Wait("the victim");
    const RunResult result = play.runtime().RunUntilQuiescent();
    EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
    const std::string::size_type victim = result.report.find("'the victim'");
    ASSERT_NE(victim, std::string::npos) << result.report;
    EXPECT_NE(result.report.find("cancellation_matrix.cc:", victim),
              std::string::npos)
        << result.report;
  });
}

TYPED_TEST(CancellationMatrixTest, DestroyedWithTheRuntime) {
  ForEachPolicyAndSeed([](YieldPolicy policy, std::uint64_t seed) {
    for (int steps = 0; steps < 12; ++steps) {
      Play<TypeParam> play(policy, seed);
      auto victim = play.Wait("victim");
      play.Release();
      play.runtime().StepN(steps);
      if (seed % 2 == 0) victim.Cancel();
    }
    EXPECT_EQ(LiveProbe::alive(), 0);
  });
}

template <class... RowTypes>
std::vector<MatrixRow> Describe(::testing::Types<RowTypes...>) {
  return {{RowTypes::kName, RowTypes::kSeveral, RowTypes::kCancellable,
           RowTypes::kFifo, RowTypes::kDeadlocks}...};
}

}  // namespace

std::vector<MatrixRow> MatrixRows() { return Describe(Rows()); }

}  // namespace asupersync
