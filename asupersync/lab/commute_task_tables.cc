#include "asupersync/lab/commute_task_tables.h"

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/sync/notify.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

namespace asupersync {
namespace commute {
namespace {

constexpr unsigned kWaiter = 1;

// Tasks.

struct TaskWorld : World {
  Notify gate;
  std::optional<TaskHandle<absl::StatusOr<int>>> target;
  std::optional<TaskHandle<void>> waiter;
};

// A target that waits at the gate, or is done.
template <bool kMasked>
Task<> SpawnTarget(Cx& cx, TaskWorld& w) {
  w.target = cx.Spawn([&w](Cx& cx) -> Task<absl::StatusOr<int>> {
    {
      std::optional<CancelMask> mask;
      if (kMasked) mask.emplace(cx);
      absl::Status status = co_await w.gate.Wait(cx);
      if (!status.ok()) co_return status;
    }
    absl::Status status = cx.Checkpoint();
    if (!status.ok()) co_return status;
    co_return 5;
  });
  co_return;
}

Task<> SpawnTargetAndJoin(Cx& cx, TaskWorld& w) {
  co_await SpawnTarget<false>(cx, w);
  w.waiter = cx.Spawn([&w](Cx& cx) -> Task<> {
    Outcome<int> outcome = co_await w.target->Join(cx);
    w.Log(absl::StrCat("waiter:", Name(outcome.kind())));
  });
}

Task<> FinishTarget(Cx& cx, TaskWorld& w) {
  co_await SpawnTarget<false>(cx, w);
  w.gate.NotifyOne();
}

void OpenGate(TaskWorld& w) { w.gate.NotifyOne(); }

Task<> Join(Cx& cx, TaskWorld& w, Slot& slot) {
  Outcome<int> outcome = co_await w.target->Join(cx);
  slot.saw = Name(outcome.kind());
  w.Log(absl::StrCat(slot.name(), ":", slot.saw));
}

Task<> TakeOutcome(Cx& cx, TaskWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = Name(w.target->TakeOutcome().kind());
}

Task<> Done(Cx& cx, TaskWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = w.target->done() ? "done" : "not done";
}

Task<> Cancel(Cx& cx, TaskWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.target->Cancel();
}

Task<> CancelMoreSeverely(Cx& cx, TaskWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.target->Cancel(CancelReason(CancelKind::kShutdown, "enough"));
}

template <class W>
Task<> SpawnChild(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  auto child = [&w, name = slot.name()](Cx& cx) -> Task<> {
    absl::Status status = co_await cx.Yield();
    w.Log(absl::StrCat(name, "'s child:",
                       absl::StatusCodeToString(status.code())));
  };
  cx.Spawn(child);
}

Task<> NotifyGate(Cx& cx, TaskWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.gate.NotifyOne();
}

template <class W>
Task<> YieldOnly(Cx& cx, W&, Slot& slot) {
  absl::Status status = co_await cx.Yield();
  slot.Saw(status);
}

template <class W>
Task<> CancelWaiter(Cx& cx, W& world, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = "cancelled";
  world.waiter->Cancel();
}

Task<> ProbeTask(Cx& cx, TaskWorld& w) {
  w.gate.NotifyOne();
  for (int i = 0; i < 4; ++i) (void)co_await cx.Yield();
  Outcome<int> outcome = co_await w.target->Join(cx);
  w.Log(Name(outcome.kind()));
  if (outcome.kind() == OutcomeKind::kCancelled) {
    w.Log(Name(outcome.reason().kind()));
  }
}

// Timers.

struct TimerWorld : World {
  std::optional<TaskHandle<void>> waiter;
};

Task<> NoTimer(Cx&, TimerWorld&) { co_return; }

Task<> SleepingWaiter(Cx& cx, TimerWorld& w) {
  w.waiter = cx.Spawn([&w](Cx& cx) -> Task<> {
    absl::Status status = co_await cx.Sleep(absl::Seconds(1));
    w.Log(absl::StrCat("waiter:", absl::StatusCodeToString(status.code())));
  });
  co_return;
}

template <int kSeconds>
Task<> Sleep(Cx& cx, TimerWorld& w, Slot& slot) {
  absl::Status status = co_await cx.Sleep(absl::Seconds(kSeconds));
  slot.Saw(status);
  w.Log(absl::StrCat(slot.name(), " at ", absl::ToUnixSeconds(cx.Now())));
}

Task<> NowOp(Cx& cx, TimerWorld&, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(absl::ToUnixNanos(cx.Now()));
}

Task<> RandomOp(Cx& cx, TimerWorld&, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(cx.RandomBelow(1000));
}

Task<> ProbeTimers(Cx& cx, TimerWorld& w) {
  (void)co_await cx.Sleep(absl::Seconds(10));
  w.Log("end");
}

// Scopes.

struct ScopeWorld : World {
  Notify gate;
  std::optional<TaskHandle<absl::Status>> owner;
};

template <ScopePolicy kPolicy, bool kBodyWaits>
Task<absl::Status> RunOwner(Cx& cx, ScopeWorld& w) {
  ScopeOptions options;
  options.policy = kPolicy;
  auto body = [&w](Cx& cx) -> Task<absl::Status> {
    w.spawn_in = &cx;
    auto straggler = [&w](Cx& cx) -> Task<> {
      absl::Status status = co_await w.gate.Wait(cx);
      w.Log(absl::StrCat("straggler:",
                         absl::StatusCodeToString(status.code())));
    };
    if (!kBodyWaits) {
      cx.Spawn(straggler);
      co_return absl::OkStatus();
    }
    co_return co_await w.gate.Wait(cx);
  };
  absl::Status status = co_await Scope(cx, options, body);
  w.Log(absl::StrCat("scope:", absl::StatusCodeToString(status.code()), " ",
                     std::string(status.message())));
  co_return status;
}

template <ScopePolicy kPolicy, bool kBodyWaits>
Task<> PrepareScope(Cx& cx, ScopeWorld& w) {
  w.owner = cx.Spawn(
      [&w](Cx& cx) { return RunOwner<kPolicy, kBodyWaits>(cx, w); });
  co_return;
}

// Its task fails the region by throwing: Task<> carries no error.
Task<> Throw(Cx& cx, ScopeWorld&, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = "throws";
  throw std::runtime_error(slot.name());
}

Task<> AddFinalizer(Cx& cx, ScopeWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  cx.AddFinalizer([&w, name = slot.name()] {
    w.Log(absl::StrCat(name, "'s finalizer"));
  });
}

Task<> CancelOwner(Cx& cx, ScopeWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.owner->Cancel();
}

Task<> OpenScopeGate(Cx& cx, ScopeWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.gate.NotifyOne();
}

Task<> SleepInScope(Cx& cx, ScopeWorld& w, Slot& slot) {
  absl::Status status = co_await cx.Sleep(absl::Seconds(1));
  w.Log(absl::StrCat(slot.name(), ":",
                     absl::StatusCodeToString(status.code())));
}

Task<> ProbeScope(Cx& cx, ScopeWorld& w) {
  w.gate.NotifyOne();
  (void)co_await cx.Sleep(absl::Seconds(5));
  w.Log(w.owner->done() ? Name(w.owner->outcome_kind()) : "not done");
}

}  // namespace

Report CheckTask() {
  using W = TaskWorld;
  return Check(Table<W>{"task",
                        {{"runnable", SpawnTarget<false>, 0, OpenGate},
                         {"waits", SpawnTarget<false>},
                         {"waits, is joined", SpawnTargetAndJoin, kWaiter},
                         {"waits, masked", SpawnTarget<true>},
                         {"done", FinishTarget}},
                        {{"Join", Join},
                         {"TakeOutcome", TakeOutcome},
                         {"done", Done},
                         {"Cancel", Cancel},
                         {"Cancel with kShutdown", CancelMoreSeverely},
                         {"Spawn", SpawnChild<W>},
                         {"wake the task", NotifyGate},
                         {"Yield", YieldOnly<W>},
                         {"cancel the joiner", CancelWaiter<W>, kWaiter}},
                        ProbeTask});
}

Report CheckTimers() {
  using W = TimerWorld;
  return Check(Table<W>{"timers",
                        {{"none", NoTimer},
                         {"one sleeps", SleepingWaiter, kWaiter}},
                        {{"Sleep(0)", Sleep<0>},
                         {"Sleep(1s)", Sleep<1>},
                         {"Sleep(2s)", Sleep<2>},
                         {"Now", NowOp},
                         {"Random", RandomOp},
                         {"Yield", YieldOnly<W>},
                         {"cancel the sleeper", CancelWaiter<W>, kWaiter}},
                        ProbeTimers});
}

Report CheckScope() {
  using W = ScopeWorld;
  constexpr ScopePolicy kFailFast = ScopePolicy::kFailFast;
  constexpr ScopePolicy kCollectAll = ScopePolicy::kCollectAll;
  return Check(Table<W>{
      "Scope",
      {{"fail fast, the body runs", PrepareScope<kFailFast, true>},
       {"fail fast, the scope closes", PrepareScope<kFailFast, false>},
       {"collect all, the body runs", PrepareScope<kCollectAll, true>},
       {"collect all, the scope closes", PrepareScope<kCollectAll, false>}},
      {{"end", YieldOnly<W>},
       {"throw", Throw},
       {"AddFinalizer", AddFinalizer},
       {"Spawn", SpawnChild<W>},
       {"Sleep", SleepInScope},
       {"wake the scope's task", OpenScopeGate},
       {"cancel the scope's task", CancelOwner}},
      ProbeScope});
}

}  // namespace commute
}  // namespace asupersync
