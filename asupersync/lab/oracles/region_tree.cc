#include "asupersync/lab/oracles/region_tree.h"

#include <cstddef>
#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

RegionTreeOracle::Known& RegionTreeOracle::At(const RegionNode& region) {
  if (region.compact >= known_.size()) known_.resize(region.compact + 1);
  return known_[region.compact];
}

bool RegionTreeOracle::IsOpen(const RegionNode& region) {
  return region.parent == nullptr || At(region).open;
}

void RegionTreeOracle::ReportRegion(const RegionNode& region,
                                    const std::string& what) {
  Report(absl::StrCat(Describe(region), ", ", what), region.owner,
         region.opened_at);
}

void RegionTreeOracle::CheckAncestors(const RegionNode& region) {
  const RegionNode* const home = region.owner->region;
  bool is_at_home = false;
  std::size_t distance = 0;
  for (const RegionNode* above = region.parent; above != nullptr;
       above = above->parent) {
    // No path through distinct regions is longer.
    if (++distance > known_.size()) {
      ReportRegion(region, "has parent links that lead in a circle");
      return;
    }
    is_at_home |= above == home;
    if (is_at_home || above->owner == region.owner) continue;
    // Whoever owns it may end it while the new region is in use.
    ReportRegion(region, absl::StrCat("was opened below ", Describe(*above),
                                      ", which is another task's"));
    return;
  }
}

void RegionTreeOracle::OnRegionOpened(const RegionNode& region) {
  Known& known = At(region);
  known.open = true;
  if (region.parent == nullptr || region.owner == nullptr) {
    ReportRegion(region, "has no parent or no owner");
    return;
  }
  known.parent = region.parent->compact;
  if (!IsOpen(*region.parent)) {
    ReportRegion(region, absl::StrCat("was opened below ",
                                      Describe(*region.parent),
                                      ", which is closed"));
  }
  if (region.owner->state == TaskNode::State::kDone) {
    ReportRegion(region, "was opened by a task that is done");
    return;
  }
  CheckAncestors(region);
}

void RegionTreeOracle::CheckEnd(const RegionNode& region, const char* what) {
  if (region.parent == nullptr) return;  // the root
  if (region.parent->compact != At(region).parent) {
    ReportRegion(region,
                 absl::StrCat(what, " below another parent than it was opened "
                              "below"));
    return;
  }
  if (!IsOpen(*region.parent)) {
    ReportRegion(region, absl::StrCat(what, " after its parent, ",
                                      Describe(*region.parent)));
  }
  if (region.owner != nullptr &&
      region.owner->state == TaskNode::State::kDone) {
    ReportRegion(region, absl::StrCat(what, " after its owner was done"));
  }
}

void RegionTreeOracle::OnRegionClosed(const RegionNode& region) {
  CheckEnd(region, "closed");
  if (region.parent != nullptr) At(region).open = false;
}

void RegionTreeOracle::OnRegionFreed(const RegionNode& region) {
  CheckEnd(region, "ended");
  At(region).open = false;
}

}  // namespace asupersync
