#ifndef ASUPERSYNC_TESTING_CRASH_SIGNALS_H_
#define ASUPERSYNC_TESTING_CRASH_SIGNALS_H_

#include <sys/types.h>

#include "absl/strings/string_view.h"

namespace asupersync {
namespace testing_internal {

// What the process's last words are if it dies now, and where the number of
// the signal is noted: at `signal_offset` in the file `fd`, as decimal digits
// and then a space; fd < 0: nowhere.
struct LastWords {
  absl::string_view test_id;
  absl::string_view text;  // ends with a newline
  int fd = -1;
  off_t signal_offset = 0;
};

// From now on, until ForgetLastWords(), a death of this process by a signal,
// such as SIGSEGV, SIGABRT (so also by std::terminate), SIGTERM, SIGINT
// (Ctrl-C), SIGPIPE or SIGALRM, or by a sanitizer's report, writes to standard
// error
//
//   asupersync: DIED: <test_id> by signal 11 (SIGSEGV)
//   <text>
//
// or "by exit(), called while the test ran" (also _exit, _Exit, quick_exit),
// and then goes on as it would have without this: the handler that was there
// before is restored and gets the signal; a core dump shows the place. Text
// beyond 16 KiB is cut. A child made by fork() says nothing. An exit status of
// 0 becomes 1, since tests after this one were not run. With AddressSanitizer
// and this in a shared library, _exit() is the sanitizer's and is not seen.
//
// Of the signals that end a process by default these are not among them:
// SIGKILL, of which nobody is told; SIGPROF, for profilers take a handler that
// they find for that of another profiler; and those of real time, which belong
// to libraries.
//
// The handler runs on a stack of its own, so that it works after a stack
// overflow of the thread that first called this. It calls write(), pwrite(),
// sigaction(), pthread_sigmask(), sigtimedwait(), getpid() and raise() only.
//
// A signal that is ignored or that a sanitizer handles keeps its action, and so
// does one that is not a fault of the program (SIGSEGV, SIGBUS, SIGILL, SIGFPE)
// nor SIGABRT and has any handler.
void SetLastWords(const LastWords& words);

// The process may die in peace.
void ForgetLastWords();

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_CRASH_SIGNALS_H_
