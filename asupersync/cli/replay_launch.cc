#include "asupersync/cli/replay_launch.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/replay/manifest_check.h"
#include "asupersync/replay/mapped_trace_file.h"
#include "asupersync/replay/trace_reader.h"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;

std::string HowToBuild(const ReproManifest& manifest) {
  if (!IsBazelLabel(manifest.bazel_target)) return "build it again";
  return absl::StrCat("build it again: bazel build ",
                      ShellQuote(absl::string_view(manifest.bazel_target)));
}

absl::StatusOr<std::string> FindProgram(const ReproManifest& manifest) {
  const fs::path recorded = manifest.binary;
  const fs::path path = recorded.is_absolute()
                            ? recorded
                            : manifest.working_directory / recorded;
  if (manifest.binary.empty() || !path.is_absolute()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the manifest does not say where its test program is (binary \"",
        manifest.binary, "\", working_directory \"",
        manifest.working_directory, "\"); expected an absolute path"));
  }
  const std::string program = path.lexically_normal().string();
  std::error_code error;
  const fs::file_status status = fs::status(program, error);
  if (!fs::exists(status)) {
    return absl::NotFoundError(absl::StrCat("the recorded test program ",
                                            program, " is not there; ",
                                            HowToBuild(manifest)));
  }
  if (!fs::is_regular_file(status) || ::access(program.c_str(), X_OK) != 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("the recorded test program ", program,
                     " cannot be executed; ", HowToBuild(manifest)));
  }
  return program;
}

// All of it: a program that is replayed from a damaged trace would only say
// later that it is. A prefix can be followed as far as it goes: the note says
// so.
absl::Status CheckTrace(const std::string& path, const ReproManifest& manifest,
                        absl::string_view manifest_path,
                        ReplayLaunch* launch) {
  if (IsTraceFileInUse(path)) {
    return absl::FailedPreconditionError(
        absl::StrCat(manifest.test_id, " still runs: its process holds the "
                     "lock of ", path, "; wait for its end"));
  }
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok()) return reader.status();
  launch->trace_end = reader->metadata().first_event;
  for (const auto& event : reader->events()) {
    if (!event.ok()) return event.status();
    launch->trace_end = event->index + 1;
  }
  launch->note = reader->recovered();
  return CheckManifest(manifest, manifest_path, reader->metadata(),
                       reader->summary(), path);
}

}  // namespace

bool IsBazelLabel(absl::string_view text) {
  return absl::StartsWith(text, "//") || absl::StartsWith(text, "@");
}

bool DirectsTests(absl::string_view variable) {
  constexpr absl::string_view kNames[] = {
      "CI_SEED",        "TESTBRIDGE_TEST_ONLY", "TEST_SHARD_INDEX",
      "TEST_TARGET",    "TEST_TOTAL_SHARDS",    "TEST_SHARD_STATUS_FILE",
      "XML_OUTPUT_FILE"};
  const absl::string_view name = variable.substr(0, variable.find('='));
  return absl::StartsWith(name, "ASUPERSYNC_") ||
         absl::StartsWith(name, "GTEST_") ||
         std::find(std::begin(kNames), std::end(kNames), name) !=
             std::end(kNames);
}

// GoogleTest reads its flags behind a "--" too, the lab does not.
std::vector<std::string> OwnArguments(const ReproManifest& manifest) {
  std::vector<std::string> own;
  bool flags_end = false;
  for (const std::string& argument : manifest.arguments) {
    flags_end = flags_end || argument == "--";
    const bool directs = absl::StartsWith(argument, "--gtest_") ||
                         absl::StartsWith(argument, "-gtest_") ||
                         absl::StartsWith(argument, "/gtest_") ||
                         (absl::StartsWith(argument, "--lab_") && !flags_end);
    if (!directs) own.push_back(argument);
  }
  return own;
}

std::string ReplayLaunch::CommandLine() const {
  std::string line;
  if (!child.working_directory.empty()) {
    absl::StrAppend(&line, "cd ",
                    ShellQuote(absl::string_view(child.working_directory)),
                    " && ");
  }
  std::vector<std::string> words;
  if (!removed_variables.empty()) {
    words.push_back("env");
    for (const std::string& name : removed_variables) {
      words.push_back("-u");
      words.push_back(name);
    }
  }
  words.push_back(child.program);
  words.insert(words.end(), child.arguments.begin(), child.arguments.end());
  return line + ShellQuote(words);
}

absl::StatusOr<ReplayLaunch> PlanReplay(
    absl::string_view path, const ReproManifest& manifest,
    const std::vector<std::string>& extra,
    const std::vector<std::string>& environment,
    const std::string& artifacts_folder) {
  ReplayLaunch launch;
  if (manifest.trace_file.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        path, " names no trace: its run was not recorded; run the test again "
              "with --lab_seed=",
        manifest.seed));
  }
  // It becomes a filter, which must not select other tests.
  if (manifest.test_id.find_first_of("*?:-") != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the manifest's test_id ", manifest.test_id,
        " is no name that --gtest_filter can select; expected that of one "
        "test, as Suite.Name"));
  }
  absl::StatusOr<std::string> program = FindProgram(manifest);
  if (!program.ok()) return program.status();
  if (absl::Status s = CheckTrace(FileBeside(path, manifest.trace_file),
                                  manifest, path, &launch);
      !s.ok()) {
    return s;
  }
  launch.child.program = *std::move(program);

  std::error_code error;
  const std::string absolute =
      fs::absolute(std::string(path), error).lexically_normal().string();
  if (error) return absl::ErrnoToStatus(error.value(), "no current folder");
  std::vector<std::string>& arguments = launch.child.arguments;
  arguments = {absl::StrCat("--gtest_filter=", manifest.test_id),
               absl::StrCat("--lab_replay=", absolute),
               absl::StrCat("--lab_artifacts_dir=", artifacts_folder),
               "--lab_artifacts=always"};
  if (absl::StrContains(manifest.test_id, "DISABLED_")) {
    arguments.push_back("--gtest_also_run_disabled_tests");
  }
  arguments.insert(arguments.end(), extra.begin(), extra.end());
  for (std::string& own : OwnArguments(manifest)) {
    arguments.push_back(std::move(own));
  }

  const fs::path folder = manifest.working_directory;
  if (folder.is_absolute() && fs::is_directory(folder, error)) {
    launch.child.working_directory = folder.string();
  } else {
    const fs::path here = fs::current_path(error);
    if (error) return absl::ErrnoToStatus(error.value(), "no current folder");
    launch.child.working_directory = here.string();
    absl::StrAppend(&launch.note, launch.note.empty() ? "" : "; ",
                    "the recorded working directory \"", folder.string(),
                    "\" is ",
                    folder.is_absolute() ? "not there" : "no absolute path",
                    "; the test runs in ", here.string());
  }
  for (const std::string& variable : environment) {
    if (DirectsTests(variable)) {
      launch.removed_variables.push_back(
          variable.substr(0, variable.find('=')));
    } else {
      launch.child.environment.push_back(variable);
    }
  }
  std::sort(launch.removed_variables.begin(), launch.removed_variables.end());
  return launch;
}

}  // namespace asupersync::cli
