// The program that the drivers in this folder run as a child process. Its
// tests fail, on purpose, each in its own way; none is run by itself.
#include <cstdio>
#include <cstdlib>
#include <new>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

// What the driver wants to be different in this run.
bool Changed(const char* what) {
  const char* change = std::getenv("SUBJECT_CHANGE");
  return change != nullptr && std::string(change) == what;
}

// Two tasks race; the order is asserted although nothing enforces it.
class Race : public LabTest {
 protected:
  LabConfig ConfigureLab(LabConfig config) override {
    const bool both = Changed("config_and_seed");
    if (Changed("config") || both) config = config.WithStepLimit(4321);
    if (Changed("derived_seed") || both) {
      DerivedSeeds seeds = config.seeds();
      ++seeds.schedule;
      config = config.WithSeeds(seeds);
    }
    if (Changed("recording_fails")) {
      config = config.WithReplayRecording(
          RecorderConfig::Enabled().WithMaxEvents(20, LimitPolicy::kFail));
    }
    if (Changed("flight_recorder")) {
      config = config.WithReplayRecording(
          RecorderConfig::Enabled().WithMaxEvents(20,
                                                  LimitPolicy::kDropOldest));
    }
    if (Changed("no_recording")) {
      config = config.WithReplayRecording(RecorderConfig::Disabled());
    }
    return config;
  }

  std::vector<int> order_;
};

LAB_TEST_F(Race, ArrivesInOrder) {
  SetSubsystem("channel");
  SetInvariant("fifo");
  SetInputs(std::string("in\0put", 6));
  auto [tx, rx] = mpsc::Channel<int>(4);
  Phase("spawn");
  for (int i = 0; i < 3; ++i) {
    cx.Spawn(i == 0 ? "first" : i == 1 ? "second" : "third",
             [i, tx = tx](Cx& cx) mutable -> Task<absl::Status> {
               if (Changed("program") && i == 1) co_await Try(cx.Yield());
               if (cx.RandomBelow(2) == 1) co_await Try(cx.Yield());
               co_await Try(cx.Sleep(absl::Milliseconds(10)));
               co_return co_await tx.Send(cx, i);
             });
  }
  Phase("receive");
  for (int i = 0; i < 3; ++i) {
    order_.push_back(co_await Try(rx.Recv(cx)));
    cx.Trace("received one");
  }
  if (Changed("assertion")) co_return absl::OkStatus();
  CO_ASSERT_THAT(order_, ElementsAre(0, 1, 2)) << "in this run";
  co_return absl::OkStatus();
}

TEST_F(Race, ClassicForm) {
  for (int i = 0; i < 2; ++i) {
    runtime().SpawnRoot([this, i](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Yield());
      order_.push_back(i);
      co_return absl::OkStatus();
    });
  }
  runtime().RunUntilQuiescent();
  ASSERT_THAT(order_, ElementsAre(0, 1));
}

// The seed that this fails under is found by a sweep.
LAB_TEST_F(Race, Swept, Explore::Sweep(200)) {
  auto left = cx.Spawn("left", [this](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    order_.push_back(0);
    co_return absl::OkStatus();
  });
  auto right = cx.Spawn("right", [this](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 3; ++i) co_await Try(cx.Yield());
    order_.push_back(1);
    co_return absl::OkStatus();
  });
  co_await Try(left.Join(cx));
  co_await Try(right.Join(cx));
  CO_ASSERT_THAT(order_, ElementsAre(0, 1));
  co_return absl::OkStatus();
}

LAB_TEST(Pass, Quietly) {
  co_await Try(cx.Yield());
  co_return absl::OkStatus();
}

LAB_TEST(Pass, Sweeping, Explore::Sweep(25)) {
  auto left = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  co_return (co_await left.Join(cx)).status();
}

LAB_TEST(Seed, OfTheTest, Explore::Once().WithSeed(7)) {
  co_return absl::OkStatus();
}

class OwnSeed : public LabTest {
 protected:
  OwnSeed() : LabTest(Changed("own_seed") ? 10 : 9) {}
};

LAB_TEST_F(OwnSeed, OfTheFixture) { co_return co_await cx.Yield(); }

