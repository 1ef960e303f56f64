// The program whose traces picture_test draws.
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

class Account : public LabTest {
 protected:
  // So that the picture shows which steps conflict.
  LabConfig ConfigureLab(LabConfig config) override {
    return config.WithReplayRecording(
        RecorderConfig::Enabled().WithAccesses(true));
  }
};

Task<absl::Status> Withdraw(Cx& cx, Shared<int>& balance,
                            mpsc::Sender<int> ledger, int amount) {
  int now = co_await Try(balance.Read(cx));
  co_await Try(cx.Sleep(absl::Milliseconds(10)));  // somebody else comes first
  co_await Try(balance.Write(cx, now - amount));
  cx.Trace("withdrew");
  co_return co_await ledger.Send(cx, amount);
}

LAB_TEST_F(Account, LosesNoUpdate) {
  Shared<int> balance(100);
  auto [tx, rx] = mpsc::Channel<int>(2);
  auto alice = cx.Spawn("alice", [&balance, tx = tx](Cx& cx) {
    return Withdraw(cx, balance, tx, 30);
  });
  auto bob = cx.Spawn("bob", [&balance, tx = tx](Cx& cx) {
    return Withdraw(cx, balance, tx, 50);
  });
  int withdrawn = 0;
  withdrawn += co_await Try(rx.Recv(cx));
  withdrawn += co_await Try(rx.Recv(cx));
  const int left = co_await Try(balance.Read(cx));
  EXPECT_EQ(left, 100 - withdrawn);
  (void)co_await alice.Join(cx);
  (void)co_await bob.Join(cx);
  co_return absl::OkStatus();
}

Task<absl::Status> WithdrawLocked(Cx& cx, Mutex& lock, Shared<int>& balance,
                                  int amount) {
  MutexGuard guard = co_await Try(lock.Lock(cx));
  int now = co_await Try(balance.Read(cx));
  co_await Try(cx.Sleep(absl::Milliseconds(10)));
  co_return co_await balance.Write(cx, now - amount);
}

// The same accesses, put into an order by a lock.
LAB_TEST_F(Account, IsLocked) {
  Mutex lock;
  Shared<int> balance(100);
  auto alice = cx.Spawn("alice", [&](Cx& cx) {
    return WithdrawLocked(cx, lock, balance, 30);
  });
  auto bob = cx.Spawn("bob", [&](Cx& cx) {
    return WithdrawLocked(cx, lock, balance, 50);
  });
  (void)co_await alice.Join(cx);
  (void)co_await bob.Join(cx);
  const int left = co_await Try(balance.Read(cx));
  EXPECT_EQ(left, 20);
  co_return absl::OkStatus();
}

Task<absl::Status> Dine(Cx& cx, Mutex& left, Mutex& right) {
  MutexGuard first = co_await Try(left.Lock(cx));
  co_await Try(cx.Sleep(absl::Milliseconds(1)));
  MutexGuard second = co_await Try(right.Lock(cx));
  co_return absl::OkStatus();
}

LAB_TEST(Philosophers, BothEat) {
  Mutex fork;
  Mutex knife;
  auto kant = cx.Spawn("Kant", [&](Cx& cx) { return Dine(cx, fork, knife); });
  auto hume = cx.Spawn("Hume", [&](Cx& cx) { return Dine(cx, knife, fork); });
  (void)co_await kant.Join(cx);
  (void)co_await hume.Join(cx);
  co_return absl::OkStatus();
}

// With --lab_check_determinism it fails: the second run makes more steps.
LAB_TEST(Flaky, DependsOnTheProcess) {
  static int runs = 0;
  ++runs;
  for (int i = 0; i < runs; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

// Names that would be markup, end the page's data, or turn the text around.
LAB_TEST(Hostile, NamesStayText) {
  cx.Trace("<!-- \xE2\x80\xAE\xE2\x80\xA8 \xFF\xFE \x01 -->");
  auto child = cx.Spawn("</script><img src=x onerror=alert(1)>\"'&",
                        [](Cx& cx) -> Task<absl::Status> {
                          co_return co_await cx.Yield();
                        });
  (void)co_await child.Join(cx);
  ADD_FAILURE() << "</script><script>document.title = 'owned'</script>";
  co_return absl::OkStatus();
}

// 100,000 events: twelve tasks of 4,170 steps, two events each.
LAB_TEST(Many, Steps) {
  std::vector<TaskHandle<absl::Status>> tasks;
  for (int i = 0; i < 12; ++i) {
    tasks.push_back(cx.Spawn([](Cx& cx) -> Task<absl::Status> {
      for (int n = 0; n < 4170; ++n) co_await Try(cx.Yield());
      co_return absl::OkStatus();
    }));
  }
  for (TaskHandle<absl::Status>& task : tasks) (void)co_await task.Join(cx);
  co_return absl::OkStatus();
}

}  // namespace
}  // namespace asupersync
