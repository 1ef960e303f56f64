#include "asupersync/lab/run_result.h"

#include <ostream>

namespace asupersync {

const char* Name(RunVerdict verdict) {
  switch (verdict) {
    case RunVerdict::kQuiescent:
      return "quiescent";
    case RunVerdict::kDeadlock:
      return "deadlock";
    case RunVerdict::kStepLimit:
      return "step limit";
    case RunVerdict::kStopped:
      return "stopped";
  }
  return "unknown";
}

std::ostream& operator<<(std::ostream& out, RunVerdict verdict) {
  return out << Name(verdict);
}

std::ostream& operator<<(std::ostream& out, const RunResult& result) {
  out << result.verdict;
  return result.report.empty() ? out : out << ":\n" << result.report;
}

}  // namespace asupersync
