#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/sync/shared.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(SemaphoreInLabTest, NeverLetsMoreInThanItHasPermits) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Semaphore semaphore(2);
    int inside = 0;
    int most = 0;
    for (int i = 0; i < 5; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        SemaphorePermit permit = co_await Try(semaphore.Acquire(cx));
        most = std::max(most, ++inside);
        co_await Try(cx.Yield());
        --inside;
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_LE(most, 2);
    EXPECT_EQ(semaphore.available(), 2u);
  }
}

TEST(SemaphoreInLabTest, ALargeRequestIsNotOvertakenBySmallOnes) {
  LabRuntime runtime(LabConfig(1));
  Semaphore semaphore(3);
  std::vector<std::string> order;
  auto want = [&](const char* name, std::uint64_t count, int second) {
    runtime.SpawnRoot([&, name, count, second](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Sleep(absl::Seconds(second)));
      SemaphorePermit permit = co_await Try(semaphore.Acquire(cx, count));
      order.push_back(name);
      co_await Try(cx.Sleep(absl::Seconds(10)));
      co_return absl::OkStatus();
    });
  };
  want("first", 2, 1);
  want("large", 3, 2);
  want("small", 1, 3);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_THAT(order, ElementsAre("first", "large", "small"));
}

TEST(SemaphoreInLabTest, CancellingTheFirstWaiterLetsThoseBehindItGo) {
  LabRuntime runtime(LabConfig(1));
  Semaphore semaphore(1);
  bool small_done = false;
  auto large = runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    SemaphorePermit permit = co_await Try(semaphore.Acquire(cx, 2));
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    SemaphorePermit permit = co_await Try(semaphore.Acquire(cx));
    small_done = true;
    co_return absl::OkStatus();
  });
  const RunResult stuck = runtime.RunUntilQuiescent();
  EXPECT_EQ(stuck.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(stuck.report, HasSubstr("acquire 2 of semaphore (1 available)"));
  runtime.Cancel(large);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  EXPECT_TRUE(small_done);
  EXPECT_EQ(semaphore.available(), 1u);
}

TEST(SemaphoreInLabTest, TryAcquireNeverWaitsAndNeverOvertakes) {
  LabRuntime runtime(LabConfig(1));
  Semaphore semaphore(1);
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    absl::StatusOr<SemaphorePermit> first = semaphore.TryAcquire(cx);
    EXPECT_TRUE(first.ok());
    EXPECT_EQ(semaphore.TryAcquire(cx).status().code(),
              absl::StatusCode::kResourceExhausted);
    first->Release();
    EXPECT_EQ(first->count(), 0u);
    semaphore.AddPermits(1);
    EXPECT_EQ(semaphore.available(), 2u);
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(SemaphoreInLabTest, PermitsOfADestroyedTaskComeBack) {
  Semaphore semaphore(1);
  {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
      SemaphorePermit permit = co_await Try(semaphore.Acquire(cx));
      co_await Try(cx.Sleep(absl::InfiniteDuration()));
      co_return absl::OkStatus();
    });
    runtime.RunUntilQuiescent();
    EXPECT_EQ(semaphore.available(), 0u);
  }
  EXPECT_EQ(semaphore.available(), 1u);
}

// The number of different results of two read-modify-writes over many seeds.
TEST(SharedInLabTest, SeparateReadAndWriteLoseAnUpdateUnderSomeSeeds) {
  int lost = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Shared<int> counter(0);
    for (int i = 0; i < 2; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        const int seen = co_await Try(counter.Read(cx));
        co_await Try(counter.Write(cx, seen + 1));
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    if (counter.unchecked() == 1) ++lost;
  }
  EXPECT_GT(lost, 10);
  EXPECT_LT(lost, 90);
}

TEST(SharedInLabTest, UpdateIsOneStep) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    Shared<int> counter(0);
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        const int now = co_await Try(counter.Update(cx, [](int& value) {
          return ++value;
        }));
        EXPECT_GE(now, 1);
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    EXPECT_EQ(counter.unchecked(), 3);
  }
}

TEST(SharedInLabTest, ReadsCommuteAndWritesDoNot) {
  auto fingerprints = [](bool write) {
    std::vector<std::uint64_t> seen;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
      LabRuntime runtime{LabConfig(seed)};
      Shared<int> value(0);
      for (int i = 0; i < 2; ++i) {
        runtime.SpawnRoot([&, write](Cx& cx) -> Task<absl::Status> {
          if (write) {
            co_await Try(value.Write(cx, 1));
          } else {
            co_await Try(value.Read(cx));
          }
          co_return absl::OkStatus();
        });
      }
      runtime.RunUntilQuiescent();
      seen.push_back(runtime.fingerprint().value());
    }
    std::sort(seen.begin(), seen.end());
    seen.erase(std::unique(seen.begin(), seen.end()), seen.end());
    return seen.size();
  };
  EXPECT_EQ(fingerprints(/*write=*/false), 1u);
  EXPECT_EQ(fingerprints(/*write=*/true), 2u);
}

}  // namespace
}  // namespace asupersync
