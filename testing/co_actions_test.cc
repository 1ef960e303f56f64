#include "asupersync/testing/co_actions.h"

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/outcome_matchers.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::_;
using ::testing::DoAll;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::InSequence;
using ::testing::NiceMock;
using ::testing::Pointee;
using ::testing::SaveArg;
using ::testing::StrictMock;

class Base {
 public:
  virtual ~Base() = default;
  virtual int value() const { return 1; }
};
class Derived : public Base {
 public:
  int value() const override { return 2; }
};

struct NoDefault {
  explicit NoDefault(int) {}
};

class Store {
 public:
  virtual ~Store() = default;
  virtual Task<absl::StatusOr<int>> Get(Cx& cx, const std::string& key) = 0;
  virtual Task<absl::Status> Put(Cx& cx, std::string key,
                                 std::unique_ptr<int> value) = 0;
  virtual Task<absl::StatusOr<std::unique_ptr<int>>> Take(Cx& cx) = 0;
  virtual Task<void> Flush() = 0;
  virtual Task<int> Size() = 0;
  virtual Task<std::string> Name(int index, Cx& mine, Cx& yours) = 0;
  virtual Task<Outcome<int>> Run(Cx& cx, const Base& base) = 0;
  virtual Task<NoDefault> Odd() = 0;
};

class MockStore : public Store {
 public:
  MOCK_METHOD(Task<absl::StatusOr<int>>, Get, (Cx&, const std::string&),
              (override));
  MOCK_METHOD(Task<absl::Status>, Put,
              (Cx&, std::string, std::unique_ptr<int>), (override));
  MOCK_METHOD(Task<absl::StatusOr<std::unique_ptr<int>>>, Take, (Cx&),
              (override));
  MOCK_METHOD(Task<void>, Flush, (), (override));
  MOCK_METHOD(Task<int>, Size, (), (override));
  MOCK_METHOD(Task<std::string>, Name, (int, Cx&, Cx&), (override));
  MOCK_METHOD((Task<Outcome<int>>), Run, (Cx&, const Base&), (override));
  MOCK_METHOD(Task<NoDefault>, Odd, (), (override));
};

// Runs a task to its end.
template <class F>
auto RunBody(F body) {
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(std::move(body));
  EXPECT_THAT(runtime.RunUntilQuiescent(), IsQuiescent());
  return handle.TakeOutcome();
}

TEST(CoActionsTest, ReturnsValuesAndErrorsInTurn) {
  StrictMock<MockStore> store;
  EXPECT_CALL(store, Get(_, "a"))
      .WillOnce(CoReturn(5))
      .WillOnce(CoReturnError(absl::UnavailableError("busy")))
      .WillOnce(CoReturn(absl::StatusOr<int>(6)))
      .WillRepeatedly(CoReturn(7));
  std::vector<absl::StatusOr<int>> got;
  EXPECT_THAT(RunBody([&](Cx& cx) -> Task<absl::Status> {
                for (int i = 0; i < 5; ++i) {
                  got.push_back(co_await store.Get(cx, "a"));
                }
                co_return absl::OkStatus();
              }),
              IsOk());
  EXPECT_THAT(got, ElementsAre(IsOkAndHolds(5),
                               IsErr(absl::StatusCode::kUnavailable, "busy"),
                               IsOkAndHolds(6), IsOkAndHolds(7),
                               IsOkAndHolds(7)));
}

TEST(CoActionsTest, ReturnsNothingAndPlainValues) {
  MockStore store;
  EXPECT_CALL(store, Flush()).WillOnce(CoReturn());
  EXPECT_CALL(store, Size()).WillRepeatedly(CoReturn(3));
  EXPECT_CALL(store, Name).WillOnce(CoReturn("x"));
  EXPECT_THAT(RunBody([&](Cx& cx) -> Task<std::string> {
                co_await store.Flush();
                const int size = co_await store.Size();
                EXPECT_EQ(size, 3);
                co_return co_await store.Name(0, cx, cx);
              }),
              IsOkAndHolds("x"));
}

TEST(CoActionsTest, HandsOutMoveOnlyValues) {
  MockStore store;
  EXPECT_CALL(store, Take)
      .WillOnce(CoReturn(std::make_unique<int>(1)))
      .WillOnce(CoReturn(absl::StatusOr<std::unique_ptr<int>>(
          std::make_unique<int>(2))));
  EXPECT_THAT(RunBody([&](Cx& cx) -> Task<absl::StatusOr<int>> {
                auto first = co_await Try(store.Take(cx));
                auto second = co_await Try(store.Take(cx));
                co_return *first * 10 + *second;
              }),
              IsOkAndHolds(12));
}

