#include "asupersync/task/task.h"

#include <coroutine>
#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/sleep.h"
#include "asupersync/task/task_driver.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

template <class T>
T RunToEnd(Task<T> task) {
  TaskDriver<T> driver(std::move(task));
  EXPECT_FALSE(driver.Resume());
  return driver.slot().Take();
}

static_assert(!std::is_copy_constructible_v<Task<int>>);
static_assert(std::is_nothrow_move_constructible_v<Task<int>>);
static_assert(std::is_same_v<Task<>, Task<void>>);

Task<> SetTrue(bool& flag) {
  flag = true;
  co_return;
}
Task<int> Seven() { co_return 7; }
Task<std::unique_ptr<int>> MoveOnly() { co_return std::make_unique<int>(7); }
Task<absl::Status> Status(absl::Status status) { co_return status; }
Task<absl::StatusOr<std::unique_ptr<int>>> StatusOr(bool ok) {
  if (!ok) co_return absl::NotFoundError("no");
  co_return std::make_unique<int>(7);
}
Task<Outcome<std::string>> AnOutcome(int which) {
  if (which == 0) co_return "text";
  if (which == 1) co_return absl::NotFoundError("no");
  co_return CancelReason(CancelKind::kTimeout);
}

TEST(TaskTest, RunsEveryTypeOfTask) {
  bool ran = false;
  RunToEnd(SetTrue(ran));
  EXPECT_TRUE(ran);
  EXPECT_EQ(RunToEnd(Seven()), 7);
  EXPECT_EQ(*RunToEnd(MoveOnly()), 7);
  EXPECT_TRUE(RunToEnd(Status(absl::OkStatus())).ok());
  EXPECT_TRUE(absl::IsNotFound(RunToEnd(Status(absl::NotFoundError("no")))));
  EXPECT_EQ(**RunToEnd(StatusOr(true)), 7);
  EXPECT_TRUE(absl::IsNotFound(RunToEnd(StatusOr(false)).status()));
  EXPECT_EQ(*RunToEnd(AnOutcome(0)), "text");
  EXPECT_EQ(RunToEnd(AnOutcome(1)).kind(), OutcomeKind::kErr);
  EXPECT_EQ(RunToEnd(AnOutcome(2)).reason().kind(), CancelKind::kTimeout);
}

TEST(TaskTest, KindOfResultNamesWhatTheResultAmountsTo) {
  EXPECT_EQ(KindOfResult(5), OutcomeKind::kOk);
  EXPECT_EQ(KindOfResult(absl::OkStatus()), OutcomeKind::kOk);
  EXPECT_EQ(KindOfResult(absl::NotFoundError("")), OutcomeKind::kErr);
  EXPECT_EQ(KindOfResult(absl::CancelledError("")), OutcomeKind::kCancelled);
  EXPECT_EQ(KindOfResult(absl::StatusOr<int>(5)), OutcomeKind::kOk);
  EXPECT_EQ(KindOfResult(absl::StatusOr<int>(absl::CancelledError(""))),
            OutcomeKind::kCancelled);
  EXPECT_EQ(KindOfResult(Outcome<int>(PanicInfo{"x", nullptr})),
            OutcomeKind::kPanicked);
}

Task<LiveProbe> Probes(LiveProbe, const char* how) {
  LiveProbe local;
  if (*how == 't') throw std::runtime_error(how);
  if (*how == 'w') co_await Pause{};
  co_return LiveProbe();
}

Task<int> Counts(const char* how, bool catches) {
  auto probe = std::make_unique<LiveProbe>();
  if (!catches) {
    LiveProbe result = co_await Probes(LiveProbe(), how);
    co_return 1;
  }
  try {
    LiveProbe result = co_await Probes(std::move(*probe), how);
  } catch (const std::runtime_error&) {
    co_return 2;
  }
  co_return 1;
}

