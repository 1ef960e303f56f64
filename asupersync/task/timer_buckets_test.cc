#include "asupersync/task/timer_buckets.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <vector>

#include "asupersync/base/prng.h"
#include "asupersync/task/timer.h"
#include "asupersync/base/ids.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

constexpr std::int64_t kLeast = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kGreatest = std::numeric_limits<std::int64_t>::max();

class SilentTimer final : public Timer {
 private:
  TimerId Identity() const override { return TimerId(); }
  void OnFire() override {}
};

// By deadline, else as they were.
void Sort(std::vector<TimerEntry>& entries) {
  std::multimap<std::int64_t, TimerEntry> sorted;
  for (const TimerEntry& entry : entries) {
    sorted.emplace(entry.deadline_ns, entry);
  }
  entries.clear();
  for (const auto& [deadline_ns, entry] : sorted) entries.push_back(entry);
}

class TimerBucketsTest : public ::testing::Test {
 protected:
  Timer& Add(std::int64_t deadline_ns) {
    timers_.push_back(std::make_unique<SilentTimer>());
    buckets_.Add({deadline_ns, timers_.back().get()});
    return *timers_.back();
  }

  // Everything, in the order in which it comes out.
  std::vector<TimerEntry> TakeAll() {
    std::vector<TimerEntry> all;
    while (!buckets_.empty()) {
      std::vector<TimerEntry> taken = TakeEarliest();
      all.insert(all.end(), taken.begin(), taken.end());
    }
    return all;
  }

  // With one call, in order.
  std::vector<TimerEntry> TakeEarliest() {
    std::vector<TimerEntry> taken;
    buckets_.TakeEarliest(&taken);
    Sort(taken);
    return taken;
  }

  static std::vector<std::int64_t> Deadlines(
      const std::vector<TimerEntry>& entries) {
    std::vector<std::int64_t> deadlines;
    for (const TimerEntry& entry : entries) {
      deadlines.push_back(entry.deadline_ns);
    }
    return deadlines;
  }

  std::vector<std::unique_ptr<SilentTimer>> timers_;
  TimerBuckets buckets_;
};

TEST_F(TimerBucketsTest, EveryDeadlineButTheLeastIsAboveTheFirstFloor) {
  EXPECT_FALSE(buckets_.AboveFloor(kLeast));
  EXPECT_TRUE(buckets_.AboveFloor(kLeast + 1));
  Add(kGreatest);
  Add(kLeast + 1);
  Add(-1);
  Add(0);
  EXPECT_THAT(Deadlines(TakeAll()),
              ElementsAre(kLeast + 1, -1, 0, kGreatest));
  EXPECT_FALSE(buckets_.AboveFloor(kGreatest));
}

TEST_F(TimerBucketsTest, ComeOutByDeadlineThenInTheOrderOfAdding) {
  Prng random(42);
  for (int bits : {3, 10, 22, 40, 63}) {
    buckets_.SetFloor(-1);
    std::vector<TimerEntry> expected;
    for (int i = 0; i < 5'000; ++i) {
      const auto deadline_ns =
          static_cast<std::int64_t>(random.Below(std::uint64_t{1} << bits));
      expected.push_back({deadline_ns, &Add(deadline_ns)});
    }
    Sort(expected);
    const std::vector<TimerEntry> all = TakeAll();
    ASSERT_EQ(all.size(), expected.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
      ASSERT_EQ(all[i].deadline_ns, expected[i].deadline_ns) << i;
      ASSERT_EQ(all[i].timer, expected[i].timer) << i;
    }
  }
}

TEST_F(TimerBucketsTest, GiveAFewAtATime) {
  for (int i = 1; i <= 100'000; ++i) Add(i);
  std::size_t taken = 0;
  std::size_t calls = 0;
  while (!buckets_.empty()) {
    const std::size_t now = TakeEarliest().size();
    EXPECT_LE(now, TimerBuckets::kTakenMax);
    taken += now;
    ++calls;
  }
  EXPECT_EQ(taken, 100'000u);
  EXPECT_LT(calls, 100'000u / 16);
}

TEST_F(TimerBucketsTest, GiveAllOfOneDeadlineTogether) {
  std::vector<Timer*> added;
  for (int i = 0; i < 1'000; ++i) added.push_back(&Add(7));
  Add(8);
  std::vector<Timer*> taken;
  for (const TimerEntry& entry : TakeEarliest()) taken.push_back(entry.timer);
  EXPECT_EQ(taken, added);
  EXPECT_EQ(buckets_.size(), 1u);
}

TEST_F(TimerBucketsTest, RemovedTimersDoNotComeOut) {
  Add(1);
  Timer& second = Add(2);
  Timer& third = Add(3);
  EXPECT_TRUE(second.armed());
  buckets_.Remove(second);
  EXPECT_FALSE(second.armed());
  EXPECT_EQ(buckets_.size(), 2u);
  EXPECT_THAT(Deadlines(TakeAll()), ElementsAre(1, 3));
  buckets_.SetFloor(0);
  buckets_.Add({4, &third});
  buckets_.Remove(third);
  EXPECT_TRUE(buckets_.empty());
}

TEST_F(TimerBucketsTest, AnEarlierFloorKeepsTheOrder) {
  buckets_.SetFloor(1'000);
  std::vector<Timer*> expected;
  for (int i = 0; i < 200; ++i) expected.push_back(&Add(5'000));
  Add(1'001);
  Add(70'000);
  buckets_.SetFloor(10);
  Add(11);
  for (int i = 0; i < 200; ++i) expected.push_back(&Add(5'000));
  std::vector<Timer*> of_one_deadline;
  std::vector<std::int64_t> deadlines;
  for (const TimerEntry& entry : TakeAll()) {
    if (entry.deadline_ns == 5'000) of_one_deadline.push_back(entry.timer);
    deadlines.push_back(entry.deadline_ns);
  }
  EXPECT_EQ(of_one_deadline, expected);
  EXPECT_EQ(deadlines.front(), 11);
  EXPECT_EQ(deadlines[1], 1'001);
  EXPECT_EQ(deadlines.back(), 70'000);
}

TEST_F(TimerBucketsTest, ArmingAndTakingBackForEverTakesBoundedMemory) {
  Add(kGreatest);
  SilentTimer timer;
  Prng random(1);
  // Far more than fits if entries of removed timers stayed.
  for (int i = 0; i < 1'000'000; ++i) {
    buckets_.Add({static_cast<std::int64_t>(random.Below(1'000'000)), &timer});
    buckets_.Remove(timer);
  }
  EXPECT_LT(buckets_.bytes(), 1'000'000u);
  EXPECT_THAT(Deadlines(TakeAll()), ElementsAre(kGreatest));
}

}  // namespace
}  // namespace asupersync
