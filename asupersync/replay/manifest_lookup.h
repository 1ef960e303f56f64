// From what a user points at to the repro manifest that is meant.
//
//   absl::StatusOr<std::string> manifest = FindManifest("/tmp/artifacts");
//
// Determinism: functions of the file system; folders are looked at in the order
// of their names.
#ifndef ASUPERSYNC_REPLAY_MANIFEST_LOOKUP_H_
#define ASUPERSYNC_REPLAY_MANIFEST_LOOKUP_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace asupersync {

// Whether the file begins as traces do. What is no regular file is not opened.
bool IsTraceFile(const std::string& path);

// The manifests that `path` stands for, in order of their names:
//   a trace     that beside it, if it names this trace
//   a file      itself, whatever it is
//   a folder    its own, or those of the folders in it
// NotFound: there is none; the text says where it was looked for.
absl::StatusOr<std::vector<std::string>> FindManifests(
    const std::string& path);

// The same where one is wanted. InvalidArgument: there are several, of which
// the text names some.
absl::StatusOr<std::string> FindManifest(const std::string& path);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_MANIFEST_LOOKUP_H_
