#include "asupersync/lab/commute_channel_tables.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/channel/broadcast.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/channel/oneshot.h"
#include "asupersync/channel/watch.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

namespace asupersync {
namespace commute {
namespace {

// What a state has, and an operation needs.
constexpr unsigned kWaiter = 1;
constexpr unsigned kReceiver = 2;
constexpr unsigned kPeek = 4;  // the receiver, without taking anything
constexpr unsigned kPermit = 8;
constexpr unsigned kSender = 16;

const char* Code(const absl::Status& status) {
  static constexpr const char* kCodes[] = {
      "OK",           "CANCELLED",     "UNKNOWN",
      "INVALID",      "DEADLINE",      "NOT_FOUND",
      "EXISTS",       "DENIED",        "EXHAUSTED",
      "PRECONDITION", "ABORTED",       "OUT_OF_RANGE",
      "NO",           "INTERNAL",      "UNAVAILABLE",
      "DATA_LOSS",    "UNAUTHENTICATED"};
  return kCodes[static_cast<int>(status.code())];
}

std::string Text(const absl::StatusOr<int>& value) {
  return value.ok() ? absl::StrCat(*value) : Code(value.status());
}
std::string Text(const absl::StatusOr<std::string>& value) {
  return value.ok() ? *value : Code(value.status());
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

template <class W>
Task<> DropReceiver(Cx& cx, W& w, Slot&) {
  (void)co_await cx.Yield();
  w.rx.reset();
}

template <class W>
Task<> DropOwnSender(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.own[slot.index].reset();
}

template <class W>
Task<> CopySender(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.more[slot.index].emplace(*w.own[slot.index]);
}

template <class W>
Task<> TryReceive(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = Text(w.rx->TryRecv());
}

template <class W>
Task<> Receive(Cx& cx, W& w, Slot& slot) {
  auto message = co_await w.rx->Recv(cx);
  slot.saw = Text(message);
  w.Log(absl::StrCat(slot.name(), ":", slot.saw));
}

template <class W>
Task<> WaitForMessage(Cx& cx, W& w) {
  auto body = [&w](Cx& cx) -> Task<> {
    auto message = co_await w.rx->Recv(cx);
    w.Log(absl::StrCat("waiter:", Text(message)));
  };
  w.waiter = cx.Spawn(body);
  co_return;
}

// Mpsc.

template <bool kBounded>
struct MpscWorld : World {
  MpscWorld()
      : MpscWorld(kBounded ? mpsc::Channel<int>(2)
                           : mpsc::UnboundedChannel<int>()) {}
  explicit MpscWorld(mpsc::ChannelEnds<int> ends)
      : tx(std::move(ends.sender)), rx(std::move(ends.receiver)) {
    for (auto& each : own) each.emplace(*tx);
  }
  std::optional<mpsc::Sender<int>> tx;
  std::optional<mpsc::Sender<int>> own[2];   // one for each of the pair
  std::optional<mpsc::Sender<int>> more[2];
  std::optional<mpsc::Receiver<int>> rx;
  std::optional<mpsc::Permit<int>> permit;
  std::optional<mpsc::Permit<int>> permits[2];
  std::optional<TaskHandle<void>> waiter;
};

template <class W, int kMessages>
Task<> Fill(Cx& cx, W& w) {
  for (int i = 0; i < kMessages; ++i) (void)w.tx->TrySend(cx, i);
  co_return;
}

template <class W>
Task<> FillAndWait(Cx& cx, W& w) {
  co_await Fill<W, 2>(cx, w);
  auto body = [&w](Cx& cx) -> Task<> {
    absl::Status status = co_await w.tx->Send(cx, 9);
    w.Log(absl::StrCat("waiter:", Code(status)));
  };
  w.waiter = cx.Spawn(body);
}

template <class W, int kMessages>
Task<> FillAndReserve(Cx& cx, W& w) {
  co_await Fill<W, kMessages>(cx, w);
  auto permit = w.tx->TryReserve(cx);
  w.permit.emplace(*std::move(permit));
}

template <class W>
Task<> ReserveAndWaitForMessage(Cx& cx, W& w) {
  co_await FillAndReserve<W, 0>(cx, w);
  co_await WaitForMessage(cx, w);
}

template <class W>
Task<> WithoutReceiver(Cx&, W& w) {
  w.rx.reset();
  co_return;
}

template <class W>
Task<> WaitWithTwoSenders(Cx& cx, W& w) {
  w.tx.reset();
  co_await WaitForMessage(cx, w);
}

template <class W>
Task<> ReserveOp(Cx& cx, W& w, Slot& slot) {
  auto permit = co_await w.own[slot.index]->Reserve(cx);
  slot.saw = Code(permit.status());
  w.Log(slot.name());
  if (permit.ok()) w.permits[slot.index].emplace(*std::move(permit));
}

template <class W>
Task<> SendOp(Cx& cx, W& w, Slot& slot) {
  absl::Status status = co_await w.own[slot.index]->Send(cx, 10 + slot.index);
  slot.saw = Code(status);
  w.Log(slot.name());
}

template <class W>
Task<> TrySendOp(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = Code(w.own[slot.index]->TrySend(cx, 20 + slot.index));
}

template <class W>
Task<> SendByPermit(Cx& cx, W& w, Slot&) {
  (void)co_await cx.Yield();
  w.permit->Send(30);
}

template <class W>
Task<> DropPermit(Cx& cx, W& w, Slot&) {
  (void)co_await cx.Yield();
  w.permit.reset();
}

template <class W>
Task<> MpscSize(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(w.rx->size());
}

template <class W>
Task<> ProbeMpsc(Cx& cx, W& w) {
  for (int round = 0; round < 8 && w.rx.has_value(); ++round) {
    w.Log(Text(w.rx->TryRecv()));
    for (int i = 0; i < 3; ++i) (void)co_await cx.Yield();
    if (round == 4) {
      w.permit.reset();
      for (int i : {0, 1}) {
        w.permits[i].reset();
        w.own[i].reset();
        w.more[i].reset();
      }
      w.tx.reset();
    }
  }
}

template <class W>
std::vector<Operation<W>> MpscOperations() {
  return {{"Reserve", ReserveOp<W>},
          {"Send", SendOp<W>},
          {"TrySend", TrySendOp<W>},
          {"Permit::Send", SendByPermit<W>, kPermit},
          {"drop the permit", DropPermit<W>, kPermit},
          {"copy a sender", CopySender<W>},
          {"drop a sender", DropOwnSender<W>},
          {"Recv", Receive<W>, kReceiver},
          {"TryRecv", TryReceive<W>, kReceiver},
          {"size", MpscSize<W>, kPeek},
          {"drop the receiver", DropReceiver<W>, kReceiver | kPeek},
          {"cancel the waiter", CancelWaiter<W>, kWaiter}};
}

// Oneshot.

struct OneshotWorld : World {
  OneshotWorld() : OneshotWorld(oneshot::Channel<int>()) {}
  explicit OneshotWorld(oneshot::ChannelEnds<int> ends)
      : tx(std::move(ends.sender)), rx(std::move(ends.receiver)) {}
  std::optional<oneshot::Sender<int>> tx;
  std::optional<oneshot::Receiver<int>> rx;
  std::optional<TaskHandle<void>> waiter;
};

Task<> OneshotSent(Cx&, OneshotWorld& w) {
  (void)w.tx->Send(1);
  w.tx.reset();
  co_return;
}

Task<> WaitForClosed(Cx& cx, OneshotWorld& w) {
  auto body = [&w](Cx& cx) -> Task<> {
    absl::Status status = co_await w.tx->Closed(cx);
    w.Log(absl::StrCat("waiter:", Code(status)));
  };
  w.waiter = cx.Spawn(body);
  co_return;
}

Task<> OneshotSend(Cx& cx, OneshotWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = Code(w.tx->Send(2));
}

Task<> OneshotDropSender(Cx& cx, OneshotWorld& w, Slot&) {
  (void)co_await cx.Yield();
  w.tx.reset();
}

Task<> OneshotClosed(Cx& cx, OneshotWorld& w, Slot& slot) {
  absl::Status status = co_await w.tx->Closed(cx);
  slot.saw = Code(status);
}

Task<> OneshotIsClosed(Cx& cx, OneshotWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = w.tx->closed() ? "closed" : "open";
}

Task<> ProbeOneshot(Cx& cx, OneshotWorld& w) {
  if (w.rx.has_value()) w.Log(Text(w.rx->TryRecv()));
  for (int i = 0; i < 3; ++i) (void)co_await cx.Yield();
  w.rx.reset();
}

// Broadcast.

template <class T>
T Message(int number);
template <>
int Message<int>(int number) {
  return number;
}
template <>
std::string Message<std::string>(int number) {
  return absl::StrCat("message ", number);
}

template <class T>
struct BroadcastWorld : World {
  using Value = T;

  BroadcastWorld() : BroadcastWorld(broadcast::Channel<T>(2)) {}
  explicit BroadcastWorld(broadcast::ChannelEnds<T> ends)
      : tx(std::move(ends.sender)), rx(std::move(ends.receiver)) {
    for (int i : {0, 1}) {
      own[i].emplace(*tx);
      receivers[i].emplace(tx->Subscribe());
    }
  }
  std::optional<broadcast::Sender<T>> tx;
  std::optional<broadcast::Sender<T>> own[2];
  std::optional<broadcast::Sender<T>> more[2];
  std::optional<broadcast::Receiver<T>> rx;
  std::optional<broadcast::Receiver<T>> receivers[2];
  std::optional<broadcast::Receiver<T>> new_receivers[2];
  std::optional<broadcast::Permit<T>> permit;
  std::optional<broadcast::Permit<T>> permits[2];
  std::optional<TaskHandle<void>> waiter;
};

template <class W, int kMessages, bool kPair>
Task<> SendToAll(Cx& cx, W& w) {
  if (!kPair) w.rx.reset();
  for (int i = 0; i < kMessages; ++i) {
    (void)w.tx->TrySend(cx, Message<typename W::Value>(i));
  }
  auto permit = w.tx->TryReserve(cx);
  w.permit.emplace(*std::move(permit));
  co_return;
}

template <class W>
Task<> BroadcastSend(Cx& cx, W& w, Slot& slot) {
  absl::Status status = co_await w.tx->Send(
      cx, Message<typename W::Value>(10 + slot.index));
  slot.saw = Code(status);
}

template <class W>
Task<> BroadcastTrySend(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw =
      Code(w.tx->TrySend(cx, Message<typename W::Value>(20 + slot.index)));
}

template <class W>
Task<> BroadcastPermitSend(Cx& cx, W& w, Slot&) {
  (void)co_await cx.Yield();
  w.permit->Send(Message<typename W::Value>(30));
}

template <class W>
Task<> OwnReceive(Cx& cx, W& w, Slot& slot) {
  auto message = co_await w.receivers[slot.index]->Recv(cx);
  slot.saw = Text(message);
}

template <class W>
Task<> OwnTryReceive(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = Text(w.receivers[slot.index]->TryRecv());
}

template <class W>
Task<> OwnSize(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(w.receivers[slot.index]->size());
}

template <class W>
Task<> DropOwnReceiver(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.receivers[slot.index].reset();
}

template <class W>
Task<> SubscribeOp(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.new_receivers[slot.index].emplace(w.tx->Subscribe());
}

template <class W>
Task<> ReceiverCount(Cx& cx, W& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(w.tx->receiver_count());
}

template <class W>
Task<> ProbeBroadcast(Cx& cx, W& w) {
  w.permit.reset();
  for (auto& permit : w.permits) permit.reset();
  w.Log(absl::StrCat(w.tx->receiver_count(), " receivers"));
  std::optional<broadcast::Receiver<typename W::Value>>* all[] = {
      &w.receivers[0], &w.receivers[1], &w.new_receivers[0],
      &w.new_receivers[1]};
  for (auto* each : all) {
    for (int i = 0; i < 4 && each->has_value(); ++i) {
      w.Log(Text((*each)->TryRecv()));
    }
    w.Log("|");
  }
  if (!w.waiter.has_value() && w.rx.has_value()) {
    for (int i = 0; i < 4; ++i) w.Log(Text(w.rx->TryRecv()));
  }
  for (int i : {0, 1}) {
    w.own[i].reset();
    w.more[i].reset();
  }
  w.tx.reset();
  for (int i = 0; i < 3; ++i) (void)co_await cx.Yield();
}

template <class T>
Report CheckBroadcastOf(const char* name) {
  using W = BroadcastWorld<T>;
  return Check(Table<W>{
      name,
      {{"nothing sent", SendToAll<W, 0, true>, kPermit},
       {"one message", SendToAll<W, 1, true>, kPermit},
       {"full", SendToAll<W, 2, true>, kPermit},
       {"overfull", SendToAll<W, 3, true>, kPermit},
       {"one message, two receivers", SendToAll<W, 1, false>, kPermit},
       {"one receiver waits", WaitForMessage<W>, kWaiter}},
      {{"Reserve", ReserveOp<W>},
       {"Send", BroadcastSend<W>},
       {"TrySend", BroadcastTrySend<W>},
       {"Permit::Send", BroadcastPermitSend<W>, kPermit},
       {"drop the permit", DropPermit<W>, kPermit},
       {"copy a sender", CopySender<W>},
       {"drop a sender", DropOwnSender<W>},
       {"Recv", OwnReceive<W>},
       {"TryRecv", OwnTryReceive<W>},
       {"size", OwnSize<W>},
       {"drop a receiver", DropOwnReceiver<W>},
       {"Subscribe", SubscribeOp<W>},
       {"receiver_count", ReceiverCount<W>},
       {"cancel the waiter", CancelWaiter<W>, kWaiter}},
      ProbeBroadcast<W>});
}

// Watch.

struct WatchWorld : World {
  WatchWorld() : WatchWorld(watch::Channel<int>(0)) {}
  explicit WatchWorld(watch::ChannelEnds<int> ends)
      : tx(std::move(ends.sender)), rx(std::move(ends.receiver)) {
    for (int i : {0, 1}) {
      own[i].emplace(*tx);
      receivers[i].emplace(*rx);
    }
  }
  std::optional<watch::Sender<int>> tx;
  std::optional<watch::Sender<int>> own[2];
  std::optional<watch::Sender<int>> more[2];
  std::optional<watch::Receiver<int>> rx;
  std::optional<watch::Receiver<int>> receivers[2];
  std::optional<watch::Receiver<int>> new_receivers[2];
  std::optional<TaskHandle<void>> waiter;
};

Task<> WatchWithoutReceiver(Cx&, WatchWorld& w) {
  w.rx.reset();
  co_return;
}

Task<> WatchChangedOnce(Cx& cx, WatchWorld& w) {
  (void)co_await w.tx->Send(cx, 7);
}

template <bool kLastSenders>
Task<> WatchWaits(Cx& cx, WatchWorld& w) {
  if (kLastSenders) w.tx.reset();
  auto body = [&w](Cx& cx) -> Task<> {
    absl::Status status = co_await w.rx->Changed(cx);
    w.Log(absl::StrCat("waiter:", Code(status)));
  };
  w.waiter = cx.Spawn(body);
  co_return;
}

template <int kValue>
Task<> WatchSend(Cx& cx, WatchWorld& w, Slot& slot) {
  absl::Status status = co_await w.own[slot.index]->Send(cx, kValue);
  slot.saw = Code(status);
}

Task<> WatchModify(Cx& cx, WatchWorld& w, Slot& slot) {
  auto more = [](int& value) { ++value; };
  absl::Status status = co_await w.own[slot.index]->SendModify(cx, more);
  slot.saw = Code(status);
}

Task<> WatchChanged(Cx& cx, WatchWorld& w, Slot& slot) {
  absl::Status status = co_await w.receivers[slot.index]->Changed(cx);
  slot.saw = Code(status);
}

Task<> WatchBorrow(Cx& cx, WatchWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(w.receivers[slot.index]->Borrow());
}

Task<> WatchBorrowAndUpdate(Cx& cx, WatchWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = absl::StrCat(w.receivers[slot.index]->BorrowAndUpdate());
}

Task<> WatchHasChanged(Cx& cx, WatchWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  slot.saw = w.receivers[slot.index]->HasChanged() ? "changed" : "seen";
}

Task<> WatchSubscribe(Cx& cx, WatchWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.new_receivers[slot.index].emplace(w.own[slot.index]->Subscribe());
}

Task<> WatchCopyReceiver(Cx& cx, WatchWorld& w, Slot& slot) {
  (void)co_await cx.Yield();
  w.new_receivers[slot.index].emplace(*w.receivers[slot.index]);
}

Task<> ProbeWatch(Cx& cx, WatchWorld& w) {
  for (auto* receivers : {&w.receivers, &w.new_receivers}) {
    for (auto& each : *receivers) {
      if (!each.has_value()) {
        w.Log("-");
        continue;
      }
      w.Log(each->HasChanged() ? "changed" : "seen");
      w.Log(absl::StrCat(each->Borrow()));
    }
  }
  for (int i : {0, 1}) {
    w.own[i].reset();
    w.more[i].reset();
  }
  w.tx.reset();
  for (int i = 0; i < 3; ++i) (void)co_await cx.Yield();
}

}  // namespace

Report CheckMpsc() {
  using W = MpscWorld<true>;
  constexpr unsigned kAll = kReceiver | kPeek;
  return Check(
      Table<W>{"mpsc, capacity 2",
               {{"empty", Nothing<W>, kAll},
                {"one message", Fill<W, 1>, kAll},
                {"full", Fill<W, 2>, kAll},
                {"full, a sender waits", FillAndWait<W>, kAll | kWaiter},
                {"one message, one permit", FillAndReserve<W, 1>,
                 kAll | kPermit},
                {"a permit, the receiver waits", ReserveAndWaitForMessage<W>,
                 kPeek | kPermit | kWaiter},
                {"two senders, the receiver waits", WaitWithTwoSenders<W>,
                 kPeek | kWaiter},
                {"the receiver is gone", WithoutReceiver<W>}},
               MpscOperations<W>(), ProbeMpsc<W>});
}

Report CheckUnboundedMpsc() {
  using W = MpscWorld<false>;
  constexpr unsigned kAll = kReceiver | kPeek;
  return Check(
      Table<W>{"mpsc, unbounded",
               {{"empty", Nothing<W>, kAll},
                {"two messages", Fill<W, 2>, kAll},
                {"a permit, the receiver waits", ReserveAndWaitForMessage<W>,
                 kPeek | kPermit | kWaiter},
                {"two senders, the receiver waits", WaitWithTwoSenders<W>,
                 kPeek | kWaiter},
                {"the receiver is gone", WithoutReceiver<W>}},
               MpscOperations<W>(), ProbeMpsc<W>});
}

Report CheckOneshot() {
  using W = OneshotWorld;
  return Check(Table<W>{
      "oneshot",
      {{"nothing sent", Nothing<W>, kSender | kReceiver},
       {"sent", OneshotSent, kReceiver},
       {"the receiver waits", WaitForMessage<W>, kSender | kWaiter},
       {"the sender waits", WaitForClosed, kReceiver | kWaiter},
       {"the receiver is gone", WithoutReceiver<W>, kSender}},
      {{"Send", OneshotSend, kSender},
       {"drop the sender", OneshotDropSender, kSender},
       {"Closed", OneshotClosed, kSender},
       {"closed", OneshotIsClosed, kSender},
       {"Recv", Receive<W>, kReceiver},
       {"TryRecv", TryReceive<W>, kReceiver},
       {"drop the receiver", DropReceiver<W>, kReceiver},
       {"cancel the waiter", CancelWaiter<W>, kWaiter}},
      ProbeOneshot});
}

Report CheckBroadcast() { return CheckBroadcastOf<int>("broadcast"); }
Report CheckBroadcastOfStrings() {
  return CheckBroadcastOf<std::string>("broadcast of strings");
}

Report CheckWatch() {
  using W = WatchWorld;
  return Check(Table<W>{"watch",
                        {{"nothing sent", Nothing<W>},
                         {"changed", WatchChangedOnce},
                         {"two receivers", WatchWithoutReceiver},
                         {"one waits", WatchWaits<false>, kWaiter},
                         {"one waits, two senders", WatchWaits<true>, kWaiter}},
                        {{"Send(1)", WatchSend<1>},
                         {"Send(2)", WatchSend<2>},
                         {"SendModify", WatchModify},
                         {"copy a sender", CopySender<W>},
                         {"drop a sender", DropOwnSender<W>},
                         {"Changed", WatchChanged},
                         {"Borrow", WatchBorrow},
                         {"BorrowAndUpdate", WatchBorrowAndUpdate},
                         {"HasChanged", WatchHasChanged},
                         {"Subscribe", WatchSubscribe},
                         {"copy a receiver", WatchCopyReceiver},
                         {"drop a receiver", DropOwnReceiver<W>},
                         {"cancel the waiter", CancelWaiter<W>, kWaiter}},
                        ProbeWatch});
}

}  // namespace commute
}  // namespace asupersync
