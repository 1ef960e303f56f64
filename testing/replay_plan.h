#ifndef ASUPERSYNC_TESTING_REPLAY_PLAN_H_
#define ASUPERSYNC_TESTING_REPLAY_PLAN_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_flags.h"

namespace asupersync {
namespace testing_internal {

// An execution that is to be repeated.
struct ReplayPlan {
  std::string given;       // the manifest or trace, an absolute path
  std::string trace_path;  // absolute
  std::string folder;      // that holds it; nothing is written there
  std::string test_id;
  DerivedSeeds seeds;
  ChaosConfig chaos;
  std::string build_id;             // empty: not known
  // nullopt: not known, as of a trace without its manifest.
  std::optional<bool> recorded_as_failed;
  // Why it failed, as FailureReason(); a claim of the manifest, which may be
  // any text. Empty: not known.
  std::string recorded_reason;
  ReplayTrace trace;
};

// Reads a repro manifest and the trace that it names, or a trace alone; of a
// folder its manifest, else its trace.async. Errors say what was read, what was
// expected and what to do: those of FindManifest, ReadManifest and TraceReader;
// FailedPrecondition if manifest and trace do not belong together, if there is
// no trace, or if its chaos is of a kind that is not known; DataLoss if no
// event of the trace could be recovered, unless the trace says itself why it
// has none, or the manifest that its process died. A trace whose end is missing
// is read as far as it goes.
absl::StatusOr<ReplayPlan> LoadReplayPlan(absl::string_view path);

// FailedPrecondition if flags or environment ask for another seed than the
// recorded one. CI_SEED does not count: it is nobody's wish for this run.
absl::Status CheckSeedIsNotContradicted(const ReplayPlan& plan,
                                        const LabFlags& flags);

// Everything in which an execution with this configuration cannot be the
// recorded one, each with both values: version, test, seeds, configuration,
// and chaos that flags or environment ask for and the test has heeded. Whether
// accesses are recorded is no difference: nothing that is executed depends on
// it.
std::vector<std::string> DifferencesFrom(const ReplayPlan& plan,
                                         const LabFlags& flags,
                                         const LabConfig& config);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_REPLAY_PLAN_H_
