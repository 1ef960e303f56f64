#ifndef ASUPERSYNC_LAB_ORACLES_REGION_TREE_H_
#define ASUPERSYNC_LAB_ORACLES_REGION_TREE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "asupersync/lab/oracle.h"

namespace asupersync {

// region_tree: the parent links of regions lead to older regions, and so to the
// root; a region lives within its parent, and within the life of the task that
// opened it; between it and that task's own region are only regions of that
// task.
class RegionTreeOracle final : public Oracle {
 public:
  explicit RegionTreeOracle(const OracleContext& context)
      : Oracle(OracleId::kRegionTree, context) {}
  void Reset() override { known_.clear(); }
  void OnRegionOpened(const RegionNode& region) override;
  void OnRegionClosed(const RegionNode& region) override;
  void OnRegionFreed(const RegionNode& region) override;

 private:
  struct Known {
    std::uint32_t parent = 0;  // compact number; 0: not opened
    bool open = false;
  };

  Known& At(const RegionNode& region);
  bool IsOpen(const RegionNode& region);
  // What is above its parent was checked when that was opened.
  void CheckParent(const RegionNode& region);
  void CheckEnd(const RegionNode& region, const char* what);
  void ReportRegion(const RegionNode& region, const std::string& what);

  std::vector<Known> known_;  // by compact number
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_REGION_TREE_H_
