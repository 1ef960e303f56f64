// Which runnable task comes next under each LanePolicy.
#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

SpawnOptions WithDeadline(std::int64_t deadline_ns) {
  SpawnOptions options;
  options.budget.deadline_ns = deadline_ns;
  return options;
}

// Yields for ever, whatever is asked of it, and writes its letter each time.
Task<> Spins(Cx& cx, char letter, std::string& log) {
  for (;;) {
    log.push_back(letter);
    (void)co_await cx.Yield();
  }
}

// The lengths of the runs of `letter` in the log but the first and the last,
// which are cut.
std::vector<int> Streaks(const std::string& log, char letter) {
  std::vector<int> streaks;
  int length = 0;
  for (char c : log) {
    if (c == letter) {
      ++length;
    } else if (length > 0) {
      streaks.push_back(std::exchange(length, 0));
    }
  }
  if (!streaks.empty()) streaks.erase(streaks.begin());
  return streaks;
}

TEST(LanesTest, ACancelledTaskComesFirst) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::string log;
    for (char letter : {'a', 'b', 'c'}) {
      runtime.SpawnRoot([&, letter](Cx& cx) { return Spins(cx, letter, log); });
    }
    auto sleeper = runtime.SpawnRoot([&](Cx& cx) -> Task<> {
      (void)co_await cx.Sleep(absl::Hours(1));
      log.push_back('!');
    });
    runtime.StepN(40);
    log.clear();
    runtime.Cancel(sleeper);
    runtime.Step();
    EXPECT_EQ(log, "!");
  }
}

TEST(LanesTest, TheCancelLaneRunsAtMostSixteenInARow) {
  LabRuntime runtime(LabConfig(3));
  std::string log;
  for (char letter : {'x', 'x'}) {
    auto handle = runtime.SpawnRoot(
        [&, letter](Cx& cx) { return Spins(cx, letter, log); });
    runtime.StepN(2);
    runtime.Cancel(handle);
  }
  runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, '.', log); });
  runtime.SpawnRoot(WithDeadline(1000),
                    [&](Cx& cx) { return Spins(cx, '.', log); });
  log.clear();
  runtime.StepN(1000);
  EXPECT_THAT(Streaks(log, 'x'), Each(16));
  EXPECT_THAT(Streaks(log, '.'), Each(1));
  EXPECT_GT(Streaks(log, 'x').size(), 50u);
}

TEST(LanesTest, TheTimedLaneRunsAtMostSixtyFourInARow) {
  LabRuntime runtime(LabConfig(3));
  std::string log;
  runtime.SpawnRoot(WithDeadline(1000),
                    [&](Cx& cx) { return Spins(cx, 't', log); });
  runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, '.', log); });
  runtime.StepN(1000);
  EXPECT_THAT(Streaks(log, 't'), Each(64));
  EXPECT_THAT(Streaks(log, '.'), Each(1));
}

TEST(LanesTest, NoLaneStarvesWhenAllAreBusy) {
  LabRuntime runtime(LabConfig(3));
  std::string log;
  auto cancelled =
      runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, 'x', log); });
  runtime.Step();
  runtime.Cancel(cancelled);
  runtime.SpawnRoot(WithDeadline(1000),
                    [&](Cx& cx) { return Spins(cx, 't', log); });
  runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, '.', log); });
  runtime.StepN(17 * 65 * 10);
  EXPECT_EQ(std::count(log.begin(), log.end(), '.'), 10);
  EXPECT_EQ(std::count(log.begin(), log.end(), 't'), 640);
}

TEST(LanesTest, TimedTasksRunByDeadline) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::string log;
    auto once = [&](char letter) {
      return [&log, letter](Cx& cx) -> Task<> {
        log.push_back(letter);
        (void)co_await cx.Yield();
        log.push_back(letter);
      };
    };
    runtime.SpawnRoot(once('r'));
    runtime.SpawnRoot(WithDeadline(300), once('c'));
    runtime.SpawnRoot(WithDeadline(100), once('a'));
    runtime.SpawnRoot(WithDeadline(200), once('b'));
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(log, "aabbccrr");
  }
}

TEST(LanesTest, EqualsAreChosenBySeed) {
  std::vector<int> first(4);
  for (std::uint64_t seed = 0; seed < 400; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    std::string log;
    for (char letter : {'a', 'b', 'c', 'd'}) {
      runtime.SpawnRoot([&, letter](Cx& cx) { return Spins(cx, letter, log); });
    }
    runtime.Step();
    ++first[log[0] - 'a'];
  }
  for (int count : first) {
    EXPECT_GT(count, 60);  // 100 expected, standard deviation 8.7
    EXPECT_LT(count, 140);
  }
}

TEST(LanesTest, UnderAnyEveryRunnableTaskIsACandidate) {
  std::vector<int> first(3);
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    LabRuntime runtime{LabConfig(seed).WithLanePolicy(LanePolicy::kAny)};
    std::string log;
    auto cancelled =
        runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, 'a', log); });
    runtime.Step();
    runtime.Cancel(cancelled);
    runtime.SpawnRoot(WithDeadline(10),
                      [&](Cx& cx) { return Spins(cx, 'b', log); });
    runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, 'c', log); });
    log.clear();
    runtime.Step();
    ++first[log[0] - 'a'];
  }
  for (int count : first) {
    EXPECT_GT(count, 60);  // 100 expected
    EXPECT_LT(count, 140);
  }
}

TEST(LanesTest, AMaskedTaskIsNotInTheCancelLane) {
  LabRuntime runtime(LabConfig(3));
  std::string log;
  bool masked = true;
  auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<> {
    std::optional<CancelMask> mask(cx);
    for (;;) {
      log.push_back(masked ? 'm' : 'x');
      if (!masked) mask.reset();
      (void)co_await cx.Yield();
    }
  });
  runtime.Step();
  runtime.Cancel(handle);
  runtime.SpawnRoot([&](Cx& cx) { return Spins(cx, '.', log); });
  runtime.StepN(300);
  const auto first_half = std::count(log.begin(), log.end(), 'm');
  EXPECT_GT(first_half, 100);
  EXPECT_LT(first_half, 200);
  // Once the mask is gone the pending request counts.
  masked = false;
  while (log.back() != 'x') runtime.Step();
  log.clear();
  runtime.StepN(170);
  EXPECT_THAT(Streaks(log, 'x'), Each(16));
  EXPECT_GE(Streaks(log, 'x').size(), 8u);
}

TEST(LanesTest, ATimedTaskThatIsCancelledChangesItsLane) {
  for (LanePolicy policy : {LanePolicy::kOrdered, LanePolicy::kAny}) {
    LabRuntime runtime(LabConfig(3).WithLanePolicy(policy));
    std::string log;
    std::vector<TaskHandle<void>> handles;
    for (int i = 0; i < 4; ++i) {
      handles.push_back(
          runtime.SpawnRoot(WithDeadline(100 + i / 2), [&](Cx& cx) -> Task<> {
            while (cx.Checkpoint().ok()) (void)co_await cx.Yield();
            log.push_back('.');
          }));
    }
    runtime.StepN(200);
    for (auto& handle : handles) runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    // In order, the two with the later deadline had not started.
    EXPECT_EQ(log, policy == LanePolicy::kAny ? "...." : "..");
    for (auto& handle : handles) EXPECT_TRUE(handle.done());
  }
}

}  // namespace
}  // namespace asupersync
