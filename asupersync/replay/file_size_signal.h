// While a NoFileSizeSignal lives, a write of its thread beyond RLIMIT_FSIZE
// (ulimit -f) fails with EFBIG and nothing else: by default the kernel also
// sends SIGXFSZ, which ends the program.
//
//   const NoFileSizeSignal no_signal;
//   if (pwrite(fd, bytes, count, offset) < 0) ...  // EFBIG
//
// Whatever writes files in a user's program holds one meanwhile. The program's
// own handler is not called; where the thread had blocked the signal before, it
// stays pending, as it would have without this.
//
// Any thread may have one; it goes where it was made. Signal handlers may, too.
// Costs three system calls. Leaves errno alone.
#ifndef ASUPERSYNC_REPLAY_FILE_SIZE_SIGNAL_H_
#define ASUPERSYNC_REPLAY_FILE_SIZE_SIGNAL_H_

#include <signal.h>

namespace asupersync {

class NoFileSizeSignal {
 public:
  NoFileSizeSignal();
  NoFileSizeSignal(const NoFileSizeSignal&) = delete;
  NoFileSizeSignal& operator=(const NoFileSizeSignal&) = delete;
  ~NoFileSizeSignal();

 private:
  sigset_t previous_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_FILE_SIZE_SIGNAL_H_
