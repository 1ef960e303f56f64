// The functions that AmbientGuard catches, under their own names: what a
// program defines takes precedence over what its shared libraries define, also
// for the calls of those libraries. So this file must be part of the program
// itself (alwayslink), and the C library must be a shared one.
//
// They are declared with asm labels, because the C library's headers declare
// the same names with attributes, macros and inline bodies of their own.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/time.h>
#include <sys/types.h>
#include <time.h>

#include <atomic>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>

#include "asupersync/lab/ambient_guard.h"
#include "asupersync/task/execution_context.h"

namespace asupersync {
namespace {

// An instance of `Name` for each caught function keeps the next definition of
// that name: the C library's, or a sanitizer's.
template <class F>
F* Next(std::atomic<void*>& next, const char* name) {
  void* found = next.load(std::memory_order_relaxed);
  if (found == nullptr) {
    found = dlsym(RTLD_NEXT, name);
    next.store(found, std::memory_order_relaxed);
  }
  return reinterpret_cast<F*>(found);
}

// True while a caught function runs: what it calls in turn is its own affair.
constinit thread_local bool within = false;

class Caught {
 public:
  // In a step this says so to the guard; else it costs two loads.
  Caught(AmbientKind kind, const char* function, void* caller)
      : outermost_(!within) {
    if (!outermost_) return;
    within = true;
    if (execution_context.runtime != nullptr) {
      AmbientGuard::Note(kind, function, caller);
    }
  }
  Caught(const Caught&) = delete;
  Caught& operator=(const Caught&) = delete;
  ~Caught() {
    if (outermost_) within = false;
  }

