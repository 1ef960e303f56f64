#include "asupersync/lab/ambient_guard.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/random.h>
#include <sys/select.h>
#include <sys/time.h>
#include <threads.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <future>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class AmbientGuardTest : public ::testing::Test {
 protected:
  // Runs `body` as a step of a task.
  void RunInStep(std::function<void()> body) {
    LabRuntime runtime(LabConfig(1).WithDefaultReplayRecording());
    runtime.SpawnRoot("caller", [&](Cx& cx) -> Task<absl::Status> {
      co_await Try(cx.Yield());
      body();
      co_return absl::OkStatus();
    });
    runtime.RunUntilQuiescent();
  }

  std::vector<std::string> Functions() const {
    std::vector<std::string> functions;
    for (const AmbientCall& call : calls_) functions.push_back(call.function);
    return functions;
  }

  std::vector<AmbientCall> calls_;
  AmbientGuard guard_{[this](const AmbientCall& call) {
    calls_.push_back(call);
  }};
};

struct Source {
  const char* name;
  AmbientKind kind;
  const char* function;
  void (*call)();
};

void PrintTo(const Source& source, std::ostream* out) { *out << source.name; }

class AmbientSourceTest : public AmbientGuardTest,
                          public ::testing::WithParamInterface<Source> {};

TEST_P(AmbientSourceTest, IsCaughtInAStepAndOnlyThere) {
  GetParam().call();
  EXPECT_THAT(calls_, IsEmpty());
  RunInStep([] { GetParam().call(); });
  ASSERT_THAT(Functions(), ElementsAre(GetParam().function));
  EXPECT_EQ(calls_[0].kind, GetParam().kind);
  EXPECT_EQ(calls_[0].task, "T1 'caller'");
  EXPECT_EQ(calls_[0].step, 2u);
  EXPECT_THAT(calls_[0].operation, HasSubstr("ambient_guard_test.cc:"));
  EXPECT_THAT(calls_[0].ToString(), HasSubstr("RunInStep"));
  EXPECT_THAT(calls_[0].ToString(), Not(HasSubstr("CallChain")));
}

char buffer[16];

