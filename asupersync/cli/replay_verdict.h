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

struct ReplayJudgement {
  // kOk: the replay did what was recorded, and ended alike; kOracleViolation:
  // the same, and oracles have found violations. kNondeterminism: it did not,
  // although it is the recorded build; kTestFailed: it did not, by another
  // build, or the program was ended by a signal. kInput: nothing was replayed,
  // or by another build that was not allowed.
  ExitCode code = ExitCode::kInput;
  std::string text;  // one line
};

// REQUIRES: `replayed` is what FindReplayManifest() has returned.
ReplayJudgement JudgeReplay(const ReproManifest& recorded,
                            const ChildExit& exit,
                            const absl::StatusOr<FoundManifest>& replayed,
                            bool allow_other_build);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_REPLAY_VERDICT_H_
