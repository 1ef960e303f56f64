#include "asupersync/testing/debugger_line.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {
namespace testing_internal {
namespace {

// 0: none.
std::uint64_t StepOf(const ExecutionRecord& record) {
  for (const FailedAssertion& failure : record.failures) {
    if (!failure.position.task.empty()) return failure.position.tick;
  }
  return record.steps;
}

// `where`: the flag that says where to stop, behind a blank, or nothing.
std::string Line(const TestProcess& process, const ReproRun& run,
                 const ManifestPlace& manifest, const std::string& where) {
  const std::string test = absl::StrCat(
      " ", ShellQuoted(absl::StrCat("--gtest_filter=", run.test_id)),
      run.run_disabled_tests ? " --gtest_also_run_disabled_tests" : "");
  if (!process.bazel_target.empty()) {
    return absl::StrCat("bazel run -c dbg --run_under='gdb --args' ",
                        ShellQuoted(process.bazel_target), " --", test,
                        RunFlags(run), where);
  }
  std::string line = absl::StrCat(
      "gdb --args ", ShellQuoted(process.invoked_as), test,
      manifest.path.empty() ? RunFlags(run) : ReplayFlags(run, manifest.path),
      where);
  for (const std::string& argument : process.arguments) {
    absl::StrAppend(&line, " ", ShellQuoted(argument));
  }
  return line;
}

}  // namespace

std::string DebuggerLine(const TestProcess& process, const ReproRun& run,
                         const ManifestPlace& manifest,
                         const ExecutionRecord& record) {
  const std::uint64_t step = StepOf(record);
  if (step == 0 || run.check_determinism) return "";
  return Line(process, run, manifest,
              absl::StrCat(" --lab_break_at=tick:", step));
}

std::string DebuggerLineOfDeath(const TestProcess& process, const ReproRun& run,
                                const ManifestPlace& manifest) {
  if (run.check_determinism) {
    return Line(process, run, ManifestPlace(), " --lab_check_determinism");
  }
  return Line(process, run, manifest, "");
}

}  // namespace testing_internal
}  // namespace asupersync
