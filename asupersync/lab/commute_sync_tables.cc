#include "asupersync/lab/commute_sync_tables.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/sync/barrier.h"
#include "asupersync/sync/latch.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/once_cell.h"
#include "asupersync/sync/rw_lock.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/sync/shared.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

namespace asupersync {
namespace commute {
namespace {

// What a state has, and an operation needs.
constexpr unsigned kHolder = 1;   // held[kFirst]
constexpr unsigned kHolder2 = 2;  // held[kSecond]
constexpr unsigned kWaiter = 4;   // `waiter`

// Places in `held`; those of the pair are 0 and 1.
constexpr int kFirst = 2;
constexpr int kSecond = 3;
constexpr int kWaiting = 4;
constexpr int kPlaces = 5;

// Of a primitive that is taken and given back.
template <class Primitive, class Guard>
struct Holders : World {
  template <class... Args>
  explicit Holders(Args... args) : primitive(args...) {}

  void Took(int place, absl::StatusOr<Guard> guard) {
    static constexpr const char* kNames[] = {"A", "B", "first", "second",
                                             "waiter"};
    Log(absl::StrCat(kNames[place], ":",
                     absl::StatusCodeToString(guard.status().code())));
    if (guard.ok()) held[place].emplace(*std::move(guard));
  }

