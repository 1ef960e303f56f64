#ifndef ASUPERSYNC_TESTING_EVENT_LOG_H_
#define ASUPERSYNC_TESTING_EVENT_LOG_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "asupersync/testing/execution_record.h"

namespace asupersync {
namespace testing_internal {

// event_log.txt: what happened, for people, in order; the test's phases and
// failed assertions stand where they happened.
//
//   #12 tick=5 t=1.5ms TaskYielded task=T2 'producer' at bank_test.cc:41
//
// A long execution is shown by its first and last events; the number of those
// in between is said.
//
// Determinism: no clock, process number or path of this machine, so that two
// runs with one seed give the same bytes.
std::string RenderEventLog(const ExecutionRecord& record);

// The same before the first event, for the case that the process dies: what is
// known by then, `advice` (lines that say how to repeat and to read it), and
// what it means that nothing else follows (asupersync/replay/died_run.h).
std::string RenderRunningLog(const ExecutionRecord& record,
                             absl::string_view advice);

// failed_assertions.json: every failed assertion with its place in the
// execution. Deterministic likewise.
std::string RenderFailedAssertions(const ExecutionRecord& record);

// The telling line of the first failure's message, shortened, with " ..." if
// there are more; "" if nothing failed.
std::string FailureReason(const ExecutionRecord& record);

// "foata64:<16 hex digits>".
std::string FormatFingerprint(std::uint64_t fingerprint);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_EVENT_LOG_H_
