#ifndef ASUPERSYNC_LAB_ORACLES_TASK_LEAK_H_
#define ASUPERSYNC_LAB_ORACLES_TASK_LEAK_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// task_leak: every task that was spawned is run to its end. Judges the end of
// the execution, unless that was a deadlock or the step limit, which have
// oracles of their own.
class TaskLeakOracle final : public Oracle {
 public:
  explicit TaskLeakOracle(const OracleContext& context)
      : Oracle(OracleId::kTaskLeak, context) {}
  void OnConcluded(const Conclusion& end) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_TASK_LEAK_H_
