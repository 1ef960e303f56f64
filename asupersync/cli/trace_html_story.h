// What lies beside a trace and says why somebody looks at it: the manifest, the
// failed assertions, the divergence report.
//
//   TraceStory story = ReadTraceStory("out/trace.async", std::nullopt);
//   page["story"] = story.json;
//
// The manifest is the file given, or repro_manifest.json in the trace's folder
// if that is about this trace. The other files are those that it names, or
// failed_assertions.json and divergence.json there. Only files of the
// manifest's own folder are read, whatever it says.
//
// Determinism: a function of the files and their paths.
#ifndef ASUPERSYNC_CLI_TRACE_HTML_STORY_H_
#define ASUPERSYNC_CLI_TRACE_HTML_STORY_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {

struct TraceStory {
  // {"verdict", "reason", "passed" (or null), "certificate", "fingerprint",
  //  "commands": [...], "violations": [...], "assertions": [{"file", "line",
  //  "message", "tick", "event", "task"}], "divergence": {...} or null}
  nlohmann::ordered_json json;
  // Files that are there and cannot be used: a line each.
  std::vector<std::string> notes;
};

// An error: `manifest` was given and cannot be read.
absl::StatusOr<TraceStory> ReadTraceStory(
    const std::string& trace, const std::optional<std::string>& manifest);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TRACE_HTML_STORY_H_
