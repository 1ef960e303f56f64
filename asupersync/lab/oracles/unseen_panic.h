#ifndef ASUPERSYNC_LAB_ORACLES_UNSEEN_PANIC_H_
#define ASUPERSYNC_LAB_ORACLES_UNSEEN_PANIC_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// unseen_panic: an exception that ends a task is seen by somebody, who joins
// the task or takes its outcome.
class UnseenPanicOracle final : public Oracle {
 public:
  explicit UnseenPanicOracle(const OracleContext& context)
      : Oracle(OracleId::kUnseenPanic, context) {}
  void OnConcluded(const Conclusion& end) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_UNSEEN_PANIC_H_
