#include "asupersync/testing/end_report.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/testing/artifacts.h"
#include "asupersync/testing/debugger_line.h"
#include "asupersync/testing/event_log.h"
#include "asupersync/testing/repro_lines.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

void Print(absl::string_view text) {
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

std::string SeedsText(const ExecutionRecord& record) {
  const DerivedSeeds& seeds = record.seeds;
  return absl::StrCat("test_seed=", FormatSeed(seeds.test_seed),
                      " schedule_seed=", FormatSeed(seeds.schedule),
                      " entropy_seed=", FormatSeed(seeds.entropy),
                      " fault_seed=", FormatSeed(seeds.fault),
                      " fuzz_seed=", FormatSeed(seeds.fuzz));
}

// Of a trace whose end is missing: what became of it.
std::string PrefixText(const ReplayResult& replay) {
  if (replay.recovered.empty()) return "";
  return absl::StrCat("  the trace has no end (", replay.recovered,
                      "): after its ", replay.prefix_events,
                      " events the execution went on by the seed\n");
}

// A reason in one line, as far as it is shown.
std::string Shown(absl::string_view reason) {
  constexpr std::size_t kBytesMax = 300;
  std::string text(reason.substr(0, kBytesMax));
  for (char& c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) c = ' ';
  }
  return text;
}

// Two failures with one reason but other numbers, such as values, steps and
// virtual times, are taken for the same.
bool IsOtherReason(absl::string_view a, absl::string_view b) {
  const auto without_digits = [](absl::string_view text) {
    std::string rest(text);
    rest.erase(std::remove_if(rest.begin(), rest.end(),
                              [](unsigned char c) {
                                return absl::ascii_isdigit(c);
                              }),
               rest.end());
    return rest;
  };
  return without_digits(a) != without_digits(b);
}

// How the test fails now if that is not how it failed when it was recorded.
std::string OtherReasonText(const ReplayResult& replay,
                            const std::string& reason) {
  if (replay.recorded_reason.empty() || reason.empty() ||
      !IsOtherReason(replay.recorded_reason, reason)) {
    return "";
  }
  return absl::StrCat("  recorded: ", Shown(replay.recorded_reason),
                      "; now: ", Shown(reason), "\n");
}

std::string ResyncText(const ExecutionRecord& record, bool passed) {
  const ReplayResult& replay = *record.replay;
  const ResyncReport& followed = *replay.followed;
  const std::string verdict = replay.VerdictText(passed);
  const std::string other_reason =
      verdict == "still fails" ? OtherReasonText(replay, FailureReason(record))
                               : "";
  std::string text = absl::StrCat(
      "REPLAY ", absl::AsciiStrToUpper(verdict),
      verdict == "diverged"
          ? absl::StrCat(" at event ", followed.differs_at.value_or(0))
          : "",
      other_reason.empty() ? "" : ", in another way", ": ",
      followed.ToString(), "\n", other_reason, "  followed ",
      replay.replay_of, "\n");
  if (verdict == "diverged") {
    absl::StrAppend(&text,
                    "  the test passes, but less than ",
                    ReplayResult::kFollowedEnoughPercent,
                    "% of the recorded schedule fits this program any more: "
                    "that says little about the recorded failure; record "
                    "it again\n");
  }
  return absl::StrCat(text, PrefixText(replay));
}

std::string ReplayText(const ExecutionRecord& record, bool passed) {
  const ReplayResult& replay = *record.replay;
  if (replay.followed.has_value()) return ResyncText(record, passed);
  if (replay.verdict == ReplayVerdict::kDiverged) {
    return absl::StrCat(
        "REPLAY DIVERGED from ", replay.replay_of,
        "\n  if the program was edited, --lab_replay_mode=resync follows the "
        "trace as far as it fits\n");
  }
  if (replay.verdict == ReplayVerdict::kPrefix) {
    return absl::StrCat("REPLAY PREFIX: ", replay.prefix_events,
                        " events as recorded in ", replay.replay_of, "; ",
                        record.steps, " steps in all; the test ",
                        passed ? "passed\n" : "failed\n", PrefixText(replay));
  }
  std::string text = absl::StrCat(
      "REPLAY IDENTICAL: ", record.steps, " steps, certificate ",
      FormatSeed(record.certificate), ", as recorded in ", replay.replay_of,
      "\n");
  if (!passed) {
    absl::StrAppend(&text, replay.recorded_as_failed.value_or(false)
                               ? "  the recorded failure was reproduced\n"
                               : "  the test failed\n");
  } else if (replay.recorded_as_failed.value_or(false)) {
    absl::StrAppend(&text,
                    "  the recorded run failed, this one passed: the schedule "
                    "is the same, what the test asserts is not\n");
  }
  return text;
}

