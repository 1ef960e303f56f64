#include "asupersync/testing/trace_matchers.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::_;
using ::testing::AnyOf;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::Ge;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::Le;
using ::testing::Not;
using ::testing::StartsWith;

// Two tasks: a producer that sleeps and says so twice, and an unnamed one that
// cancels another.
ReplayTrace Recorded() {
  LabRuntime runtime(LabConfig(7).WithDefaultReplayRecording());
  runtime.SpawnRoot("producer", [](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 2; ++i) {
      co_await Try(cx.Sleep(absl::Milliseconds(1)));
      cx.Trace(i == 0 ? "first" : "second");
    }
    co_return absl::OkStatus();
  });
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    auto child = cx.Spawn("victim", [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Hours(1));
    });
    co_await Try(cx.Sleep(absl::Seconds(1)));
    child.Cancel();
    static_cast<void>(co_await child.Join(cx));
    co_return absl::AbortedError("planned");
  });
  runtime.RunUntilQuiescent();
  return *runtime.TakeReplayTrace();
}

// Hand-made, so that the texts below are short.
std::vector<EventRecord> Events() {
  const CompactTaskId t1(1), t2(2);
  std::vector<ReplayEvent> events = {
      TaskSpawned{t1, CompactRegionId(1), 0, {}},
      TaskNamed{t1, "producer"},
      TaskScheduled{t1, 1},
      UserTrace{"one"},
      TaskYielded{t1},
      TimeAdvanced{0, 5},
      TaskScheduled{t1, 2},
      UserTrace{"two"},
      TaskCompleted{t1, 0},
      WakerWake{t2},
      TimerFired{9},
  };
  std::vector<EventRecord> records;
  std::uint64_t tick = 0;
  for (ReplayEvent& event : events) {
    if (const auto* step = std::get_if<TaskScheduled>(&event)) {
      tick = step->at_tick;
    }
    records.push_back(EventRecord{records.size(), tick, SiteId(), event});
  }
  return records;
}

template <class T, class M>
std::string Explain(const M& matcher, const T& value) {
  ::testing::StringMatchResultListener listener;
  ::testing::SafeMatcherCast<const T&>(matcher).MatchAndExplain(value,
                                                                &listener);
  return listener.str();
}
template <class M>
std::string Describe(const M& matcher, bool negation = false) {
  return ::testing::DescribeMatcher<const ReplayTrace&>(matcher, negation);
}

TEST(TraceMatchersTest, FindEventsByKindAndFields) {
  const ReplayTrace trace = Recorded();
  EXPECT_THAT(trace, HasEvent(AnEvent<TaskSpawned>()));
  EXPECT_THAT(trace, Not(HasEvent(AnEvent<ChaosInjection>())));
  EXPECT_THAT(trace, HasEvent(AnEvent<TaskSpawned>(
                         Field(&TaskSpawned::parent, CompactTaskId(2)))));
  EXPECT_THAT(trace, Not(HasEvent(AnEvent<TaskSpawned>(
                         Field(&TaskSpawned::parent, CompactTaskId(1))))));
  EXPECT_THAT(trace, HasEvent(OfKind(EventKind::kTimerCancelled)));
  EXPECT_THAT(trace, HasEvent(OfKind(AnyOf(EventKind::kIoError,
                                           EventKind::kTimerFired))));
  EXPECT_THAT(trace, Not(HasEvent(OfKind(EventKind::kIoError))));
}

TEST(TraceMatchersTest, FindEventsByTask) {
  const ReplayTrace trace = Recorded();
  EXPECT_THAT(trace, HasEvent(ATrace("first"), ByTask("producer")));
  EXPECT_THAT(trace, Not(HasEvent(ATrace("first"), ByTask("victim"))));
  EXPECT_THAT(trace, HasEvent(ATrace("first"), ByTask(CompactTaskId(1))));
  EXPECT_THAT(trace, Not(HasEvent(ATrace("first"), ByTask(CompactTaskId(2)))));
  EXPECT_THAT(trace, HasEvent(AnEvent<TaskSpawned>(
                         AboutTask("victim"), ByTask(CompactTaskId(2)))));
  EXPECT_THAT(trace, HasEvent(AnEvent<TaskSpawned>(
                         AboutTask(CompactTaskId(1)), ByTask(CompactTaskId()))))
      << "roots are spawned outside of any step";
  EXPECT_THAT(trace, Not(HasEvent(AnEvent<TimerFired>(),
                                  Not(ByTask(CompactTaskId())))))
      << "timers fire between steps";
  EXPECT_THAT(Events(), HasEvent(AnEvent<WakerWake>(ByTask("producer"))))
      << "a task's end wakes those who join it";
}

