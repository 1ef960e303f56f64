#include "asupersync/testing/lab_break.h"

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <variant>

#include "absl/base/attributes.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/lab/memory_shaper.h"

namespace asupersync {
namespace lab_break {

Waits waits;

ABSL_ATTRIBUTE_NOINLINE void Here() {
#if defined(__x86_64__) || defined(__i386__)
  asm volatile("int3");  // the debugger stops here, not inside of raise()
#else
  ::raise(SIGTRAP);
#endif
}

bool DebuggerIsAttached() {
  const int fd = ::open("/proc/self/status", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  char buffer[4096];
  const ssize_t size = ::read(fd, buffer, sizeof(buffer));
  ::close(fd);
  if (size <= 0) return false;
  const absl::string_view text(buffer, static_cast<std::size_t>(size));
  constexpr absl::string_view kName = "\nTracerPid:\t";
  const std::size_t found = text.find(kName);
  if (found == absl::string_view::npos) return false;
  const absl::string_view value = text.substr(found + kName.size());
  return !value.empty() && value[0] != '0';
}

}  // namespace lab_break

namespace testing_internal {

LabBreak::LabBreak(const BreakAt& at, std::string test_id,
                   EventObserver* next, const LabRuntime* runtime)
    : at_(at), test_id_(std::move(test_id)), next_(next), runtime_(runtime) {}

bool LabBreak::OnEvent(const EventRecord& record) {
  const bool go_on = next_ == nullptr || next_->OnEvent(record);
  if (!reached_ && IsThere(record)) {
    reached_ = true;
    Stop();
  }
  return go_on;
}

bool LabBreak::IsThere(const EventRecord& record) const {
  if (at_.kind == BreakAt::Kind::kEvent) return record.index == at_.number;
  const auto* const step = std::get_if<TaskScheduled>(&record.event);
  return step != nullptr && step->at_tick == at_.number;
}

// In the middle of a step its task is between two states.
void LabBreak::TellWaits() const {
  if (runtime_ == nullptr || at_.kind != BreakAt::Kind::kTick) return;
  const MemoryShaper::Pause pause;
  lab_break::waits = {runtime_->steps(), runtime_->DescribeTasks()};
}

void LabBreak::Stop() {
  if (lab_break::DebuggerIsAttached()) {
    TellWaits();
    lab_break::Here();
    return;
  }
  const MemoryShaper::Pause pause;  // what prints is not the program's
  std::printf(
      "[  BREAK   ] %s: at %s, but no debugger is attached; start the same "
      "command behind 'gdb --args' and type 'run'\n",
      test_id_.c_str(), at_.ToString().c_str());
  std::fflush(stdout);
}

std::string LabBreak::NoteIfMissed(std::uint64_t steps,
                                   std::uint64_t events) const {
  if (reached_) return "";
  return absl::StrCat("[  BREAK   ] ", test_id_, ": never at ",
                      at_.ToString(), "; the execution has ended after ",
                      steps, " steps and ", events, " events\n");
}

}  // namespace testing_internal
}  // namespace asupersync
