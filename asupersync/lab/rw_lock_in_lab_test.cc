#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/rw_lock.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Not `write ? lock.Write(cx) : lock.Read(cx)` within a co_await: see
// operation.h about g++ 12.
RwLockOperation Lock(Cx& cx, RwLock& lock, bool write) {
  return write ? lock.Write(cx) : lock.Read(cx);
}

TEST(RwLockInLabTest, ReadersShareAndWritersAreAlone) {
  int most_readers = 0;
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    RwLock lock;
    int readers = 0;
    int writers = 0;
    for (int i = 0; i < 6; ++i) {
      const bool write = i % 3 == 0;
      runtime.SpawnRoot([&, write](Cx& cx) -> Task<absl::Status> {
        RwLockGuard guard = co_await Try(Lock(cx, lock, write));
        int& mine = write ? writers : readers;
        ++mine;
        EXPECT_LE(writers, 1);
        EXPECT_TRUE(writers == 0 || readers == 0);
        most_readers = std::max(most_readers, readers);
        co_await Try(cx.Yield());
        --mine;
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
  }
  EXPECT_GE(most_readers, 2);
}

// Runs "name wants the lock at that second and holds it for 10 s" and gives
// the order of entry.
class Order {
 public:
  explicit Order(std::uint64_t seed) : runtime_(LabConfig(seed)) {}

  auto Want(const std::string& name, bool write, int second) {
    return runtime_.SpawnRoot(
        name, [this, name, write, second](Cx& cx) -> Task<absl::Status> {
          co_await Try(cx.Sleep(absl::Seconds(second)));
          RwLockGuard guard = co_await Try(Lock(cx, lock_, write));
          entered_.push_back(name);
          co_await Try(cx.Sleep(absl::Seconds(10)));
          co_return absl::OkStatus();
        });
  }
  LabRuntime& runtime() { return runtime_; }
  const std::vector<std::string>& entered() const { return entered_; }

 private:
  LabRuntime runtime_;
  RwLock lock_;
  std::vector<std::string> entered_;
};

TEST(RwLockInLabTest, AWaitingWriterGoesBeforeLaterReaders) {
  Order order(1);
  order.Want("reader", false, 1);
  order.Want("writer", true, 2);
  order.Want("late reader", false, 3);
  EXPECT_TRUE(order.runtime().RunUntilQuiescent().quiescent());
  EXPECT_THAT(order.entered(), ElementsAre("reader", "writer", "late reader"));
}

TEST(RwLockInLabTest, CancellingTheLastWaitingWriterLetsReadersIn) {
  Order order(1);
  order.Want("reader", false, 1);
  auto writer = order.Want("writer", true, 2);
  order.Want("late reader", false, 3);
  order.runtime().RunUntil(absl::UnixEpoch() + absl::Seconds(4));
  EXPECT_THAT(order.entered(), ElementsAre("reader"));
  order.runtime().Cancel(writer);
  order.runtime().RunUntil(absl::UnixEpoch() + absl::Seconds(5));
  EXPECT_THAT(order.entered(), ElementsAre("reader", "late reader"));
  EXPECT_TRUE(order.runtime().RunUntilQuiescent().quiescent());
}

TEST(RwLockInLabTest, TheDeadlockReportNamesTheWriter) {
  LabRuntime runtime(LabConfig(1));
  RwLock lock;
  runtime.SpawnRoot("again", [&](Cx& cx) -> Task<absl::Status> {
    RwLockGuard first = co_await Try(lock.Write(cx));
    RwLockGuard second = co_await Try(lock.Read(cx));
    co_return absl::OkStatus();
  });
  const RunResult result = runtime.RunUntilQuiescent();
  EXPECT_EQ(result.verdict, RunVerdict::kDeadlock);
  EXPECT_THAT(result.report,
              HasSubstr("T1 'again' waits to read-lock rw lock held by T1"));
}

TEST(RwLockInLabTest, ADestroyedTaskGivesTheLockBack) {
  RwLock lock;
  for (bool write : {true, false}) {
    LabRuntime runtime(LabConfig(1));
    runtime.SpawnRoot([&, write](Cx& cx) -> Task<absl::Status> {
      RwLockGuard guard = co_await Try(Lock(cx, lock, write));
      co_await Try(cx.Sleep(absl::InfiniteDuration()));
      co_return absl::OkStatus();
    });
    EXPECT_EQ(runtime.RunUntilQuiescent().verdict, RunVerdict::kDeadlock);
  }
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    RwLockGuard guard = co_await Try(lock.Write(cx));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(RwLockInLabTest, TheTryFunctionsSayWhyNot) {
  LabRuntime runtime(LabConfig(1));
  RwLock lock;
  runtime.SpawnRoot("user", [&](Cx& cx) -> Task<absl::Status> {
    {
      absl::StatusOr<RwLockGuard> one = lock.TryRead(cx);
      absl::StatusOr<RwLockGuard> two = lock.TryRead(cx);
      EXPECT_TRUE(one.ok());
      EXPECT_TRUE(two.ok());
      const absl::Status busy = lock.TryWrite(cx).status();
      EXPECT_TRUE(absl::IsUnavailable(busy));
      EXPECT_THAT(busy.message(), HasSubstr("2 readers and no waiting writer"));
      cx.Spawn([&](Cx& cx) -> Task<absl::Status> {
        co_return (co_await lock.Write(cx)).status();
      });
      co_await Try(cx.Sleep(absl::Seconds(1)));
      EXPECT_THAT(lock.TryRead(cx).status().message(),
                  HasSubstr("2 readers and a waiting writer"));
    }
    co_await Try(cx.Sleep(absl::Seconds(1)));
    RwLockGuard writer = co_await Try(lock.Write(cx));
    EXPECT_THAT(lock.TryRead(cx).status().message(),
                HasSubstr("held by T1 'user'"));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

// How many classes the executions of three tasks that lock once fall into.
std::size_t Classes(bool write) {
  std::set<std::uint64_t> fingerprints;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    LabRuntime runtime{LabConfig(seed)};
    RwLock lock;
    for (int i = 0; i < 3; ++i) {
      runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
        RwLockGuard guard = co_await Try(Lock(cx, lock, write));
        co_return absl::OkStatus();
      });
    }
    EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
    fingerprints.insert(runtime.fingerprint().value());
  }
  return fingerprints.size();
}

TEST(RwLockInLabTest, ReadersDoNotDependOnEachOtherAndWritersDo) {
  EXPECT_EQ(Classes(/*write=*/false), 1u);
  EXPECT_EQ(Classes(/*write=*/true), 6u);
}

}  // namespace
}  // namespace asupersync