TEST(TraceMatchersTest, FindEventsByOutcomeAndReason) {
  const ReplayTrace trace = Recorded();
  EXPECT_THAT(trace, HasEvent(ByTask("producer"),
                              WithOutcome(OutcomeKind::kOk)));
  EXPECT_THAT(trace, HasEvent(ByTask("victim"),
                              WithOutcome(OutcomeKind::kCancelled)));
  EXPECT_THAT(trace, HasEvent(WithOutcome(OutcomeKind::kErr)));
  EXPECT_THAT(trace, Not(HasEvent(WithOutcome(OutcomeKind::kPanicked))));
  EXPECT_THAT(trace, HasEvent(AboutTask("victim"),
                              WithCancelKind(CancelKind::kUser)));
  EXPECT_THAT(trace, Not(HasEvent(WithCancelKind(CancelKind::kShutdown))));
}

TEST(TraceMatchersTest, FindEventsByPlace) {
  const ReplayTrace trace = Recorded();
  EXPECT_THAT(trace, HasEvent(ATrace(_), AtSite("trace_matchers_test.cc")));
  EXPECT_THAT(trace, HasEvent(AtSite("testing/trace_matchers_test.cc",
                                     Gt(10u))));
  EXPECT_THAT(trace, Not(HasEvent(AtSite("matchers_test.cc"))));
  EXPECT_THAT(trace, Not(HasEvent(AtSite("trace_matchers_test.cc", 1))));
  EXPECT_THAT(trace, HasEvent(AnEvent<TaskScheduled>(AtTick(1))));
  EXPECT_THAT(trace, Not(HasEvent(AtTick(Gt(1000u)))));
}

TEST(TraceMatchersTest, ConditionsCombineAsOtherMatchersDo) {
  const std::vector<EventRecord> events = Events();
  EXPECT_THAT(events, HasEvent(AnyOf(ATrace("three"), ATrace("two"))));
  EXPECT_THAT(events, HasEvent(Not(ByTask("producer")), AtTick(2)));
  EXPECT_THAT(events, Not(HasEvent(ATrace(_), Not(ByTask("producer")))));
  EXPECT_THAT(events, EventCount(ATrace(AnyOf("one", "two")), 2));
  EXPECT_THAT(events, HasEvent());
  EXPECT_THAT(std::vector<EventRecord>(), Not(HasEvent()));
}

TEST(TraceMatchersTest, OrderIsThatOfASubsequence) {
  const ReplayTrace trace = Recorded();
  EXPECT_THAT(trace, EventsInOrder(ATrace("first"), AnEvent<TimerFired>(),
                                   ATrace("second"),
                                   AnEvent<TaskCancelRequested>()));
  EXPECT_THAT(trace, Not(EventsInOrder(ATrace("second"), ATrace("first"))));
  EXPECT_THAT(trace, Not(EventsInOrder(ATrace("first"), ATrace("first"))));
  EXPECT_THAT(trace, EventsInOrder());
}

TEST(TraceMatchersTest, CountsMatch) {
  const ReplayTrace trace = Recorded();
  EXPECT_THAT(trace, EventCount(AnEvent<TaskSpawned>(), 3));
  EXPECT_THAT(trace, EventCount(ATrace(_), Le(2u)));
  EXPECT_THAT(trace, Not(EventCount(ATrace(_), 3)));
  EXPECT_THAT(trace, EventCount(AnEvent<ChaosInjection>(), 0));
}

TEST(TraceMatchersTest, ARuntimeWithoutRecordingHasNoTrace) {
  LabRuntime runtime(LabConfig(7));
  runtime.RunUntilQuiescent();
  const std::optional<ReplayTrace> none = runtime.TakeReplayTrace();
  EXPECT_THAT(none, Not(EventCount(ATrace("x"), 0)));
  EXPECT_EQ(Explain(HasEvent(), none),
            "which is no trace: the runtime recorded none");
  const std::optional<ReplayTrace> some = Recorded();
  EXPECT_THAT(some, HasEvent(ATrace("first")));
}

