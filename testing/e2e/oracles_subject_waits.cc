// The pairs of oracles_subject.cc, continued: those about what tasks wait for,
// what they exchange, and what they take from outside.
#include <chrono>
#include <cstdint>
#include <deque>
#include <source_location>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// --- channel_atomicity

// A channel of the program's own, for one receiver that asks when it likes.
class Mailbox {
 public:
  enum class Order { kFirst, kLast };

  explicit Mailbox(Order order) : order_(order) {}
  ~Mailbox() {
    for (const Entry& entry : entries_) log_.Dropped(entry.number);
  }

  void Send(int value) {
    Touch(object_, Access::kWrite);
    entries_.push_back({value, log_.Sent()});
  }
  absl::StatusOr<int> TryReceive() {
    Touch(object_, Access::kWrite);
    if (entries_.empty()) return absl::UnavailableError("no mail");
    const bool first = order_ == Order::kFirst;
    const Entry entry = first ? entries_.front() : entries_.back();
    if (first) {
      entries_.pop_front();
    } else {
      entries_.pop_back();
    }
    log_.Received(entry.number);
    return entry.value;
  }

 private:
  struct Entry {
    int value;
    std::uint64_t number;
  };

  SharedObject object_{"mailbox"};
  MessageLog log_{object_};
  std::deque<Entry> entries_;
  Order order_;
};

Task<absl::Status> SendTwo(Cx& cx, Mailbox::Order order) {
  Mailbox mailbox(order);
  auto sender = cx.Spawn("sender", [&](Cx& cx) -> Task<absl::Status> {
    mailbox.Send(1);
    co_await Try(cx.Yield());
    mailbox.Send(2);
    co_return absl::OkStatus();
  });
  co_await Try(sender.Join(cx));
  co_await Try(mailbox.TryReceive());
  co_await Try(mailbox.TryReceive());
  co_return absl::OkStatus();
}

LAB_TEST(ChannelAtomicity, MailboxThatIsAStack) {
  co_return co_await SendTwo(cx, Mailbox::Order::kLast);
}

LAB_TEST(ChannelAtomicity, MailboxThatIsAQueue) {
  co_return co_await SendTwo(cx, Mailbox::Order::kFirst);
}

// --- deadlock: a lost wake-up

// An event of the program's own, which may forget to wake.
class Event {
 public:
  class WaitOperation final : public Operation {
   public:
    WaitOperation(TaskNode& node, Event& event, std::source_location site)
        : Operation(node, site), event_(event) {}
    ~WaitOperation() {
      if (event_.waiter_ == this) event_.waiter_ = nullptr;
    }
    absl::Status await_resume() const {
      return cancelled() ? CancelledStatus() : absl::OkStatus();
    }
    WaitDescription Describe() const override {
      return {"see the event", event_.object_.id(), {}};
    }

   private:
    bool Poll() override {
      Touch(event_.object_, Access::kWrite);
      if (event_.happened_) return true;
      event_.waiter_ = this;
      return false;
    }
    void Abandon() override { event_.waiter_ = nullptr; }

    Event& event_;
  };

  WaitOperation Wait(Cx& cx, std::source_location site =
                                 std::source_location::current()) {
    return WaitOperation(cx.node(), *this, site);
  }
  void Happen(bool wake) {
    Touch(object_, Access::kWrite);
    happened_ = true;
    if (wake && waiter_ != nullptr) {
      waiter_->node().runtime().Wake(waiter_->node());
    }
  }

 private:
  SharedObject object_{"event"};
  bool happened_ = false;
  WaitOperation* waiter_ = nullptr;
};

Task<absl::Status> WaitForTheEvent(Cx& cx, bool wake) {
  Event event;
  auto waiter = cx.Spawn("waiter", [&](Cx& cx) -> Task<absl::Status> {
    co_return co_await event.Wait(cx);
  });
  co_await Try(cx.Sleep(absl::Seconds(1)));
  event.Happen(wake);
  co_return (co_await waiter.Join(cx)).status();
}

LAB_TEST(Deadlock, EventThatForgetsToWake) {
  co_return co_await WaitForTheEvent(cx, /*wake=*/false);
}