std::string SweepText(const ExecutionRecord& record, bool passed) {
  const SweepResult& sweep = *record.sweep;
  const std::string counts =
      absl::StrCat(sweep.distinct, " distinct fingerprint",
                   sweep.distinct == 1 ? "" : "s", ", from seed ",
                   FormatSeed(sweep.from_seed));
  if (passed) {
    return absl::StrCat("[  SWEEP   ] ", record.test_id, ": ", sweep.executed,
                        " of ", sweep.planned, " executions, none failed; ",
                        counts, "\n");
  }
  return absl::StrCat("[  SWEEP   ] ", record.test_id, ": execution ",
                      sweep.executed, " of ", sweep.planned,
                      " failed, with seed ",
                      FormatSeed(record.seeds.test_seed), "; ", counts, "\n");
}

// In all executions of the test.
const ChaosStats& TotalChaos(const ExecutionRecord& record) {
  return record.sweep.has_value() ? record.sweep->chaos_stats
                                  : record.chaos_stats;
}

std::string ChaosText(const ExecutionRecord& record) {
  if (!record.chaos.enabled()) return "";
  const ChaosStats& stats = TotalChaos(record);
  std::string text = absl::StrCat("[  CHAOS   ] ", record.test_id, ": ",
                                  stats.ToString(), "\n");
  if (stats.total() == 0) {
    absl::StrAppend(&text, "[ WARNING  ] ", record.test_id, ": chaos was on (",
                    record.chaos.ToString(), ") and ",
                    stats.opportunities == 0
                        ? "nothing that it injects could be injected here"
                        : absl::StrCat("injected nothing in ",
                                       stats.opportunities, " opportunities"),
                    "\n");
  }
  return text;
}

std::string FailureText(const EndReport& report,
                        const std::vector<std::string>& repro_lines) {
  const ExecutionRecord& record = *report.record;
  std::string text =
      absl::StrFormat("TEST FAILURE - reproduce with seed 0x%016X\n",
                      record.seeds.test_seed);
  for (const std::string& line : repro_lines) {
    absl::StrAppend(&text, "  ", line, "\n");
  }
  absl::StrAppend(&text, "  test_id=", record.test_id,
                  " subsystem=", record.subsystem.empty() ? "-"
                                                          : record.subsystem,
                  " invariant=", record.invariant.empty() ? "-"
                                                          : record.invariant,
                  " phase=", record.phases.empty() ? "-"
                                                   : record.phases.back().name,
                  " outcome=failed\n  ", SeedsText(record), "\n");
  if (record.has_runtime) {
    absl::StrAppend(&text, "  steps=", record.steps,
                    " verdict=", record.verdict.empty() ? "-" : record.verdict,
                    " certificate=", FormatSeed(record.certificate),
                    " fingerprint=", FormatFingerprint(record.fingerprint),
                    "\n");
  }
  absl::StrAppend(&text, "  reason=", FailureReason(record), "\n");
  return text;
}

void RecordProperties(const ExecutionRecord& record, bool passed) {
  const auto set = [](const char* name, const std::string& value) {
    ::testing::Test::RecordProperty(name, value);
  };
  const DerivedSeeds& seeds = record.seeds;
  set("test_seed", FormatSeed(seeds.test_seed));
  set("schedule_seed", FormatSeed(seeds.schedule));
  set("entropy_seed", FormatSeed(seeds.entropy));
  set("fault_seed", FormatSeed(seeds.fault));
  set("fuzz_seed", FormatSeed(seeds.fuzz));
  if (record.has_runtime) {
    set("schedule_certificate", FormatSeed(record.certificate));
    set("trace_fingerprint", FormatFingerprint(record.fingerprint));
    set("steps", absl::StrCat(record.steps));
  }
  if (record.chaos.enabled()) {
    const ChaosStats& stats = TotalChaos(record);
    set("chaos", record.chaos.ToString());
    set("chaos_opportunities", absl::StrCat(stats.opportunities));
    set("chaos_injected", absl::StrCat(stats.total()));
    for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
      if (stats.injected[kind] == 0) continue;
      const std::string name =
          absl::StrCat("chaos_", Name(static_cast<ChaosKind>(kind)));
      set(name.c_str(), absl::StrCat(stats.injected[kind]));
    }
  }
  if (record.sweep.has_value()) {
    set("executions", absl::StrCat(record.sweep->executed));
    set("distinct_fingerprints", absl::StrCat(record.sweep->distinct));
  }
  if (record.replay.has_value()) {
    set("replay_verdict", record.replay->VerdictText(passed));
    if (record.replay->followed.has_value()) {
      set("replay_followed", record.replay->followed->ToString());
    }
  }
}

bool IsNotDeterministic(const ExecutionRecord& record) {
  for (const std::string& violation : record.oracle_violations) {
    if (violation == Name(OracleId::kDeterminism)) return true;
  }
  return false;
}

