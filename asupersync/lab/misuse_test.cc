// Misuse ends with a message that says what was done and what to do instead.
#include <cstdint>
#include <memory>
#include <optional>
#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/channel/mpsc.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/sync/notify.h"
#include "asupersync/sync/semaphore.h"
#include "asupersync/task/cancel_mask.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::MatchesRegex;

// Runs `body` as the task T1 'user' of a runtime.
template <class F>
void RunTask(F&& body) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot("user", std::forward<F>(body));
  runtime.RunUntilQuiescent();
}

TEST(MisuseDeathTest, ARuntimeCannotRunInsideAStep) {
  EXPECT_DEATH(RunTask([](Cx&) -> Task<> {
                 LabRuntime inner;
                 inner.RunUntilQuiescent();
                 co_return;
               }),
               "run from within a step of T1 'user', spawned at .*; run it "
               "from the test's");
}

TEST(MisuseDeathTest, ThereIsNoRandomValueBelowZero) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<> {
                 (void)cx.RandomBelow(0);
                 co_return;
               }),
               "misuse_test.cc:[0-9]+: T1 'user' asks for a random value "
               "below 0");
}

TEST(MisuseDeathTest, ASemaphoreCannotHaveMorePermitsThanItCanCount) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<> {
                 Semaphore semaphore(3);
                 auto taken = co_await semaphore.Acquire(cx, 2);
                 semaphore.AddPermits(~std::uint64_t{0} - 2);
               }),
               "misuse_test.cc:[0-9]+: a semaphore of 3 permits cannot have "
               "18446744073709551613 more");
}

TEST(MisuseDeathTest, ARuntimeCannotBeResetInsideItsOwnStep) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        runtime.SpawnRoot([&](Cx&) -> Task<> {
          runtime.Reset(runtime.config().seeds());
          co_return;
        });
        runtime.RunUntilQuiescent();
      },
      "Reset\\(\\) was called from within a step of T1, spawned at ");
}

TEST(MisuseDeathTest, ARuntimeCannotBeDestroyedInsideItsOwnStep) {
  EXPECT_DEATH(
      {
        auto runtime = std::make_unique<LabRuntime>(LabConfig(1));
        runtime->SpawnRoot("user", [&](Cx&) -> Task<> {
          runtime.reset();
          co_return;
        });
        runtime->RunUntilQuiescent();
      },
      "destroyed from within a step of T1 'user', spawned at ");
}

TEST(MisuseDeathTest, ATaskOfAnotherRuntimeCannotBeCancelledFromAStep) {
  EXPECT_DEATH(
      {
        LabRuntime other;
        auto handle = other.SpawnRoot(
            "theirs", [](Cx& cx) -> Task<> { (void)co_await cx.Yield(); });
        RunTask([&](Cx&) -> Task<> {
          handle.Cancel();
          co_return;
        });
      },
      "misuse_test.cc:[0-9]+: T1 'user', spawned at .*, cancels T1 'theirs', "
      "spawned at .*, which belongs to another runtime");
}

TEST(MisuseDeathTest, AMaskEndsInItsTask) {
  EXPECT_DEATH(RunTask([](Cx& outer) -> Task<absl::Status> {
                 std::optional<CancelMask> mask;
                 mask.emplace(outer, std::source_location::current());
                 auto child = outer.Spawn([&](Cx&) -> Task<> {
                   mask.reset();
                   co_return;
                 });
                 co_return (co_await child.Join(outer)).status();
               }),
               "T2, spawned at .*, destroys the CancelMask that T1 'user' made "
               "at .*misuse_test.cc:[0-9]+; a mask ends in the task");
}

TEST(MisuseTest, AMaskMayOutliveItsTask) {
  std::unique_ptr<CancelMask> mask;
  RunTask([&](Cx& cx) -> Task<absl::Status> {
    mask = std::make_unique<CancelMask>(cx);
    co_return absl::OkStatus();
  });
  mask.reset();  // says AddressSanitizer
}

TEST(MisuseDeathTest, TimeDoesNotPassAfterTheConclusion) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        runtime.Conclude();
        runtime.AdvanceTime(absl::Seconds(1));
      },
      "run after Conclude\\(\\)");
}

TEST(MisuseDeathTest, ATaskCannotDrawFromAnotherTasksStream) {
  EXPECT_DEATH(RunTask([](Cx& outer) -> Task<absl::Status> {
                 RandomStream random = outer.Random();
                 auto child = outer.Spawn([&](Cx&) -> Task<> {
                   random();
                   co_return;
                 });
                 co_return (co_await child.Join(outer)).status();
               }),
               "T2, spawned at .*misuse_test.cc:[0-9]+, draws from the random "
               "stream of T1 'user', spawned at ");
}

