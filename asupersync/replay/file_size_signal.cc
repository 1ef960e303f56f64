#include "asupersync/replay/file_size_signal.h"

#include <time.h>

#include <cerrno>

namespace asupersync {
namespace {

sigset_t OnlyIt() {
  sigset_t only;
  sigemptyset(&only);
  sigaddset(&only, SIGXFSZ);
  return only;
}

}  // namespace

NoFileSizeSignal::NoFileSizeSignal() {
  const sigset_t only = OnlyIt();
  pthread_sigmask(SIG_BLOCK, &only, &previous_);
}

NoFileSizeSignal::~NoFileSizeSignal() {
  if (sigismember(&previous_, SIGXFSZ) == 1) return;
  const int saved_errno = errno;
  // The kernel sends it to the thread that writes.
  const sigset_t only = OnlyIt();
  const timespec at_once = {};
  while (sigtimedwait(&only, nullptr, &at_once) < 0 && errno == EINTR) {
  }
  pthread_sigmask(SIG_SETMASK, &previous_, nullptr);
  errno = saved_errno;
}

}  // namespace asupersync