// The recording that a line with --lab_replay should follow; none if nothing
// was recorded. A replay repeats what it followed: if it diverged, its own
// trace ends in the middle.
//
// `name` is that of its folder, `file` the file in there to replay it by;
// empty: there is none.
ManifestPlace PlaceOf(const ExecutionRecord& record,
                      const TestProcess& process, const ArtifactsRoot& root,
                      const std::string& name, const std::string& file) {
  ManifestPlace place;
  if (record.replay.has_value()) {
    place.path = OutsideSandbox(record.replay->given, process.binary);
    return place;
  }
  if (!record.trace.has_value() || file.empty()) return place;
  place.path = absl::StrCat(root.folder, "/", name, "/", file);
  if (!root.archive.empty()) {
    // A folder of this failure's own: one of another build, seed or setup may
    // have been unpacked before.
    place.archive = root.archive;
    place.name = name;
    place.unpacked = absl::StrFormat(
        "%s/%s_%016x", TemporaryArtifactsFolder(&ProcessVariable),
        SanitizedTestId(absl::StripPrefix(process.bazel_target, "//")),
        StableHash64(absl::StrCat(process.build_id, " ", record.test_id, " ",
                                  record.config_hash, " ",
                                  record.seeds.test_seed, " ",
                                  record.certificate, " ",
                                  record.fingerprint)));
    place.path = absl::StrCat(place.unpacked, "/", name, "/", file);
  }
  return place;
}

// Where the artifacts are, in a line.
std::string ArtifactsLine(const ArtifactsRoot& root, const std::string& name,
                          absl::string_view remark = "") {
  return absl::StrCat("  artifacts: ",
                      root.archive.empty()
                          ? absl::StrCat(root.folder, "/", name)
                          : absl::StrCat(name, " in ", root.archive),
                      remark, "\n");
}

// Writes the artifacts and says how the test ended. What could not be written
// although the test passed is in *error.
std::string WriteAndDescribe(const EndReport& report, std::string* name,
                             std::string* error) {
  const ExecutionRecord& record = *report.record;
  ManifestPlace manifest;
  std::string artifacts_line;
  if (!report.passed || report.flags->artifacts_always ||
      record.replay.has_value()) {
    const ArtifactsRoot root =
        ChooseArtifactsRoot(*report.flags, *report.process, &ProcessVariable);
    const std::string running_name =
        report.crash_files == nullptr ? "" : report.crash_files->name();
    absl::StatusOr<WrittenArtifacts> written =
        WriteArtifacts(record, report.passed, *report.process, root,
                       report.kept_folder, running_name);
    if (written.ok()) {
      *name = written->name;
      manifest = PlaceOf(record, *report.process, root, written->name,
                         kManifestFileName);
      artifacts_line = ArtifactsLine(root, written->name);
    } else {
      const std::string kept =
          report.crash_files == nullptr
              ? ""
              : report.crash_files->EndWithoutArtifacts(record);
      const absl::string_view why = written.status().message();
      manifest = PlaceOf(record, *report.process, root, running_name, kept);
      artifacts_line =
          kept.empty()
              ? absl::StrCat("  no artifacts: ", why, "\n")
              : ArtifactsLine(root, running_name,
                              absl::StrCat(", not complete: ", why));
      if (report.passed) *error = absl::StrCat("no artifacts: ", why);
    }
  }
  std::string text;
  if (record.replay.has_value()) {
    absl::StrAppend(&text, ReplayText(record, report.passed));
  }
  if (record.sweep.has_value()) {
    absl::StrAppend(&text, SweepText(record, report.passed));
  }
  absl::StrAppend(&text, ChaosText(record));
  if (!report.passed) {
    ReproRun run;
    run.test_id = record.test_id;
    run.seed = record.seeds.test_seed;
    run.run_disabled_tests = absl::StrContains(record.test_id, "DISABLED_");
    run.check_determinism = IsNotDeterministic(record);
    run.chaos = record.chaos_given;
    run.oracles = record.oracles_given;
    run.resync =
        record.replay.has_value() && record.replay->followed.has_value();
    std::vector<std::string> lines =
        ReproLines(*report.process, run, manifest);
    std::string debugger =
        DebuggerLine(*report.process, run, manifest, record);
    if (!debugger.empty()) lines.push_back(std::move(debugger));
    absl::StrAppend(&text, FailureText(report, lines));
  }
  return absl::StrCat(text, artifacts_line);
}

}  // namespace

void PrintSeeds(const ExecutionRecord& record) {
  Print(absl::StrCat("[  SEEDS   ] ", record.test_id, " ", SeedsText(record),
                     "\n"));
}

std::string ReportEnd(const EndReport& report) {
  RecordProperties(*report.record, report.passed);
  std::string name;
  std::string error;
  const std::string text = WriteAndDescribe(report, &name, &error);
  // Somebody asked for artifacts; that they are missing is a failure.
  if (!error.empty()) ADD_FAILURE() << error;
  Print(text);
  return name;
}

std::string ReportStuckTest(const EndReport& report, std::string* name) {
  std::string error;
  return WriteAndDescribe(report, name, &error);
}

}  // namespace testing_internal
}  // namespace asupersync
