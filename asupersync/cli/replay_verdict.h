// What came of a replay, judged by what it left.
//
//   ReplayJudgement j = JudgeReplay(recorded, exit, FindReplayManifest(folder,
//                                   recorded.test_id), options);
//   out << j.text << "\n";
//   return j.code;
//
// Determinism: pure functions of the files.
#ifndef ASUPERSYNC_CLI_REPLAY_VERDICT_H_
#define ASUPERSYNC_CLI_REPLAY_VERDICT_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/child_process.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/replay/manifest.h"

namespace asupersync::cli {

struct FoundManifest {
  std::string path;
  ReproManifest manifest;
};

// The manifest that a replay of `test_id` has left below `folder`. NotFound if
// there is none; the errors of ReadManifest().
absl::StatusOr<FoundManifest> FindReplayManifest(const std::string& folder,
                                                 absl::string_view test_id);

// How a run ended, for a line: "failed after 12 steps, certificate 0x...", or
// of one whose process died "died by signal 11 (SIGSEGV) after 12 steps".
std::string EndText(const ReproManifest& manifest);

// Where traces end: one more than the index of the last event.
struct TraceEnds {
  std::uint64_t recorded = 0;
  std::uint64_t replayed = 0;
};

struct ReplayJudgement {
  // kOk: the replay did what was recorded, and ended alike; kOracleViolation:
  // the same, and oracles have found violations. kNondeterminism: it did not,
  // although it is the recorded build; kTestFailed: it did not, by another
  // build, or the program was ended by a signal. kInput: nothing was replayed,
  // or by another build that was not allowed.
  ExitCode code = ExitCode::kInput;
  std::string text;  // one line
};

// A process that died in its replay, too, has repeated its death if the traces
// end at the same event: `ends` is needed for that alone.
// REQUIRES: `replayed` is what FindReplayManifest() has returned, after
// FinishDiedRuns().
ReplayJudgement JudgeReplay(const ReproManifest& recorded,
                            const ChildExit& exit,
                            const absl::StatusOr<FoundManifest>& replayed,
                            bool allow_other_build,
                            const TraceEnds& ends = TraceEnds());

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_REPLAY_VERDICT_H_
