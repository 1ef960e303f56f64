#include "asupersync/testing/replay_plan.h"

#include <filesystem>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/manifest_check.h"
#include "asupersync/replay/manifest_lookup.h"
#include "asupersync/replay/preconditions.h"

namespace asupersync {
namespace testing_internal {
namespace {

// What a folder stands for: its manifest, or else its trace alone.
absl::StatusOr<std::string> FileOf(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_directory(path, error)) return path;
  absl::StatusOr<std::string> manifest = FindManifest(path);
  std::string trace = absl::StrCat(path, "/", kTraceFileName);
  if (absl::IsNotFound(manifest.status()) && IsTraceFile(trace)) return trace;
  return manifest;
}

std::string Describe(const DerivedSeeds& seeds) {
  return absl::StrCat(FormatSeed(seeds.test_seed), " (schedule ",
                      FormatSeed(seeds.schedule), ", entropy ",
                      FormatSeed(seeds.entropy), ", fault ",
                      FormatSeed(seeds.fault), ", fuzz ",
                      FormatSeed(seeds.fuzz), ")");
}

// A trace of a version without chaos has none.
absl::Status ReadChaos(ReplayPlan* plan) {
  for (const auto& [name, text] : plan->trace.metadata().config) {
    if (name != "chaos") continue;
    absl::StatusOr<ChaosConfig> chaos = ChaosConfig::Parse(text);
    if (!chaos.ok()) {
      return absl::FailedPreconditionError(absl::StrCat(
          plan->trace_path, ": the trace has chaos that this program does not "
          "know: ", chaos.status().message(),
          "; replay it with the version of asupersync that wrote it"));
    }
    plan->chaos = *chaos;
  }
  return absl::OkStatus();
}

// `died`: its process did, as the manifest says, so that there may be no event.
absl::Status ReadTrace(ReplayPlan* plan, bool died) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(plan->trace_path);
  if (!reader.ok()) return reader.status();
  absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  if (!trace.ok()) return trace.status();
  const bool may_be_empty =
      died || trace->complete() || trace->limit() != RecordingLimit::kNone;
  if (trace->empty() && !may_be_empty) {
    return absl::DataLossError(absl::StrCat(
        plan->trace_path, ": nothing is left of the trace (",
        trace->recovered(), "); copy it again, or run the test with "
        "--lab_seed=",
        FormatSeed(trace->metadata().seed)));
  }
  if (trace->metadata().test_id.empty()) {
    return absl::FailedPreconditionError(
        absl::StrCat(plan->trace_path,
                     ": the trace does not name a test; expected one that a "
                     "lab test has left"));
  }
  plan->trace = *std::move(trace);
  plan->test_id = plan->trace.metadata().test_id;
  plan->seeds = plan->trace.metadata().Seeds();
  return ReadChaos(plan);
}

}  // namespace

absl::StatusOr<ReplayPlan> LoadReplayPlan(absl::string_view path) {
  ReplayPlan plan;
  std::error_code error;
  plan.given =
      std::filesystem::absolute(std::string(path), error).string();
  if (error) plan.given = std::string(path);
  absl::StatusOr<std::string> file = FileOf(plan.given);
  if (!file.ok()) return file.status();
  plan.given = *std::move(file);
  ReproManifest manifest;
  // One by its name alone is refused by the reader, as what it is not.
  const bool is_trace =
      IsTraceFile(plan.given) || absl::EndsWith(plan.given, ".async");
  if (is_trace) {
    plan.trace_path = plan.given;
  } else {
    absl::StatusOr<ReproManifest> read = ReadManifest(plan.given);
    if (!read.ok()) return read.status();
    manifest = *std::move(read);
    if (manifest.trace_file.empty()) {
      return absl::FailedPreconditionError(absl::StrCat(
          plan.given, ": the run left no trace to follow (its test switched ",
          "recording off or never ran a task); run the test with --lab_seed=",
          FormatSeed(manifest.seed)));
    }
    plan.trace_path = FileBeside(plan.given, manifest.trace_file);
    plan.build_id = manifest.build_id;
    plan.recorded_as_failed = !manifest.passed;
    plan.recorded_reason = manifest.failure_reason;
  }
  plan.folder =
      std::filesystem::path(plan.trace_path).parent_path().string();
  absl::Status status = ReadTrace(
      &plan,
      manifest.status == kStatusRunning || manifest.status == kStatusDied);
  if (status.ok() && !is_trace) {
    status = CheckManifest(manifest, plan.given, plan.trace.metadata(),
                           plan.trace.summary(), plan.trace_path);
  }
  if (!status.ok()) return status;
  return plan;
}

absl::Status CheckSeedIsNotContradicted(const ReplayPlan& plan,
                                        const LabFlags& flags) {
  if (!flags.seed.has_value() || flags.seed->source == "CI_SEED" ||
      flags.seed->value == plan.seeds.test_seed) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      plan.given, " was recorded with seed ",
      FormatSeed(plan.seeds.test_seed), ", but ", flags.seed->source, " is ",
      FormatSeed(flags.seed->value), "; leave ", flags.seed->source,
      " out, a replay takes its seeds from the recording"));
}

std::vector<std::string> DifferencesFrom(const ReplayPlan& plan,
                                         const LabFlags& flags,
                                         const LabConfig& config) {
  std::vector<std::string> differences;
  const bool other_chaos = flags.chaos.has_value() &&
                           config.chaos() != plan.chaos &&
                           config.chaos() == flags.chaos->config;
  if (other_chaos) {
    differences.push_back(absl::StrCat(
        plan.given, " was recorded with chaos ", plan.chaos.ToString(),
        ", but ", flags.chaos->source, " is ", flags.chaos->text, "; leave ",
        flags.chaos->source, " out, a replay takes its chaos from the "
        "recording"));
  }
  const LabConfig recorded_alike =
      config.WithReplayRecording(config.recording().WithAccesses(
          plan.trace.metadata().accesses_recorded));
  ReplayExpectation now;
  now.library_version = kLibraryVersion;
  now.seed = config.seeds().test_seed;
  now.test_id = config.test_id();
  now.config_hash = recorded_alike.Hash();
  now.config = recorded_alike.Settings();
  for (std::string& difference :
       PreconditionDifferences(plan.trace.metadata(), now)) {
    // Said already, with who is to blame.
    if (other_chaos && absl::StartsWith(difference, "config chaos")) continue;
    differences.push_back(std::move(difference));
  }
  if (config.seeds() != plan.seeds) {
    differences.push_back(absl::StrCat(
        "the trace's seeds are ", Describe(plan.seeds),
        ", those of the test ", Describe(config.seeds()),
        " (let ConfigureLab() give the recorded ones)"));
  }
  return differences;
}

}  // namespace testing_internal
}  // namespace asupersync