INSTANTIATE_TEST_SUITE_P(
    All, AmbientSourceTest,
    ::testing::Values(
        Source{"SystemClock", AmbientKind::kClock, "clock_gettime",
               [] { (void)std::chrono::system_clock::now(); }},
        Source{"SteadyClock", AmbientKind::kClock, "clock_gettime",
               [] { (void)std::chrono::steady_clock::now(); }},
        Source{"AbslNow", AmbientKind::kClock, "clock_gettime",
               [] { (void)absl::Now(); }},
        Source{"ClockGettime", AmbientKind::kClock, "clock_gettime",
               [] {
                 timespec now;
                 clock_gettime(CLOCK_MONOTONIC, &now);
               }},
        Source{"GetTimeOfDay", AmbientKind::kClock, "gettimeofday",
               [] {
                 timeval now;
                 gettimeofday(&now, nullptr);
               }},
        Source{"Time", AmbientKind::kClock, "time",
               [] { (void)std::time(nullptr); }},
        Source{"TimespecGet", AmbientKind::kClock, "timespec_get",
               [] {
                 timespec now;
                 (void)timespec_get(&now, TIME_UTC);
               }},
        Source{"Clock", AmbientKind::kClock, "clock",
               [] { (void)std::clock(); }},
        Source{"GetRandom", AmbientKind::kRandom, "getrandom",
               [] { EXPECT_EQ(getrandom(buffer, 1, 0), 1); }},
        Source{"GetEntropy", AmbientKind::kRandom, "getentropy",
               [] { EXPECT_EQ(getentropy(buffer, 1), 0); }},
        Source{"Rand", AmbientKind::kRandom, "rand",
               [] { (void)std::rand(); }},
        Source{"Random", AmbientKind::kRandom, "random",
               [] { (void)random(); }},
        Source{"Drand48", AmbientKind::kRandom, "drand48",
               [] { (void)drand48(); }},
        Source{"Lrand48", AmbientKind::kRandom, "lrand48",
               [] { (void)lrand48(); }},
        Source{"Mrand48", AmbientKind::kRandom, "mrand48",
               [] { (void)mrand48(); }},
        Source{"Arc4Random", AmbientKind::kRandom, "arc4random",
               [] { (void)arc4random(); }},
        Source{"Arc4RandomBuf", AmbientKind::kRandom, "arc4random_buf",
               [] { arc4random_buf(buffer, 1); }},
        Source{"Arc4RandomUniform", AmbientKind::kRandom,
               "arc4random_uniform",
               [] { EXPECT_LT(arc4random_uniform(7), 7u); }},
        Source{"RandomDevice", AmbientKind::kRandom, "std::random_device",
               [] { (void)std::random_device()(); }},
        Source{"UrandomAsAStream", AmbientKind::kRandom, "fopen64",
               [] {
                 std::ifstream file("/dev/urandom");
                 EXPECT_TRUE(file.good());
               }},
        Source{"UrandomByFopen", AmbientKind::kRandom, "fopen",
               [] {
                 std::FILE* file = std::fopen("/dev/urandom", "rb");
                 ASSERT_NE(file, nullptr);
                 std::fclose(file);
               }},
        Source{"UrandomByOpen", AmbientKind::kRandom, "open",
               [] {
                 const int file = open("/dev/urandom", O_RDONLY);
                 EXPECT_GE(file, 0);
                 close(file);
               }},
        Source{"UrandomByOpenat", AmbientKind::kRandom, "openat",
               [] {
                 const int file = openat(AT_FDCWD, "/dev/urandom", O_RDONLY);
                 EXPECT_GE(file, 0);
                 close(file);
               }},
        Source{"StdThread", AmbientKind::kThread, "pthread_create",
               [] { std::thread([] {}).join(); }},
        Source{"StdAsync", AmbientKind::kThread, "pthread_create",
               [] { std::async(std::launch::async, [] {}).get(); }},
        Source{"C11Thread", AmbientKind::kThread, "thrd_create",
               [] {
                 thrd_t thread;
                 ASSERT_EQ(thrd_create(
                               &thread, [](void*) { return 0; }, nullptr),
                           thrd_success);
                 thrd_join(thread, nullptr);
               }},
        Source{"Sleep", AmbientKind::kSleep, "sleep", [] { sleep(0); }},
        Source{"Usleep", AmbientKind::kSleep, "usleep", [] { usleep(1); }},
        Source{"SleepFor", AmbientKind::kSleep, "nanosleep",
               [] {
                 std::this_thread::sleep_for(std::chrono::nanoseconds(1));
               }},
        Source{"AbslSleepFor", AmbientKind::kSleep, "nanosleep",
               [] { absl::SleepFor(absl::Nanoseconds(1)); }},
        Source{"ClockNanosleep", AmbientKind::kSleep, "clock_nanosleep",
               [] {
                 const timespec duration = {0, 1};
                 clock_nanosleep(CLOCK_MONOTONIC, 0, &duration, nullptr);
               }},
        Source{"Poll", AmbientKind::kSleep, "poll",
               [] { EXPECT_EQ(poll(nullptr, 0, 1), 0); }},
        Source{"Ppoll", AmbientKind::kSleep, "ppoll",
               [] {
                 const timespec timeout = {0, 1};
                 EXPECT_EQ(ppoll(nullptr, 0, &timeout, nullptr), 0);
               }},
        Source{"Select", AmbientKind::kSleep, "select",
               [] {
                 timeval timeout = {0, 1};
                 EXPECT_EQ(select(0, nullptr, nullptr, nullptr, &timeout), 0);
               }},
        Source{"Pselect", AmbientKind::kSleep, "pselect",
               [] {
                 const timespec timeout = {0, 1};
                 EXPECT_EQ(pselect(0, nullptr, nullptr, nullptr, &timeout,
                                   nullptr),
                           0);
               }},
        Source{"EpollWait", AmbientKind::kSleep, "epoll_wait",
               [] {
                 const int epoll = epoll_create1(0);
                 epoll_event event;
                 EXPECT_EQ(epoll_wait(epoll, &event, 1, 1), 0);
                 close(epoll);
               }},
        Source{"EpollPwait", AmbientKind::kSleep, "epoll_pwait",
               [] {
                 const int epoll = epoll_create1(0);
                 epoll_event event;
                 EXPECT_EQ(epoll_pwait(epoll, &event, 1, 1, nullptr), 0);
                 close(epoll);
               }},
        // Without a timeout it waits for ever: here, for what is there.
        Source{"PollWithoutATimeout", AmbientKind::kSleep, "poll",
               [] {
                 int ends[2];
                 ASSERT_EQ(pipe(ends), 0);
                 pollfd writable = {ends[1], POLLOUT, 0};
                 EXPECT_EQ(poll(&writable, 1, -1), 1);
                 close(ends[0]);
                 close(ends[1]);
               }}),
    [](const ::testing::TestParamInfo<Source>& info) {
      return info.param.name;
    });

