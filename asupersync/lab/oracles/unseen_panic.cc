#include "asupersync/lab/oracles/unseen_panic.h"

#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

void UnseenPanicOracle::OnConcluded(const Conclusion&) {
  for (const std::string& panic : runtime().UnseenPanics()) {
    Report(absl::StrCat("a task ended with an exception that nobody saw; join "
                        "the task, or take its outcome, if that is "
                        "expected:\n  ",
                        panic),
           {}, {});
  }
}

}  // namespace asupersync
