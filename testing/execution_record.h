#ifndef ASUPERSYNC_TESTING_EXECUTION_RECORD_H_
#define ASUPERSYNC_TESTING_EXECUTION_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "asupersync/asupersync.h"
#include "asupersync/lab/ambient_guard.h"

namespace asupersync {
namespace testing_internal {

// Where in an execution something of the test's own happened: `events` were
// recorded before it.
struct Position {
  std::uint64_t events = 0;
  std::uint64_t tick = 0;
  std::int64_t now_ns = 0;
  std::string task;  // "T2 'producer'"; empty: outside any step
};

struct FailedAssertion {
  std::string file;  // empty: not known, as for an exception
  int line = -1;
  bool fatal = false;
  std::string message;
  Position position;
};

// Something that a step took from outside the runtime.
struct AmbientUse {
  AmbientCall call;
  Position position;
};

struct PhaseMark {
  std::string name;
  Position position;
};

// How a replay ended.
struct ReplayResult {
  std::string given;      // the manifest or trace, an absolute path
  std::string replay_of;  // the trace that was followed
  ReplayVerdict verdict = ReplayVerdict::kIdentical;
  std::optional<DivergenceReport> divergence;
  std::optional<bool> recorded_as_failed;  // nullopt: not known
  std::string recorded_reason;  // why it failed, any text; empty: not known
  // How far an edited program followed the trace; nullopt: strict mode.
  std::optional<ResyncReport> followed;
  // Of a trace whose end is missing: how many events it has, and why no more.
  std::uint64_t prefix_events = 0;
  std::string recovered;  // empty: the trace is whole

  // At least so much of a trace must have been followed for a run that passes
  // to say anything about the recorded failure.
  static constexpr int kFollowedEnoughPercent = 50;

  // Strict: "identical", "diverged" or "prefix". Resync: "still fails",
  // "fixed" or, if the test passes but left the trace behind, "diverged"; of
  // a recording that is known to have passed "fails now" or "still passes".
  std::string VerdictText(bool passed) const {
    if (!followed.has_value()) return Name(verdict);
    const bool recorded_as_passed = recorded_as_failed == false;
    if (!passed) return recorded_as_passed ? "fails now" : "still fails";
    if (followed->PercentFollowed() < kFollowedEnoughPercent) {
      return "diverged";
    }
    return recorded_as_passed ? "still passes" : "fixed";
  }
};

// How far a sweep came.
struct SweepResult {
  std::uint64_t from_seed = 0;
  std::uint64_t planned = 0;
  std::uint64_t executed = 0;
  std::uint64_t distinct = 0;  // fingerprints
  ChaosStats chaos_stats;      // of all executions
};

// All that is known of one execution of a lab test when it is over: what
// reports and artifacts are made of.
struct ExecutionRecord {
  std::string test_id;
  DerivedSeeds seeds;
  // By a flag, a variable or the trace that is replayed; empty: chaos, if there
  // is any, is the test's own.
  std::string chaos_given;
  std::string oracles_given;  // likewise; empty: all, or the test's own choice
  bool check_asked = false;  // by --lab_check_determinism
  std::string scenario;  // empty: test_id
  std::string subsystem;
  std::string invariant;
  std::vector<PhaseMark> phases;
  std::optional<std::string> inputs;
  std::vector<FailedAssertion> failures;
  // Those that watch, also from outside the runtime.
  OracleSelection oracles = OracleSelection::All();
  std::vector<std::string> oracle_violations;  // each name once
  std::vector<AmbientUse> ambient_uses;

  bool has_runtime = false;  // what follows is only set if so
  std::string config_hash;
  ChaosConfig chaos;
  ChaosStats chaos_stats;
  std::string verdict;  // of the last run; empty: nothing was run
  std::uint64_t steps = 0;
  std::int64_t now_ns = 0;
  std::uint64_t certificate = 0;
  std::uint64_t fingerprint = 0;
  std::optional<ReplayTrace> trace;  // nullopt: recording was off

  std::optional<ReplayResult> replay;
  std::optional<SweepResult> sweep;

  // --lab_check_determinism: that the execution was made twice, and the first
  // difference.
  bool is_checked = false;
  std::optional<DivergenceReport> difference;

  void AddViolation(OracleId oracle) {
    for (const std::string& name : oracle_violations) {
      if (name == Name(oracle)) return;
    }
    oracle_violations.push_back(Name(oracle));
  }
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_EXECUTION_RECORD_H_