TEST(CoActionsDeathTest, AMoveOnlyValueIsHandedOutOnce) {
  const auto twice = [] {
    MockStore store;
    EXPECT_CALL(store, Take)
        .WillRepeatedly(CoReturn(std::make_unique<int>(1)));
    static_cast<void>(RunBody([&](Cx& cx) -> Task<absl::Status> {
      co_await Try(store.Take(cx));
      co_await Try(store.Take(cx));
      co_return absl::OkStatus();
    }));
  };
  EXPECT_DEATH(twice(), "co_actions_test.cc:[0-9]+: the value of this action "
                        "was handed out before");
}

TEST(CoActionsDeathTest, OkIsNoError) {
  EXPECT_DEATH(CoReturnError(absl::OkStatus()), "OK is no error");
}

TEST(CoActionsTest, InvokedCoroutinesKeepCapturesAndArguments) {
  MockStore store;
  // Long enough for the heap, so that a sanitizer sees a dangling one.
  const std::string suffix(100, 's');
  EXPECT_CALL(store, Get)
      .WillRepeatedly(CoInvoke(
          [suffix](Cx& cx, const std::string& key)
              -> Task<absl::StatusOr<int>> {
            co_await Try(cx.Yield());
            co_return static_cast<int>(key.size() + suffix.size());
          }));
  EXPECT_CALL(store, Put)
      .WillOnce(CoInvoke([](Cx& cx, std::string key,
                            std::unique_ptr<int> value) -> Task<absl::Status> {
        co_await Try(cx.Yield());
        co_return key.size() == 100 && *value == 5 ? absl::OkStatus()
                                                   : absl::InternalError(key);
      }));
  EXPECT_THAT(
      RunBody([&](Cx& cx) -> Task<absl::StatusOr<int>> {
        // The key of the call is gone when the Task starts.
        Task<absl::StatusOr<int>> get = store.Get(cx, std::string(50, 'k'));
        co_await Try(store.Put(cx, std::string(100, 'k'),
                               std::make_unique<int>(5)));
        co_return co_await std::move(get);
      }),
      IsOkAndHolds(150));
}

TEST(CoActionsTest, AnInvokedCoroutineOutlivesItsExpectation) {
  auto store = std::make_unique<MockStore>();
  const std::string name(100, 'n');
  EXPECT_CALL(*store, Name)
      .WillOnce(CoInvoke([name]() -> Task<std::string> { co_return name; }));
  EXPECT_THAT(RunBody([&](Cx& cx) -> Task<std::string> {
                Task<std::string> task = store->Name(0, cx, cx);
                store.reset();
                co_return co_await std::move(task);
              }),
              IsOkAndHolds(name));
}

TEST(CoActionsTest, ArgumentsOfDerivedClassesAreNotSliced) {
  MockStore store;
  EXPECT_CALL(store, Run)
      .WillOnce(CoInvoke([](Cx&, const Base& base) -> Task<Outcome<int>> {
        co_return base.value();
      }));
  const Derived derived;
  EXPECT_THAT(RunBody([&](Cx& cx) { return store.Run(cx, derived); }),
              IsOkAndHolds(2));
}

TEST(CoActionsTest, InvokedFunctionsRunWhenTheTaskIsAwaited) {
  MockStore store;
  std::vector<std::string> order;
  EXPECT_CALL(store, Flush()).WillRepeatedly(CoInvoke([&]() -> Task<void> {
    order.push_back("flush");
    co_return;
  }));
  EXPECT_THAT(RunBody([&](Cx&) -> Task<void> {
                Task<void> flush = store.Flush();
                order.push_back("called");
                co_await std::move(flush);
                static_cast<void>(store.Flush());  // counts, but never runs
              }),
              IsOk());
  EXPECT_THAT(order, ElementsAre("called", "flush"));
}

TEST(CoActionsTest, ThrownExceptionsAreTheTasks) {
  MockStore store;
  EXPECT_CALL(store, Size()).WillOnce(CoThrow(std::runtime_error("full")));
  EXPECT_CALL(store, Flush()).WillOnce(CoThrow(std::runtime_error("gone")));
  EXPECT_THAT(RunBody([&](Cx&) { return store.Size(); }), IsPanicked("full"));
  EXPECT_THAT(RunBody([&](Cx&) { return store.Flush(); }), IsPanicked("gone"));
}