  Primitive primitive;
  std::optional<Guard> held[kPlaces];
  std::optional<TaskHandle<void>> waiter;
};

// Gives everything back, one by one, so that those who wait get it in order.
template <class W>
Task<> GiveBack(Cx& cx, W& world) {
  for (int round = 0; round < kPlaces; ++round) {
    for (auto& held : world.held) {
      if (!held.has_value()) continue;
      held.reset();
      for (int i = 0; i < 4; ++i) (void)co_await cx.Yield();
    }
  }
  world.Log("given back");
}

template <class W>
Task<> Drop(Cx& cx, W& world, Slot& slot) {
  (void)co_await cx.Yield();
  world.held[kFirst].reset();
  slot.saw = "released";
}

template <class W>
Task<> CancelWaiter(Cx& cx, W& world, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = "cancelled";
  world.waiter->Cancel();
}

template <class W>
Task<> Nothing(Cx&, W&) {
  co_return;
}

struct MutexWorld : Holders<Mutex, MutexGuard> {};

Task<> LockAt(Cx& cx, MutexWorld& w, int place) {
  auto guard = co_await w.primitive.Lock(cx);
  w.Took(place, std::move(guard));
}

Task<> HoldMutex(Cx& cx, MutexWorld& w) { return LockAt(cx, w, kFirst); }

Task<> HoldMutexAndWait(Cx& cx, MutexWorld& w) {
  co_await LockAt(cx, w, kFirst);
  w.waiter = cx.Spawn([&w](Cx& cx) { return LockAt(cx, w, kWaiting); });
}

Task<> LockMutex(Cx& cx, MutexWorld& w, Slot& slot) {
  auto guard = co_await w.primitive.Lock(cx);
  slot.Saw(guard.status());
  w.Took(slot.index, std::move(guard));
}

Task<> TryLockMutex(Cx& cx, MutexWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  auto guard = w.primitive.TryLock(cx);
  slot.Saw(guard.status());
  w.Took(slot.index, std::move(guard));
}

Task<> MutexLocked(Cx& cx, MutexWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = w.primitive.locked() ? "locked" : "free";
}

struct RwLockWorld : Holders<RwLock, RwLockGuard> {};

template <bool kWrite>
Task<> TakeRwLock(Cx& cx, RwLockWorld& w, int place) {
  if constexpr (kWrite) {
    auto guard = co_await w.primitive.Write(cx);
    w.Took(place, std::move(guard));
  } else {
    auto guard = co_await w.primitive.Read(cx);
    w.Took(place, std::move(guard));
  }
}

// A holder, perhaps a second one that reads, perhaps a waiter.
enum class Kind { kNone, kRead, kWrite };
template <Kind kHeld, Kind kHeld2, Kind kWaits>
Task<> PrepareRwLock(Cx& cx, RwLockWorld& w) {
  if constexpr (kHeld != Kind::kNone) {
    co_await TakeRwLock<kHeld == Kind::kWrite>(cx, w, kFirst);
  }
  if constexpr (kHeld2 != Kind::kNone) {
    co_await TakeRwLock<false>(cx, w, kSecond);
  }
  if constexpr (kWaits != Kind::kNone) {
    w.waiter = cx.Spawn([&w](Cx& cx) {
      return TakeRwLock<kWaits == Kind::kWrite>(cx, w, kWaiting);
    });
  }
}

template <bool kWrite>
Task<> RwLockOp(Cx& cx, RwLockWorld& w, Slot& slot) {
  if constexpr (kWrite) {
    auto guard = co_await w.primitive.Write(cx);
    slot.Saw(guard.status());
    w.Took(slot.index, std::move(guard));
  } else {
    auto guard = co_await w.primitive.Read(cx);
    slot.Saw(guard.status());
    w.Took(slot.index, std::move(guard));
  }
}

template <bool kWrite>
Task<> TryRwLockOp(Cx& cx, RwLockWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  auto guard = kWrite ? w.primitive.TryWrite(cx) : w.primitive.TryRead(cx);
  slot.Saw(guard.status());
  w.Took(slot.index, std::move(guard));
}

Task<> DropSecondReader(Cx& cx, RwLockWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.held[kSecond].reset();
  slot.saw = "released";
}

struct SemaphoreWorld : Holders<Semaphore, SemaphorePermit> {
  SemaphoreWorld() : Holders(2) {}
};

template <int kCount>
Task<> HoldPermits(Cx& cx, SemaphoreWorld& w) {
  auto permit = co_await w.primitive.Acquire(cx, kCount);
  w.Took(kFirst, std::move(permit));
}

template <int kCount, int kWanted>
Task<> HoldPermitsAndWait(Cx& cx, SemaphoreWorld& w) {
  co_await HoldPermits<kCount>(cx, w);
  w.waiter = cx.Spawn([&w](Cx& cx) -> Task<> {
    auto permit = co_await w.primitive.Acquire(cx, kWanted);
    w.Took(kWaiting, std::move(permit));
  });
}

template <int kCount>
Task<> Acquire(Cx& cx, SemaphoreWorld& w, Slot& slot) {
  auto permit = co_await w.primitive.Acquire(cx, kCount);
  slot.Saw(permit.status());
  w.Took(slot.index, std::move(permit));
}

template <int kCount>
Task<> TryAcquire(Cx& cx, SemaphoreWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  auto permit = w.primitive.TryAcquire(cx, kCount);
  slot.Saw(permit.status());
  w.Took(slot.index, std::move(permit));
}

Task<> AddPermit(Cx& cx, SemaphoreWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.primitive.AddPermits(1);
}

Task<> Available(Cx& cx, SemaphoreWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(w.primitive.available());
}

Task<> ProbeSemaphore(Cx& cx, SemaphoreWorld& w) {
  w.Log(absl::StrCat(w.primitive.available(), " available"));
  co_await GiveBack(cx, w);
  w.Log(absl::StrCat(w.primitive.available(), " available"));
}

struct NotifyWorld : World {
  Notify notify;
  std::optional<TaskHandle<void>> waiter;
};

Task<> NotifyWaiter(Cx& cx, NotifyWorld& w, const char* name) {
  absl::Status status = co_await w.notify.Wait(cx);
  w.Log(absl::StrCat(name, ":", absl::StatusCodeToString(status.code())));
}

template <int kWaiters>
Task<> NotifyWaiters(Cx& cx, NotifyWorld& w) {
  for (const char* name : {"waiter", "waiter2"}) {
    if (kWaiters == 1 && w.waiter.has_value()) break;
    auto handle = cx.Spawn(
        [&w, name](Cx& cx) { return NotifyWaiter(cx, w, name); });
    if (!w.waiter.has_value()) w.waiter = std::move(handle);
    (void)co_await cx.Yield();
    (void)co_await cx.Yield();
  }
}

Task<> LeavePermit(Cx&, NotifyWorld& w) {
  w.notify.NotifyOne();
  co_return;
}

Task<> WaitForNotify(Cx& cx, NotifyWorld& w, Slot& slot) {
  absl::Status status = co_await w.notify.Wait(cx);
  slot.Saw(status);
  w.Log(slot.name());
}

Task<> NotifyOneOp(Cx& cx, NotifyWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.notify.NotifyOne();
}

Task<> NotifyAllOp(Cx& cx, NotifyWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.notify.NotifyAll();
}

Task<> ProbeNotify(Cx& cx, NotifyWorld& w) {
  for (int i = 0; i < 5; ++i) {
    w.notify.NotifyOne();
    for (int j = 0; j < 4; ++j) (void)co_await cx.Yield();
  }
}

template <int kCount>
struct LatchWorld : World {
  Latch latch{kCount};
  std::optional<TaskHandle<void>> waiter;
};
using ALatchWorld = LatchWorld<3>;

template <int kDown, bool kWait>
Task<> PrepareLatch(Cx& cx, ALatchWorld& w) {
  if (kDown > 0) w.latch.CountDown(kDown);
  if (kWait) {
    w.waiter = cx.Spawn([&w](Cx& cx) -> Task<> {
      absl::Status status = co_await w.latch.Wait(cx);
      w.Log(absl::StrCat("waiter:", absl::StatusCodeToString(status.code())));
    });
  }
  co_return;
}

Task<> WaitForLatch(Cx& cx, ALatchWorld& w, Slot& slot) {
  absl::Status status = co_await w.latch.Wait(cx);
  slot.Saw(status);
  w.Log(slot.name());
}

Task<> CountDown(Cx& cx, ALatchWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.latch.CountDown();
}

Task<> LatchOpen(Cx& cx, ALatchWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = w.latch.open() ? "open" : "closed";
}

Task<> ProbeLatch(Cx& cx, ALatchWorld& w) {
  for (int i = 0; !w.latch.open(); ++i) {
    w.latch.CountDown();
    w.Log(absl::StrCat("after ", i + 1));
  }
  (void)co_await cx.Yield();
}

struct BarrierWorld : World {
  Barrier barrier{3};
  std::optional<TaskHandle<void>> waiter;
  int arrived = 0;
};

Task<> ArriveNamed(Cx& cx, BarrierWorld& w, std::string name) {
  absl::StatusOr<bool> leader = co_await w.barrier.Arrive(cx);
  w.Log(absl::StrCat(name, ":",
                     absl::StatusCodeToString(leader.status().code()),
                     leader.ok() && *leader ? " leads" : ""));
}

template <int kWaiting>
Task<> PrepareBarrier(Cx& cx, BarrierWorld& w) {
  for (int i = 0; i < kWaiting; ++i) {
    auto handle = cx.Spawn([&w, i](Cx& cx) {
      return ArriveNamed(cx, w, absl::StrCat("waiter", i));
    });
    if (i == 0) w.waiter = std::move(handle);
  }
  co_return;
}

Task<> Arrive(Cx& cx, BarrierWorld& w, Slot& slot) {
  absl::StatusOr<bool> leader = co_await w.barrier.Arrive(cx);
  slot.Saw(leader.status());
  if (leader.ok() && *leader) slot.saw = "leads";
  w.Log(slot.name());
}

Task<> ProbeBarrier(Cx& cx, BarrierWorld& w) {
  for (int i = 0; i < 2; ++i) {
    cx.Spawn([&w, i](Cx& cx) {
      return ArriveNamed(cx, w, absl::StrCat("probe", i));
    });
    for (int j = 0; j < 4; ++j) (void)co_await cx.Yield();
  }
}

struct OnceCellWorld : World {
  OnceCell<int> cell;
  Notify gate;  // opens the initializer that waits
  std::optional<TaskHandle<void>> waiter;
};

Task<absl::StatusOr<int>> Seven(Cx&) { co_return 7; }
Task<absl::StatusOr<int>> Fails(Cx&) { co_return absl::InternalError("no"); }

Task<> WaitInCell(Cx& cx, OnceCellWorld& w) {
  auto slow = [&w](Cx& cx) -> Task<absl::StatusOr<int>> {
    absl::Status status = co_await w.gate.Wait(cx);
    if (!status.ok()) co_return status;
    co_return 5;
  };
  absl::StatusOr<const int*> value = co_await w.cell.GetOrInit(cx, slow);
  w.Log(absl::StrCat("initializer:",
                     absl::StatusCodeToString(value.status().code())));
}

Task<> PrepareInitializing(Cx& cx, OnceCellWorld& w) {
  w.waiter = cx.Spawn([&w](Cx& cx) { return WaitInCell(cx, w); });
  co_return;
}

Task<> PrepareReadyCell(Cx&, OnceCellWorld& w) {
  (void)w.cell.Set(3);
  co_return;
}

template <bool kFails>
Task<> GetOrInit(Cx& cx, OnceCellWorld& w, Slot& slot) {
  absl::StatusOr<const int*> value =
      co_await w.cell.GetOrInit(cx, kFails ? Fails : Seven);
  slot.Saw(value.status());
  if (value.ok()) slot.saw = absl::StrCat(**value);
  w.Log(slot.name());
}

Task<> GetCell(Cx& cx, OnceCellWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  const int* value = w.cell.Get();
  slot.saw = value == nullptr ? "empty" : absl::StrCat(*value);
}

template <int kValue>
Task<> SetCell(Cx& cx, OnceCellWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.Saw(w.cell.Set(kValue));
}

Task<> ProbeCell(Cx& cx, OnceCellWorld& w) {
  w.gate.NotifyOne();
  for (int i = 0; i < 6; ++i) (void)co_await cx.Yield();
  const int* value = w.cell.Get();
  w.Log(value == nullptr ? "empty" : absl::StrCat(*value));
}

struct SharedWorld : World {
  Shared<int> value{1};
};

Task<> ReadShared(Cx& cx, SharedWorld& w, Slot& slot) {
  absl::StatusOr<int> value = co_await w.value.Read(cx);
  slot.saw = absl::StrCat(*value);
}

template <int kValue>
Task<> WriteShared(Cx& cx, SharedWorld& w, Slot& slot) {
  absl::Status status = co_await w.value.Write(cx, kValue);
  slot.Saw(status);
}

Task<> UpdateShared(Cx& cx, SharedWorld& w, Slot& slot) {
  auto more = [](int& value) { return value += 1; };
  absl::StatusOr<int> value = co_await w.value.Update(cx, more);
  slot.saw = absl::StrCat(*value);
}

Task<> AddToShared(Cx& cx, SharedWorld& w, Slot&) {
  auto more = [](int& value) { value += 1; };
  (void)co_await w.value.Update(cx, more);
}

Task<> ProbeShared(Cx&, SharedWorld& w) {
  w.Log(absl::StrCat(w.value.unchecked()));
  co_return;
}

}  // namespace

Report CheckMutex() {
  using W = MutexWorld;
  return Check(Table<W>{
      "Mutex",
      {{"free", Nothing<W>},
       {"held", HoldMutex, kHolder},
       {"held, one waits", HoldMutexAndWait, kHolder | kWaiter}},
      {{"Lock", LockMutex},
       {"TryLock", TryLockMutex},
       {"locked", MutexLocked},
       {"Unlock", Drop<W>, kHolder},
       {"cancel the waiter", CancelWaiter<W>, kWaiter}},
      GiveBack<W>});
}

Report CheckRwLock() {
  using W = RwLockWorld;
  constexpr Kind kNone = Kind::kNone, kRead = Kind::kRead,
                 kWrite = Kind::kWrite;
  return Check(Table<W>{
      "RwLock",
      {{"free", Nothing<W>},
       {"read", PrepareRwLock<kRead, kNone, kNone>, kHolder},
       {"read twice", PrepareRwLock<kRead, kRead, kNone>, kHolder | kHolder2},
       {"written", PrepareRwLock<kWrite, kNone, kNone>, kHolder},
       {"read twice, a writer waits", PrepareRwLock<kRead, kRead, kWrite>,
        kHolder | kHolder2 | kWaiter},
       {"written, a reader waits", PrepareRwLock<kWrite, kNone, kRead>,
        kHolder | kWaiter},
       {"written, a writer waits", PrepareRwLock<kWrite, kNone, kWrite>,
        kHolder | kWaiter}},
      {{"Read", RwLockOp<false>},
       {"Write", RwLockOp<true>},
       {"TryRead", TryRwLockOp<false>},
       {"TryWrite", TryRwLockOp<true>},
       {"Unlock", Drop<W>, kHolder},
       {"Unlock of the second reader", DropSecondReader, kHolder2},
       {"cancel the waiter", CancelWaiter<W>, kWaiter}},
      GiveBack<W>});
}

Report CheckSemaphore() {
  using W = SemaphoreWorld;
  return Check(Table<W>{
      "Semaphore",
      {{"2 of 2 available", Nothing<W>},
       {"1 of 2 available", HoldPermits<1>, kHolder},
       {"0 of 2 available", HoldPermits<2>, kHolder},
       {"0 of 2 available, one waits", HoldPermitsAndWait<2, 1>,
        kHolder | kWaiter},
       {"1 of 2 available, one waits for 2", HoldPermitsAndWait<1, 2>,
        kHolder | kWaiter}},
      {{"Acquire(1)", Acquire<1>},
       {"Acquire(2)", Acquire<2>},
       {"TryAcquire(1)", TryAcquire<1>},
       {"TryAcquire(2)", TryAcquire<2>},
       {"AddPermits", AddPermit},
       {"available", Available},
       {"Release", Drop<W>, kHolder},
       {"cancel the waiter", CancelWaiter<W>, kWaiter}},
      ProbeSemaphore});
}

Report CheckNotify() {
  using W = NotifyWorld;
  return Check(Table<W>{"Notify",
                        {{"nothing", Nothing<W>},
                         {"a permit", LeavePermit},
                         {"one waits", NotifyWaiters<1>, kWaiter},
                         {"two wait", NotifyWaiters<2>, kWaiter}},
                        {{"Wait", WaitForNotify},
                         {"NotifyOne", NotifyOneOp},
                         {"NotifyAll", NotifyAllOp},
                         {"cancel the waiter", CancelWaiter<W>, kWaiter}},
                        ProbeNotify});
}

Report CheckLatch() {
  using W = ALatchWorld;
  // Counting down below zero is misuse: with one to go, one task may.
  constexpr unsigned kOneToGo = kHolder, kTwoToGo = kHolder | kHolder2;
  return Check(
      Table<W>{"Latch",
               {{"3 to go", PrepareLatch<0, false>, kTwoToGo},
                {"3 to go, one waits", PrepareLatch<0, true>,
                 kTwoToGo | kWaiter},
                {"2 to go, one waits", PrepareLatch<1, true>,
                 kTwoToGo | kWaiter},
                {"1 to go, one waits", PrepareLatch<2, true>,
                 kOneToGo | kWaiter},
                {"open", PrepareLatch<3, false>}},
               {{"Wait", WaitForLatch},
                {"CountDown", CountDown, kHolder},
                {"another CountDown", CountDown, kHolder2},
                {"open", LatchOpen},
                {"cancel the waiter", CancelWaiter<W>, kWaiter}},
               ProbeLatch});
}

Report CheckBarrier() {
  using W = BarrierWorld;
  return Check(Table<W>{"Barrier",
                        {{"none of 3 arrived", Nothing<W>},
                         {"1 of 3 arrived", PrepareBarrier<1>, kWaiter},
                         {"2 of 3 arrived", PrepareBarrier<2>, kWaiter}},
                        {{"Arrive", Arrive},
                         {"cancel the waiter", CancelWaiter<W>, kWaiter}},
                        ProbeBarrier});
}

Report CheckOnceCell() {
  using W = OnceCellWorld;
  return Check(Table<W>{"OnceCell",
                        {{"empty", Nothing<W>},
                         {"initializing", PrepareInitializing, kWaiter},
                         {"ready", PrepareReadyCell}},
                        {{"GetOrInit", GetOrInit<false>},
                         {"GetOrInit that fails", GetOrInit<true>},
                         {"Get", GetCell},
                         {"Set(1)", SetCell<1>},
                         {"Set(2)", SetCell<2>},
                         {"cancel the initializer", CancelWaiter<W>, kWaiter}},
                        ProbeCell});
}

Report CheckShared() {
  using W = SharedWorld;
  return Check(Table<W>{"Shared",
                        {{"1", Nothing<W>}},
                        {{"Read", ReadShared},
                         {"Write(1)", WriteShared<1>},
                         {"Write(2)", WriteShared<2>},
                         {"Update", UpdateShared},
                         {"Update without result", AddToShared}},
                        ProbeShared});
}

}  // namespace commute
}  // namespace asupersync