// Death tests fork, and the child says and leaves nothing.
TEST_F(Race, DiesInAChild) {
  SetScenario("a death");
  EXPECT_DEATH(
      {
        ADD_FAILURE() << "only in the child";
        std::abort();
      },
      "");
}

LAB_TEST(Pass, SkipsItself) {
  co_await Try(cx.Yield());
  CO_SKIP() << "not today";
}

// --- How a body can end.

Task<absl::Status> NestedAssertion(Cx& cx) {
  co_await Try(cx.Yield());
  CO_ASSERT_TRUE(false) << "nested";
  co_return absl::OkStatus();
}

LAB_TEST(End, ByANestedAssertion) {
  co_await Try(NestedAssertion(cx));
  ADD_FAILURE() << "not reached";
  co_return absl::OkStatus();
}

LAB_TEST(End, ByAnAssertionOfATaskThatNobodyJoins) {
  cx.Spawn("worker", NestedAssertion);
  co_return co_await cx.Sleep(absl::Seconds(1));
}

LAB_TEST(End, BySkippingInATaskThatNobodyJoins) {
  auto skips = [](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    CO_SKIP() << "no network";
  };
  cx.Spawn("worker", [skips](Cx& cx) -> Task<absl::Status> {
    co_await Try(skips(cx));
    co_return absl::OkStatus();
  });
  co_return co_await cx.Sleep(absl::Seconds(1));
}

LAB_TEST(End, ByAnError) {
  co_await Try(cx.Yield());
  co_return absl::NotFoundError("no such account");
}

LAB_TEST(End, ByAnException) {
  co_await Try(cx.Yield());
  throw std::runtime_error("boom");
}

LAB_TEST(End, WithAnUnseenException) {
  auto worker = cx.Spawn("worker", [](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    throw std::runtime_error("lost");
  });
  co_return co_await cx.Sleep(absl::Seconds(1));
}

LAB_TEST(End, WithASeenException) {
  auto worker = cx.Spawn("worker", [](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    throw std::runtime_error("expected");
  });
  const Outcome<void> outcome = co_await worker.Join(cx);
  CO_ASSERT_EQ(outcome.kind(), OutcomeKind::kPanicked);
  co_return absl::OkStatus();
}

LAB_TEST(End, ByCancellation) {
  auto child = cx.Spawn([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Hours(1));
  });
  child.Cancel("enough");
  co_await Try(child.Join(cx));
  co_return absl::OkStatus();
}

LAB_TEST(End, InADeadlock) {
  Mutex mutex;
  MutexGuard guard = co_await Try(mutex.Lock(cx));
  MutexGuard again = co_await Try(mutex.Lock(cx));
  co_return absl::OkStatus();
}

// --- Fixtures.

class Expects : public LabTest {};

TEST_F(Expects, ADeadlock) {
  Notify notify;
  runtime().SpawnRoot([&](Cx& cx) -> Task<absl::Status> {
    co_return co_await notify.Wait(cx);
  });
  ExpectVerdict(RunVerdict::kDeadlock);
  runtime().RunUntilQuiescent();
}

TEST_F(Expects, ADeadlockThatDoesNotCome) {
  ExpectVerdict(RunVerdict::kDeadlock);
  runtime().RunUntilQuiescent();
}

