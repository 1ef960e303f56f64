// From a repro manifest to the process that replays it.
//
//   absl::StatusOr<ReplayLaunch> launch = PlanReplay(path, *manifest, {});
//   out << launch->CommandLine() << "\n";
//   RunChild(launch->child);
//
// Lifetime: values.
#ifndef ASUPERSYNC_CLI_REPLAY_LAUNCH_H_
#define ASUPERSYNC_CLI_REPLAY_LAUNCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/child_process.h"
#include "asupersync/replay/manifest.h"

namespace asupersync::cli {

struct ReplayLaunch {
  ChildProcess child;
  // Variables of this process that would change what the test does: the child
  // does not get them. In order of name.
  std::vector<std::string> removed_variables;
  // Not empty: something that the user should know.
  std::string note;
  // One more than the index of the trace's last event.
  std::uint64_t trace_end = 0;

  // What has the same effect when pasted into bash or zsh.
  std::string CommandLine() const;
};

// Which of these variables ("NAME=value") direct GoogleTest, Bazel's test
// set-up or the lab; their names.
bool DirectsTests(absl::string_view variable);

// Whether it can stand in a bazel command without being taken for an option or
// a path. An empty text is none.
bool IsBazelLabel(absl::string_view text);

// The recorded arguments but those that direct GoogleTest or the lab: they
// would contradict the command's own, or have files written elsewhere.
std::vector<std::string> OwnArguments(const ReproManifest& manifest);

// The process that replays the manifest at `path` and leaves its artifacts in
// `artifacts_folder`. `environment` is this process's. `extra` arguments go
// before the recorded ones. Checks that the program and the trace are there:
// NotFound, PermissionDenied, InvalidArgument, ... say which is not, and what
// to do.
absl::StatusOr<ReplayLaunch> PlanReplay(
    absl::string_view path, const ReproManifest& manifest,
    const std::vector<std::string>& extra,
    const std::vector<std::string>& environment,
    const std::string& artifacts_folder);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_REPLAY_LAUNCH_H_
