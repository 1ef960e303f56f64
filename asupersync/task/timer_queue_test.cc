#include "asupersync/task/timer_queue.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <utility>
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
  TimerId Identity() const override { return TimerId(); }
  void OnFire() override { ++fired_; }
  int fired_ = 0;
};

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
      queue.Arm(timer, deadline_ns);
      naive.Arm(&timer, deadline_ns);
      EXPECT_TRUE(timer.armed());
      EXPECT_EQ(timer.deadline_ns(), deadline_ns);
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

// The same with so many timers that most of them are far, and with deadlines
// from close together to all over the range.
TEST(TimerQueueTest, AgreesWithASortedSetOnManyTimers) {
  constexpr int kTimers = 5'000;
  for (int bits : {4, 12, 20, 42, 63}) {
    Prng random(bits);
    TimerQueue queue;
    // By deadline and number.
    std::map<std::pair<std::int64_t, std::uint64_t>, Timer*> sorted;
    std::vector<std::unique_ptr<CountingTimer>> timers;
    for (int i = 0; i < kTimers; ++i) {
      timers.push_back(std::make_unique<CountingTimer>());
    }
    std::vector<Timer*> due;
    std::int64_t now_ns = 0;
    std::size_t most = 0;
    for (int i = 0; i < 200'000; ++i) {
      CountingTimer& timer = *timers[random.Below(kTimers)];
      const bool fills = (i / 20'000) % 2 == 0;
      if (timer.armed()) {
        if (random.Below(fills ? 8 : 2) == 0) {
          sorted.erase({timer.deadline_ns(), timer.id()});
          queue.Disarm(timer);
        }
      } else if (fills || random.Below(8) == 0) {
        // Some in the past, some at the end of the range.
        std::int64_t deadline_ns = now_ns;
        if (random.Below(100) == 0) {
          deadline_ns = std::numeric_limits<std::int64_t>::max();
        } else if (random.Below(100) == 0) {
          deadline_ns -= static_cast<std::int64_t>(random.Below(1'000));
        } else {
          const auto wait = static_cast<std::int64_t>(
              random.Below(std::uint64_t{1} << bits));
          deadline_ns = wait > std::numeric_limits<std::int64_t>::max() - now_ns
                            ? std::numeric_limits<std::int64_t>::max()
                            : now_ns + wait;
        }
        queue.Arm(timer, deadline_ns);
        sorted[{deadline_ns, timer.id()}] = &timer;
      }
      if (!sorted.empty() && random.Below(fills ? 20 : 2) == 0) {
        const std::int64_t next_ns = sorted.begin()->first.first;
        ASSERT_EQ(queue.next_deadline_ns(), next_ns);
        queue.TakeDue(&due);
        for (Timer* taken : due) {
          ASSERT_EQ(taken, sorted.begin()->second);
          ASSERT_EQ(taken->deadline_ns(), next_ns);
          ASSERT_FALSE(taken->armed());
          sorted.erase(sorted.begin());
        }
        ASSERT_TRUE(sorted.empty() || sorted.begin()->first.first > next_ns);
        if (next_ns < std::numeric_limits<std::int64_t>::max()) {
          now_ns = std::max(now_ns, next_ns);
        }
      }
      most = std::max(most, sorted.size());
      ASSERT_EQ(queue.size(), sorted.size());
      ASSERT_EQ(queue.empty(), sorted.empty());
    }
    if (bits >= 12) {
      EXPECT_GT(most, 2'000u);
    }
    for (auto& timer : timers) {
      if (timer->armed()) queue.Disarm(*timer);
    }
    EXPECT_TRUE(queue.empty());
  }
}

TEST(TimerQueueTest, ManyTimersOfOneDeadlineComeInTheOrderOfArming) {
  constexpr int kTimers = 10'000;
  Prng random(3);
  TimerQueue queue;
  std::vector<std::unique_ptr<CountingTimer>> timers;
  std::vector<Timer*> at_five, at_six;
  for (int i = 0; i < kTimers; ++i) {
    timers.push_back(std::make_unique<CountingTimer>());
    const bool five = random.Below(2) == 0;
    queue.Arm(*timers.back(), five ? 5 : 6);
    (five ? at_five : at_six).push_back(timers.back().get());
  }
  std::vector<Timer*> due;
  queue.TakeDue(&due);
  EXPECT_EQ(due, at_five);
  queue.TakeDue(&due);
  EXPECT_EQ(due, at_six);
  EXPECT_TRUE(queue.empty());
}

TEST(TimerQueueTest, TimersOfOneDeadlineComeInTheOrderOfArming) {
  TimerQueue queue;
  CountingTimer a, b, c, later;
  queue.Arm(later, 6);
  queue.Arm(c, 5);
  queue.Arm(a, 5);
  queue.Arm(b, 5);
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
  queue.Arm(last, std::numeric_limits<std::int64_t>::max());
  queue.Arm(first, std::numeric_limits<std::int64_t>::min());
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
  queue.Arm(timer, 1);
  EXPECT_EQ(timer.id(), 1u);
  queue.Disarm(timer);
  queue.Arm(timer, 1);
  EXPECT_EQ(timer.id(), 2u);
  queue.Disarm(timer);
  queue.Reset();
  queue.Arm(timer, 1);
  EXPECT_EQ(timer.id(), 1u);
  queue.Disarm(timer);
}

}  // namespace
}  // namespace asupersync
