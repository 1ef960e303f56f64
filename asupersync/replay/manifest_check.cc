#include "asupersync/replay/manifest_check.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "asupersync/base/seed.h"

namespace asupersync {

std::vector<std::string> ManifestDifferences(
    const ReproManifest& manifest, const TraceMetadata& metadata,
    const std::optional<TraceSummary>& summary) {
  std::vector<std::string> differences;
  const auto text = [&](absl::string_view field, const std::string& in_json,
                        const std::string& in_trace) {
    if (in_json == in_trace) return;
    differences.push_back(
        absl::StrCat(field, " is ", in_json.empty() ? "empty" : in_json,
                     " in the manifest, ",
                     in_trace.empty() ? "empty" : in_trace, " in the trace"));
  };
  const auto seed = [&](absl::string_view field, uint64_t in_json,
                        uint64_t in_trace) {
    text(field, FormatSeed(in_json), FormatSeed(in_trace));
  };
  text("test_id", manifest.test_id, metadata.test_id);
  seed("seed", manifest.seed, metadata.seed);
  seed("schedule_seed", manifest.schedule_seed, metadata.schedule_seed);
  seed("entropy_seed", manifest.entropy_seed, metadata.entropy_seed);
  seed("fault_seed", manifest.fault_seed, metadata.fault_seed);
  seed("fuzz_seed", manifest.fuzz_seed, metadata.fuzz_seed);
  text("config_hash", manifest.config_hash, metadata.config_hash);
  const bool is_early = manifest.status == kStatusRunning ||
                        manifest.status == kStatusDied;
  if (!summary.has_value() || is_early) return differences;
  text("steps", absl::StrCat(manifest.steps), absl::StrCat(summary->end_tick));
  text("schedule_certificate", manifest.schedule_certificate,
       FormatSeed(summary->certificate));
  text("trace_fingerprint", manifest.trace_fingerprint,
       absl::StrFormat("foata64:%016x", summary->fingerprint));
  return differences;
}

absl::Status CheckManifest(const ReproManifest& manifest,
                           absl::string_view manifest_path,
                           const TraceMetadata& metadata,
                           const std::optional<TraceSummary>& summary,
                           absl::string_view trace_path) {
  const std::vector<std::string> differences =
      ManifestDifferences(manifest, metadata, summary);
  if (differences.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      manifest_path, " and its trace ", trace_path,
      " are not of the same run: ", absl::StrJoin(differences, "; "),
      "; take both from the same artifacts folder, unchanged"));
}

}  // namespace asupersync
