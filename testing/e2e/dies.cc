// The program that dies_test runs: it dies in the middle of a step, after some
// hundred events, in the way that its argument names.
//
//   bazel run //testing/e2e:dies -- segv
//   bazel run //testing/e2e:dies -- segv flight
//
// A second argument says how it is recorded: `flight` (only the last 1,000 of
// many thousand events), `taken` (half of the trace is taken before), `enabled`
// (recording is off for the first half), `stop` (after 100 events), `none`
// (before the first event), `long` (of some 48,000 events more, whose trace is
// short) or `off`.
//
// Where the variable DIES_PROGRESS names a file, it always says there how many
// events are recorded, in decimal, before it goes on.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_init.h"
#include "asupersync/testing/lab_test.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

#if defined(__SANITIZE_ADDRESS__)
constexpr bool kHasAsan = true;
#elif defined(__has_feature)
constexpr bool kHasAsan = __has_feature(address_sanitizer);
#else
constexpr bool kHasAsan = false;
#endif

constexpr int kRoundsBeforeDeath = 60;

constexpr int kRoundsOfALongFlight = 6'000;
constexpr int kYieldsOfALongRun = 8'000;  // of each worker

std::string way;
std::string recording = "all";

// A page that nobody may touch: no sanitizer sees the fault before it happens.
// A frame of its own in every build: a debugger has to name it.
[[gnu::noinline]] void Segv() {
  void* page = mmap(nullptr, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                    0);
  *static_cast<volatile char*>(page) = 1;
}

volatile bool has_stack = true;

[[gnu::noinline]] int Overflow(int depth) {
  volatile char frame[4096];
  frame[0] = static_cast<char>(depth);
  return has_stack ? Overflow(depth + 1) + frame[0] : 0;
}

// std::bad_alloc has nowhere to go.
void ExhaustHeap() noexcept {
  long pages = 0;
  if (std::FILE* file = std::fopen("/proc/self/statm", "r")) {
    if (std::fscanf(file, "%ld", &pages) != 1) pages = 0;
    std::fclose(file);
  }
  const rlimit limit = {static_cast<rlim_t>(pages) * 4096 + (64 << 20),
                        RLIM_INFINITY};
  setrlimit(RLIMIT_AS, &limit);
  std::vector<std::unique_ptr<char[]>> all;
  for (;;) all.push_back(std::make_unique<char[]>(1 << 20));
}

void UseAfterFree() {
  auto object = std::make_unique<int>(1);
  // Volatile, so that the compiler does not see what it would warn of.
  volatile int* volatile dangling = object.get();
  object = nullptr;
  *dangling = 2;
}

void WriteToNobody() {
  int ends[2];
  if (pipe(ends) != 0) return;
  close(ends[0]);
  if (write(ends[1], "x", 1) < 0) std::perror("dies: SIGPIPE is ignored");
}

