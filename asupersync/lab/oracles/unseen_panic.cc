#include "asupersync/lab/oracles/unseen_panic.h"

#include "absl/strings/str_cat.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"

namespace asupersync {

void UnseenPanicOracle::OnConcluded(const Conclusion&) {
  for (const TaskFailure& failure : runtime().UnseenFailures()) {
    if (failure.outcome.kind() != OutcomeKind::kPanicked) continue;
    Report(absl::StrCat("a task ended with an exception that nobody saw; join "
                        "the task, or take its outcome, if that is "
                        "expected:\n  ",
                        failure.task.ToString(),
                        " threw: ", failure.outcome.panic().what),
           {failure.task.id}, {PlaceOf(failure.spawned_at)});
  }
}

}  // namespace asupersync
