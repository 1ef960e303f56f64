#ifndef ASUPERSYNC_TESTING_END_REPORT_H_
#define ASUPERSYNC_TESTING_END_REPORT_H_

#include <string>

#include "asupersync/testing/crash_files.h"
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
  // The folder that the test has had while it ran; null: none. If artifacts
  // are to be written and cannot, what it holds is kept and told of.
  CrashFiles* crash_files = nullptr;
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
// and what identifies the execution as properties of the test. Returns the name
// of the folder of its artifacts below their root; empty: none was written.
//
// REQUIRES: the test is GoogleTest's current one.
std::string ReportEnd(const EndReport& report);

// The same for a test that will not end, without what needs GoogleTest:
// writes the artifacts, into the folder *name, and returns what to say.
std::string ReportStuckTest(const EndReport& report, std::string* name);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_END_REPORT_H_
