#ifndef ASUPERSYNC_TESTING_LAB_BREAK_H_
#define ASUPERSYNC_TESTING_LAB_BREAK_H_

#include <cstdint>
#include <string>

#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_flags.h"

namespace asupersync {
namespace lab_break {

// Where a debugger stops for --lab_break_at: raises SIGTRAP. Its callers are
// LabBreak::OnEvent() and, for a step, LabRuntime::RunStep(), which is about to
// resume the task. A function of its own, so that one can also set a breakpoint
// on it by name.
void Here();

// Whether a debugger traces this process now, as /proc/self/status says. False
// if that cannot be read. Allocates nothing.
bool DebuggerIsAttached();

// What LabRuntime::DescribeTasks() says at the start of a step, for
// tools/gdb/asupersync.py, which reads it there and nowhere else: what a task
// waits for is said by its operation, and a debugger should call nothing.
struct Waits {
  std::uint64_t step = 0;  // 0: not known
  std::string text;
};
extern Waits waits;

}  // namespace lab_break

namespace testing_internal {

// LabBreak stops an execution in the debugger at --lab_break_at: at the start
// of that step, before its task is resumed, or when that event was recorded.
//
//   LabBreak lab_break(*flags.break_at, test_id, comparer);
//   runtime.recorder().SetObserver(&lab_break);
//   runtime.RunUntilQuiescent();
//   std::string note = lab_break.NoteIfMissed(runtime.steps());
//
// Without a debugger it prints one line that says how to get one, and the
// execution goes on: SIGTRAP would end the program.
//
// Determinism: the execution is the one that it would be without. Events are
// seen also while nothing is recorded.
//
// Lifetime: `next` sees every event first. It and `runtime`, whose tasks the
// debugger is told of, may be null and must outlive this.
class LabBreak final : public EventObserver {
 public:
  LabBreak(const BreakAt& at, std::string test_id, EventObserver* next,
           const LabRuntime* runtime = nullptr);
  LabBreak(const LabBreak&) = delete;
  LabBreak& operator=(const LabBreak&) = delete;

  // What `next` returns.
  bool OnEvent(const EventRecord& record) override;

  bool reached() const { return reached_; }
  // The line to print when the execution is over; empty if it was reached.
  std::string NoteIfMissed(std::uint64_t steps, std::uint64_t events) const;

 private:
  bool IsThere(const EventRecord& record) const;
  void Stop();
  void TellWaits() const;

  const BreakAt at_;
  const std::string test_id_;
  EventObserver* const next_;
  const LabRuntime* const runtime_;
  bool reached_ = false;
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_BREAK_H_
