// Every pair of operations on every primitive, in both orders from the same
// state: pairs without conflicting footprints commute, and pairs that do not
// commute conflict.
#include <string>

#include "asupersync/lab/commute.h"
#include "asupersync/lab/commute_channel_tables.h"
#include "asupersync/lab/commute_sync_tables.h"
#include "asupersync/lab/commute_task_tables.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace commute {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::StartsWith;

// An imprecise pair costs an explorer executions, not correctness. The number
// is exact so that it cannot grow unseen; docs/primitives.md lists the pairs.
void Expect(const Report& report, int commuting, int conflicting,
            int imprecise) {
  EXPECT_THAT(report.errors, IsEmpty());
  EXPECT_EQ(report.commuting, commuting);
  EXPECT_EQ(report.conflicting, conflicting);
  EXPECT_EQ(static_cast<int>(report.imprecise.size()), imprecise)
      << ::testing::PrintToString(report.imprecise);
}

// In each: how many pairs commute, conflict, are imprecise.

TEST(CommuteTest, Mutex) { Expect(CheckMutex(), 6, 10, 12); }
TEST(CommuteTest, RwLock) { Expect(CheckRwLock(), 30, 26, 64); }
TEST(CommuteTest, Semaphore) { Expect(CheckSemaphore(), 15, 45, 83); }
TEST(CommuteTest, Notify) { Expect(CheckNotify(), 2, 3, 25); }
TEST(CommuteTest, Latch) { Expect(CheckLatch(), 25, 2, 16); }
TEST(CommuteTest, Barrier) { Expect(CheckBarrier(), 1, 2, 2); }
TEST(CommuteTest, OnceCell) { Expect(CheckOnceCell(), 13, 11, 26); }
TEST(CommuteTest, Shared) { Expect(CheckShared(), 1, 10, 4); }
TEST(CommuteTest, Mpsc) { Expect(CheckMpsc(), 81, 72, 140); }
TEST(CommuteTest, UnboundedMpsc) { Expect(CheckUnboundedMpsc(), 46, 35, 74); }
TEST(CommuteTest, Oneshot) { Expect(CheckOneshot(), 4, 7, 8); }
TEST(CommuteTest, Broadcast) { Expect(CheckBroadcast(), 175, 96, 246); }
TEST(CommuteTest, BroadcastOfStrings) {
  Expect(CheckBroadcastOfStrings(), 117, 96, 304);
}
TEST(CommuteTest, Watch) { Expect(CheckWatch(), 218, 87, 109); }
TEST(CommuteTest, Task) { Expect(CheckTask(), 156, 3, 29); }
TEST(CommuteTest, Timers) { Expect(CheckTimers(), 48, 0, 0); }
TEST(CommuteTest, Scope) { Expect(CheckScope(), 50, 18, 44); }

// The check itself: what it says of a pair is what the observations are.
TEST(CommuteJudgeTest, ADifferenceWithoutAConflictIsAnError) {
  Report report;
  const Observed ab = {"A first", "end", 1, 2};
  Observed ba = ab;
  EXPECT_FALSE(Judge("same", ab, ba, report));
  EXPECT_EQ(report.commuting, 1);
  ba.pair_fingerprint = 3;
  EXPECT_TRUE(Judge("imprecise", ab, ba, report));
  EXPECT_THAT(report.imprecise, ElementsAre("imprecise"));
  ba.end = "another end";
  EXPECT_TRUE(Judge("conflicting", ab, ba, report));
  EXPECT_EQ(report.conflicting, 1);
  EXPECT_THAT(report.errors, IsEmpty());
  ba.pair_fingerprint = ab.pair_fingerprint;
  EXPECT_FALSE(Judge("unsound", ab, ba, report));
  ba = ab;
  ba.end_fingerprint = 4;
  EXPECT_FALSE(Judge("two classes", ab, ba, report));
  EXPECT_THAT(report.errors,
              ElementsAre(StartsWith("unsound: the orders differ"),
                          StartsWith("two classes: one class after")));
}

// A counter that reports a read where it writes.
struct FlawedWorld : World {
  SharedObject object{"flawed counter"};
  int value = 0;
};

TEST(CommuteJudgeTest, AFootprintThatIsMissingIsFound) {
  using W = FlawedWorld;
  const auto nothing = [](Cx&, W&) -> Task<> { co_return; };
  const auto increment = [](Cx& cx, W& w, Slot& slot) -> Task<> {
    (void)co_await cx.Yield();
    Touch(w.object, Access::kRead);
    slot.saw = std::string(1, static_cast<char>('0' + ++w.value));
  };
  const Report report =
      Check(Table<W>{"flawed", {{"0", nothing}}, {{"++", increment}}, nothing});
  EXPECT_THAT(report.errors, ElementsAre(StartsWith("0: ++ | ++: the orders")));
}

}  // namespace
}  // namespace commute
}  // namespace asupersync
