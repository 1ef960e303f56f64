#include "asupersync/cli/progress.h"

#include "asupersync/cli/quoting.h"

namespace asupersync::cli {

Progress::Progress(const Output& output, absl::string_view doing,
                   Clock::time_point (*now)())
    : err_(output.err),
      enabled_(output.err_is_terminal),
      doing_(Printable(doing)),
      now_(now) {
  if (enabled_) next_line_ = now_() + std::chrono::seconds(1);
}

void Progress::Look() {
  next_look_ = done_ + kEventsPerLook;
  const Clock::time_point now = now_();
  if (now < next_line_) return;
  next_line_ = now + std::chrono::milliseconds(250);
  // To the start of the line, and clear it.
  err_ << "\r\x1b[K" << doing_ << ": " << done_ << " events";
  err_.flush();
  shown_ = true;
}

void Progress::Clear() {
  if (!shown_) return;
  err_ << "\r\x1b[K";
  err_.flush();
  shown_ = false;
}

}  // namespace asupersync::cli
