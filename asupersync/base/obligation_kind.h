#ifndef ASUPERSYNC_BASE_OBLIGATION_KIND_H_
#define ASUPERSYNC_BASE_OBLIGATION_KIND_H_

#include <cstdint>
#include <ostream>

namespace asupersync {

// What an obligation is about. Stable numbers: they are in traces.
enum class ObligationKind : uint8_t {
  kSendPermit = 0,       // a slot of a channel
  kLock = 1,             // a lock that is held
  kSemaphorePermit = 2,  // permits of a semaphore
  kIoOperation = 3,      // bytes under way
  kLease = 4,            // a resource of the program's own
  kAck = 5,              // a message that must be acknowledged
};
inline constexpr int kObligationKindCount = 6;

// "send permit", "lock", "semaphore permit", "I/O operation", "lease", "ack";
// "unknown" for other numbers.
const char* Name(ObligationKind kind);
// Prints the name.
std::ostream& operator<<(std::ostream& out, ObligationKind kind);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_OBLIGATION_KIND_H_
