#include "asupersync/lab/oracles/unseen_error.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"
#include "asupersync/base/reported_error.h"

namespace asupersync {

void UnseenErrorOracle::OnConcluded(const Conclusion&) {
  for (const TaskFailure& failure : runtime().UnseenFailures()) {
    if (failure.outcome.kind() != OutcomeKind::kErr ||
        IsReported(failure.outcome.status())) {
      continue;
    }
    const std::string place = PlaceOf(failure.spawned_at);
    Report(absl::StrCat(failure.task.ToString(), ", spawned at ", place,
                        ", ended with an error that nobody saw; join the task, "
                        "take its outcome, or spawn it in a fail-fast Scope, "
                        "which ends with the first error of its tasks:\n  ",
                        failure.outcome.status().ToString()),
           {failure.task.id}, {place});
  }
}

}  // namespace asupersync
