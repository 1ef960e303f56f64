#include "asupersync/testing/crash_signals.h"

#include <dlfcn.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "asupersync/replay/file_size_signal.h"
#include "asupersync/testing/fork_count.h"

// Of the sanitizers' runtime, where there is one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(
    void (*callback)());

namespace asupersync {
namespace testing_internal {
namespace {

struct HandledSignal {
  int number;
  const char* name;
};
constexpr HandledSignal kSignals[] = {
    {SIGSEGV, "SIGSEGV"},     {SIGBUS, "SIGBUS"},       {SIGILL, "SIGILL"},
    {SIGFPE, "SIGFPE"},       {SIGABRT, "SIGABRT"},     {SIGTERM, "SIGTERM"},
    {SIGINT, "SIGINT"},       {SIGQUIT, "SIGQUIT"},     {SIGHUP, "SIGHUP"},
    {SIGTRAP, "SIGTRAP"},     {SIGSYS, "SIGSYS"},       {SIGPIPE, "SIGPIPE"},
    {SIGALRM, "SIGALRM"},     {SIGVTALRM, "SIGVTALRM"}, {SIGXCPU, "SIGXCPU"},
    {SIGXFSZ, "SIGXFSZ"},     {SIGUSR1, "SIGUSR1"},     {SIGUSR2, "SIGUSR2"},
    {SIGPOLL, "SIGPOLL"},     {SIGPWR, "SIGPWR"},
    {SIGSTKFLT, "SIGSTKFLT"},
};
constexpr std::size_t kSignalCount = sizeof(kSignals) / sizeof(kSignals[0]);

// What comes from an instruction of this process, and not from outside.
constexpr bool IsFault(int signal) {
  return signal == SIGSEGV || signal == SIGBUS || signal == SIGILL ||
         signal == SIGFPE;
}

// What somebody asks a process with, or the kernel tells it; abort() asks, too.
constexpr bool IsRequest(int signal) {
  return !IsFault(signal) && signal != SIGABRT;
}

constexpr std::size_t kTextMax = 16 << 10;
constexpr std::size_t kNameMax = 512;

// What the handlers need, in memory that needs no allocation.
struct State {
  std::atomic<bool> armed;
  pid_t process;
  int fd;
  off_t signal_offset;
  std::size_t name_size;
  std::size_t text_size;
  char name[kNameMax];
  char text[kTextMax];
  struct sigaction previous[kSignalCount];
};
constinit State state = {};

alignas(16) char handler_stack[64 << 10];

void Print(const char* text, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(STDERR_FILENO, text, size);
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;
    text += written;
    size -= static_cast<std::size_t>(written);
  }
}
void Print(const char* text) { Print(text, std::strlen(text)); }

// Two digits and a space.
struct Digits {
  char text[3];
};
Digits DigitsOf(int signal) {
  if (signal < 10) return {{static_cast<char>('0' + signal), ' ', ' '}};
  return {{static_cast<char>('0' + signal / 10),
           static_cast<char>('0' + signal % 10), ' '}};
}

// The first one who dies speaks; this says whether it is the caller.
bool BeginToSpeak() {
  if (!state.armed.exchange(false) || state.process != getpid()) return false;
  Print("\nasupersync: DIED: ");
  Print(state.name, state.name_size);
  return true;
}

// `name` is null for a sanitizer.
void Speak(int signal, const char* name) {
  const NoFileSizeSignal no_signal;
  if (!BeginToSpeak()) return;
  if (name == nullptr) {
    Print(" by a sanitizer's report\n");
  } else {
    const Digits digits = DigitsOf(signal);
    Print(" by signal ");
    Print(digits.text, signal < 10 ? 1 : 2);
    Print(" (");
    Print(name);
    Print(")\n");
    if (state.fd >= 0 && pwrite(state.fd, digits.text, sizeof(digits.text),
                                state.signal_offset) < 0) {
      // It stays unknown.
    }
  }
  Print(state.text, state.text_size);
}

void OnSignal(int signal, siginfo_t* info, void*) {
  const int saved_errno = errno;
  for (std::size_t i = 0; i < kSignalCount; ++i) {
    if (kSignals[i].number != signal) continue;
    Speak(signal, kSignals[i].name);
    sigaction(signal, &state.previous[i], nullptr);
  }
  // A fault comes again when its instruction does, at its own place. What
  // somebody sent waits until this handler returns.
  if (info->si_code <= 0 || !IsFault(signal)) raise(signal);
  errno = saved_errno;
}

void OnSanitizerDeath() { Speak(0, nullptr); }

// Says that the program ended itself, by `function`; false: it may.
bool SpeakOfExit(const char* function) {
  const NoFileSizeSignal no_signal;
  if (!BeginToSpeak()) return false;
  Print(" by ");
  Print(function);
  Print(", called while the test ran\n");
  Print(state.text, state.text_size);
  return true;
}

[[noreturn]] void ExitNow(int status) {
  while (true) syscall(SYS_exit_group, status);
}

// Whoever looks at the status must not take the tests that were not run for
// tests that passed.
int StatusOfDeath(int status) { return status == 0 ? 1 : status; }

void OnExit(int status, void*) {
  if (!SpeakOfExit("exit()") || status != 0) return;
  std::fflush(nullptr);
  ExitNow(StatusOfDeath(status));
}

[[noreturn]] void ExitByFunction(const char* function, int status) {
  ExitNow(SpeakOfExit(function) ? StatusOfDeath(status) : status);
}

// The C library's, which runs what at_quick_exit() was given.
[[noreturn]] void QuickExit(int status) {
  if (SpeakOfExit("quick_exit()")) status = StatusOfDeath(status);
  using Function = void(int);
  const auto next =
      reinterpret_cast<Function*>(dlsym(RTLD_NEXT, "quick_exit"));
  if (next != nullptr) next(status);
  ExitNow(status);
}

bool KeepsItsAction(int signal, const struct sigaction& action) {
  const bool has_handler = (action.sa_flags & SA_SIGINFO) != 0 ||
                           action.sa_handler != SIG_DFL;
  if (!has_handler) return false;
  if ((action.sa_flags & SA_SIGINFO) == 0 && action.sa_handler == SIG_IGN) {
    return true;
  }
  return IsRequest(signal) || &__sanitizer_set_death_callback != nullptr;
}

void Install() {
  stack_t stack = {};
  if (sigaltstack(nullptr, &stack) == 0 && (stack.ss_flags & SS_DISABLE) != 0) {
    stack.ss_sp = handler_stack;
    stack.ss_size = sizeof(handler_stack);
    stack.ss_flags = 0;
    sigaltstack(&stack, nullptr);
  }
  for (std::size_t i = 0; i < kSignalCount; ++i) {
    if (sigaction(kSignals[i].number, nullptr, &state.previous[i]) != 0 ||
        KeepsItsAction(kSignals[i].number, state.previous[i])) {
      continue;
    }
    struct sigaction action = {};
    action.sa_sigaction = &OnSignal;
    action.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    sigaction(kSignals[i].number, &action, nullptr);
  }
  if (&__sanitizer_set_death_callback != nullptr) {
    __sanitizer_set_death_callback(&OnSanitizerDeath);
  }
  on_exit(&OnExit, nullptr);
}

std::size_t Copy(absl::string_view from, char* to, std::size_t most) {
  const std::size_t size = std::min(from.size(), most);
  std::memcpy(to, from.data(), size);
  return size;
}

}  // namespace

void SetLastWords(const LastWords& words) {
  static const bool installed = (Install(), true);
  (void)installed;
  state.armed = false;
  static int forks = -1;
  if (forks != ForkCount()) {
    forks = ForkCount();
    state.process = getpid();
  }
  state.fd = words.fd;
  state.signal_offset = words.signal_offset;
  state.name_size = Copy(words.test_id, state.name, kNameMax);
  state.text_size = Copy(words.text, state.text, kTextMax);
  state.armed = true;
}

void ForgetLastWords() { state.armed = false; }

}  // namespace testing_internal
}  // namespace asupersync

// In the place of the C library's: the first two run nothing before the end,
// and what at_quick_exit() is given does not learn the status.
extern "C" {
void _exit(int status) {
  asupersync::testing_internal::ExitByFunction("_exit()", status);
}
void _Exit(int status) noexcept {
  asupersync::testing_internal::ExitByFunction("_Exit()", status);
}
void quick_exit(int status) noexcept {
  asupersync::testing_internal::QuickExit(status);
}
}