TEST_F(AmbientGuardTest, TheCallGoesThrough) {
  std::chrono::system_clock::time_point before =
      std::chrono::system_clock::now();
  std::chrono::system_clock::time_point within;
  std::atomic<bool> ran = false;
  RunInStep([&] {
    within = std::chrono::system_clock::now();
    std::thread([&] { ran = true; }).join();
  });
  EXPECT_GE(within, before);
  EXPECT_TRUE(ran);
}

TEST_F(AmbientGuardTest, WhatAnotherThreadDoesMeanwhileIsNotOfTheStep) {
  RunInStep([&] {
    std::thread([] { (void)std::chrono::steady_clock::now(); }).join();
  });
  EXPECT_THAT(Functions(), ElementsAre("pthread_create"));
}

TEST_F(AmbientGuardTest, OtherFilesMayBeOpened) {
  RunInStep([] {
    std::ifstream null("/dev/null");
    EXPECT_TRUE(null.good());
    const std::string path =
        absl::StrCat(::testing::TempDir(), "/random_", getpid());
    const int file = open(path.c_str(), O_WRONLY | O_CREAT, 0600);
    EXPECT_GE(file, 0);
    close(file);
    EXPECT_EQ(access(path.c_str(), W_OK), 0);  // the mode went through
    unlink(path.c_str());
  });
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(AmbientGuardTest, APollThatDoesNotWaitIsFree) {
  RunInStep([] {
    const timespec no_time = {0, 0};
    timeval no_time_either = {0, 0};
    const int epoll = epoll_create1(0);
    epoll_event event;
    EXPECT_EQ(poll(nullptr, 0, 0), 0);
    EXPECT_EQ(ppoll(nullptr, 0, &no_time, nullptr), 0);
    EXPECT_EQ(select(0, nullptr, nullptr, nullptr, &no_time_either), 0);
    EXPECT_EQ(pselect(0, nullptr, nullptr, nullptr, &no_time, nullptr), 0);
    EXPECT_EQ(epoll_wait(epoll, &event, 1, 0), 0);
    close(epoll);
  });
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(AmbientGuardTest, ACallSiteIsReportedOnce) {
  RunInStep([] {
    volatile int times = 3;  // an unrolled loop would be three sites
    for (int i = 0; i < times; ++i) (void)std::time(nullptr);
    (void)std::time(nullptr);
  });
  EXPECT_THAT(calls_, SizeIs(2));
}

TEST_F(AmbientGuardTest, ACallSiteIsReportedAgainAfterForget) {
  const auto body = [] { (void)std::time(nullptr); };
  RunInStep(body);
  RunInStep(body);
  EXPECT_THAT(calls_, SizeIs(1));
  guard_.Forget();
  RunInStep(body);
  EXPECT_THAT(calls_, SizeIs(2));
}

TEST_F(AmbientGuardTest, WhatIsAllowedIsNotReported) {
  RunInStep([] {
    {
      AllowAmbient allow("for the test");
      (void)std::time(nullptr);
    }
    (void)std::rand();
  });
  EXPECT_THAT(Functions(), ElementsAre("rand"));
}

TEST_F(AmbientGuardTest, WhatIsAllowedIsReportedToWhoAsks) {
  guard_.SetReportAllowed(true);
  RunInStep([] {
    AllowAmbient allow("for the test");
    (void)std::time(nullptr);
  });
  ASSERT_THAT(Functions(), ElementsAre("time"));
  EXPECT_EQ(calls_[0].allowed_because, "for the test");
  EXPECT_THAT(calls_[0].ToString(), HasSubstr("allowed: for the test"));
}

TEST_F(AmbientGuardTest, ATaskIsAllowedForItselfAlsoAfterAWait) {
  LabRuntime runtime(LabConfig(1).WithDefaultReplayRecording());
  runtime.SpawnRoot("allowed", [&](Cx& cx) -> Task<absl::Status> {
    AllowAmbient allow("for this task");
    for (int i = 0; i < 5; ++i) {
      (void)std::time(nullptr);
      co_await Try(cx.Sleep(absl::Seconds(1)));
    }
    co_return absl::OkStatus();
  });
  runtime.SpawnRoot("other", [&](Cx& cx) -> Task<absl::Status> {
    for (int i = 0; i < 5; ++i) {
      (void)std::rand();
      co_await Try(cx.Sleep(absl::Seconds(1)));
    }
    co_return absl::OkStatus();
  });
  runtime.RunUntilQuiescent();
  EXPECT_THAT(Functions(), ElementsAre("rand"));
}

TEST_F(AmbientGuardTest, AllowedOutsideAnyStepIsAllowedInAll) {
  AllowAmbient allow("for the whole test");
  RunInStep([] { (void)std::time(nullptr); });
  EXPECT_THAT(calls_, IsEmpty());
}

TEST_F(AmbientGuardTest, AllowancesEndInAnyOrder) {
  std::optional<AllowAmbient> first;
  std::optional<AllowAmbient> second;
  std::optional<AllowAmbient> third;
  first.emplace("first");
  second.emplace("second");
  third.emplace("third");
  second.reset();
  third.reset();
  RunInStep([] { (void)std::time(nullptr); });
  EXPECT_THAT(calls_, IsEmpty());
  first.reset();
  RunInStep([] { (void)std::time(nullptr); });
  EXPECT_THAT(calls_, SizeIs(1));
}

TEST_F(AmbientGuardTest, TheInnermostGuardReports) {
  std::vector<AmbientCall> inner;
  {
    AmbientGuard guard(
        [&](const AmbientCall& call) { inner.push_back(call); });
    RunInStep([] { (void)std::time(nullptr); });
  }
  EXPECT_THAT(inner, SizeIs(1));
  EXPECT_THAT(calls_, IsEmpty());
  RunInStep([] { (void)std::rand(); });
  EXPECT_THAT(Functions(), ElementsAre("rand"));
}

TEST_F(AmbientGuardTest, TheReportSaysWhatToCallInstead) {
  RunInStep([] {
    (void)std::time(nullptr);
    (void)std::rand();
    std::thread([] {}).join();
    usleep(1);
  });
  ASSERT_THAT(calls_, SizeIs(4));
  EXPECT_THAT(calls_[0].ToString(), HasSubstr("cx.Now()"));
  EXPECT_THAT(calls_[1].ToString(), HasSubstr("cx.Random()"));
  EXPECT_THAT(calls_[2].ToString(), HasSubstr("cx.Spawn()"));
  EXPECT_THAT(calls_[3].ToString(), HasSubstr("cx.Sleep()"));
}

TEST_F(AmbientGuardTest, WhatTheFrameworkDoesInAStepIsNotReported) {
  RunInStep([] {
    std::vector<std::string> strings(10000, std::string(100, 'x'));
    std::printf("in a step: %zu\n", strings.size());
    EXPECT_THAT(strings, SizeIs(10000));
    EXPECT_EQ(absl::UnavailableError("status").code(),
              absl::StatusCode::kUnavailable);
  });
  EXPECT_THAT(calls_, IsEmpty());
}

TEST(AllowAmbientDeathTest, NeedsAReason) {
  EXPECT_DEATH({ AllowAmbient allow(""); }, "needs a reason");
}

}  // namespace
}  // namespace asupersync
