#include "asupersync/choice/choice_source.h"

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

}  // namespace asupersync