TEST(CoActionsTest, SleepsInVirtualTime) {
  MockStore store;
  EXPECT_CALL(store, Get)
      .WillOnce(CoSleepThenReturn(absl::Hours(1), 5))
      .WillOnce(CoSleepThenReturn(absl::Hours(1), absl::AbortedError("late")));
  EXPECT_CALL(store, Name).WillOnce(CoSleepThenReturn<2>(absl::Hours(2), "x"));
  absl::Time end;
  EXPECT_THAT(RunBody([&](Cx& cx) -> Task<absl::StatusOr<int>> {
                const int got = co_await Try(store.Get(cx, "a"));
                EXPECT_EQ(got, 5);
                const std::string name = co_await store.Name(0, cx, cx);
                EXPECT_EQ(name, "x");
                auto late = co_await store.Get(cx, "a");
                end = cx.Now();
                co_return late;
              }),
              IsErr(absl::StatusCode::kAborted, "late"));
  EXPECT_EQ(end, absl::UnixEpoch() + absl::Hours(4));
}

TEST(CoActionsTest, ASleepIsCancelledWithItsTask) {
  MockStore store;
  EXPECT_CALL(store, Get).WillOnce(CoSleepThenReturn(absl::Hours(1), 5));
  LabRuntime runtime(LabConfig(1));
  auto handle = runtime.SpawnRoot(
      [&](Cx& cx) -> Task<absl::StatusOr<int>> {
        co_return co_await store.Get(cx, "a");
      });
  runtime.RunUntil(absl::UnixEpoch() + absl::Minutes(1));
  handle.Cancel("enough");
  runtime.RunUntilQuiescent();
  EXPECT_EQ(runtime.Now(), absl::UnixEpoch() + absl::Minutes(1));
  EXPECT_THAT(handle.TakeOutcome(), IsCancelled(CancelKind::kUser, "enough"));
}

TEST(CoActionsTest, TasksInterleaveInOneMock) {
  MockStore store;
  EXPECT_CALL(store, Get(_, "slow"))
      .WillOnce(CoSleepThenReturn(absl::Seconds(2), 1));
  EXPECT_CALL(store, Get(_, "fast"))
      .WillOnce(CoSleepThenReturn(absl::Seconds(1), 2));
  std::vector<int> order;
  EXPECT_THAT(
      RunBody([&](Cx& cx) -> Task<absl::Status> {
        co_return co_await Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
          for (const char* key : {"slow", "fast"}) {
            cx.Spawn([&store, &order, key](Cx& cx) -> Task<absl::Status> {
              order.push_back(co_await Try(store.Get(cx, key)));
              co_return absl::OkStatus();
            });
          }
          co_return absl::OkStatus();
        });
      }),
      IsOk());
  EXPECT_THAT(order, ElementsAre(2, 1));
}

TEST(CoActionsTest, GmocksOwnToolsWorkWithThem) {
  MockStore store;
  std::string saved;
  InSequence sequence;
  EXPECT_CALL(store, Get).WillOnce(DoAll(SaveArg<1>(&saved), CoReturn(1)));
  EXPECT_CALL(store, Flush()).Times(2).WillRepeatedly(CoReturn());
  ON_CALL(store, Size()).WillByDefault(CoReturn(9));
  EXPECT_CALL(store, Size());
  EXPECT_THAT(RunBody([&](Cx& cx) -> Task<absl::StatusOr<int>> {
                co_await Try(store.Get(cx, "key"));
                co_await store.Flush();
                co_await store.Flush();
                co_return co_await store.Size();
              }),
              IsOkAndHolds(9));
  EXPECT_EQ(saved, "key");
}

TEST(CoActionsTest, CallsWithoutAnActionGiveADefault) {
  NiceMock<MockStore> store;
  EXPECT_THAT(RunBody([&](Cx& cx) { return store.Put(cx, "a", nullptr); }),
              IsOk());
  EXPECT_THAT(RunBody([&](Cx&) { return store.Flush(); }), IsOk());
  EXPECT_THAT(RunBody([&](Cx&) { return store.Size(); }), IsOkAndHolds(0));
  EXPECT_THAT(RunBody([&](Cx& cx) { return store.Get(cx, "a"); }),
              IsErr(absl::StatusCode::kFailedPrecondition,
                    HasSubstr("was given no action")));
  EXPECT_THAT(RunBody([&](Cx& cx) { return store.Run(cx, Derived()); }),
              IsErr(absl::StatusCode::kFailedPrecondition));
  EXPECT_THAT(RunBody([&](Cx&) { return store.Odd(); }),
              IsPanicked(HasSubstr("has no default")));
}

TEST(CoActionsTest, AnUnexpectedCallFailsTheTestAndGoesOn) {
  EXPECT_NONFATAL_FAILURE(
      {
        StrictMock<MockStore> store;
        EXPECT_THAT(RunBody([&](Cx& cx) { return store.Get(cx, "b"); }),
                    IsErr());
      },
      "Cx of T1");
}

}  // namespace
}  // namespace asupersync
