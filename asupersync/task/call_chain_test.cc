#include "asupersync/task/call_chain.h"

#include <coroutine>
#include <stdexcept>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/task/live_probe.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_driver.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;

constexpr int kMillion = 1'000'000;
constexpr int kDeep = 100'000;
// What one level of ordinary calls may take, also at -O0 and under ASan.
constexpr std::uintptr_t kStackBytesMax = 4096;

Task<int> One(StackSpan& stack) {
  stack.Sample();
  co_return 1;
}

Task<int> CallMany(int times, StackSpan& stack) {
  int sum = 0;
  for (int i = 0; i < times; ++i) sum += co_await One(stack);
  co_return sum;
}

TEST(CallChainTest, AMillionChildAwaitsDoNotGrowTheStack) {
  StackSpan stack;
  TaskDriver<int> driver(CallMany(kMillion, stack));
  EXPECT_FALSE(driver.Resume());
  EXPECT_EQ(driver.slot().Take(), kMillion);
  EXPECT_LT(stack.bytes(), kStackBytesMax);
}

Task<absl::Status> Nothing(StackSpan& stack) {
  stack.Sample();
  co_return absl::OkStatus();
}

Task<absl::Status> TryMany(int times, StackSpan& stack) {
  for (int i = 0; i < times; ++i) co_await Try(Nothing(stack));
  co_return absl::OkStatus();
}

TEST(CallChainTest, AMillionTriesDoNotGrowTheStack) {
  StackSpan stack;
  TaskDriver<absl::Status> driver(TryMany(kMillion, stack));
  EXPECT_FALSE(driver.Resume());
  EXPECT_TRUE(driver.slot().Take().ok());
  EXPECT_LT(stack.bytes(), kStackBytesMax);
}

// Goes `depth` calls down, waits there, and samples the stack on both ways.
Task<int> Dive(int depth, StackSpan& stack) {
  LiveProbe probe;
  stack.Sample();
  int below = 0;
  if (depth == 0) {
    co_await Pause{};
  } else {
    below = co_await Dive(depth - 1, stack);
  }
  stack.Sample();
  co_return below + 1;
}

TEST(CallChainTest, ADeepChainCompletesWithoutGrowingTheStack) {
  StackSpan stack;
  TaskDriver<int> driver(Dive(kDeep, stack));
  EXPECT_TRUE(driver.Resume());
  EXPECT_EQ(LiveProbe::alive(), kDeep + 1);
  EXPECT_FALSE(driver.Resume());
  EXPECT_EQ(driver.slot().Take(), kDeep + 1);
  EXPECT_EQ(LiveProbe::alive(), 0);
  EXPECT_LT(stack.bytes(), kStackBytesMax);
}

TEST(CallChainTest, ADeepChainIsDestroyedWithoutResuming) {
  StackSpan stack;
  {
    TaskDriver<int> driver(Dive(kDeep, stack));
    EXPECT_TRUE(driver.Resume());
    EXPECT_EQ(LiveProbe::alive(), kDeep + 1);
    driver.Destroy();
    EXPECT_EQ(LiveProbe::alive(), 0);
    EXPECT_EQ(driver.chain().leaf(), nullptr);
    EXPECT_FALSE(driver.slot().has_value());
  }
  EXPECT_LT(stack.bytes(), kStackBytesMax);
}

Task<absl::Status> FailDeep(int depth) {
  LiveProbe probe;
  if (depth == 0) co_return absl::NotFoundError("the bottom");
  co_await Try(FailDeep(depth - 1));
  ADD_FAILURE() << "went on after an error";
  co_return absl::OkStatus();
}

TEST(CallChainTest, AnErrorUnwindsADeepChainOfTries) {
  TaskDriver<absl::Status> driver(FailDeep(kDeep));
  EXPECT_FALSE(driver.Resume());
  EXPECT_EQ(driver.slot().Take(), absl::NotFoundError("the bottom"));
  EXPECT_EQ(LiveProbe::alive(), 0);
}

Task<int> ThrowDeep(int depth) {
  LiveProbe probe;
  if (depth == 0) throw std::runtime_error("the bottom");
  co_return co_await ThrowDeep(depth - 1);
}

TEST(CallChainTest, AnExceptionPassesThroughEveryCaller) {
  TaskDriver<int> driver(ThrowDeep(1000));
  EXPECT_FALSE(driver.Resume());
  EXPECT_TRUE(driver.slot().has_exception());
  EXPECT_THROW(driver.slot().Take(), std::runtime_error);
  EXPECT_EQ(LiveProbe::alive(), 0);
}

struct Logged {
  std::vector<std::string>& log;
  std::string name;
  ~Logged() { log.push_back(name); }
};

Task<> Inner(std::vector<std::string>& log) {
  Logged first{log, "inner first"};
  Logged second{log, "inner second"};
  co_await Pause{};
}

Task<> Outer(std::vector<std::string>& log) {
  Logged local{log, "outer"};
  co_await Inner(log);
  log.push_back("outer resumed");
}

TEST(CallChainTest, DestroysTheInnermostFrameFirst) {
  std::vector<std::string> log;
  TaskDriver<void> driver(Outer(log));
  EXPECT_TRUE(driver.Resume());
  driver.Destroy();
  EXPECT_THAT(log, ElementsAre("inner second", "inner first", "outer"));
}

TEST(CallChainTest, TheCalleesFrameIsDestroyedBeforeItsCallerResumes) {
  std::vector<std::string> log;
  TaskDriver<void> driver(Outer(log));
  EXPECT_TRUE(driver.Resume());
  EXPECT_FALSE(driver.Resume());
  EXPECT_THAT(log, ElementsAre("inner second", "inner first", "outer resumed",
                               "outer"));
}

// Its destructor looks at the chain that is being destroyed.
struct LooksAtChain {
  CallChain*& chain;
  const PromiseBase*& leaf_seen;
  ~LooksAtChain() {
    if (chain != nullptr) leaf_seen = chain->leaf();
  }
};

Task<> HoldsLooker(CallChain*& chain, const PromiseBase*& leaf_seen) {
  LooksAtChain looker{chain, leaf_seen};
  co_await Pause{};
}

TEST(CallChainTest, AFrameHasLeftTheChainWhenItsDestructorsRun) {
  CallChain* chain = nullptr;
  PromiseBase* const kUnset = reinterpret_cast<PromiseBase*>(&chain);
  const PromiseBase* leaf_seen = kUnset;
  TaskDriver<void> driver(HoldsLooker(chain, leaf_seen));
  chain = &driver.chain();
  EXPECT_TRUE(driver.Resume());
  driver.Destroy();
  EXPECT_EQ(leaf_seen, nullptr);
}

Task<> AwaitsSomethingForeign() { co_await std::suspend_always{}; }

Task<> CallsFirst(StackSpan& stack) {
  (void)co_await One(stack);  // leaves an action behind that must not count
  co_await std::suspend_always{};
}

TEST(CallChainDeathTest, AForeignAwaitIsFatal) {
  EXPECT_DEATH(
      {
        TaskDriver<void> driver(AwaitsSomethingForeign());
        driver.Resume();
      },
      "is not of this library");
  EXPECT_DEATH(
      {
        StackSpan stack;
        TaskDriver<void> driver(CallsFirst(stack));
        driver.Resume();
      },
      "is not of this library");
}

}  // namespace
}  // namespace asupersync
