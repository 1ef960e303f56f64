#ifndef ASUPERSYNC_LAB_AMBIENT_GUARD_H_
#define ASUPERSYNC_LAB_AMBIENT_GUARD_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace asupersync {

struct TaskNode;

// What a call outside the runtime's control is about.
enum class AmbientKind : std::uint8_t { kClock, kRandom, kThread, kSleep };
// "clock", "random", "thread", "sleep".
const char* Name(AmbientKind kind);
std::ostream& operator<<(std::ostream& out, AmbientKind kind);

// A step's call of a function whose answer is not the runtime's to give.
struct AmbientCall {
  AmbientKind kind = AmbientKind::kClock;
  std::string function;         // "clock_gettime"
  std::string task;             // "T2 'producer'"
  std::uint64_t step = 0;
  std::string operation;        // "a/b_test.cc:12", or "an unknown place"
  std::string allowed_because;  // empty: it is not allowed
  // Innermost first, up to the runtime: "steady_clock::now (libstdc++.so+0x1)".
  std::vector<std::string> stack;

  // The whole report: what, who, where, and what to call instead.
  std::string ToString() const;
};

// AmbientGuard: notices what the steps of this thread take from outside the
// runtime: clocks, random numbers, threads, sleeps.
//
//   AmbientGuard guard([](const AmbientCall& call) {
//     ADD_FAILURE() << call.ToString();
//   });
//
// The functions are caught by symbols of the same names in the test binary, so
// the binary must be linked with :ambient_symbols, as every program with
// //testing:asupersync_test_main is. A call is reported, and then goes through
// to the C library, so that the run goes on. Caught are:
//
//   kClock   clock_gettime, gettimeofday, time, timespec_get, clock; and by
//            them std::chrono's clocks and absl::Now
//   kRandom  getrandom, getentropy, rand, random, drand48, lrand48, mrand48,
//            arc4random and its kin, std::random_device, and opening
//            /dev/random or /dev/urandom
//   kThread  pthread_create, thrd_create; std::thread and std::async
//   kSleep   sleep, usleep, nanosleep, clock_nanosleep, thrd_sleep; poll,
//            ppoll, select, pselect, epoll_wait and epoll_pwait, unless their
//            timeout is zero
//
// Not caught: system calls that are made directly, the processor's own clock
// and random instructions, and what the C library calls within itself.
//
// Determinism: observes; changes no answer. It asks for no choice and records
// no event.
//
// Lifetime: works on the thread that made it, until it is destroyed; guards
// nest, the innermost reports. Steps of a runtime that is not a lab's are
// never reported. `report` is called within the step and within the caught
// function, from where no exception can pass.
//
// Invariants
//   1. A call site, which is the stack between a caught function and the
//      runtime, is reported once until Forget().
//   2. Calls that are made while a report is made, or within another caught
//      function, are not reported.
//
// Cost: nothing where no step runs; in a step a caught function costs an
// unwinding of the stack.
class AmbientGuard {
 public:
  using Report = std::function<void(const AmbientCall&)>;

  explicit AmbientGuard(Report report);
  AmbientGuard(const AmbientGuard&) = delete;
  AmbientGuard& operator=(const AmbientGuard&) = delete;
  ~AmbientGuard();

  // Also reports calls that AllowAmbient allows; off at first.
  void SetReportAllowed(bool report_allowed) {
    report_allowed_ = report_allowed;
  }
  // Call sites that were reported are reported again: for the next test.
  void Forget();

  // Whether the functions are caught at all in this program.
  static bool Linked();

  // For :ambient_symbols. `caller` is the return address of the function.
  static void Note(AmbientKind kind, const char* function, void* caller);
  static void SetLinked();

 private:
  void Notice(AmbientKind kind, const char* function, void* caller,
              const TaskNode& task, const std::string* allowed_because);

  Report report_;
  AmbientGuard* outer_;
  bool report_allowed_ = false;
  // Whole stacks that were looked at, and the call sites in them.
  std::set<std::vector<void*>> seen_stacks_;
  std::set<std::vector<void*>> seen_sites_;
};

// Allows, for as long as it lives, what AmbientGuard would report: in a task,
// that task's calls, also after it has waited; outside any step, every call
// of the thread.
//
//   AllowAmbient allow("measures the host, no decision depends on it");
//   const auto start = std::chrono::steady_clock::now();
//
// Lifetime: destroyed on the thread that made it, in any order.
class [[nodiscard]] AllowAmbient {
 public:
  // REQUIRES: `why` is not empty, else aborts.
  explicit AllowAmbient(absl::string_view why);
  AllowAmbient(const AllowAmbient&) = delete;
  AllowAmbient& operator=(const AllowAmbient&) = delete;
  ~AllowAmbient();

 private:
  friend class AmbientGuard;

  const std::string why_;
  const TaskNode* task_;  // null: made outside any step
  AllowAmbient* previous_ = nullptr;
  AllowAmbient* next_ = nullptr;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_AMBIENT_GUARD_H_
