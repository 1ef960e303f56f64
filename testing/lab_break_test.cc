#include "asupersync/testing/lab_break.h"

#include <cstdint>
#include <string>
#include <vector>

#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_flags.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::HasSubstr;
using ::testing::internal::CaptureStdout;
using ::testing::internal::GetCapturedStdout;

constexpr BreakAt kTick2 = {BreakAt::Kind::kTick, 2};

class Stopper : public EventObserver {
 public:
  bool OnEvent(const EventRecord&) override {
    ++seen;
    return seen < 3;
  }
  int seen = 0;
};

// Two tasks of one yield each: steps 1 to 4.
struct Ended {
  std::uint64_t steps;
  std::uint64_t certificate;
  std::string out;
};
Ended RunTwoTasks(EventObserver* observer, bool record) {
  LabConfig config(42);
  if (record) config = config.WithDefaultReplayRecording();
  LabRuntime runtime(config);
  if (observer != nullptr) runtime.recorder().SetObserver(observer);
  for (int i = 0; i < 2; ++i) {
    runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Yield();
    });
  }
  CaptureStdout();
  runtime.RunUntilQuiescent();
  return {runtime.steps(), runtime.certificate(), GetCapturedStdout()};
}

TEST(LabBreakTest, WithoutADebuggerItSaysSoOnceAndTheExecutionGoesOn) {
  if (lab_break::DebuggerIsAttached()) GTEST_SKIP() << "run by a debugger";
  LabBreak at_step(kTick2, "S.N", nullptr);
  const Ended ended = RunTwoTasks(&at_step, true);
  EXPECT_TRUE(at_step.reached());
  EXPECT_EQ(ended.out,
            "[  BREAK   ] S.N: at tick:2, but no debugger is attached; start "
            "the same command behind 'gdb --args' and type 'run'\n");
  const Ended plain = RunTwoTasks(nullptr, true);
  EXPECT_EQ(ended.steps, plain.steps);
  EXPECT_EQ(ended.certificate, plain.certificate);
  EXPECT_EQ(at_step.NoteIfMissed(4, 10), "");
}

TEST(LabBreakTest, AStepIsReachedAlsoWhileNothingIsRecorded) {
  LabBreak at_step(kTick2, "S.N", nullptr);
  EXPECT_THAT(RunTwoTasks(&at_step, false).out, HasSubstr("at tick:2"));
}

TEST(LabBreakTest, AnEventIsReachedWhereItIsRecorded) {
  LabBreak at_event({BreakAt::Kind::kEvent, 0}, "S.N", nullptr);
  EXPECT_TRUE(at_event.OnEvent({0, 0, SiteId(), TimerFired{1}}));
  EXPECT_TRUE(at_event.reached());
  LabBreak later({BreakAt::Kind::kEvent, 1}, "S.N", nullptr);
  EXPECT_TRUE(later.OnEvent({0, 0, SiteId(), TimerFired{1}}));
  EXPECT_FALSE(later.reached());
}

TEST(LabBreakTest, TheNextObserverSeesAllAndMayStopTheRun) {
  Stopper stopper;
  LabBreak at_step({BreakAt::Kind::kTick, 1000}, "S.N", &stopper);
  const Ended plain = RunTwoTasks(nullptr, true);
  EXPECT_LT(RunTwoTasks(&at_step, true).steps, plain.steps);
  EXPECT_GE(stopper.seen, 3);
}

TEST(LabBreakTest, APlaceThatIsNotReachedIsNamed) {
  const LabBreak at_step(kTick2, "S.N", nullptr);
  EXPECT_EQ(at_step.NoteIfMissed(1, 7),
            "[  BREAK   ] S.N: never at tick:2; the execution has ended after "
            "1 steps and 7 events\n");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
