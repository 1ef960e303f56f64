// The program that ambient_test and watchdog_test run: its tests take what the
// runtime does not control, or do not return.
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// --- Ambient authority.

LAB_TEST(Ambient, Clock) {
  auto reader = cx.Spawn("reader", [](Cx& cx) -> Task<absl::Status> {
    co_await Try(cx.Yield());
    for (int i = 0; i < 3; ++i) (void)std::chrono::system_clock::now();
    co_return absl::OkStatus();
  });
  co_return (co_await reader.Join(cx)).status();
}

LAB_TEST(Ambient, Random) {
  co_await Try(cx.Yield());
  (void)std::random_device()();
  co_return absl::OkStatus();
}

LAB_TEST(Ambient, Thread) {
  co_await Try(cx.Yield());
  std::thread([] {}).join();
  co_return absl::OkStatus();
}

LAB_TEST(Ambient, Sleep) {
  co_await Try(cx.Yield());
  std::this_thread::sleep_for(std::chrono::nanoseconds(1));
  co_return absl::OkStatus();
}

LAB_TEST(Ambient, Allowed) {
  AllowAmbient allow("the driver wants to see it pass");
  co_await Try(cx.Yield());
  (void)std::chrono::system_clock::now();
  co_return absl::OkStatus();
}

LAB_TEST(Ambient, GoesOn) {
  (void)std::chrono::system_clock::now();
  co_await Try(cx.Yield());
  std::printf("the body went on\n");
  co_return absl::OkStatus();
}

LAB_TEST(Ambient, InASweep, Explore::Sweep(10)) {
  if (cx.RandomBelow(4) == 0) (void)std::chrono::system_clock::now();
  co_return co_await cx.Yield();
}

// Without LabTest; the program's main function is enough.
TEST(AmbientPlain, Test) {
  LabRuntime runtime;
  runtime.SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    (void)std::chrono::system_clock::now();
    co_return co_await cx.Yield();
  });
  runtime.RunUntilQuiescent();
}

class AmbientOutside : public LabTest {};

TEST_F(AmbientOutside, OfStepsIsFree) {
  (void)std::chrono::system_clock::now();
  runtime().SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  runtime().RunUntilQuiescent();
  (void)std::random_device()();
  std::thread([] {}).join();
}

// --- Steps that do not return.

volatile bool go_on = true;

__attribute__((noinline)) void LoopForEver() {
  while (go_on) {
  }
}

__attribute__((noinline)) void AllocateForEver() {
  while (go_on) {
    std::vector<std::string> strings;
    for (int i = 0; i < 100; ++i) strings.push_back(std::string(2000, 'x'));
    for (std::string& string : strings) string += string;
  }
}

__attribute__((noinline)) void ReadForEver() {
  int ends[2];
  if (pipe(ends) != 0) std::abort();
  char byte;
  (void)!read(ends[0], &byte, 1);
}

__attribute__((noinline)) void BlockSignalsForEver() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, nullptr);
  while (go_on) {
  }
}

#define STUCK_TEST(name, call)                                           \
  LAB_TEST(Stuck, name) {                                                \
    Mutex mutex;                                                         \
    MutexGuard guard = co_await Try(mutex.Lock(cx));                     \
    cx.Spawn("waiter", [&mutex](Cx& cx) -> Task<absl::Status> {          \
      MutexGuard guard = co_await Try(mutex.Lock(cx));                   \
      co_return absl::OkStatus();                                        \
    });                                                                  \
    co_await Try(cx.Sleep(absl::Seconds(1)));                            \
    std::printf("unflushed text");                                       \
    call;                                                                \
    co_return absl::OkStatus();                                          \
  }

STUCK_TEST(InALoop, LoopForEver())
STUCK_TEST(InMalloc, AllocateForEver())
STUCK_TEST(InRead, ReadForEver())
STUCK_TEST(WithSignalsBlocked, BlockSignalsForEver())

// Every other step takes nearly as long as the watchdog allows.
LAB_TEST(Slow, ButMovingOn) {
  AllowAmbient allow("to be slow");
  for (int i = 0; i < 6; ++i) {
    co_await Try(cx.Yield());
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
  }
  co_return absl::OkStatus();
}

class SlowOutside : public LabTest {};

TEST_F(SlowOutside, OfSteps) {
  runtime().SpawnRoot([](Cx& cx) -> Task<absl::Status> {
    co_return co_await cx.Yield();
  });
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
  runtime().RunUntilQuiescent();
  std::this_thread::sleep_for(std::chrono::milliseconds(1500));
}

}  // namespace
}  // namespace asupersync
