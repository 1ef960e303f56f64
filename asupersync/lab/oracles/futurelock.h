#ifndef ASUPERSYNC_LAB_ORACLES_FUTURELOCK_H_
#define ASUPERSYNC_LAB_ORACLES_FUTURELOCK_H_

#include <cstdint>
#include <set>
#include <vector>

#include "asupersync/base/ids.h"
#include "asupersync/lab/oracle.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// futurelock: what a task waits for is not held by one that stays blocked while
// the others run: it would wait for ever, although the execution as a whole is
// not stuck, so that it is no deadlock.
//
// The bound is LabConfig::idle_steps() steps for each live task without a step
// of the holder, nor of one that waits for the object of what it holds: a lock
// that nobody wants may be held as long as its holder likes, and a pool that
// somebody waits for now and then may have an idle user. Who waits in a
// Select(), which may end otherwise, or to receive from a channel, of which the
// other holds a permit to send, is not counted. A holder whose wait has a
// deadline (a sleep, a tick, a Timeout, a Select of one) is not blocked for
// ever; for it the steps count from the last time that the clock moved. An
// obligation that was moved by another task than the one that reserved it is
// not judged: that one holds it no longer.
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
  // An idle task, one that has been blocked for the bound, and the object that
  // it waits for.
  struct Want {
    ObjectId object;
    const TaskNode* task;
  };

  void FindIdle(std::uint64_t bound);
  void FindWants();
  // Of those below null if there is none.
  const TaskNode* IdleHolderOf(const Obligation& obligation) const;
  // The first but the holder.
  const TaskNode* WaiterFor(ObjectId object, const TaskNode& holder) const;
  void Judge(const Obligation& obligation, const TaskNode& holder,
             std::uint64_t bound);

  std::uint64_t clock_moved_ = 0;      // the step
  std::vector<const TaskNode*> idle_;  // during OnCheck, by number
  std::vector<Want> wants_;            // during OnCheck, by object and number
  std::set<std::uint64_t> reported_;   // obligations
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_FUTURELOCK_H_
