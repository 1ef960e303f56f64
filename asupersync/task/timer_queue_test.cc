#include "asupersync/task/timer_queue.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "asupersync/base/ids.h"
#include "asupersync/base/prng.h"
#include "asupersync/task/timer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

class CountingTimer final : public Timer {
 public:
  int fired() const { return fired_; }

 private:
  void OnFire() override { ++fired_; }
  int fired_ = 0;
};

TimerId Identity(std::uint64_t n) { return ChildIdentity<TimerId>(0, n); }

// What the queue must do, in the most obvious way.
class NaiveQueue {
 public:
  void Arm(Timer* timer, std::int64_t deadline_ns) {
    entries_.push_back({deadline_ns, timer});
  }
  void Disarm(Timer* timer) {
    std::erase_if(entries_, [&](const Entry& e) { return e.timer == timer; });
  }
  std::size_t size() const { return entries_.size(); }
  std::int64_t next_deadline_ns() const {
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    for (const Entry& e : entries_) least = std::min(least, e.deadline_ns);
    return least;
  }
  std::vector<Timer*> TakeDue() {
    const std::int64_t deadline_ns = next_deadline_ns();
    std::vector<Timer*> due;
    for (const Entry& e : entries_) {
      if (e.deadline_ns == deadline_ns) due.push_back(e.timer);
    }
    for (Timer* timer : due) Disarm(timer);
    return due;
  }

 private:
  struct Entry {
    std::int64_t deadline_ns;
    Timer* timer;
  };
  std::vector<Entry> entries_;  // in the order of arming
};

TEST(TimerQueueTest, AgreesWithANaiveQueueOnRandomOperations) {
  constexpr int kTimers = 60;
  Prng random(42);
  TimerQueue queue;
  NaiveQueue naive;
  std::vector<std::unique_ptr<CountingTimer>> timers;
  for (int i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<CountingTimer>());
  }
  std::vector<Timer*> due;
  int taken = 0;
  for (int i = 0; i < 200'000; ++i) {
    CountingTimer& timer = *timers[random.Below(kTimers)];
    // Phases that fill and that empty the queue, many equal deadlines.
    const bool fills = (i / 500) % 2 == 0;
    if (timer.armed() && random.Below(fills ? 4 : 2) == 0) {
      queue.Disarm(timer);
      naive.Disarm(&timer);
      EXPECT_FALSE(timer.armed());
    } else if (!timer.armed() && random.Below(fills ? 2 : 8) == 0) {
      const auto deadline_ns = static_cast<std::int64_t>(random.Below(25));
      queue.Arm(timer, deadline_ns, Identity(i));
      naive.Arm(&timer, deadline_ns);
      EXPECT_TRUE(timer.armed());
      EXPECT_EQ(timer.deadline_ns(), deadline_ns);
      EXPECT_EQ(timer.identity(), Identity(i));
    } else if (naive.size() > 0 && random.Below(10) == 0) {
      ASSERT_EQ(queue.next_deadline_ns(), naive.next_deadline_ns());
      queue.TakeDue(&due);
      ASSERT_EQ(due, naive.TakeDue());
      for (Timer* t : due) EXPECT_FALSE(t->armed());
      taken += static_cast<int>(due.size());
    }
    ASSERT_EQ(queue.size(), naive.size());
    ASSERT_EQ(queue.empty(), naive.size() == 0);
  }
  EXPECT_GT(taken, 10'000);
  while (!queue.empty()) queue.TakeDue(&due);
}

TEST(TimerQueueTest, TimersOfOneDeadlineComeInTheOrderOfArming) {
  TimerQueue queue;
  CountingTimer a, b, c, later;
  queue.Arm(later, 6, Identity(0));
  queue.Arm(c, 5, Identity(1));
  queue.Arm(a, 5, Identity(2));
  queue.Arm(b, 5, Identity(3));
  std::vector<Timer*> due;
  queue.TakeDue(&due);
  EXPECT_THAT(due, ElementsAre(&c, &a, &b));
  EXPECT_EQ(queue.next_deadline_ns(), 6);
  TimerQueue::Fire(a);
  EXPECT_EQ(a.fired(), 1);
  EXPECT_EQ(b.fired(), 0);
  queue.Disarm(later);
  EXPECT_TRUE(queue.empty());
}

TEST(TimerQueueTest, DeadlinesMayBeAtTheEndsOfTheirRange) {
  TimerQueue queue;
  CountingTimer first, last;
  queue.Arm(last, std::numeric_limits<std::int64_t>::max(), Identity(0));
  queue.Arm(first, std::numeric_limits<std::int64_t>::min(), Identity(1));
  std::vector<Timer*> due;
  queue.TakeDue(&due);
  EXPECT_THAT(due, ElementsAre(&first));
  queue.TakeDue(&due);
  EXPECT_THAT(due, ElementsAre(&last));
}

TEST(TimerQueueTest, NumbersStartAgainAfterReset) {
  TimerQueue queue;
  CountingTimer timer;
  EXPECT_EQ(timer.id(), 0u);
  queue.Arm(timer, 1, Identity(0));
  EXPECT_EQ(timer.id(), 1u);
  queue.Disarm(timer);
  queue.Arm(timer, 1, Identity(0));
  EXPECT_EQ(timer.id(), 2u);
  queue.Disarm(timer);
  queue.Reset();
  queue.Arm(timer, 1, Identity(0));
  EXPECT_EQ(timer.id(), 1u);
  queue.Disarm(timer);
}

}  // namespace
}  // namespace asupersync
