#include "asupersync/lab/oracles/obligation_leak.h"

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/obligation.h"

namespace asupersync {

void ObligationLeakOracle::OnObligationOutlivesRegion(
    const Obligation& obligation, const RegionNode& region) {
  Report(absl::StrCat(obligation.ToString(),
                      ", was neither committed nor aborted when its region "
                      "closed: ",
                      Describe(region)),
         {obligation.holder().id},
         {PlaceOf(obligation.where()), PlaceOf(region.opened_at)});
}

void ObligationLeakOracle::OnConcluded(const Conclusion& end) {
  // A task that is left may hold it; that is another oracle's affair.
  if (end.end_is_expected || !end.tasks_left.empty()) return;
  for (const Obligation& obligation : runtime().obligations()) {
    // Null: it was reported when its region closed.
    if (obligation.region() == nullptr) continue;
    Report(absl::StrCat(obligation.ToString(),
                        ", was neither committed nor aborted when the "
                        "execution was over; every task is done"),
           {obligation.holder().id}, {PlaceOf(obligation.where())});
  }
}

}  // namespace asupersync