TEST(TaskTest, EveryObjectIsDestroyedOnceOnEveryPath) {
  ASSERT_EQ(LiveProbe::alive(), 0);
  EXPECT_EQ(RunToEnd(Counts("return", false)), 1);
  EXPECT_EQ(LiveProbe::alive(), 0);
  EXPECT_EQ(RunToEnd(Counts("return", true)), 1);
  EXPECT_EQ(LiveProbe::alive(), 0);
  EXPECT_EQ(RunToEnd(Counts("throw", true)), 2);
  EXPECT_EQ(LiveProbe::alive(), 0);
  EXPECT_THROW(RunToEnd(Counts("throw", false)), std::runtime_error);
  EXPECT_EQ(LiveProbe::alive(), 0);
  {
    TaskDriver<int> driver(Counts("wait", true));
    EXPECT_TRUE(driver.Resume());
    EXPECT_EQ(LiveProbe::alive(), 3 + 1);  // the moved-from temporary's source
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(TaskTest, ATaskThatIsNeverAwaitedNeverRunsAndFreesItsParameters) {
  {
    Task<LiveProbe> task = Probes(LiveProbe(), "throw");
    EXPECT_EQ(LiveProbe::alive(), 1);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(TaskTest, MoveAssignmentDestroysTheTaskThatWasHeld) {
  Task<LiveProbe> held = Probes(LiveProbe(), "return");
  Task<LiveProbe> other = Probes(LiveProbe(), "return");
  EXPECT_EQ(LiveProbe::alive(), 2);
  held = std::move(other);
  EXPECT_EQ(LiveProbe::alive(), 1);
  Task<LiveProbe>& self = held;
  held = std::move(self);
  EXPECT_EQ(LiveProbe::alive(), 1);
  RunToEnd(std::move(held));
  EXPECT_EQ(LiveProbe::alive(), 0);
}

struct ThrowsWhenMade {
  explicit ThrowsWhenMade(int) { throw std::runtime_error("made"); }
};
Task<ThrowsWhenMade> ResultThrows() { co_return 5; }

TEST(TaskTest, AnExceptionOfTheResultsConstructorIsTheTasks) {
  TaskDriver<ThrowsWhenMade> driver(ResultThrows());
  EXPECT_FALSE(driver.Resume());
  EXPECT_TRUE(driver.slot().has_exception());
  EXPECT_THROW(driver.slot().Take(), std::runtime_error);
}

Task<std::string> Echo(std::string text) { co_return text; }
Task<std::string> Twice(std::string text) {
  co_return co_await Echo(text + "a") + co_await Echo(text + "b");
}

TEST(TaskTest, SeveralAwaitsInOneExpressionKeepTheirResults) {
  EXPECT_EQ(RunToEnd(Twice("long enough to be on the heap: ")),
            "long enough to be on the heap: a"
            "long enough to be on the heap: b");
}

struct Big {
  std::uint8_t bytes[5000] = {};
};
Task<int> BigFrame() {
  Big big;
  big.bytes[4999] = 9;
  co_await Pause{};
  co_return big.bytes[4999];
}

TEST(TaskTest, AFrameMayBeLargerThanThePoolsBlocks) {
  TaskDriver<int> driver(BigFrame());
  EXPECT_TRUE(driver.Resume());
  EXPECT_FALSE(driver.Resume());
  EXPECT_EQ(driver.slot().Take(), 9);
}

// A coroutine of somebody else, whose caller would never come back.
struct ForeignPromise {};
template <class Awaiter, class Promise>
concept CanSuspend =
    requires(Awaiter& awaiter, std::coroutine_handle<Promise> coroutine) {
      awaiter.await_suspend(coroutine);
    };

TEST(TaskTest, AForeignCoroutineCannotAwaitIt) {
  EXPECT_TRUE(
      (CanSuspend<Task<int>::Awaiter, Task<std::string>::promise_type>));
  EXPECT_FALSE((CanSuspend<Task<int>::Awaiter, ForeignPromise>));
  EXPECT_TRUE((CanSuspend<YieldOperation, Task<int>::promise_type>));
  EXPECT_FALSE((CanSuspend<YieldOperation, ForeignPromise>));
  EXPECT_FALSE((CanSuspend<SleepOperation, ForeignPromise>));
}

TEST(TaskDeathTest, ATaskCannotBeReleasedTwice) {
  EXPECT_DEATH(
      {
        Task<int> task = Seven();
        Task<int> other = std::move(task);
        TaskDriver<int> driver(std::move(task));
      },
      "awaited or spawned twice");
}

}  // namespace
}  // namespace asupersync
