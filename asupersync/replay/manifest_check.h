// Whether a repro manifest and a trace tell of the same run.
//
//   for (const std::string& difference :
//        ManifestDifferences(manifest, reader.metadata(), reader.summary())) {
//     Print(difference);  // "steps is 12 in the manifest, 18 in the trace"
//   }
//
// A manifest is text that anybody can edit; the trace says most of it again,
// behind checksums. A replay is not started from a manifest that its own trace
// contradicts: what would differ afterwards would look like a program that is
// not deterministic.
//
// Determinism: pure functions.
#ifndef ASUPERSYNC_REPLAY_MANIFEST_CHECK_H_
#define ASUPERSYNC_REPLAY_MANIFEST_CHECK_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {

// Every field of the manifest that the trace contradicts, with both values.
// What only the end of a trace tells (steps, certificate, fingerprint) is not
// compared if the trace has none, or if the manifest was written before it: its
// process died.
std::vector<std::string> ManifestDifferences(
    const ReproManifest& manifest, const TraceMetadata& metadata,
    const std::optional<TraceSummary>& summary);

// FailedPrecondition names both files, every difference, and what to do.
absl::Status CheckManifest(const ReproManifest& manifest,
                           absl::string_view manifest_path,
                           const TraceMetadata& metadata,
                           const std::optional<TraceSummary>& summary,
                           absl::string_view trace_path);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_MANIFEST_CHECK_H_
