#include "asupersync/lab/oracles/loser_drain.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/race_group.h"

namespace asupersync {

void LoserDrainOracle::OnRaceOver(const RaceGroup& race) {
  std::string left;
  std::vector<CompactTaskId> tasks = {CompactTaskId(race.owner().compact)};
  std::vector<std::string> sites = {PlaceOf(race.site())};
  for (const TaskNode* branch : race.branches()) {
    if (branch->state == TaskNode::State::kDone) continue;
    absl::StrAppend(&left, "\n  ", Describe(branch),
                    branch->cancel == nullptr ? ", was not even cancelled"
                                              : ", was cancelled but not "
                                                "waited for");
    tasks.emplace_back(branch->compact);
    sites.push_back(PlaceOf(branch->spawned_at));
  }
  if (left.empty()) return;
  Report(absl::StrCat(race.what(), " of ", race.owner().DisplayName(), " at ",
                      PlaceOf(race.site()),
                      " is over while branches of it are not done:", left),
         std::move(tasks), std::move(sites));
}

}  // namespace asupersync
