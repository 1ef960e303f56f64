#include "asupersync/testing/repro_lines.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr char kRunDisabled[] = "--gtest_also_run_disabled_tests";

std::string SeedText(const ReproRun& run) {
  return absl::StrFormat("0x%x", run.seed);
}

std::string Word(absl::string_view flag, absl::string_view value) {
  return absl::StrCat(" ", ShellQuoted(absl::StrCat(flag, value)));
}

std::vector<std::string> BazelLines(const TestProcess& process,
                                    const ReproRun& run,
                                    const ManifestPlace& manifest) {
  const std::string target = ShellQuoted(process.bazel_target);
  std::vector<std::string> lines = {absl::StrCat(
      "bazel test ", target, " ",
      ShellQuoted(absl::StrCat("--test_filter=", run.test_id)),
      run.run_disabled_tests ? absl::StrCat(" --test_arg=", kRunDisabled) : "",
      " --test_env=ASUPERSYNC_SEED=", SeedText(run),
      run.chaos.empty() ? "" : Word("--test_env=ASUPERSYNC_CHAOS=", run.chaos),
      run.oracles.empty() ? ""
                          : Word("--test_env=ASUPERSYNC_ORACLES=", run.oracles),
      run.check_determinism ? " --test_env=ASUPERSYNC_LAB_CHECK_DETERMINISM=1"
                            : "")};
  if (manifest.path.empty()) return lines;
  std::string unpack;
  if (!manifest.archive.empty()) {
    // `bazel run` replaces the archive, so it can be unpacked only once; the
    // line works again all the same.
    const std::string folder = ShellQuoted(manifest.unpacked);
    unpack = absl::StrCat("mkdir -p ", folder, "; test -e ",
                          ShellQuoted(manifest.path), " || unzip -qo ",
                          ShellQuoted(manifest.archive), " ",
                          ShellQuoted(absl::StrCat(manifest.name, "/*")),
                          " -d ", folder, "; ");
  }
  lines.push_back(absl::StrCat(
      unpack, "bazel run ", target, " -- ",
      ShellQuoted(absl::StrCat("--gtest_filter=", run.test_id)),
      run.run_disabled_tests ? absl::StrCat(" ", kRunDisabled) : "",
      ReplayFlags(run, manifest.path)));
  return lines;
}

}  // namespace

std::string ShellQuoted(absl::string_view text) {
  constexpr absl::string_view kPlain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "@%+=:,./-_";
  if (!text.empty() &&
      text.find_first_not_of(kPlain) == absl::string_view::npos) {
    return std::string(text);
  }
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

std::string RunFlags(const ReproRun& run) {
  std::string flags = absl::StrCat(" --lab_seed=", SeedText(run));
  if (!run.chaos.empty())
    absl::StrAppend(&flags, Word("--lab_chaos=", run.chaos));
  if (!run.oracles.empty()) {
    absl::StrAppend(&flags, Word("--lab_oracles=", run.oracles));
  }
  return flags;
}

std::string ReplayFlags(const ReproRun& run, absl::string_view manifest) {
  return absl::StrCat(
      Word("--lab_replay=", manifest),
      run.resync ? " --lab_replay_mode=resync" : "",
      run.oracles.empty() ? "" : Word("--lab_oracles=", run.oracles));
}

std::vector<std::string> ReproLines(const TestProcess& process,
                                    const ReproRun& run,
                                    const ManifestPlace& manifest) {
  if (!process.bazel_target.empty()) {
    return BazelLines(process, run, manifest);
  }
  // Flags come first: the program's own arguments may hold a "--".
  std::string arguments;
  for (const std::string& argument : process.arguments) {
    absl::StrAppend(&arguments, " ", ShellQuoted(argument));
  }
  std::string command =
      absl::StrCat(ShellQuoted(process.invoked_as), " ",
                   ShellQuoted(absl::StrCat("--gtest_filter=", run.test_id)));
  if (run.run_disabled_tests) absl::StrAppend(&command, " ", kRunDisabled);
  std::vector<std::string> lines = {absl::StrCat(
      command, RunFlags(run),
      run.check_determinism ? " --lab_check_determinism" : "", arguments)};
  if (!manifest.path.empty()) {
    lines.push_back(
        absl::StrCat(command, ReplayFlags(run, manifest.path), arguments));
  }
  return lines;
}

}  // namespace testing_internal
}  // namespace asupersync
