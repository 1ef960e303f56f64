#include "asupersync/trace/event.h"

#include <set>
#include <sstream>
#include <string>

#include "asupersync/trace/random_events.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(EventTest, PrintsKindAndFields) {
  EXPECT_EQ(ToString(TaskScheduled{CompactTaskId(3), 17}),
            "TaskScheduled task=T3 tick=17");
  EXPECT_EQ(ToString(TaskSpawned{CompactTaskId(2), CompactRegionId(1), 5,
                                 CompactTaskId()}),
            "TaskSpawned task=T2 region=R1 tick=5 parent=none");
  EXPECT_EQ(ToString(TimeAdvanced{5, 100}), "TimeAdvanced from=5ns to=100ns");
  EXPECT_EQ(ToString(IoResult{7, -2}), "IoResult token=7 bytes=-2");
  EXPECT_EQ(ToString(ChaosInjection{1, CompactTaskId(4), 9}),
            "ChaosInjection kind=delay task=T4 data=9");
  EXPECT_EQ(ToString(TaskCompleted{CompactTaskId(4), 2}),
            "TaskCompleted task=T4 outcome=cancelled");
  EXPECT_EQ(ToString(RegionCancelled{CompactRegionId(2), 0}),
            "RegionCancelled region=R2 kind=user");
  EXPECT_EQ(ToString(ObligationReserved{7, 0, CompactTaskId(1)}),
            "ObligationReserved obligation=7 kind=\"send permit\" task=T1");
  EXPECT_EQ(ToString(Choice{1, 0, 2}), "Choice kind=timer chosen=0 of=2");
  // Numbers of a later version.
  EXPECT_EQ(ToString(Choice{9, 0, 2}), "Choice kind=unknown(9) chosen=0 of=2");
  EXPECT_EQ(ToString(UserTrace{"a \"b\"\n"}),
            "UserTrace text=\"a \\\"b\\\"\\n\"");
}

TEST(EventTest, LongTextIsShortenedWithItsHash) {
  const std::string a = ToString(UserTrace{std::string(5000, 'a')});
  const std::string b = ToString(UserTrace{std::string(4999, 'a') + "b"});
  EXPECT_LT(a.size(), 200u);
  EXPECT_NE(a, b);
}

TEST(EventTest, EveryKindHasItsOwnName) {
  std::set<std::string> names;
  for (int i = 1; i <= kEventKindCount; ++i) {
    const EventKind kind = static_cast<EventKind>(i);
    EXPECT_EQ(Kind(DefaultEvent(kind)), kind);
    names.insert(std::string(KindName(kind)));
    EXPECT_EQ(ToString(DefaultEvent(kind)).find(std::string(KindName(kind))),
              0u);
  }
  EXPECT_EQ(names.size(), static_cast<size_t>(kEventKindCount));
  EXPECT_EQ(names.count("unknown"), 0u);
  EXPECT_EQ(KindName(static_cast<EventKind>(0)), "unknown");
  EXPECT_EQ(KindName(static_cast<EventKind>(200)), "unknown");
}

// They are in files; docs/trace_format.md has the same table.
TEST(EventTest, KindNumbersAreFixed) {
  EXPECT_EQ(static_cast<int>(Kind(TaskScheduled{})), 1);
  EXPECT_EQ(static_cast<int>(Kind(TaskCompleted{})), 4);
  EXPECT_EQ(static_cast<int>(Kind(TimeAdvanced{})), 8);
  EXPECT_EQ(static_cast<int>(Kind(RngValue{})), 16);
  EXPECT_EQ(static_cast<int>(Kind(RegionCreated{})), 20);
  EXPECT_EQ(static_cast<int>(Kind(Choice{})), 26);
  EXPECT_EQ(static_cast<int>(Kind(UserTrace{})), 28);
}

TEST(EventTest, DifferentEventsPrintDifferently) {
  Prng prng(1);
  for (int i = 0; i < 20000; ++i) {
    const EventKind kind =
        static_cast<EventKind>(1 + prng.Below(kEventKindCount));
    const ReplayEvent a = RandomEvent(kind, prng.Below(3), prng);
    const ReplayEvent b = RandomEvent(kind, prng.Below(3), prng);
    EXPECT_EQ(a == b, ToString(a) == ToString(b)) << a << "\n" << b;
  }
}

TEST(EventTest, NamesTheTaskAndRegionItIsAbout) {
  EXPECT_EQ(TaskOf(TaskYielded{CompactTaskId(3)}), CompactTaskId(3));
  EXPECT_EQ(TaskOf(TimerFired{3}), std::nullopt);
  EXPECT_EQ(TaskOf(ChaosInjection{}), std::nullopt);
  EXPECT_EQ(RegionOf(RegionClosed{CompactRegionId(3)}), CompactRegionId(3));
  EXPECT_EQ(RegionOf(TaskYielded{CompactTaskId(3)}), std::nullopt);
}

TEST(EventTest, RecordsPrintTheirPosition) {
  std::ostringstream out;
  out << EventRecord{12, 5, SiteId(3), TaskYielded{CompactTaskId(2)}};
  EXPECT_EQ(out.str(), "#12 tick=5 site=3 TaskYielded task=T2");
}

}  // namespace
}  // namespace asupersync
