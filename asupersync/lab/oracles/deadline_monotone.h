#ifndef ASUPERSYNC_LAB_ORACLES_DEADLINE_MONOTONE_H_
#define ASUPERSYNC_LAB_ORACLES_DEADLINE_MONOTONE_H_

#include <cstdint>
#include <source_location>
#include <string>

#include "asupersync/lab/oracle.h"

namespace asupersync {

// deadline_monotone: outside of masked sections, which hide deadlines, the
// deadline of a task is not later than that of its
// region and of the task that spawned it, that of a region not later than those
// of its parent and of its owner; and none is put off while it counts.
class DeadlineMonotoneOracle final : public Oracle {
 public:
  explicit DeadlineMonotoneOracle(const OracleContext& context)
      : Oracle(OracleId::kDeadlineMonotone, context) {}
  void OnTaskSpawned(const TaskNode& task) override;
  void OnTaskDone(const TaskNode& task) override;
  void OnRegionOpened(const RegionNode& region) override;
  void OnRegionClosed(const RegionNode& region) override;

 private:
  // `what` has `deadline_ns`, and is within `around` with its own.
  void Compare(const std::string& what, std::int64_t deadline_ns,
               const std::string& around, std::int64_t around_ns,
               const TaskNode* task, const std::source_location& where);
  void CompareRegion(const RegionNode& region);
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_DEADLINE_MONOTONE_H_