TEST_F(Expects, SpawnedTasksToBeRun) {
  runtime().SpawnRoot("forgotten", [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
}

TEST_F(Expects, RunsToGoOnToTheEnd) {
  runtime().SpawnRoot("sleeper", [](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Sleep(absl::Hours(2));
  });
  runtime().RunUntil(absl::UnixEpoch() + absl::Hours(1));
}

class ForgetsTearDown : public LabTest {
 protected:
  void TearDown() override {}
};

TEST_F(ForgetsTearDown, IsDetected) {
  runtime().SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  runtime().RunUntilQuiescent();
}

class FailsInTearDown : public LabTest {
 protected:
  void TearDown() override {
    LabTest::TearDown();
    EXPECT_EQ(1, 2) << "in TearDown";
  }
};

LAB_TEST_F(FailsInTearDown, LeavesArtifacts) {
  co_return co_await cx.Yield();
}

class FailsInSetUp : public LabTest {
 protected:
  void SetUp() override { FAIL() << "in SetUp"; }
};

LAB_TEST_F(FailsInSetUp, NeverRunsItsBody) {
  std::printf("the body ran\n");
  co_return absl::OkStatus();
}

// Its constructor, SetUp and TearDown say that they were called.
class Talks : public LabTest {
 protected:
  Talks() { std::printf("talks: made\n"); }
  ~Talks() override { std::printf("talks: destroyed\n"); }
  void SetUp() override { std::printf("talks: set up\n"); }
  void TearDown() override {
    std::printf("talks: torn down\n");
    LabTest::TearDown();
  }
  static void SetUpTestSuite() { std::printf("talks: suite begins\n"); }
};

LAB_TEST_F(Talks, InOrder, Explore::Sweep(2)) {
  std::printf("talks: body\n");
  co_return absl::OkStatus();
}

class Parameters : public LabTestWithParam<int> {};

LAB_TEST_P(Parameters, AreSmall) {
  CO_ASSERT_LT(GetParam(), 3);
  co_return absl::OkStatus();
}
TEST_P(Parameters, AreOdd) { EXPECT_EQ(GetParam() % 2, 1); }

INSTANTIATE_TEST_SUITE_P(All, Parameters, ::testing::Values(1, 3));

// Two tests whose names are the same once they are sanitized.
LAB_TEST(Same_Name, A) {
  CO_FAIL() << "first";
}
namespace elsewhere {
LAB_TEST(Same, Name_A) {
  CO_FAIL() << "second";
}
}  // namespace elsewhere

// --- Every CO_ASSERT, failing.

#define FAILING_ASSERTION(name, assertion) \
  LAB_TEST(Assert, name) {                 \
    assertion << "said why";               \
    ADD_FAILURE() << "went on";            \
    co_return absl::OkStatus();            \
  }

void Throws() { throw std::runtime_error("thrown"); }
bool IsOdd(int n) { return n % 2 == 1; }
bool IsLess(int a, int b) { return a < b; }

FAILING_ASSERTION(Fail, CO_FAIL())
FAILING_ASSERTION(True, CO_ASSERT_TRUE(false))
FAILING_ASSERTION(False, CO_ASSERT_FALSE(true))
FAILING_ASSERTION(Eq, CO_ASSERT_EQ(1, 2))
FAILING_ASSERTION(Ne, CO_ASSERT_NE(1, 1))
FAILING_ASSERTION(Lt, CO_ASSERT_LT(1, 1))
FAILING_ASSERTION(Le, CO_ASSERT_LE(2, 1))
FAILING_ASSERTION(Gt, CO_ASSERT_GT(1, 1))
FAILING_ASSERTION(Ge, CO_ASSERT_GE(1, 2))
FAILING_ASSERTION(StrEq, CO_ASSERT_STREQ("a", "b"))
FAILING_ASSERTION(StrNe, CO_ASSERT_STRNE("a", "a"))
FAILING_ASSERTION(StrCaseEq, CO_ASSERT_STRCASEEQ("a", "b"))
FAILING_ASSERTION(StrCaseNe, CO_ASSERT_STRCASENE("a", "A"))
FAILING_ASSERTION(FloatEq, CO_ASSERT_FLOAT_EQ(1.0f, 1.1f))
FAILING_ASSERTION(DoubleEq, CO_ASSERT_DOUBLE_EQ(1.0, 1.1))
FAILING_ASSERTION(Near, CO_ASSERT_NEAR(1.0, 2.0, 0.5))
FAILING_ASSERTION(That, CO_ASSERT_THAT(1, ::testing::Gt(1)))
FAILING_ASSERTION(Throw, CO_ASSERT_THROW((void)0, std::runtime_error))
FAILING_ASSERTION(ThrowAnother, CO_ASSERT_THROW(Throws(), std::bad_alloc))
FAILING_ASSERTION(NoThrow, CO_ASSERT_NO_THROW(Throws()))
FAILING_ASSERTION(AnyThrow, CO_ASSERT_ANY_THROW((void)0))
FAILING_ASSERTION(Pred1, CO_ASSERT_PRED1(IsOdd, 2))
FAILING_ASSERTION(Pred2, CO_ASSERT_PRED2(IsLess, 2, 1))

LAB_TEST(DISABLED_Off, Fails) {
  CO_FAIL();
}

}  // namespace
}  // namespace asupersync
