// What must hold before a trace is replayed: same library, seed, configuration
// and test. (The format was checked when the trace was read.) Checked
// first, so that a mismatch is not mistaken for a bug.
//
//   ReplayExpectation now;
//   now.seed = config.seed();
//   now.config = config.Settings();
//   if (auto s = CheckPreconditions(trace.metadata(), now); !s.ok()) return s;
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_REPLAY_PRECONDITIONS_H_
#define ASUPERSYNC_REPLAY_PRECONDITIONS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder_config.h"

namespace asupersync {

// The run that is about to replay. What is empty is not compared, neither is
// what is empty in the trace.
struct ReplayExpectation {
  std::optional<uint64_t> seed;
  std::string test_id;
  std::string config_hash;
  // Compared entry by entry, to say which one differs.
  std::vector<std::pair<std::string, std::string>> config;
  std::string library_version = {};
};

// Every difference, with both values; none if the trace can be replayed.
std::vector<std::string> PreconditionDifferences(const TraceMetadata& trace,
                                                 const ReplayExpectation& now);

// FailedPrecondition names every difference, with both values, and what to do.
absl::Status CheckPreconditions(const TraceMetadata& trace,
                                const ReplayExpectation& now);

// The recorder configuration with which the replay records what the trace
// holds.
RecorderConfig RecorderConfigOf(const TraceMetadata& trace);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_PRECONDITIONS_H_
