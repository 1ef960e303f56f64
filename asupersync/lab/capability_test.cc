// Restricted contexts say no, with both places; task-locals are inherited; a
// Cx that is used after its scope is told so.
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/capability.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/task_local.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

template <class F>
void RunTask(F f) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot(f);
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(CapabilityTest, NamesAndSets) {
  const Capabilities some = Capability::kSpawn | Capability::kIo;
  EXPECT_EQ(some.ToString(), "spawn|io");
  EXPECT_EQ(Capabilities::None().ToString(), "none");
  EXPECT_EQ(Capabilities::All().ToString(), "spawn|time|random|io");
  EXPECT_EQ((some & (Capability::kIo | Capability::kTime)).ToString(), "io");
}

TEST(CapabilityTest, SleepingWithoutTimeIsDeniedWithBothPlaces) {
  RunTask([](Cx& outer) -> Task<absl::Status> {
    Cx cx = outer.Restrict(Capability::kSpawn);
    absl::Status status = co_await cx.Sleep(absl::Seconds(1));
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(std::string(status.message()),
                AllOf(HasSubstr("T1 must not sleep: its Cx was restricted to "
                                "spawn at "),
                      HasSubstr("capability_test.cc")));
    EXPECT_EQ(outer.Now(), absl::UnixEpoch());
    co_return co_await outer.Sleep(absl::Seconds(1));
  });
}

TEST(CapabilityTest, SpawningWithoutSpawnGivesAHandleThatSaysNo) {
  RunTask([](Cx& outer) -> Task<absl::Status> {
    Cx cx = outer.Restrict(Capability::kTime);
    bool ran = false;
    auto handle = cx.Spawn([&](Cx&) -> Task<int> {
      ran = true;
      co_return 1;
    });
    EXPECT_TRUE(handle.done());
    Outcome<int> outcome = co_await handle.Join(cx);
    EXPECT_EQ(outcome.status().code(), absl::StatusCode::kPermissionDenied);
    EXPECT_FALSE(ran);
    absl::Status scope = co_await Scope(cx, [&](Cx&) -> Task<absl::Status> {
      ran = true;
      co_return absl::OkStatus();
    });
    EXPECT_EQ(scope.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_FALSE(ran);
    co_return absl::OkStatus();
  });
}

TEST(CapabilityTest, TasksAndScopesInheritTheRestriction) {
  RunTask([](Cx& outer) -> Task<absl::Status> {
    Cx cx = outer.Restrict(Capability::kSpawn | Capability::kRandom);
    // Nothing comes back by restricting less.
    Cx again = cx.Restrict(Capabilities::All());
    EXPECT_EQ(again.capabilities(), cx.capabilities());
    auto child = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Seconds(1));
    });
    EXPECT_EQ((co_await child.Join(outer)).status().code(),
              absl::StatusCode::kPermissionDenied);
    absl::Status scope = co_await Scope(cx, [](Cx& cx) -> Task<absl::Status> {
      co_return co_await cx.Sleep(absl::Seconds(1));
    });
    EXPECT_EQ(scope.code(), absl::StatusCode::kPermissionDenied);
    co_return absl::OkStatus();
  });
}

TEST(CapabilityTest, AFinalizerMayDoWhatTheCxThatAddsItMay) {
  RunTask([](Cx& outer) -> Task<absl::Status> {
    absl::Status status =
        co_await Scope(outer, [](Cx& outer) -> Task<absl::Status> {
          Cx cx = outer.Restrict(Capability::kSpawn);
          cx.AddFinalizer([](Cx& cx) -> Task<absl::Status> {
            co_return co_await cx.Sleep(absl::Seconds(1));
          });
          outer.AddFinalizer([](Cx& cx) -> Task<absl::Status> {
            co_return co_await cx.Sleep(absl::Seconds(1));
          });
          co_return absl::OkStatus();
        });
    EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
    EXPECT_THAT(status.message(), HasSubstr("restricted to spawn at "));
    EXPECT_EQ(outer.Now(), absl::UnixEpoch() + absl::Seconds(1));
    co_return absl::OkStatus();
  });
}

TEST(CapabilityDeathTest, ARandomValueWithoutRandomAborts) {
  EXPECT_DEATH(RunTask([](Cx& outer) -> Task<absl::Status> {
                 Cx cx = outer.Restrict(Capability::kTime);
                 (void)cx.Random()();
                 co_return absl::OkStatus();
               }),
               "T1 must not draw random values: its Cx was restricted to time");
}

const TaskLocal<std::string> kRequest("none");
const TaskLocal<int> kDepth(0);

TEST(TaskLocalTest, IsInheritedAtTheSpawnAndEndsWithItsBinding) {
  RunTask([](Cx& cx) -> Task<absl::Status> {
    EXPECT_EQ(kRequest.Get(cx), "none");
    {
      TaskLocal<std::string>::Binding outer(cx, kRequest, "outer");
      TaskLocal<int>::Binding depth(cx, kDepth, 1);
      auto child = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
        EXPECT_EQ(kRequest.Get(cx), "outer");
        TaskLocal<std::string>::Binding own(cx, kRequest, "child's");
        co_await Try(cx.Yield());
        EXPECT_EQ(kRequest.Get(cx), "child's");
        EXPECT_EQ(kDepth.Get(cx), 1);
        co_return absl::OkStatus();
      });
      TaskLocal<std::string>::Binding inner(cx, kRequest, "inner");
      co_await Try(child.Join(cx));
      EXPECT_EQ(kRequest.Get(cx), "inner");
    }
    EXPECT_EQ(kRequest.Get(cx), "none");
    EXPECT_EQ(kDepth.Get(cx), 0);
    co_return absl::OkStatus();
  });
}

}  // namespace
}  // namespace asupersync
