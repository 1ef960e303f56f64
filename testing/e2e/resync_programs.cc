// Compiled once for each ResyncEdit, with the macro EDIT: what a programmer
// would have edited stands in #if.
#include "testing/e2e/resync_programs.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"

#if EDIT == 5
#define Deposit AddToBalance
#define Deliver NumberAndSend
#define HoldLease KeepUntilExpiry
#endif

namespace asupersync {
namespace e2e {
namespace {

// Does nothing that matters.
[[maybe_unused]] Task<absl::Status> Idle(Cx& cx, int times) {
  for (int i = 0; i < times; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

// --- Three depositors of two coins each lose all but two of them.

#if EDIT == 2 || EDIT == 6
#line 1040 "testing/e2e/resync_programs.cc"
#endif

struct Bank {
  Shared<int> balance{0};
  Shared<int> audited{0};
  Mutex mutex;
};

Task<absl::Status> Deposit(Cx& cx, Bank& bank) {
  for (int i = 0; i < 2; ++i) {
#if EDIT == 1
    co_await Try(cx.Yield());
#endif
#if EDIT == 8
    MutexGuard guard = co_await Try(bank.mutex.Lock(cx));
#endif
    const int now = co_await Try(bank.balance.Read(cx));
#if EDIT == 1
    co_await Try(cx.Yield());
#endif
#if EDIT == 2
    cx.Trace("has read");
#endif
#if EDIT == 7
    (void)co_await Try(bank.audited.Read(cx));
#endif
    co_await Try(bank.balance.Write(cx, now + 1));
#if EDIT == 7
    co_await Try(bank.audited.Update(cx, [](int& n) { ++n; }));
#endif
  }
  co_return absl::OkStatus();
}

bool BankFails(LabRuntime& runtime) {
  Bank bank;
  runtime.SpawnRoot("bank", [&](Cx& cx) -> Task<absl::Status> {
#if EDIT == 3
    auto watcher = cx.Spawn([](Cx& cx) { return Idle(cx, 5); });
#endif
#if EDIT != 4
    auto bystander = cx.Spawn([](Cx& cx) { return Idle(cx, 3); });
#endif
    std::vector<TaskHandle<absl::Status>> tasks;
    for (int i = 0; i < 3; ++i) {
      tasks.push_back(cx.Spawn([&](Cx& cx) { return Deposit(cx, bank); }));
    }
    for (auto& task : tasks) co_await Try(task.Join(cx));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  return bank.balance.unchecked() <= 2;
}

// --- Three workers number their messages before they send them.

struct Mailbox {
  mpsc::Sender<int> tx;
  int next_number = 0;
};

Task<absl::Status> Deliver(Cx& cx, Mailbox& mailbox) {
#if EDIT == 8
  auto permit = co_await Try(mailbox.tx.Reserve(cx));
  permit.Send(mailbox.next_number++);
#else
  if (cx.RandomBelow(3) == 0) co_await Try(cx.Yield());
#if EDIT == 7
  co_await Try(cx.Yield());
#endif
  const int number = mailbox.next_number++;
#if EDIT == 1
  for (int i = 0; i < 3; ++i) co_await Try(cx.Yield());
#endif
#if EDIT == 2
  cx.Trace("has a number");
#endif
  co_await Try(mailbox.tx.Send(cx, number));
#endif
  co_return absl::OkStatus();
}

bool MailboxFails(LabRuntime& runtime) {
  std::vector<int> arrived;
  runtime.SpawnRoot("mailbox", [&](Cx& cx) -> Task<absl::Status> {
    auto [tx, rx] = mpsc::Channel<int>(4);
    Mailbox mailbox{std::move(tx)};
#if EDIT == 3
    auto watcher = cx.Spawn("watcher", [](Cx& cx) { return Idle(cx, 5); });
#endif
    auto one = cx.Spawn("one", [&](Cx& cx) { return Deliver(cx, mailbox); });
#if EDIT != 4
    auto idle = cx.Spawn("idle", [](Cx& cx) { return Idle(cx, 2); });
#endif
    auto two = cx.Spawn("two", [&](Cx& cx) { return Deliver(cx, mailbox); });
    auto three =
        cx.Spawn("three", [&](Cx& cx) { return Deliver(cx, mailbox); });
    for (int i = 0; i < 3; ++i) arrived.push_back(co_await Try(rx.Recv(cx)));
    co_await Try(one.Join(cx));
    co_await Try(two.Join(cx));
    co_await Try(three.Join(cx));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  return std::is_sorted(arrived.rbegin(), arrived.rend());
}

// --- Leases that end together are given back in an order that is taken for
// granted.

struct Leases {
  Shared<int> last{-1};
  std::vector<int> order;
};

Task<absl::Status> HoldLease(Cx& cx, Leases& leases, int id) {
#if EDIT == 1
  co_await Try(cx.Yield());
#endif
#if EDIT == 7
  co_await Try(leases.last.Read(cx));
#endif
#if EDIT == 8
  co_await Try(cx.Sleep(absl::Milliseconds(100 + id)));
#else
  co_await Try(cx.Sleep(absl::Milliseconds(100)));
#endif
#if EDIT == 2
  cx.Trace("expired");
#endif
  co_await Try(leases.last.Write(cx, id));
  leases.order.push_back(id);
#if EDIT == 1
  co_await Try(cx.Yield());
#endif
  co_return absl::OkStatus();
}

bool LeasesFail(LabRuntime& runtime) {
  Leases leases;
  runtime.SpawnRoot("leases", [&](Cx& cx) -> Task<absl::Status> {
#if EDIT == 3
    auto watcher = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Milliseconds(100));
    });
#endif
#if EDIT != 4
    auto bystander = cx.Spawn([](Cx& cx) { return Idle(cx, 3); });
#endif
    std::vector<TaskHandle<absl::Status>> tasks;
    for (int i = 0; i < 4; ++i) {
      tasks.push_back(
          cx.Spawn([&, i](Cx& cx) { return HoldLease(cx, leases, i); }));
    }
    for (auto& task : tasks) co_await Try(task.Join(cx));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  return leases.order.front() == 3 && leases.order.back() == 0;
}

}  // namespace

template <>
std::vector<ResyncProgram> ResyncPrograms<static_cast<ResyncEdit>(EDIT)>() {
  return {{"bank", BankFails},
          {"mailbox", MailboxFails},
          {"leases", LeasesFail}};
}

}  // namespace e2e
}  // namespace asupersync
