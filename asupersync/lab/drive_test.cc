// LabRuntime::DriveBy: answers come from a source, events go to an observer.
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

// Chooses the last candidate; draws count up; writes down what it was asked.
class LastSource final : public ChoiceSource {
 public:
  std::uint32_t Choose(ChoiceKind kind, std::uint32_t count,
                       const CandidateView& candidates) override {
    std::set<std::uint64_t> compacts, identities;
    for (std::uint32_t i = 0; i < count; ++i) {
      const Candidate candidate = candidates.At(i);
      compacts.insert(candidate.compact);
      identities.insert(candidate.identity);
      EXPECT_EQ(candidates.IndexOf(candidate.compact), i);
    }
    EXPECT_EQ(compacts.size(), count);
    EXPECT_EQ(identities.size(), count);
    EXPECT_EQ(candidates.IndexOf(~std::uint64_t{0}), std::nullopt);
    asked_.push_back(std::string(Name(kind)) + " " + std::to_string(count));
    return count - 1;
  }
  std::uint64_t Draw(DrawPurpose, std::uint64_t, std::uint64_t index) override {
    return 100 + index;
  }
  void Reset(const DerivedSeeds&) override { ++resets_; }

  std::vector<std::string> asked_;
  int resets_ = 0;
};

class StopAt final : public EventObserver {
 public:
  explicit StopAt(std::uint64_t tick) : tick_(tick) {}
  bool OnEvent(const EventRecord& record) override {
    ++events_;
    return record.tick < tick_;
  }
  int events() const { return events_; }

 private:
  std::uint64_t tick_;
  int events_ = 0;
};

TEST(DriveTest, EveryAnswerComesFromTheSource) {
  LabRuntime runtime(LabConfig(1));
  LastSource source;
  runtime.DriveBy(source);
  std::string log;
  for (char letter : {'a', 'b'}) {
    runtime.SpawnRoot([&, letter](Cx& cx) -> Task<absl::Status> {
      EXPECT_EQ(cx.Random()(), 100u);
      EXPECT_EQ(cx.Random()(), 101u);
      co_await Try(cx.SleepUntil(absl::FromUnixSeconds(1)));
      log.push_back(letter);
      co_return absl::OkStatus();
    });
  }
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  // b starts and sleeps, then a; both timers are due; b's, armed first, is
  // fired last, so that b is the last of the two that are ready.
  EXPECT_THAT(source.asked_,
              ElementsAre("schedule 2", "schedule 2", "schedule 1",
                          "schedule 1", "timer 2", "schedule 2", "schedule 1"));
  EXPECT_EQ(log, "ba");
}

TEST(DriveTest, TheObserverMayStopTheRunAtAnyEvent) {
  LabRuntime runtime(LabConfig(1));  // recording is off
  LastSource source;
  StopAt observer(5);
  runtime.DriveBy(source, &observer);
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    for (;;) co_await Try(cx.Yield());
  });
  RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kStopped);
  EXPECT_EQ(runtime.steps(), 5u);
  EXPECT_FALSE(runtime.Step());
  EXPECT_GE(observer.events(), 9);
}

TEST(DriveTest, TheObserverSeesNothingOfATeardown) {
  LastSource source;
  StopAt observer(1000);
  {
    LabRuntime runtime(LabConfig(1));
    runtime.DriveBy(source, &observer);
    auto sleeper = [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Hours(1));  // its timer is taken back
    };
    runtime.SpawnRoot(sleeper);
    runtime.StepN(10);
    const int before = observer.events();
    EXPECT_GT(before, 0);
    runtime.Reset(runtime.config().seeds());
    EXPECT_EQ(source.resets_, 1);
    EXPECT_EQ(observer.events(), before);
    // It is there again in the next execution.
    runtime.SpawnRoot(sleeper);
    runtime.StepN(10);
    EXPECT_EQ(observer.events(), 2 * before);
  }
  EXPECT_EQ(observer.events() % 2, 0);
}

}  // namespace
}  // namespace asupersync
