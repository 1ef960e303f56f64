#include "asupersync/task/try.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/outcome.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_driver.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

template <class T>
T RunToEnd(Task<T> task) {
  TaskDriver<T> driver(std::move(task));
  EXPECT_FALSE(driver.Resume());
  return driver.slot().Take();
}

Task<absl::StatusOr<int>> UnwrapAll() {
  co_await Try(absl::OkStatus());
  int sum = co_await Try(absl::StatusOr<int>(1));
  sum += co_await Try(Outcome<int>(2));
  co_await Try(Outcome<void>());
  std::unique_ptr<int> moved = co_await Try(
      absl::StatusOr<std::unique_ptr<int>>(std::make_unique<int>(4)));
  co_return sum + *moved;
}

TEST(TryTest, GivesTheValueOfEveryKindOfResult) {
  EXPECT_EQ(*RunToEnd(UnwrapAll()), 7);
}

template <class R, class Error>
Task<R> EndsWith(Error error) {
  LiveProbe probe;
  co_await Try(std::move(error));
  ADD_FAILURE() << "went on";
  std::abort();
}

TEST(TryTest, EndsEveryKindOfTaskThatCanSayError) {
  const absl::Status error = absl::NotFoundError("no");
  EXPECT_EQ((RunToEnd(EndsWith<absl::Status>(error))), error);
  EXPECT_EQ((RunToEnd(EndsWith<absl::StatusOr<int>>(error))).status(), error);
  EXPECT_EQ((RunToEnd(EndsWith<Outcome<int>>(error))).status(), error);
  EXPECT_EQ((RunToEnd(EndsWith<Outcome<void>>(error))).status(), error);
  using MoveOnly = absl::StatusOr<std::unique_ptr<int>>;
  EXPECT_EQ((RunToEnd(EndsWith<MoveOnly>(absl::StatusOr<int>(error)))).status(),
            error);
  EXPECT_EQ((RunToEnd(EndsWith<absl::Status>(Outcome<int>(error)))), error);
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(TryTest, ACancellationKeepsItsReason) {
  Outcome<int> outcome = RunToEnd(EndsWith<Outcome<int>>(
      Outcome<void>(CancelReason(CancelKind::kShutdown, "the end"))));
  ASSERT_EQ(outcome.kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(outcome.reason().kind(), CancelKind::kShutdown);
  EXPECT_EQ(outcome.reason().message(), "the end");
}

TEST(TryTest, APanicOfAJoinedTaskIsAnInternalError) {
  absl::Status status = RunToEnd(
      EndsWith<absl::Status>(Outcome<int>(PanicInfo{"kaput", nullptr})));
  EXPECT_EQ(status, absl::InternalError("panicked: kaput"));
}

Task<absl::StatusOr<int>> Child(int which) {
  LiveProbe probe;
  co_await Pause{};
  if (which == 0) co_return absl::NotFoundError("child");
  if (which == 1) throw std::runtime_error("child");
  co_return which;
}

Task<absl::StatusOr<std::string>> Parent(int which) {
  LiveProbe probe;
  int value = co_await Try(Child(which));
  co_return std::to_string(value);
}

absl::StatusOr<std::string> RunParent(int which) {
  TaskDriver<absl::StatusOr<std::string>> driver(Parent(which));
  EXPECT_TRUE(driver.Resume());
  EXPECT_EQ(LiveProbe::alive(), 2);
  EXPECT_FALSE(driver.Resume());
  EXPECT_EQ(LiveProbe::alive(), 0);
  return driver.slot().Take();
}

TEST(TryTest, AwaitsAChildAndPassesItsErrorOn) {
  EXPECT_EQ(*RunParent(5), "5");
  EXPECT_EQ(RunParent(0).status(), absl::NotFoundError("child"));
}

TEST(TryTest, AnExceptionOfTheChildPassesThrough) {
  EXPECT_THROW(RunParent(1).IgnoreError(), std::runtime_error);
}

Task<absl::Status> Catches(int which, std::vector<std::string>& log) {
  try {
    co_await Try(Child(which));
  } catch (const std::runtime_error& e) {
    log.push_back(e.what());
  }
  co_return absl::OkStatus();
}

TEST(TryTest, TheCallerMayCatchTheChildsException) {
  std::vector<std::string> log;
  TaskDriver<absl::Status> driver(Catches(1, log));
  EXPECT_TRUE(driver.Resume());
  EXPECT_FALSE(driver.Resume());
  EXPECT_TRUE(driver.slot().Take().ok());
  EXPECT_THAT(log, ElementsAre("child"));
}

TEST(TryTest, AnErrorIsNotAnExceptionToTheCaller) {
  std::vector<std::string> log;
  TaskDriver<absl::Status> driver(Catches(0, log));
  EXPECT_TRUE(driver.Resume());
  EXPECT_FALSE(driver.Resume());
  EXPECT_TRUE(absl::IsNotFound(driver.slot().Take()));
  EXPECT_TRUE(log.empty());
}

struct Logged {
  std::vector<std::string>& log;
  std::string name;
  ~Logged() { log.push_back(name); }
};

Task<absl::Status> Ends(std::vector<std::string>& log) {
  Logged first{log, "first"};
  {
    Logged second{log, "second"};
    Logged third{log, "third"};
    co_await Try(absl::NotFoundError("no"));
  }
  log.push_back("not reached");
  co_return absl::OkStatus();
}

Task<absl::Status> Observes(std::vector<std::string>& log) {
  absl::Status status = co_await Ends(log);
  log.push_back(std::string(status.message()));
  co_return status;
}

TEST(TryTest, LocalsDieInReverseOrderBeforeTheCallerGoesOn) {
  std::vector<std::string> log;
  EXPECT_TRUE(absl::IsNotFound(RunToEnd(Observes(log))));
  EXPECT_THAT(log, ElementsAre("third", "second", "first", "no"));
}

Task<absl::Status> TriesAnAwaitsResult() {
  co_await Try(co_await Child(0));
  co_return absl::OkStatus();
}

TEST(TryTest, UnwrapsTheResultOfAnotherAwait) {
  TaskDriver<absl::Status> driver(TriesAnAwaitsResult());
  EXPECT_TRUE(driver.Resume());
  EXPECT_FALSE(driver.Resume());
  EXPECT_EQ(driver.slot().Take(), absl::NotFoundError("child"));
  EXPECT_EQ(LiveProbe::alive(), 0);
}

TEST(TryTest, AFrameDestroyedInATryIsFreed) {
  {
    TaskDriver<absl::StatusOr<std::string>> driver(Parent(5));
    EXPECT_TRUE(driver.Resume());
    EXPECT_EQ(LiveProbe::alive(), 2);
  }
  EXPECT_EQ(LiveProbe::alive(), 0);
}

}  // namespace
}  // namespace asupersync
