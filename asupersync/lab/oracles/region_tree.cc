#include "asupersync/lab/oracles/region_tree.h"

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

void RegionTreeOracle::CheckParent(const RegionNode& region) {
  const RegionNode& parent = *region.parent;
  if (parent.compact >= region.compact) {
    ReportRegion(region, absl::StrCat("was opened below ", Describe(parent),
                                      ", which is not older than it"));
    return;
  }
  if (&parent == region.owner->region || parent.owner == region.owner) return;
  // Whoever owns it may end it while the new region is in use.
  ReportRegion(region, absl::StrCat("was opened below ", Describe(parent),
                                    ", which is another task's"));
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
  CheckParent(region);
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
