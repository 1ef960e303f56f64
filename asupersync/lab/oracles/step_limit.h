#ifndef ASUPERSYNC_LAB_ORACLES_STEP_LIMIT_H_
#define ASUPERSYNC_LAB_ORACLES_STEP_LIMIT_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// step_limit: the execution ends within LabConfig::steps_max().
class StepLimitOracle final : public Oracle {
 public:
  explicit StepLimitOracle(const OracleContext& context)
      : Oracle(OracleId::kStepLimit, context) {}
  void OnConcluded(const Conclusion& end) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_STEP_LIMIT_H_
