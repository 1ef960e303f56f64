#ifndef ASUPERSYNC_TESTING_VIOLATION_TEXT_H_
#define ASUPERSYNC_TESTING_VIOLATION_TEXT_H_

#include <string>

#include "asupersync/asupersync.h"

namespace asupersync {
namespace testing_internal {

// What a test's failure says about a violation: its message, the claim that
// does not hold, and the last events of the tasks that it names, before it was
// noticed. `trace` is the whole execution's; null: nothing was recorded.
//
// Cost: reads the trace up to the violation.
std::string ViolationText(const Violation& violation,
                          const ReplayTrace* trace);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_VIOLATION_TEXT_H_
