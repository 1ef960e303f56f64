#ifndef ASUPERSYNC_LAB_ORACLES_REGION_QUIESCENCE_H_
#define ASUPERSYNC_LAB_ORACLES_REGION_QUIESCENCE_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// region_quiescence: a region that ends was closed, and when it was closed
// nothing was left in it: no task and no child region.
class RegionQuiescenceOracle final : public Oracle {
 public:
  explicit RegionQuiescenceOracle(const OracleContext& context)
      : Oracle(OracleId::kRegionQuiescence, context) {}
  void OnRegionClosed(const RegionNode& region) override;
  void OnRegionFreed(const RegionNode& region) override;

 private:
  void ReportLeft(const RegionNode& region, const char* what);
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_REGION_QUIESCENCE_H_
