#ifndef ASUPERSYNC_LAB_VIOLATION_H_
#define ASUPERSYNC_LAB_VIOLATION_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <source_location>
#include <string>
#include <vector>

#include "asupersync/base/ids.h"
#include "asupersync/lab/oracle_table.h"

namespace asupersync {

// What an oracle reports: one claim of OracleTable that does not hold in this
// execution.
struct Violation {
  OracleId oracle = OracleId::kTaskLeak;
  // What is wrong, with the names of tasks and the source lines. One or
  // several lines, no line end after the last.
  std::string message;
  // Whom it is about, for finding their events in the trace.
  std::vector<CompactTaskId> tasks;
  // Where in the source: "file.cc:12".
  std::vector<std::string> sites;
  // When it was noticed: the step, and how many events were recorded before.
  std::uint64_t step = 0;
  std::uint64_t event = 0;
};
// "loser_drain: <message>".
std::ostream& operator<<(std::ostream& out, const Violation& violation);

// The violations of one execution, in order. Of each oracle at most
// kPerOracleMax are kept, and the others counted: one bug can break a claim in
// every step.
class ViolationLog {
 public:
  static constexpr std::uint64_t kPerOracleMax = 4;

  void Add(Violation violation);
  void Clear();

  const std::vector<Violation>& violations() const { return violations_; }
  // How many there were of this oracle, kept or not.
  std::uint64_t Count(OracleId oracle) const {
    return counts_[static_cast<std::size_t>(oracle)];
  }

 private:
  std::vector<Violation> violations_;
  std::array<std::uint64_t, kOracleCount> counts_ = {};
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_VIOLATION_H_
