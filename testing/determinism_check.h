#ifndef ASUPERSYNC_TESTING_DETERMINISM_CHECK_H_
#define ASUPERSYNC_TESTING_DETERMINISM_CHECK_H_

#include <functional>

#include "asupersync/testing/lab_session.h"

namespace asupersync {
namespace testing_internal {

// Runs an execution of a LAB_TEST and, for --lab_check_determinism, the same
// once more with the same seed, and fails the test at the first event in which
// the two differ, or if only one of them fails.
//
// The second execution is not driven by the trace of the first: it draws from
// the same seed again and is compared event by event. Driving would give it
// the first one's choices, and so hide a difference in what there was to
// choose from, or in how often, until something else differs.
//
// In one process the second execution would mostly get the same addresses and
// find the same bytes in fresh memory. So before each execution the memory is
// laid out (MemoryShaper): rising addresses first, then falling ones, and
// other bytes.
//
// After a difference the likely cause is found by what AmbientGuard saw before
// it, else by trial: the execution is repeated with the first one's memory. If
// that makes the difference go away it was the memory: its bytes, if other
// bytes at the same addresses bring it back, else its addresses. If it stays,
// something outlives the executions.
//
// Failures of the repeated executions are not the test's. The record that is
// left is the first one's.
//
// `execute` runs one execution, as `driven` says.
void RunWithDeterminismCheck(
    const DrivenExecution& driven,
    const std::function<void(const DrivenExecution&)>& execute);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_DETERMINISM_CHECK_H_
