#include "asupersync/base/obligation_kind.h"

namespace asupersync {

const char* Name(ObligationKind kind) {
  switch (kind) {
    case ObligationKind::kSendPermit:
      return "send permit";
    case ObligationKind::kLock:
      return "lock";
    case ObligationKind::kSemaphorePermit:
      return "semaphore permit";
    case ObligationKind::kIoOperation:
      return "I/O operation";
    case ObligationKind::kLease:
      return "lease";
    case ObligationKind::kAck:
      return "ack";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, ObligationKind kind) {
  return out << Name(kind);
}

}  // namespace asupersync
