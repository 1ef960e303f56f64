// Progress tells somebody who waits at a terminal that work goes on.
//
//   Progress progress(output, "reading trace.async");
//   for (...) progress.Add(1);
//   progress.Clear();  // before the result is printed, if that is at the end
//
// Nothing is shown before the work has taken a second, nor if standard error
// is no terminal. The line is overwritten each quarter of a second, and is
// gone in the end.
//
// Determinism: the output of a command does not depend on it; it is the only
// user of the clock.
//
// Lifetime: `output` must outlive it. Destruction clears the line.
#ifndef ASUPERSYNC_CLI_PROGRESS_H_
#define ASUPERSYNC_CLI_PROGRESS_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "asupersync/cli/command.h"

namespace asupersync::cli {

class Progress {
 public:
  using Clock = std::chrono::steady_clock;

  Progress(const Output& output, absl::string_view doing,
           Clock::time_point (*now)() = &Clock::now);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { Clear(); }

  // So many more events are done. Looks at the clock each 4096.
  void Add(uint64_t events) {
    done_ += events;
    if (enabled_ && done_ >= next_look_) Look();
  }

  // Takes the line away.
  void Clear();

 private:
  static constexpr uint64_t kEventsPerLook = 4096;

  void Look();

  std::ostream& err_;
  const bool enabled_;
  const std::string doing_;
  Clock::time_point (*const now_)();
  Clock::time_point next_line_;
  uint64_t done_ = 0;
  uint64_t next_look_ = kEventsPerLook;
  bool shown_ = false;
};

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_PROGRESS_H_