 private:
  const bool outermost_;
};

bool IsRandomDevice(const char* path) {
  if (path == nullptr || std::strncmp(path, "/dev/", 5) != 0) return false;
  const std::size_t length = std::strlen(path);
  return length >= 11 && std::strcmp(path + length - 6, "random") == 0;
}

mode_t ModeOf(int flags, std::va_list arguments) {
  const bool has_mode =
      (flags & O_CREAT) != 0 || (flags & O_TMPFILE) == O_TMPFILE;
  return has_mode ? va_arg(arguments, mode_t) : 0;
}

bool Waits(int milliseconds) { return milliseconds != 0; }
bool Waits(const timespec* timeout) {
  return timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_nsec != 0;
}
bool Waits(const timeval* timeout) {
  return timeout == nullptr || timeout->tv_sec != 0 || timeout->tv_usec != 0;
}

const bool registered = [] {
  AmbientGuard::SetLinked();
  return true;
}();

}  // namespace

// Defines `function`, which is of `kind` and has these parameters.
#define CAUGHT_FUNCTION(kind, result, function, parameters, arguments)     \
  extern "C" __attribute__((visibility("default"))) result                 \
      AsupersyncCaught_##function parameters __asm__(#function);           \
  extern "C" result AsupersyncCaught_##function parameters {               \
    static constinit std::atomic<void*> next{nullptr};                     \
    const Caught caught(AmbientKind::kind, #function,                      \
                        __builtin_return_address(0));                      \
    return Next<result parameters>(next, #function) arguments;             \
  }

// The same where `condition`, of the parameters, holds.
#define CAUGHT_FUNCTION_IF(condition, kind, result, function, parameters, \
                           arguments)                                     \
  extern "C" __attribute__((visibility("default"))) result                \
      AsupersyncCaught_##function parameters __asm__(#function);          \
  extern "C" result AsupersyncCaught_##function parameters {              \
    static constinit std::atomic<void*> next{nullptr};                    \
    if (!(condition)) {                                                   \
      return Next<result parameters>(next, #function) arguments;          \
    }                                                                     \
    const Caught caught(AmbientKind::kind, #function,                     \
                        __builtin_return_address(0));                     \
    return Next<result parameters>(next, #function) arguments;            \
  }

// `path` is one of the devices that give random bytes.
#define CAUGHT_OPEN(result, function, parameters, arguments)           \
  CAUGHT_FUNCTION_IF(IsRandomDevice(path), kRandom, result, function,  \
                     parameters, arguments)

// `timeout` lets the call wait.
#define CAUGHT_WAIT(function, parameters, arguments)                        \
  CAUGHT_FUNCTION_IF(Waits(timeout), kSleep, int, function, parameters,     \
                     arguments)

// CAUGHT_OPEN for a function with an optional mode.
#define CAUGHT_OPEN_WITH_MODE(function, parameters, arguments)             \
  extern "C" __attribute__((visibility("default"))) int                    \
      AsupersyncCaught_##function parameters __asm__(#function);           \
  extern "C" int AsupersyncCaught_##function parameters {                  \
    static constinit std::atomic<void*> next{nullptr};                     \
    std::va_list rest;                                                     \
    va_start(rest, flags);                                                 \
    const mode_t mode = ModeOf(flags, rest);                               \
    va_end(rest);                                                          \
    if (!IsRandomDevice(path)) {                                           \
      return Next<int parameters>(next, #function) arguments;              \
    }                                                                      \
    const Caught caught(AmbientKind::kRandom, #function,                   \
                        __builtin_return_address(0));                      \
    return Next<int parameters>(next, #function) arguments;                \
  }

CAUGHT_FUNCTION(kClock, int, clock_gettime, (clockid_t id, timespec* out),
                (id, out))
CAUGHT_FUNCTION(kClock, int, gettimeofday, (timeval* out, void* zone),
                (out, zone))
CAUGHT_FUNCTION(kClock, time_t, time, (time_t* out), (out))
CAUGHT_FUNCTION(kClock, int, timespec_get, (timespec* out, int base),
                (out, base))
CAUGHT_FUNCTION(kClock, clock_t, clock, (), ())

CAUGHT_FUNCTION(kRandom, ssize_t, getrandom,
                (void* out, std::size_t size, unsigned flags),
                (out, size, flags))
CAUGHT_FUNCTION(kRandom, int, getentropy, (void* out, std::size_t size),
                (out, size))
CAUGHT_FUNCTION(kRandom, int, rand, (), ())
CAUGHT_FUNCTION(kRandom, long, random, (), ())
CAUGHT_FUNCTION(kRandom, double, drand48, (), ())
CAUGHT_FUNCTION(kRandom, long, lrand48, (), ())
CAUGHT_FUNCTION(kRandom, long, mrand48, (), ())
CAUGHT_FUNCTION(kRandom, unsigned, arc4random, (), ())
CAUGHT_FUNCTION(kRandom, void, arc4random_buf, (void* out, std::size_t size),
                (out, size))
CAUGHT_FUNCTION(kRandom, unsigned, arc4random_uniform, (unsigned bound),
                (bound))

CAUGHT_FUNCTION(kThread, int, thrd_create,
                (void* thread, int (*start)(void*), void* argument),
                (thread, start, argument))

CAUGHT_FUNCTION(kSleep, unsigned, sleep, (unsigned seconds), (seconds))
CAUGHT_FUNCTION(kSleep, int, usleep, (unsigned microseconds), (microseconds))
CAUGHT_FUNCTION(kSleep, int, nanosleep,
                (const timespec* duration, timespec* left), (duration, left))
CAUGHT_FUNCTION(kSleep, int, clock_nanosleep,
                (clockid_t id, int flags, const timespec* duration,
                 timespec* left),
                (id, flags, duration, left))
CAUGHT_FUNCTION(kSleep, int, thrd_sleep,
                (const timespec* duration, timespec* left), (duration, left))

CAUGHT_WAIT(poll, (void* files, unsigned long count, int timeout),
            (files, count, timeout))
CAUGHT_WAIT(ppoll,
            (void* files, unsigned long count, const timespec* timeout,
             const void* mask),
            (files, count, timeout, mask))
CAUGHT_WAIT(select,
            (int count, void* read, void* write, void* except,
             timeval* timeout),
            (count, read, write, except, timeout))
CAUGHT_WAIT(pselect,
            (int count, void* read, void* write, void* except,
             const timespec* timeout, const void* mask),
            (count, read, write, except, timeout, mask))
CAUGHT_WAIT(epoll_wait, (int epoll, void* events, int count, int timeout),
            (epoll, events, count, timeout))
CAUGHT_WAIT(epoll_pwait,
            (int epoll, void* events, int count, int timeout,
             const void* mask),
            (epoll, events, count, timeout, mask))
// What fortified programs call.
CAUGHT_WAIT(__poll_chk,
            (void* files, unsigned long count, int timeout,
             std::size_t bytes),
            (files, count, timeout, bytes))
CAUGHT_WAIT(__ppoll_chk,
            (void* files, unsigned long count, const timespec* timeout,
             const void* mask, std::size_t bytes),
            (files, count, timeout, mask, bytes))

CAUGHT_OPEN(std::FILE*, fopen, (const char* path, const char* mode),
            (path, mode))
CAUGHT_OPEN(std::FILE*, fopen64, (const char* path, const char* mode),
            (path, mode))
// What fortified programs call.
CAUGHT_OPEN(int, __open_2, (const char* path, int flags), (path, flags))
CAUGHT_OPEN(int, __open64_2, (const char* path, int flags), (path, flags))
CAUGHT_OPEN(int, __openat_2, (int folder, const char* path, int flags),
            (folder, path, flags))
CAUGHT_OPEN(int, __openat64_2, (int folder, const char* path, int flags),
            (folder, path, flags))
CAUGHT_OPEN_WITH_MODE(open, (const char* path, int flags, ...),
                      (path, flags, mode))
CAUGHT_OPEN_WITH_MODE(open64, (const char* path, int flags, ...),
                      (path, flags, mode))
CAUGHT_OPEN_WITH_MODE(openat, (int folder, const char* path, int flags, ...),
                      (folder, path, flags, mode))
CAUGHT_OPEN_WITH_MODE(openat64, (int folder, const char* path, int flags, ...),
                      (folder, path, flags, mode))

// Sanitizers must learn of each thread. clang's stand in the program itself,
// where the search for the next definition would pass them by.
extern "C" __attribute__((weak)) int __interceptor_pthread_create(
    void*, const void*, void* (*)(void*), void*);

extern "C" __attribute__((visibility("default"))) int
AsupersyncCaught_pthread_create(void* thread, const void* attributes,
                                void* (*start)(void*),
                                void* argument) __asm__("pthread_create");
extern "C" int AsupersyncCaught_pthread_create(void* thread,
                                               const void* attributes,
                                               void* (*start)(void*),
                                               void* argument) {
  using Create = int(void*, const void*, void* (*)(void*), void*);
  static constinit std::atomic<void*> next{nullptr};
  const Caught caught(AmbientKind::kThread, "pthread_create",
                      __builtin_return_address(0));
  Create* const intercepted = &__interceptor_pthread_create;
  if (intercepted != nullptr) {
    return intercepted(thread, attributes, start, argument);
  }
  return Next<Create>(next, "pthread_create")(thread, attributes, start,
                                              argument);
}

// std::random_device asks the processor where it can, which nobody could
// catch, so its own function is. Weak: a program with a static C++ library has
// that function already, and then goes uncaught.
#define CAUGHT_RANDOM_DEVICE(symbol)                                       \
  extern "C" __attribute__((weak, visibility("default"))) unsigned         \
      AsupersyncCaught##symbol(void* device) __asm__(#symbol);             \
  extern "C" unsigned AsupersyncCaught##symbol(void* device) {             \
    static constinit std::atomic<void*> next{nullptr};                     \
    const Caught caught(AmbientKind::kRandom, "std::random_device",        \
                        __builtin_return_address(0));                      \
    return Next<unsigned(void*)>(next, #symbol)(device);                   \
  }

CAUGHT_RANDOM_DEVICE(_ZNSt13random_device9_M_getvalEv)
CAUGHT_RANDOM_DEVICE(_ZNSt13random_device16_M_getval_pretr1Ev)

}  // namespace asupersync