LAB_TEST(Deadlock, EventThatWakes) {
  co_return co_await WaitForTheEvent(cx, /*wake=*/true);
}

// --- futurelock, starvation

class Idle : public LabTest {
 protected:
  LabConfig ConfigureLab(LabConfig config) override {
    return config.WithIdleSteps(100);
  }
};

// Waits for a long time, with the lock or without it; a customer wants the lock
// or does not.
Task<absl::Status> WaitForTheOther(Cx& cx, bool keep_the_lock, bool wanted) {
  Mutex mutex;
  Notify notify;
  auto other = cx.Spawn("other", [&](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 1000; ++i) co_await Try(cx.Yield());
    notify.NotifyOne();
    co_return absl::OkStatus();
  });
  MutexGuard guard = co_await Try(mutex.Lock(cx));
  auto customer = cx.Spawn("customer", [&](Cx& cx) -> Task<absl::Status> {
    if (wanted) MutexGuard got = co_await Try(mutex.Lock(cx));
    co_return absl::OkStatus();
  });
  if (!keep_the_lock) guard.Unlock();
  co_await Try(notify.Wait(cx));
  if (keep_the_lock) guard.Unlock();
  co_await Try(customer.Join(cx));
  co_return (co_await other.Join(cx)).status();
}

class Futurelock : public Idle {};

LAB_TEST_F(Futurelock, WaitThatKeepsALock) {
  co_return co_await WaitForTheOther(cx, /*keep_the_lock=*/true,
                                     /*wanted=*/true);
}

LAB_TEST_F(Futurelock, WaitThatKeepsNothing) {
  co_return co_await WaitForTheOther(cx, /*keep_the_lock=*/false,
                                     /*wanted=*/true);
}

LAB_TEST_F(Futurelock, WaitThatKeepsWhatNobodyWants) {
  co_return co_await WaitForTheOther(cx, /*keep_the_lock=*/true,
                                     /*wanted=*/false);
}

// A strategy that has a favourite: the first candidate.
class Favouring final : public ChoiceSource {
 public:
  std::uint32_t Choose(ChoiceKind, std::uint32_t,
                       const CandidateView&) override {
    return 0;
  }
  std::uint64_t Draw(DrawPurpose, std::uint64_t, std::uint64_t) override {
    return 0;
  }
  void Reset(const DerivedSeeds&) override {}
};

class Starvation : public Idle {
 protected:
  void SpawnTwo() {
    for (const char* name : {"favourite", "other"}) {
      runtime().SpawnRoot(name, [](Cx& cx) -> Task<absl::Status> {
        for (int i = 0; i < 1000; ++i) co_await Try(cx.Yield());
        co_return absl::OkStatus();
      });
    }
  }
};

TEST_F(Starvation, StrategyWithAFavourite) {
  Favouring favouring;
  runtime().DriveBy(favouring);
  SpawnTwo();
  runtime().RunUntilQuiescent();
}

TEST_F(Starvation, StrategyThatIsFair) {
  RoundRobinChoiceSource fair(runtime().config().seeds());
  runtime().DriveBy(fair);
  SpawnTwo();
  runtime().RunUntilQuiescent();
}

// --- ambient_authority

LAB_TEST(AmbientAuthority, ClockOfTheMachine) {
  co_await Try(cx.Yield());
  const auto now = std::chrono::steady_clock::now();
  CO_ASSERT_NE(now.time_since_epoch().count(), 0);
  co_return absl::OkStatus();
}

LAB_TEST(AmbientAuthority, ClockOfTheRuntime) {
  co_await Try(cx.Sleep(absl::Seconds(1)));
  CO_ASSERT_EQ(cx.Now(), absl::UnixEpoch() + absl::Seconds(1));
  co_return absl::OkStatus();
}

// --- determinism

// How often this was called in this process.
int Calls() {
  static int calls = 0;
  return ++calls;
}

LAB_TEST(Determinism, StateOfTheProcess) {
  const int yields = Calls();
  for (int i = 0; i < yields; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

LAB_TEST(Determinism, StateOfTheTest) {
  int calls = 0;
  const int yields = ++calls;
  for (int i = 0; i < yields; ++i) co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

}  // namespace
}  // namespace asupersync
