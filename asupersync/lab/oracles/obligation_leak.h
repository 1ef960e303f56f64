#ifndef ASUPERSYNC_LAB_ORACLES_OBLIGATION_LEAK_H_
#define ASUPERSYNC_LAB_ORACLES_OBLIGATION_LEAK_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// obligation_leak: what a task reserves is committed or aborted before its
// region closes; what a task of the root region reserves, before the execution
// is over. Names the line of the reservation.
//
// An obligation may be moved to another task of the same region, and end there.
class ObligationLeakOracle final : public Oracle {
 public:
  explicit ObligationLeakOracle(const OracleContext& context)
      : Oracle(OracleId::kObligationLeak, context) {}
  void OnObligationOutlivesRegion(const Obligation& obligation,
                                  const RegionNode& region) override;
  void OnConcluded(const Conclusion& end) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_OBLIGATION_LEAK_H_
