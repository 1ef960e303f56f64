#ifndef ASUPERSYNC_LAB_RUN_RESULT_H_
#define ASUPERSYNC_LAB_RUN_RESULT_H_

#include <cstdint>
#include <ostream>
#include <string>

namespace asupersync {

// Why a run ended.
enum class RunVerdict : std::uint8_t {
  kQuiescent,  // every task is done
  kDeadlock,   // tasks wait, and no timer will wake one
  kStepLimit,  // LabConfig::steps_max was reached
  kStopped,    // the bound of RunUntil or RunUntilTick was reached, or the
               // observer (a replay that diverged) ended the run
};
// "quiescent", "deadlock", "step limit", "stopped".
const char* Name(RunVerdict verdict);
std::ostream& operator<<(std::ostream& out, RunVerdict verdict);

struct RunResult {
  RunVerdict verdict = RunVerdict::kQuiescent;
  // For a deadlock or a step limit: every live task, what it waits for and
  // where, and the cycle of waits if there is one. Else empty.
  std::string report;

  bool quiescent() const { return verdict == RunVerdict::kQuiescent; }
};
// The verdict, and on the lines after it the report if there is one.
std::ostream& operator<<(std::ostream& out, const RunResult& result);

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_RUN_RESULT_H_
