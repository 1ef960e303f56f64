#ifndef ASUPERSYNC_TESTING_END_REPORT_H_
#define ASUPERSYNC_TESTING_END_REPORT_H_

#include <string>

#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/lab_flags.h"
#include "asupersync/testing/test_process.h"

namespace asupersync {
namespace testing_internal {

// The end of a lab test, as it is reported.
struct EndReport {
  const ExecutionRecord* record = nullptr;
  bool passed = false;
  const LabFlags* flags = nullptr;
  const TestProcess* process = nullptr;
  std::string kept_folder;  // that a replay follows; else empty
  // The folder that the test has had while it ran; empty: none.
  std::string running_name;
};

// What became of the test's artifacts.
struct EndResult {
  std::string name;   // of their folder; empty: there are none
  bool lost = false;  // there should be some, but they could not be written
};

// One line with the test's seeds:
//
//   [  SEEDS   ] Bank.Transfer test_seed=0x... schedule_seed=0x... ...
void PrintSeeds(const ExecutionRecord& record);

// Says on standard output how the test ended: nothing for one that passed; for
// a replay its verdict; for a sweep its counts; if chaos was on what it
// injected, in all executions, with a warning if that is nothing; for a
// failure the seeds and the lines that repeat it. Writes the artifacts of a
// failure and of a replay, and all if the flags want them. Records the seeds
// and what identifies the execution as properties of the test.
//
// REQUIRES: the test is GoogleTest's current one.
EndResult ReportEnd(const EndReport& report);

// The same for a test that will not end, without what needs GoogleTest:
// writes the artifacts and returns what to say.
std::string ReportStuckTest(const EndReport& report, EndResult* result);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_END_REPORT_H_
