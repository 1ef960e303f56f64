#include "asupersync/lab/oracles/unseen_error.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/place.h"

namespace asupersync {

void UnseenErrorOracle::OnConcluded(const Conclusion&) {
  for (const TaskFailure& failure : runtime().UnseenFailures()) {
    if (failure.outcome.kind() != OutcomeKind::kErr) continue;
    const std::string place = PlaceOf(failure.spawned_at);
    Report(absl::StrCat(failure.task.ToString(), ", spawned at ", place,
                        ", ended with an error that nobody saw; join the task, "
                        "take its outcome, or spawn it in a Scope, whose "
                        "result its error is:\n  ",
                        failure.outcome.status().ToString()),
           {failure.task.id}, {place});
  }
}

}  // namespace asupersync
