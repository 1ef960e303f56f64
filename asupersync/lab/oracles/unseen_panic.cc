#include "asupersync/lab/oracles/unseen_panic.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"

namespace asupersync {

void UnseenPanicOracle::OnConcluded(const Conclusion&) {
  for (const TaskFailure& failure : runtime().UnseenFailures()) {
    if (failure.outcome.kind() != OutcomeKind::kPanicked) continue;
    const std::string place = PlaceOf(failure.spawned_at);
    Report(absl::StrCat("a task ended with an exception that nobody saw; join "
                        "the task, or take its outcome, if that is "
                        "expected:\n  ",
                        failure.task.ToString(), ", spawned at ", place,
                        ", threw: ", failure.outcome.panic().what),
           {failure.task.id}, {place});
  }
}

}  // namespace asupersync