// More than a small disk holds.
void FillDisk(Cx& cx) {
  for (int i = 0; i < 300; ++i) cx.Trace(std::string(10'000, 'x'));
}

// As on a disk that is full.
void LimitFiles() {
  const rlimit limit = {1 << 20, RLIM_INFINITY};
  setrlimit(RLIMIT_FSIZE, &limit);
}

const std::map<std::string, std::function<void(Cx&)>>& Ways() {
  static const auto* const ways =
      new std::map<std::string, std::function<void(Cx&)>>{
          {"segv", [](Cx&) { Segv(); }},
          {"abort", [](Cx&) { std::abort(); }},
          {"terminate", [](Cx&) { std::terminate(); }},
          {"stack", [](Cx&) { Overflow(0); }},
          {"heap", [](Cx&) { ExhaustHeap(); }},
          {"asan", [](Cx&) { UseAfterFree(); }},
          {"term", [](Cx&) { raise(SIGTERM); }},
          {"int", [](Cx&) { raise(SIGINT); }},
          {"trap", [](Cx&) { raise(SIGTRAP); }},
          {"pipe", [](Cx&) { WriteToNobody(); }},
          {"alarm", [](Cx&) { raise(SIGALRM); }},
          {"cpu", [](Cx&) { raise(SIGXCPU); }},
          {"kill", [](Cx&) { raise(SIGKILL); }},
          {"exit", [](Cx&) { _exit(0); }},
          {"full", [](Cx& cx) { LimitFiles(), FillDisk(cx), std::abort(); }},
          // For the driver: stays alive, stopped; lives for ever; ends well;
          // fails; the same on a full disk.
          {"stop", [](Cx&) { raise(SIGSTOP); }},
          {"forever", [](Cx&) {}},
          {"passes", [](Cx&) {}},
          // In SetUp(), of the first or the second execution; in the second
          // execution; in the process of a death test.
          {"setup", [](Cx&) {}},
          {"second_setup", [](Cx&) {}},
          {"second", [](Cx&) {
             static int executions = 0;
             if (++executions == 2) std::abort();
           }},
          {"child", [](Cx&) {
             GTEST_FLAG_SET(death_test_style, "threadsafe");
             EXPECT_DEATH(std::abort(), "");
           }},
          {"fails", [](Cx&) { ADD_FAILURE() << "its own failure"; }},
          {"fill", [](Cx& cx) {
             FillDisk(cx);
             ADD_FAILURE() << "its own failure";
           }},
      };
  return *ways;
}

class Dies : public LabTest {
 protected:
  void SetUp() override {
    static int executions = 0;
    if (++executions == 2 ? way == "second_setup" : way == "setup") {
      std::abort();
    }
  }

  LabConfig ConfigureLab(LabConfig config) override {
    if (recording == "enabled" || recording == "off") {
      return config.WithReplayRecording(RecorderConfig::Disabled());
    }
    if (recording == "stop") {
      return config.WithReplayRecording(
          RecorderConfig::Enabled().WithMaxEvents(100, LimitPolicy::kStop));
    }
    if (recording == "none") {
      return config.WithReplayRecording(
          RecorderConfig::Enabled().WithMaxBytes(1, LimitPolicy::kStop));
    }
    if (recording != "flight") return config;
    return config.WithReplayRecording(RecorderConfig::Enabled().WithMaxEvents(
        1'000, LimitPolicy::kDropOldest));
  }

  int RoundsBeforeDeath() const {
    return recording == "flight" ? kRoundsOfALongFlight : kRoundsBeforeDeath;
  }

  void RestartRecording() {
    if (recording == "taken") runtime().TakeReplayTrace();
    if (recording == "enabled") runtime().EnableRecording();
  }

  // What is recorded by now has to be found later.
  void TellProgress() {
    static const char* const path = std::getenv("DIES_PROGRESS");
    static const int file =
        path == nullptr ? -1 : open(path, O_WRONLY | O_CREAT, 0666);
    if (file < 0) return;
    const std::string text =
        absl::StrFormat("%020d", runtime().recorder().event_count());
    if (pwrite(file, text.data(), text.size(), 0) < 0) _exit(4);
  }

  Task<absl::Status> Work(Cx& cx, mpsc::Sender<int> tx) {
    const bool forever = way == "forever";
    for (int i = 0; recording == "long" && i < kYieldsOfALongRun; ++i) {
      co_await Try(cx.Yield());
    }
    for (int i = 0; forever || rounds_ < RoundsBeforeDeath(); ++i) {
      co_await Try(tx.Send(cx, i));
      co_await Try(cx.Sleep(absl::Milliseconds(cx.RandomBelow(5))));
      cx.Trace("sent");
      if (++rounds_ == kRoundsBeforeDeath / 2) RestartRecording();
      TellProgress();
    }
    if (std::exchange(is_dying_, true)) co_return absl::OkStatus();
    cx.Trace("about to die");
    TellProgress();
    Ways().at(way)(cx);
    co_return absl::OkStatus();
  }

  int rounds_ = 0;
  bool is_dying_ = false;
};

LAB_TEST_F(Dies, InTheMiddleOfAStep) {
  auto [tx, rx] = mpsc::Channel<int>(2);
  for (int i = 0; i < 3; ++i) {
    cx.Spawn("worker", [this, tx = tx](Cx& cx) mutable {
      return Work(cx, std::move(tx));
    });
  }
  { auto last = std::move(tx); }
  while ((co_await rx.Recv(cx)).ok()) {
  }
  co_return absl::OkStatus();
}

TEST(Other, Passes) {}

}  // namespace
}  // namespace asupersync

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  asupersync::InitLabTesting(&argc, argv);
  const std::set<std::string> recordings = {"flight", "taken", "enabled",
                                            "stop", "none", "long", "off"};
  if (argc < 2 || argc > 3 || asupersync::Ways().count(argv[1]) == 0 ||
      (argc == 3 && recordings.count(argv[2]) == 0)) {
    std::fprintf(stderr,
                 "usage: dies WAY [flight|taken|enabled|stop|none|long|off]\n"
                 "WAY is one of\n");
    for (const auto& [name, die] : asupersync::Ways()) {
      std::fprintf(stderr, "  %s\n", name.c_str());
    }
    return 2;
  }
  asupersync::way = argv[1];
  if (argc == 3) asupersync::recording = argv[2];
  if (asupersync::way == "asan" && !asupersync::kHasAsan) {
    std::fprintf(stderr, "dies: this build has no AddressSanitizer\n");
    return 3;
  }
  // Who started us in the background or from Python ignores them.
  signal(SIGINT, SIG_DFL);
  signal(SIGPIPE, SIG_DFL);
  const rlimit no_core = {0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  return RUN_ALL_TESTS();
}
