#include "asupersync/cli/replay_command.h"

#include <stdlib.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/child_process.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/replay_launch.h"
#include "asupersync/cli/replay_verdict.h"
#include "asupersync/replay/manifest.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Runs the test that left MANIFEST (a repro_manifest.json) again, driven by its
recorded trace, and says whether it did the same. The command is shown before
it runs; the test's output follows. The replay's own artifacts go to a new
temporary folder, which is named and kept.

Words after '--' are given to the test program as well, before its recorded
arguments: for instance --gtest_break_on_failure. The test runs in its recorded
working directory, without the variables ASUPERSYNC_*, GTEST_*, CI_SEED and
those of Bazel's test runner that would direct it elsewhere.

  --allow-other-build  report the replay's result also if the program was built
                       anew since the recording (else the exit status is 2)

Exit status: 0 the replay was identical, step by step, and the test ended as
recorded (so a failure that was reproduced is a 0); 10 it was not; 2 the
manifest, its trace or the program is missing, damaged or of another build, or
the program refused to replay.

Examples:
  asupersync replay repro_manifest.json
  asupersync replay repro_manifest.json -- --gtest_break_on_failure
)";

std::vector<std::string> Environment() {
  std::vector<std::string> variables;
  for (char** at = environ; *at != nullptr; ++at) variables.push_back(*at);
  return variables;
}

// A new folder for the replay's artifacts.
absl::StatusOr<std::string> MakeFolder() {
  const char* parent = ::getenv("TMPDIR");
  if (parent == nullptr || parent[0] != '/') parent = "/tmp";
  std::string folder = absl::StrCat(parent, "/asupersync-replay-XXXXXX");
  if (::mkdtemp(folder.data()) != nullptr) return folder;
  return absl::ErrnoToStatus(
      errno, absl::StrCat("cannot make the temporary folder ", folder,
                          "; set TMPDIR to one that can be written"));
}

ExitCode Fail(const absl::Status& status, const Output& output) {
  PrintError(output, status.message());
  return ExitCode::kInput;
}

ExitCode Replay(const ReproManifest& manifest, const ReplayLaunch& launch,
                const std::string& folder, bool allow_other_build,
                const Output& output) {
  output.out << "replays " << Printable(manifest.test_id) << ", recorded as "
             << Printable(manifest.status) << " after " << manifest.steps
             << " steps, certificate "
             << Printable(manifest.schedule_certificate) << "\n"
             << "command: " << Printable(launch.CommandLine()) << "\n"
             << "artifacts: " << Printable(folder) << "\n";
  if (!launch.note.empty()) PrintError(output, launch.note);
  output.out.flush();  // the child writes to the same place
  const absl::StatusOr<ChildExit> exit = RunChild(launch.child);
  if (!exit.ok()) return Fail(exit.status(), output);
  const ReplayJudgement judgement =
      JudgeReplay(manifest, *exit, FindReplayManifest(folder, manifest.test_id),
                  allow_other_build);
  if (judgement.code == ExitCode::kInput) {
    ::rmdir(folder.c_str());  // if nothing is in it
    PrintError(output, judgement.text);
  } else {
    output.out << Printable(judgement.text) << "\n";
  }
  return judgement.code;
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  const std::string& path = arguments.operand(0);
  const absl::StatusOr<ReproManifest> manifest = ReadManifest(path);
  if (!manifest.ok()) return Fail(manifest.status(), output);
  absl::StatusOr<std::string> folder = MakeFolder();
  if (!folder.ok()) return Fail(folder.status(), output);
  const absl::StatusOr<ReplayLaunch> launch = PlanReplay(
      path, *manifest, arguments.rest(), Environment(), *folder);
  if (!launch.ok()) {
    ::rmdir(folder->c_str());
    return Fail(launch.status(), output);
  }
  return Replay(*manifest, *launch, *folder,
                arguments.has("allow-other-build"), output);
}

}  // namespace

const Command& ReplayCommand() {
  static const auto* const kCommand = new Command{
      "replay",
      "MANIFEST [--allow-other-build] [-- ARGUMENTS]",
      "run a recorded test again and compare",
      kHelp,
      {{{"allow-other-build", ""}}, {"MANIFEST"}, /*takes_rest=*/true},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
