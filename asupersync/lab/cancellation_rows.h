// What a task can wait at, for the tests of cancellation_matrix.cc. A row is a
// class; a new primitive is one more in CancellationRows:
//
//   struct Row {
//     static constexpr char kName[] = "Mutex";
//     // Several tasks may wait at once.
//     static constexpr bool kSeveral = true;
//     // Cancellation ends the wait.
//     static constexpr bool kCancellable = true;
//     // What one task took is gone: the next Wait() needs a Release() before.
//     static constexpr bool kReleaseFirst = false;
//     // Those who wait are served one by one, first in, first out.
//     static constexpr bool kFifo = true;
//     // Waiting for what nobody does is a deadlock.
//     static constexpr bool kDeadlocks = true;
//     Task<absl::Status> Prepare(Cx& cx);   // from now on Wait() waits
//     Task<absl::Status> Wait(Cx& cx);      // the operation
//     Task<absl::Status> Release(Cx& cx);   // enough for one Wait(); takes
//                                           // effect at its end
//     // After everything, with so many Wait()s that succeeded.
//     Task<absl::Status> ExpectIntact(Cx& cx, int completed);
//   };
#ifndef ASUPERSYNC_LAB_CANCELLATION_ROWS_H_
#define ASUPERSYNC_LAB_CANCELLATION_ROWS_H_

#include <cstddef>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/channel/watch.h"
#include "asupersync/sync/barrier.h"
#include "asupersync/sync/latch.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/once_cell.h"
#include "asupersync/sync/rw_lock.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gtest/gtest.h"

namespace asupersync {

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

// All of them.
using CancellationRows =
    ::testing::Types<MutexRow, RwLockRow<false>, RwLockRow<true>, SemaphoreRow,
                     NotifyRow, LatchRow, BarrierRow, OnceCellRow,
                     OnceCellInitializerRow, MpscSendRow, MpscReserveRow,
                     MpscRecvRow, OneshotRecvRow, OneshotClosedRow,
                     BroadcastRecvRow, WatchChangedRow, WatchWaitForRow,
                     SleepRow, JoinRow, ScopeCloseRow>;

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_CANCELLATION_ROWS_H_
