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
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/program_build.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/replay_launch.h"
#include "asupersync/cli/replay_verdict.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/manifest_lookup.h"

namespace asupersync::cli {
namespace {

constexpr absl::string_view kHelp = R"(
Runs the test that left MANIFEST (a repro_manifest.json, the folder that has it,
or its trace beside it) again, driven by its recorded trace, and says whether it
did the same. Before anything runs: the trace must be readable and of the
manifest's run, which it must not contradict; the program that the manifest
names must be a lab test (it is looked into, not executed), and its build id
that of the manifest. The command is shown; the test's output follows. The
replay's own artifacts go to a new temporary folder, which is named and kept;
nothing else is written.

A manifest is data. The files that it names are entries of its own folder; its
test must be one test, and no part of it becomes a flag of GoogleTest or of the
lab. The recorded arguments of the program itself are given to it as they are:
the line with the command shows them.

Words after '--' are given to the test program as well, before its recorded
arguments: for instance --gtest_break_on_failure. The test runs in its recorded
working directory, or in this one if that is not there (the command and a line
say so), without the variables ASUPERSYNC_*, GTEST_*, CI_SEED and those of
Bazel's test runner that would direct it elsewhere.

With --format=json the test's output goes to standard error; "manifest",
"test_id", "command", "artifacts", "verdict" (a line of text) and "recorded" and
"replayed", with "status", "steps" and "certificate".

A process that died is replayed to its death: the replay is identical if it dies
after the same event, by the same signal. One that was ended from outside (by
SIGKILL, SIGTERM, ...) goes on behind the end of its trace, by the seed.

Exit status: 0 the test passed; 10 it failed, as recorded or, of another build,
in another way, or its process died; 11 it failed by an
oracle's violation; 12 the replay was not identical although it is the recorded
build: the program is not deterministic; 1 wrong usage; 2 the manifest, its
trace or the program is missing, damaged, of another run or of another build, or
the program refused to replay. The last line of the output says in words whether
the replay was identical.

Examples:
  asupersync replay repro_manifest.json
  asupersync replay /tmp/artifacts/Bank_Transfer
  asupersync replay repro_manifest.json -- --gtest_break_on_failure
  asupersync replay --allow-other-build repro_manifest.json
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

// That the program may be run: nothing that only the manifest says counts.
absl::Status CheckProgram(const ReproManifest& manifest,
                          const ReplayLaunch& launch, bool allow_other_build) {
  const std::string& program = launch.child.program;
  const absl::StatusOr<ProgramBuild> build =
      DescribeProgram(program, launch.child.environment);
  if (!build.ok()) return build.status();
  if (!build->is_lab_test) {
    return absl::FailedPreconditionError(
        absl::StrCat("the manifest's program ", program,
                     " is no lab test and is not run"));
  }
  if (allow_other_build) return absl::OkStatus();
  constexpr absl::string_view kHow =
      "; build it as it was, or give --allow-other-build";
  if (!build->build_id.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("the build of ", program, " cannot be told: ", build->why,
                     kHow));
  }
  if (*build->build_id == manifest.build_id) return absl::OkStatus();
  const auto text = [](const std::string& id) {
    return id.empty() ? std::string("a build without an id")
                      : absl::StrCat("build ", id);
  };
  return absl::FailedPreconditionError(
      absl::StrCat(program, " is ", text(*build->build_id),
                   ", the recording is of ", text(manifest.build_id), kHow));
}

void WriteEnd(absl::string_view key, const ReproManifest& manifest,
              JsonWriter& json) {
  json.Key(key);
  json.BeginObject();
  json.Field("status", manifest.status);
  json.Field("steps", manifest.steps);
  json.Field("certificate", manifest.schedule_certificate);
  json.End();
}

void TellPlan(const ReproManifest& manifest, const ReplayLaunch& launch,
              const std::string& path, const std::string& folder,
              const Output& output) {
  output.out << "replays " << Printable(manifest.test_id) << ", recorded as "
             << Printable(EndText(manifest)) << "\n"
             << "command: " << Printable(launch.CommandLine()) << "\n"
             << "artifacts: " << Printable(folder) << "\n";
  output.out.flush();  // the child writes to the same place
  if (output.json != nullptr) {
    output.json->Field("manifest", path);
    output.json->Field("test_id", manifest.test_id);
    output.json->Field("command", launch.CommandLine());
    output.json->Field("artifacts", folder);
    WriteEnd("recorded", manifest, *output.json);
  }
  if (!launch.note.empty()) PrintError(output, launch.note);
}

ExitCode Replay(const ReproManifest& manifest, const ReplayLaunch& launch,
                const std::string& folder, bool allow_other_build,
                const Output& output) {
  ChildProcess child = launch.child;
  child.output_to_error = output.json != nullptr;
  const absl::StatusOr<ChildExit> exit = RunChild(child);
  if (!exit.ok()) return Fail(exit.status(), output);
  // What the replay has left if it died, too.
  const FinishedRuns died = FinishDiedRuns(folder);
  for (const absl::Status& error : died.errors) {
    PrintError(output, error.message());
  }
  TraceEnds ends;
  ends.recorded = launch.trace_end;
  for (const DiedRun& run : died.finished) {
    ends.replayed = run.events_before + run.events;
  }
  const absl::StatusOr<FoundManifest> found =
      FindReplayManifest(folder, manifest.test_id);
  const ReplayJudgement judgement =
      JudgeReplay(manifest, *exit, found, allow_other_build, ends);
  if (judgement.code == ExitCode::kInput) {
    ::rmdir(folder.c_str());  // if nothing is in it
    PrintError(output, judgement.text);
    return judgement.code;
  }
  output.out << Printable(judgement.text) << "\n";
  if (output.json != nullptr) {
    output.json->Field("verdict", judgement.text);
    if (found.ok()) WriteEnd("replayed", found->manifest, *output.json);
  }
  return judgement.code;
}

ExitCode Run(const Arguments& arguments, const Output& output) {
  const absl::StatusOr<std::string> path = FindManifest(arguments.operand(0));
  if (!path.ok()) return Fail(path.status(), output);
  const bool allow_other_build = arguments.has("allow-other-build");
  const absl::StatusOr<ReproManifest> manifest = ReadManifest(*path);
  if (!manifest.ok()) return Fail(manifest.status(), output);
  absl::StatusOr<std::string> folder = MakeFolder();
  if (!folder.ok()) return Fail(folder.status(), output);
  const absl::StatusOr<ReplayLaunch> launch = PlanReplay(
      *path, *manifest, arguments.rest(), Environment(), *folder);
  absl::Status status = launch.status();
  if (status.ok()) {
    status = CheckProgram(*manifest, *launch, allow_other_build);
  }
  if (!status.ok()) {
    ::rmdir(folder->c_str());
    return Fail(status, output);
  }
  TellPlan(*manifest, *launch, *path, *folder, output);
  return Replay(*manifest, *launch, *folder, allow_other_build, output);
}

}  // namespace

const Command& ReplayCommand() {
  static const auto* const kCommand = new Command{
      "replay",
      "MANIFEST [OPTIONS] [-- ARGUMENTS]",
      "run a recorded test again and compare",
      kHelp,
      {{{"allow-other-build", "",
         "run the program although it was built anew since the recording, or "
         "its build cannot be told"}},
       {"MANIFEST"},
       /*takes_rest=*/true},
      &Run};
  return *kCommand;
}

}  // namespace asupersync::cli
