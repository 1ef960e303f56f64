#ifndef ASUPERSYNC_LAB_ORACLES_DEADLOCK_H_
#define ASUPERSYNC_LAB_ORACLES_DEADLOCK_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// deadlock: no task waits for ever. A task that waits for something that has
// happened already, because whoever did it forgot to wake it, is called a lost
// wake-up: every operation that a task is blocked in is attempted once more,
// and one that would succeed now has lost its wake-up.
//
// Attempting changes what the operations are about, so this is the last that
// is done in an execution.
class DeadlockOracle final : public Oracle {
 public:
  explicit DeadlockOracle(const OracleContext& context)
      : Oracle(OracleId::kDeadlock, context) {}
  void OnConcluded(const Conclusion& end) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_DEADLOCK_H_
