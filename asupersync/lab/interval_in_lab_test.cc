#include "asupersync/time/interval.h"

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/lab/branch_subjects.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::int64_t Millis(absl::Time time) { return absl::ToUnixMillis(time); }

// When five ticks of 10 ms were due and taken, if the loop is held up for 25 ms
// (40 ms in all) after the second.
struct Ticks {
  std::vector<std::int64_t> due_ms;
  std::vector<std::int64_t> taken_ms;
};
Ticks TicksOf(LabRuntime& runtime, MissedTickBehavior missed,
              absl::Duration held_up = absl::Milliseconds(25)) {
  Ticks ticks;
  (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
    Interval interval(cx, absl::Milliseconds(10), missed);
    for (int i = 0; i < 5; ++i) {
      ticks.due_ms.push_back(Millis(co_await Try(interval.Tick(cx))));
      ticks.taken_ms.push_back(Millis(cx.Now()));
      if (i == 1) co_await Try(cx.Sleep(held_up));
    }
    co_return absl::OkStatus();
  });
  return ticks;
}

TEST(IntervalTest, BurstCatchesUp) {
  ForEachSchedule([](LabRuntime& runtime) {
    const Ticks ticks = TicksOf(runtime, MissedTickBehavior::kBurst);
    EXPECT_THAT(ticks.due_ms, ElementsAre(0, 10, 20, 30, 40));
    EXPECT_THAT(ticks.taken_ms, ElementsAre(0, 10, 35, 35, 40));
  });
}

TEST(IntervalTest, DelayStartsAWholePeriodAfterTheLateTick) {
  ForEachSchedule([](LabRuntime& runtime) {
    const Ticks ticks = TicksOf(runtime, MissedTickBehavior::kDelay);
    EXPECT_THAT(ticks.due_ms, ElementsAre(0, 10, 20, 45, 55));
    EXPECT_THAT(ticks.taken_ms, ElementsAre(0, 10, 35, 45, 55));
  });
}

TEST(IntervalTest, SkipStaysOnTheGrid) {
  ForEachSchedule([](LabRuntime& runtime) {
    const Ticks ticks = TicksOf(runtime, MissedTickBehavior::kSkip);
    EXPECT_THAT(ticks.due_ms, ElementsAre(0, 10, 20, 40, 50));
    EXPECT_THAT(ticks.taken_ms, ElementsAre(0, 10, 35, 40, 50));
  });
}

TEST(IntervalTest, SkipTakesTheNextTickAfterOneThatIsLateByAWholePeriod) {
  LabRuntime runtime(LabConfig(1));
  const Ticks ticks =
      TicksOf(runtime, MissedTickBehavior::kSkip, absl::Milliseconds(20));
  EXPECT_THAT(ticks.taken_ms, ElementsAre(0, 10, 30, 40, 50));
}

TEST(IntervalTest, StartsAndRestartsWhenItIsToldTo) {
  LabRuntime runtime(LabConfig(1));
  (void)RunToEnd(runtime, [](Cx& cx) -> Task<absl::Status> {
    Interval interval(absl::UnixEpoch() + absl::Milliseconds(7),
                      absl::Milliseconds(10));
    EXPECT_EQ(interval.period(), absl::Milliseconds(10));
    EXPECT_EQ(Millis(co_await Try(interval.Tick(cx))), 7);
    co_await Try(cx.Sleep(absl::Milliseconds(1)));
    interval.Reset(cx);
    EXPECT_EQ(Millis(interval.next()), 18);
    EXPECT_EQ(Millis(co_await Try(interval.Tick(cx))), 18);
    co_return absl::OkStatus();
  });
}

TEST(IntervalTest, ACancelledTickIsNotTaken) {
  ForEachSchedule([](LabRuntime& runtime) {
    Interval interval(absl::UnixEpoch() + absl::Milliseconds(10),
                      absl::Milliseconds(10));
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      co_return (co_await interval.Tick(cx)).status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    EXPECT_THAT(runtime.DescribeTasks(),
                HasSubstr("waits to see the tick of an interval at 10ms at"));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_TRUE(absl::IsCancelled(handle.TakeOutcome().status()));
    EXPECT_EQ(Millis(interval.next()), 10);
  });
}

TEST(IntervalDeathTest, APeriodOfZeroIsAnError) {
  EXPECT_DEATH(Interval(absl::UnixEpoch(), absl::ZeroDuration()),
               "interval_in_lab_test.cc.*needs a period above 0, not 0");
}

}  // namespace
}  // namespace asupersync
