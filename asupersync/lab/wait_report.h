#ifndef ASUPERSYNC_LAB_WAIT_REPORT_H_
#define ASUPERSYNC_LAB_WAIT_REPORT_H_

#include <cstdint>
#include <string>

#include "asupersync/task/region_node.h"

namespace asupersync {

// What every task below `root` is doing, one line each, in order of spawn:
//
//   T3 'consumer' waits to receive from mpsc channel at pipeline_test.cc:41
//
// Determinism: names, numbers and source lines only.
std::string DescribeWaits(const RegionNode& root);

// The report of a run that ended with tasks blocked for ever: the lines above
// and, if tasks wait for each other in a circle, that circle.
std::string DeadlockReport(const RegionNode& root, std::uint64_t steps,
                           std::int64_t now_ns);

// The report of a run that reached its step limit.
std::string StepLimitReport(const RegionNode& root, std::uint64_t steps,
                            std::int64_t now_ns);

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_WAIT_REPORT_H_