TEST(TraceMatchersTest, DescribeThemselves) {
  EXPECT_EQ(Describe(HasEvent(AnEvent<TaskCompleted>(ByTask("p"), AtTick(5)))),
            "has an event that is a TaskCompleted, is by a task whose name is "
            "equal to \"p\", is at a tick that is equal to 5");
  EXPECT_EQ(Describe(HasEvent(AnEvent<IoError>()), /*negation=*/true),
            "has no event that is an IoError");
  EXPECT_EQ(Describe(EventsInOrder(ATrace(_), AnEvent<TimerFired>())),
            "has, in this order, an event that (1) is a UserTrace with a text "
            "that is anything, then one that (2) is a TimerFired");
  EXPECT_EQ(Describe(EventCount(AtSite("a.cc", 3), Ge(2u))),
            "has a number that is >= 2 of events each of which is at a.cc and "
            "a line that is equal to 3");
  EXPECT_EQ(Describe(HasEvent(Not(ByTask(CompactTaskId(2))))),
            "has an event that isn't by T2");
}

TEST(TraceMatchersTest, AMissShowsTheClosestEventAndItsNeighbours) {
  EXPECT_EQ(
      Explain(HasEvent(AnEvent<UserTrace>(ByTask("producer"), AtTick(7))),
              Events()),
      "none of whose 11 events is such a one; closest is #3, where it fails "
      "that it is at a tick that is equal to 7:\n"
      "    #0 tick=0: TaskSpawned task=T1 region=R1 tick=0 parent=none "
      "'producer'\n"
      "    #1 tick=0: TaskNamed task=T1 name=\"producer\" 'producer'\n"
      "    #2 tick=1 T1 'producer': TaskScheduled task=T1 tick=1\n"
      "  > #3 tick=1 T1 'producer': UserTrace text=\"one\"\n"
      "    #4 tick=1 T1 'producer': TaskYielded task=T1\n"
      "    #5 tick=1: TimeAdvanced from=0ns to=5ns\n"
      "    #6 tick=2 T1 'producer': TaskScheduled task=T1 tick=2");
}

TEST(TraceMatchersTest, AMissOfEverythingShowsWhatThereIs) {
  EXPECT_EQ(Explain(HasEvent(AnEvent<IoError>()), Events()),
            "none of whose 11 events is such a one; there are 2 TaskScheduled, "
            "1 TaskYielded, 1 TaskCompleted, 1 TaskSpawned, 1 TaskNamed, "
            "1 TimeAdvanced, 1 TimerFired, 1 WakerWake, 2 UserTrace");
}

TEST(TraceMatchersTest, AWrongOrderShowsTheEventThatIsTooEarly) {
  const std::string text =
      Explain(EventsInOrder(ATrace("two"), ATrace("one")), Events());
  EXPECT_THAT(text, StartsWith("which has (1) as #7, but after that no (2); #3 "
                               "would be one, but is too early:\n"));
  EXPECT_THAT(text, HasSubstr("\n  > #3 tick=1"));
  EXPECT_THAT(text, HasSubstr("\n  > #7 tick=2"));
  EXPECT_THAT(Explain(EventsInOrder(ATrace("two"), ATrace("three")), Events()),
              StartsWith("which has (1) as #7, but after that no (2); there "
                         "are 1 TaskCompleted, 1 TimerFired, 1 WakerWake"));
  EXPECT_THAT(Explain(EventsInOrder(ATrace("three")), Events()),
              StartsWith("which has no (1); there are"));
}

TEST(TraceMatchersTest, AWrongCountShowsSomeOfThem) {
  EXPECT_EQ(Explain(EventCount(ATrace(_), 3), Events()),
            "which has 2 of them\n"
            "    #3 tick=1 T1 'producer': UserTrace text=\"one\"\n"
            "    #7 tick=2 T1 'producer': UserTrace text=\"two\"");
  EXPECT_THAT(Explain(EventCount(AnEvent(), 3), Events()),
              EndsWith("\n    and 6 more"));
}

TEST(TraceMatchersTest, AnUnwantedEventIsShownWithItsNeighbours) {
  EXPECT_THAT(Explain(HasEvent(ATrace("two")), Events()),
              StartsWith("which has it as #7:\n"));
}

// However long the trace, a failure is of one screen.
TEST(TraceMatchersTest, MessagesStayShort) {
  std::vector<EventRecord> events;
  for (std::uint64_t i = 0; i < 10000; ++i) {
    events.push_back({i, i, SiteId(), TaskScheduled{CompactTaskId(1), i}});
  }
  for (const std::string& text :
       {Explain(HasEvent(AnEvent<TaskScheduled>(AtTick(20000))), events),
        Explain(HasEvent(AnEvent<IoError>()), events),
        Explain(EventsInOrder(AtTick(5), AtTick(4)), events),
        Explain(EventCount(AnEvent<TaskScheduled>(), 1), events)}) {
    EXPECT_LT(text.size(), 2000u) << text;
  }
}

}  // namespace
}  // namespace asupersync
