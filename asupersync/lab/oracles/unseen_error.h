#ifndef ASUPERSYNC_LAB_ORACLES_UNSEEN_ERROR_H_
#define ASUPERSYNC_LAB_ORACLES_UNSEEN_ERROR_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// unseen_error: an error that ends a task is seen by somebody, who joins the
// task, takes its outcome, or gets it as the result of a fail-fast scope. What
// IsReported(), such as a failed CO_ASSERT or a CO_SKIP, was seen when it was
// made.
class UnseenErrorOracle final : public Oracle {
 public:
  explicit UnseenErrorOracle(const OracleContext& context)
      : Oracle(OracleId::kUnseenError, context) {}
  void OnConcluded(const Conclusion& end) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_UNSEEN_ERROR_H_
