#ifndef ASUPERSYNC_TASK_LIMITS_H_
#define ASUPERSYNC_TASK_LIMITS_H_

#include <cstdint>
#include <source_location>

#include "asupersync/base/budget.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/task_node.h"

// What limits tasks and regions, and why they end by it. Internal.

namespace asupersync {

// What a task or a region that `maker` makes in `region` may use at most; null:
// nobody's. A limit is handed down, a priority only from region to region.
// Where a mask hides from `maker` what it is asked, deadlines and quotas that
// are used up are not handed down, but the steps that its clean-up has left
// are, as a quota.
Budget HandedDown(const TaskNode* maker, const RegionNode& region);

// Of what is past its deadline, for what was made at `where`.
CancelReason LateReason(std::source_location where);

// Of what is inside of something that `cause` ends.
CancelReason PropagatedReason(const CancelReason& cause,
                              std::source_location where);

// How many steps a task may take between a request to end and its end before
// masked sections stop hiding the request: the more severe, the fewer.
//
//   severity  kinds                             steps
//   0         user                              1000
//   1         timeout, deadline                  500
//   2         poll quota, cost budget            300
//   3, 4      fail fast, race lost, parent       200
//   5         shutdown                            50
std::uint16_t CleanupStepsMax(CancelKind kind);

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_LIMITS_H_
