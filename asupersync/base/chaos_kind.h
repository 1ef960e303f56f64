#ifndef ASUPERSYNC_BASE_CHAOS_KIND_H_
#define ASUPERSYNC_BASE_CHAOS_KIND_H_

#include <cstddef>
#include <cstdint>
#include <ostream>

namespace asupersync {

// What the lab injects. Stable numbers: they are in traces.
enum class ChaosKind : uint8_t {
  kCancel = 0,        // the task is asked to end (kUser) at an operation
  kDelay = 1,         // the task sleeps before its operation
  kSpuriousWake = 2,  // a task that waits is woken for nothing
  kBatchedWake = 3,   // a wake-up is held back, to come with others
  kTimerJitter = 4,   // a timer fires later than asked
  kBudget = 5,        // the task is told that its budget is used up
  kIoError = 6,       // an I/O operation fails
};
inline constexpr size_t kChaosKindCount = 7;

// "cancel", "delay", "spurious_wake", "batched_wake", "timer_jitter", "budget",
// "io_error"; "unknown" for other numbers.
const char* Name(ChaosKind kind);
// Prints the name.
std::ostream& operator<<(std::ostream& out, ChaosKind kind);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_CHAOS_KIND_H_
