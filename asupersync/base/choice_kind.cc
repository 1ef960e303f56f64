#include "asupersync/base/choice_kind.h"

namespace asupersync {

const char* Name(ChoiceKind kind) {
  switch (kind) {
    case ChoiceKind::kSchedule:
      return "schedule";
    case ChoiceKind::kTimer:
      return "timer";
    case ChoiceKind::kWaiter:
      return "waiter";
    case ChoiceKind::kFault:
      return "fault";
    case ChoiceKind::kIo:
      return "io";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, ChoiceKind kind) {
  return out << Name(kind);
}

}  // namespace asupersync
