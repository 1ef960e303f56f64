#ifndef ASUPERSYNC_TESTING_ARTIFACTS_H_
#define ASUPERSYNC_TESTING_ARTIFACTS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/lab_flags.h"
#include "asupersync/testing/test_process.h"

namespace asupersync {
namespace testing_internal {

// Where artifacts go, and why there.
struct ArtifactsRoot {
  std::string folder;  // absolute
  // Not empty: Bazel packs the folder into this file after the test, and with
  // the test's sandbox the folder is gone.
  std::string archive;
};

// In this order: --lab_artifacts_dir or ASUPERSYNC_TEST_ARTIFACTS_DIR; under
// Bazel TEST_UNDECLARED_OUTPUTS_DIR, if there is a zip program, without which
// Bazel drops what is there; TemporaryArtifactsFolder(). Creates nothing.
ArtifactsRoot ChooseArtifactsRoot(const LabFlags& flags,
                                  const TestProcess& process,
                                  const GetVariable& get_variable);

// asupersync_artifacts_<user number> in TMPDIR or /tmp.
std::string TemporaryArtifactsFolder(const GetVariable& get_variable);

// `test_id` with every character but letters and digits as '_'.
std::string SanitizedTestId(absl::string_view test_id);

// The folder below `root` for this test's artifacts: the sanitized test_id; if
// another test's artifacts are there, with the suffix _ and a hash of the
// test_id; see WriteArtifacts for `kept_folder`.
std::string ArtifactsName(const ArtifactsRoot& root, const std::string& test_id,
                          const std::string& kept_folder);

// What the record tells of the execution so far.
ReproManifest MakeManifest(const ExecutionRecord& record, bool passed,
                           const TestProcess& process);

struct WrittenArtifacts {
  std::string name;      // of the test's folder below the root
  std::string folder;
  std::string manifest;  // its path
};

// Writes, below `root`:
//
//   <name>/event_log.txt, failed_assertions.json, repro_manifest.json
//   <name>/trace.async      if something was recorded
//   <name>/inputs.bin       if the test has given inputs
//   <name>/divergence.json  if this was a replay that diverged, or if a second
//                           execution differed
//   <name>_summary.json
//
// <name> is ArtifactsName(). A replay, which has a `kept_folder` (the one whose
// trace it followed), never writes there nor over what a run that was no
// replay has left: it then adds the suffix _replay. Where a run goes on or has
// died (see CrashFiles) the suffix _2 is added, or _3, ...; but the folder of
// `running_name` is the test's own.
//
// All of it, or nothing: what an earlier run has left stays until the new files
// are whole; then they take its place at once (in the folder of `running_name`
// and where names of folders cannot be exchanged one after the other, the
// manifest last), and what this run does not have is removed. Only the trace,
// if it alone could be written, takes the place of the one in the folder of
// `running_name`. What a process that is killed here leaves of the new files
// goes with the next start, if there is a `running_name`.
// Errors: one line that says what could not be written and what to do.
absl::StatusOr<WrittenArtifacts> WriteArtifacts(
    const ExecutionRecord& record, bool passed, const TestProcess& process,
    const ArtifactsRoot& root, const std::string& kept_folder,
    const std::string& running_name = "");

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_ARTIFACTS_H_
