#include "asupersync/replay/divergence_cause.h"

#include <string>
#include <variant>

#include "absl/strings/str_cat.h"
#include "asupersync/base/outcome.h"
#include "asupersync/replay/divergence.h"

namespace asupersync {
namespace {

// Why an event of this kind has other values.
const char* WhatHasChanged(const ReplayEvent& actual) {
  switch (Kind(actual)) {
    case EventKind::kTaskNamed:
    case EventKind::kRegionNamed:
      return "another name";
    case EventKind::kTaskSpawned:
      return "another task, or by another task: a Spawn() was added, removed "
             "or moved";
    default:
      break;
  }
  switch (CategoryOf(actual)) {
    case DivergenceCategory::kTime:
      return "the clock moves to another time, so a Sleep(), a deadline or an "
             "AdvanceTime() is another";
    case DivergenceCategory::kTimer:
      return "another timer, or another deadline: a Sleep() or a budget is "
             "another";
    case DivergenceCategory::kIo:
      return "another amount of bytes or another error: what was written to "
             "the stream is not the same";
    case DivergenceCategory::kChaos:
      return "another fault: the operations before it, or the chaos, have "
             "changed";
    case DivergenceCategory::kOutcome:
      return "the program traces another text";
    case DivergenceCategory::kRegion:
      return "another region or obligation: the order in which they begin has "
             "changed";
    default:
      return "an input of the program is not under the runtime's control, or "
             "the program has changed";
  }
}

// Why an event of this kind comes that was not recorded.
const char* WhatIsNew(const ReplayEvent& actual) {
  switch (Kind(actual)) {
    case EventKind::kTaskSpawned:
      return "it spawns a task that it did not spawn";
    case EventKind::kTaskYielded:
    case EventKind::kTaskBlocked:
      return "a task yields or waits here that did not";
    case EventKind::kTaskCompleted:
      return "a task ends here that went on";
    case EventKind::kTaskCancelRequested:
    case EventKind::kRegionCancelled:
      return "something is cancelled that was not";
    case EventKind::kTaskNamed:
    case EventKind::kRegionNamed:
      return "something has a name that had none";
    case EventKind::kUserTrace:
      return "it traces a text that it did not trace";
    default:
      break;
  }
  switch (CategoryOf(actual)) {
    case DivergenceCategory::kTime:
      return "the clock moves, for no task is runnable where one was";
    case DivergenceCategory::kTimer:
      return "it sleeps or has a deadline where it had none";
    case DivergenceCategory::kRandom:
      return "it draws a random value that it did not draw";
    case DivergenceCategory::kIo:
      return "it does I/O that it did not do";
    case DivergenceCategory::kChaos:
      return "a fault is injected into an operation that was not there";
    case DivergenceCategory::kRegion:
      return "a region or an obligation begins or ends that was not there";
    default:
      return "a task is woken or scheduled that was not";
  }
}

}  // namespace

const char* WhatIsMissing(const ReplayEvent& expected) {
  switch (CategoryOf(expected)) {
    case DivergenceCategory::kTime:
      return "the recorded run moved the clock, for no task was runnable; one "
             "is now, or nothing waits for the time";
    case DivergenceCategory::kTimer:
      return "a timer was made, fired or cancelled; the program sleeps or has "
             "a deadline elsewhere, or not at all";
    case DivergenceCategory::kRandom:
      return "it drew a random value; the program draws fewer, or later";
    case DivergenceCategory::kIo:
      return "an I/O operation had its result; the program does its I/O "
             "elsewhere, or not at all";
    case DivergenceCategory::kChaos:
      return "a fault was injected; the operation that it was injected into "
             "is not there";
    case DivergenceCategory::kOutcome:
      return Kind(expected) == EventKind::kTaskCompleted
                 ? "the task ended; it has more to do now"
                 : "it traced a text that it does not trace any more";
    case DivergenceCategory::kRegion:
      return "a region or an obligation began or ended; its scopes or what it "
             "reserves have changed";
    default:
      return "an operation was added, removed or waits where it did not";
  }
}

std::string CauseOfDifference(const EventRecord& expected,
                              const EventRecord& actual, bool is_first,
                              bool comes_later) {
  if (expected.event == actual.event && expected.tick == actual.tick) {
    return "source line moved: the same event comes from another place";
  }
  if (is_first) {
    return "the first event differs: the seed, the configuration or the test "
           "is not the recorded one";
  }
  if (Kind(expected.event) != Kind(actual.event)) {
    return absl::StrCat(
        "the program does something else here than when it was recorded: ",
        comes_later ? "" : WhatIsNew(actual.event), comes_later ? "" : "; or ",
        WhatIsMissing(expected.event));
  }
  if (std::holds_alternative<TaskCompleted>(expected.event) &&
      TaskOf(expected.event) == TaskOf(actual.event)) {
    const auto name = [](const ReplayEvent& event) {
      return absl::StrCat(Name(
          static_cast<OutcomeKind>(std::get<TaskCompleted>(event).outcome)));
    };
    return absl::StrCat("the task was recorded to end with ",
                        name(expected.event), ", it ends with ",
                        name(actual.event));
  }
  if (std::holds_alternative<RngValue>(expected.event)) {
    return "the program got its randomness from elsewhere than the runtime";
  }
  return absl::StrCat("the same operation with other values: ",
                      WhatHasChanged(actual.event));
}

}  // namespace asupersync
