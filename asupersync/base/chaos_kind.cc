#include "asupersync/base/chaos_kind.h"

namespace asupersync {

const char* Name(ChaosKind kind) {
  switch (kind) {
    case ChaosKind::kCancel:
      return "cancel";
    case ChaosKind::kDelay:
      return "delay";
    case ChaosKind::kSpuriousWake:
      return "spurious_wake";
    case ChaosKind::kBatchedWake:
      return "batched_wake";
    case ChaosKind::kTimerJitter:
      return "timer_jitter";
    case ChaosKind::kBudget:
      return "budget";
    case ChaosKind::kIoError:
      return "io_error";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, ChaosKind kind) {
  return out << Name(kind);
}

}  // namespace asupersync