TEST(MisuseDeathTest, ATaskOfAnotherRuntimeCannotBeWaitedFor) {
  EXPECT_DEATH(
      {
        LabRuntime other;
        auto handle = other.SpawnRoot([](Cx&) -> Task<> { co_return; });
        RunTask([&](Cx& cx) -> Task<> { (void)co_await handle.Join(cx); });
      },
      "misuse_test.cc:[0-9]+: T1 'user' joins a task of another runtime");
}

TEST(MisuseDeathTest, TwoTasksCannotReceiveAtOnce) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        auto ends = mpsc::Channel<int>(1);
        for (int i = 0; i < 2; ++i) {
          runtime.SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
            co_return (co_await ends.receiver.Recv(cx)).status();
          });
        }
        runtime.RunUntilQuiescent();
      },
      "receives from an mpsc channel while T[12] waits at .*misuse_test.cc");
}

TEST(MisuseDeathTest, APermitSendsOnce) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<absl::Status> {
                 auto [tx, rx] = mpsc::Channel<int>(2);
                 auto permit = co_await Try(tx.Reserve(cx));
                 permit.Send(1);
                 permit.Send(2);
                 co_return absl::OkStatus();
               }),
               "mpsc::Permit::Send\\(\\) on one that sent at .*misuse_test.cc:"
               "[0-9]+ \\(made at .*misuse_test.cc:[0-9]+\\); it sends one");
}

TEST(MisuseDeathTest, AChannelHasRoomForOneMessageAtLeast) {
  EXPECT_DEATH(mpsc::Channel<int>(0),
               "misuse_test.cc:[0-9]+: .*a capacity of at least 1");
}

TEST(MisuseDeathTest, MasksNestUpToALimit) {
  EXPECT_DEATH(RunTask([](Cx& cx) -> Task<> {
                 std::unique_ptr<std::optional<CancelMask>[]> masks(
                     new std::optional<CancelMask>[65]);
                 for (int i = 0; i < 65; ++i) {
                   masks[i].emplace(cx);
                   if (i == 63) cx.Trace("64 are fine");
                 }
                 co_return;
               }),
               "T1 'user' nests more than 64 CancelMasks");
}

TEST(MisuseDeathTest, ARuntimeIsDrivenFromItsFirstStep) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        RandomChoiceSource source(runtime.config().seeds());
        runtime.SpawnRoot([](Cx&) -> Task<> { co_return; });
        runtime.RunUntilQuiescent();
        runtime.DriveBy(source);
      },
      "DriveBy\\(\\) was called after the first step");
}

TEST(MisuseDeathTest, AMovedFromHandleIsSpent) {
  EXPECT_DEATH(
      {
        LabRuntime runtime(LabConfig(1));
        auto handle = runtime.SpawnRoot([](Cx&) -> Task<> { co_return; });
        auto other = std::move(handle);
        (void)handle.done();
      },
      "a TaskHandle after it was moved from");
}

TEST(MisuseDeathTest, APrimitiveServesOneRuntime) {
  EXPECT_DEATH(
      {
        LabRuntime one(LabConfig(1));
        LabRuntime other(LabConfig(2));
        Notify event;
        one.SpawnRoot("waiter", [&](Cx& cx) -> Task<absl::Status> {
          co_return co_await event.Wait(cx);
        });
        (void)one.RunUntilQuiescent();
        other.SpawnRoot("notifier", [&](Cx&) -> Task<> {
          event.NotifyOne();
          co_return;
        });
        (void)other.RunUntilQuiescent();
      },
      "T1 'notifier', spawned at .*misuse_test.cc:[0-9]+, ends the wait of T1 "
      "'waiter' at .*misuse_test.cc:[0-9]+, which belongs to another runtime");
}

TEST(MisuseTest, JoiningTwiceIsAnErrorThatNamesBothPlaces) {
  LabRuntime runtime(LabConfig(1));
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    auto child = cx.Spawn([](Cx&) -> Task<int> { co_return 5; });
    EXPECT_EQ(*co_await child.Join(cx), 5);
    const Outcome<int> again = co_await child.Join(cx);
    EXPECT_THAT(std::string(again.status().message()),
                MatchesRegex(".*misuse_test.cc:[0-9]+: the result of T2 was "
                             "taken before, at .*misuse_test.cc:[0-9]+; it can "
                             "be taken once"));
    co_return absl::OkStatus();
  });
  EXPECT_TRUE(runtime.RunUntilQuiescent().quiescent());
}

TEST(MisuseTest, AnOutcomeThatIsNotThereIsAnError) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot("early", [](Cx&) -> Task<> { co_return; });
  EXPECT_EQ(handle.TakeOutcome().status().message(),
            "T1 'early' is not done yet");
  runtime.RunUntilQuiescent();
  EXPECT_TRUE(handle.TakeOutcome().ok());
  EXPECT_THAT(
      std::string(handle.TakeOutcome().status().message()),
      MatchesRegex("the result of T1 'early' was taken before, at "
                   ".*misuse_test.cc:[0-9]+; it can be taken once"));
}

}  // namespace
}  // namespace asupersync
