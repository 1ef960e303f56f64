#ifndef ASUPERSYNC_BASE_CHOICE_KIND_H_
#define ASUPERSYNC_BASE_CHOICE_KIND_H_

#include <cstdint>
#include <ostream>

namespace asupersync {

// What is chosen. Stable numbers: they are in traces.
enum class ChoiceKind : uint8_t {
  kSchedule = 0,  // the task that makes the next step
  kTimer = 1,     // the timer that fires first among those due together
  kWaiter = 2,    // the waiter that is woken
  kFault = 3,     // what the lab injects
  kIo = 4,        // what an I/O operation returns
};
inline constexpr int kChoiceKindCount = 5;

// "schedule", "timer", "waiter", "fault", "io"; "unknown" for other numbers.
const char* Name(ChoiceKind kind);
// Prints the name.
std::ostream& operator<<(std::ostream& out, ChoiceKind kind);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_CHOICE_KIND_H_
