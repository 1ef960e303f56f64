// What a run leaves whose process died in the middle of an execution, and how
// a later process turns that into ordinary artifacts.
//
//   for (const DiedRun& run : FinishDiedRuns(artifacts_folder).finished) {
//     std::cerr << run.ToString() << "\n";
//   }
//
// While a test runs, its artifacts folder FOLDER has
//   ROOT/.running/NAME      an empty file, so that it is found; FOLDER is
//                           ROOT/NAME
//   repro_manifest.json     with status "running"
//   trace.async             as MappedTraceFile writes it; it holds the lock
//   event_log.txt           its head, kNotFinishedMark, and what that means
// and perhaps the file that is SpareTracePath() of the trace.
// and perhaps ROOT/NewArtifactsName(NAME), which goes when the mark goes.
// It died if the lock is free. Finishing writes trace.async anew, as a
// recovered prefix, event_log.txt in full, and at last the manifest, with
// status "died". It can be repeated if it is itself interrupted.
//
// Determinism: what is written depends on the files of the folder alone.
#ifndef ASUPERSYNC_REPLAY_DIED_RUN_H_
#define ASUPERSYNC_REPLAY_DIED_RUN_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/trace/recording_limit.h"

namespace asupersync {

inline constexpr char kManifestFileName[] = "repro_manifest.json";
inline constexpr char kTraceFileName[] = "trace.async";
inline constexpr char kEventLogFileName[] = "event_log.txt";
// Below an artifacts folder.
inline constexpr char kRunningFolderName[] = ".running";
// Below an artifacts folder, with the name in .running: the artifacts that a
// test writes when it ends, before they take the place of FOLDER.
std::string NewArtifactsName(absl::string_view name);
// The line of an event log whose process has not finished it.
inline constexpr char kNotFinishedMark[] = "== not finished";

// "signal 11 (SIGSEGV)"; "a signal that is not known" for 0.
std::string SignalText(uint64_t signal);

struct DiedRun {
  std::string folder;
  std::string test_id;
  uint64_t signal = 0;  // 0: not known
  bool has_trace = false;
  bool recorded = true;  // else there was to be none
  uint64_t events = 0;
  uint64_t events_before = 0;  // that a flight recorder has dropped
  uint64_t steps = 0;          // up to the last event
  RecordingLimit limit = RecordingLimit::kNone;  // met before the death

  // One line that names test and folder and says what is there.
  std::string ToString() const;
};

struct FinishResult {
  enum class State {
    kNotRunning,  // there is no manifest, or its run has ended
    kInUse,       // its process lives
    kTooLarge,    // the trace is longer than was allowed; nothing was done
    kFinished,
  };
  State state = State::kNotRunning;
  DiedRun run;  // set if kFinished
};

// Finishes the run in `folder` if it died. With `trace_bytes_max` > 0 a longer
// trace is left as it is. Takes time and memory linear in the trace. Errors: of
// the manifest (as ReadManifest), or something cannot be written; the folder is
// then as it was, or can be finished again.
absl::StatusOr<FinishResult> FinishDiedRun(const std::string& folder,
                                           uint64_t trace_bytes_max = 0);

struct FinishedRuns {
  std::vector<DiedRun> finished;     // in the order of their names
  std::vector<std::string> too_large;  // their folders
  std::vector<absl::Status> errors;
};

// Finishes the runs that died with the artifacts folder `root`; at most
// `runs_max` of them. Costs a system call if there are none: only what .running
// names is looked at.
FinishedRuns FinishDiedRuns(const std::string& root, size_t runs_max = 16,
                            uint64_t trace_bytes_max = 0);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_DIED_RUN_H_
