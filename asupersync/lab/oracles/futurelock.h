#ifndef ASUPERSYNC_LAB_ORACLES_FUTURELOCK_H_
#define ASUPERSYNC_LAB_ORACLES_FUTURELOCK_H_

#include <cstdint>
#include <set>
#include <vector>

#include "asupersync/lab/oracle.h"

namespace asupersync {

// futurelock: a task that holds an obligation does not stay blocked while the
// others run: what it holds would be held for ever, although the execution as a
// whole is not stuck, so that it is no deadlock.
//
// The bound is LabConfig::idle_steps() steps for each live task without a step
// of the holder. A task that sleeps is not blocked for ever; for it the steps
// count from the last time that the clock moved. An obligation that was moved
// by another task than the one that reserved it is not judged: that one holds
// it no longer.
//
// Cost: a look at all tasks every few thousand steps, if anything is reserved.
class FuturelockOracle final : public Oracle {
 public:
  explicit FuturelockOracle(const OracleContext& context)
      : Oracle(OracleId::kFuturelock, context) {}
  void Reset() override;
  void OnTimeAdvanced(std::int64_t from_ns, std::int64_t to_ns) override;
  void OnCheck(std::uint64_t tasks) override;

 private:
  std::uint64_t clock_moved_ = 0;  // the step
  std::vector<const TaskNode*> idle_;  // during OnCheck, by number
  std::set<std::uint64_t> reported_;   // obligations
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_FUTURELOCK_H_
