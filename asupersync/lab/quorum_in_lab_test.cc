#include "asupersync/combinator/quorum.h"

#include <cstddef>
#include <functional>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
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

using ::testing::HasSubstr;

using Branch = std::function<Task<absl::StatusOr<int>>(Cx&)>;

Branch Succeeds(int after_ms, int value) {
  return [=](Cx& cx) {
    return ValueAfter(cx, absl::Milliseconds(after_ms), value);
  };
}
Branch Fails(int after_ms) {
  return [=](Cx& cx) {
    return ErrorAfter(cx, absl::Milliseconds(after_ms),
                      absl::UnavailableError("down"));
  };
}

TEST(QuorumTest, GivesTheFirstVotesInOrderAndDrainsTheRest) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      std::vector<Branch> branches = {Succeeds(3, 10), Fails(1),
                                      Succeeds(2, 12)};
      branches.push_back([&](Cx& cx) { return Reluctant(cx, clean_up); });
      auto votes = co_await Try(Quorum(cx, 2, std::move(branches)));
      EXPECT_EQ(votes.size(), 2u);
      EXPECT_EQ(votes[0].index, 2u);
      EXPECT_EQ(votes[0].value, 12);
      EXPECT_EQ(votes[1].index, 0u);
      EXPECT_TRUE(clean_up.done);
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(5));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(clean_up.why, "race_lost");
  });
}

TEST(QuorumTest, FailsAsSoonAsItIsOutOfReach) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      std::vector<Branch> branches = {Fails(1), Succeeds(2, 1), Fails(3)};
      branches.push_back([&](Cx& cx) { return Reluctant(cx, clean_up); });
      auto votes = co_await Quorum(cx, 3, std::move(branches));
      EXPECT_EQ(cx.Now() - absl::UnixEpoch(), absl::Milliseconds(5));
      co_return votes.status();
    });
    EXPECT_TRUE(clean_up.done);
    EXPECT_TRUE(absl::IsUnavailable(outcome.status()));
    EXPECT_THAT(std::string(outcome.status().message()),
                HasSubstr("no quorum of 3 among 4 branches: [0] UNAVAILABLE: "
                          "down; [2] UNAVAILABLE: down"));
  });
}

TEST(QuorumTest, APanicWithoutAnExceptionDecidesAtOnceAndIsNamed) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      using Branch = std::function<Task<Outcome<int>>(Cx&)>;
      std::vector<Branch> branches;
      branches.push_back([](Cx&) -> Task<Outcome<int>> {
        co_return PanicInfo{.what = "out of cheese", .exception = nullptr};
      });
      branches.push_back([&](Cx& cx) -> Task<Outcome<int>> {
        co_return co_await Reluctant(cx, clean_up);
      });
      co_return (co_await Quorum(cx, 1, std::move(branches))).status();
    });
    EXPECT_EQ(clean_up.done, clean_up.started);
    EXPECT_THAT(std::string(outcome.status().message()),
                HasSubstr("out of cheese"));
  });
}

TEST(QuorumTest, EveryPairIsAQuorumOfSomeSeed) {
  std::set<std::pair<std::size_t, std::size_t>> pairs;
  ForEachSchedule([&](LabRuntime& runtime) {
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const auto branch = [](Cx& cx) -> Task<absl::Status> {
        co_return co_await cx.Yield();
      };
      auto votes = co_await Try(Quorum(cx, 2, std::vector(3, branch)));
      pairs.insert({votes[0].index, votes[1].index});
      co_return absl::OkStatus();
    });
  });
  EXPECT_EQ(pairs.size(), 6u);
}

TEST(QuorumTest, ImpossibleAndTrivialOnesStartNothing) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    (void)RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      const auto branch = [&](Cx& cx) { return Reluctant(cx, clean_up); };
      auto too_many = co_await Quorum(cx, 3, std::vector(2, branch));
      EXPECT_TRUE(absl::IsInvalidArgument(too_many.status()));
      auto none = co_await Try(Quorum(cx, 0, std::vector(2, branch)));
      EXPECT_TRUE(none.empty());
      co_return absl::OkStatus();
    });
    EXPECT_FALSE(clean_up.started);
  });
}

TEST(QuorumTest, AnExceptionDecidesAtOnce) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto outcome = RunToEnd(runtime, [&](Cx& cx) -> Task<absl::Status> {
      std::vector<Branch> branches = {Succeeds(1, 1)};
      branches.push_back([&](Cx& cx) { return Reluctant(cx, clean_up); });
      branches.push_back([](Cx& cx) -> Task<absl::StatusOr<int>> {
        co_await Try(cx.Sleep(absl::Milliseconds(2)));
        throw std::runtime_error("thrown");
      });
      co_return (co_await Quorum(cx, 2, std::move(branches))).status();
    });
    EXPECT_EQ(outcome.panic().what, "thrown");
    EXPECT_TRUE(clean_up.done);
  });
}

TEST(QuorumTest, CancellingTheCallerCancelsAndDrains) {
  ForEachSchedule([](LabRuntime& runtime) {
    CleanUp clean_up;
    auto handle = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      std::vector<Branch> branches = {Succeeds(1, 1)};
      branches.push_back([&](Cx& cx) { return Reluctant(cx, clean_up); });
      auto votes = co_await Quorum(cx, 2, std::move(branches));
      EXPECT_TRUE(clean_up.done);
      co_return votes.status();
    });
    runtime.RunUntil(absl::UnixEpoch() + absl::Milliseconds(5));
    EXPECT_THAT(runtime.DescribeTasks(),
                HasSubstr("waits to finish Quorum (T3 runs) at"));
    runtime.Cancel(handle);
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(handle.TakeOutcome().kind(), OutcomeKind::kCancelled);
  });
}

}  // namespace
}  // namespace asupersync
