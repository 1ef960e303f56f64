#include "asupersync/cli/replay_verdict.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "asupersync/replay/died_run.h"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;

// Paths of the manifests in the folders of `folder`, in order.
std::vector<std::string> ManifestsBelow(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (fs::directory_iterator it(folder, error), end; !error && it != end;
       it.increment(error)) {
    const std::string path = it->path() / "repro_manifest.json";
    std::error_code ignored;
    if (fs::is_regular_file(path, ignored)) paths.push_back(path);
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

bool Died(const ReproManifest& manifest) {
  return manifest.status == kStatusRunning || manifest.status == kStatusDied;
}

ReplayJudgement NothingReplayed(const ReproManifest& recorded,
                                const ChildExit& exit,
                                const absl::Status& why) {
  if (exit.signal != 0) {
    return {ExitCode::kTestFailed,
            absl::StrCat("replay diverged: the test program ended by ",
                         exit.ToString(), "; recorded was ",
                         EndText(recorded))};
  }
  return {ExitCode::kInput,
          absl::StrCat("not replayed: the test program ended with ",
                       exit.ToString(), " and left no replay of ",
                       recorded.test_id, " (", why.message(), ")")};
}

// Whether the replay's manifest tells of another build than the recorded one.
bool OtherBuild(const ReproManifest& recorded, const ReproManifest& now) {
  return !recorded.build_id.empty() && !now.build_id.empty() &&
         recorded.build_id != now.build_id;
}

// A program that does not repeat its own recording is not deterministic; one
// that was changed need not.
ExitCode Differs(const ReproManifest& recorded, const ReproManifest& now) {
  return OtherBuild(recorded, now) ? ExitCode::kTestFailed
                                   : ExitCode::kNondeterminism;
}

// What the test that was replayed amounts to.
ExitCode Result(const ReproManifest& now) {
  if (now.passed) return ExitCode::kOk;
  return now.oracle_violations.empty() ? ExitCode::kTestFailed
                                       : ExitCode::kOracleViolation;
}

// What a process does to itself, and not somebody from outside: a program that
// repeats its steps repeats it.
bool IsOwnSignal(std::uint64_t signal) {
  constexpr std::uint64_t kOwn[] = {SIGSEGV, SIGBUS,  SIGILL, SIGFPE,
                                    SIGABRT, SIGTRAP, SIGSYS};
  return std::find(std::begin(kOwn), std::end(kOwn), signal) != std::end(kOwn);
}

// Of a replay that was not asked to repeat all of a whole recording: of a
// prefix, or in resync mode.
ReplayJudgement JudgeLoosely(const ReproManifest& recorded,
                             const ReproManifest& now) {
  std::string text = absl::StrCat("replay: ", now.replay_verdict, "; now ",
                                  EndText(now), "; recorded was ",
                                  EndText(recorded));
  if (now.replay_verdict == "prefix") {
    if (Died(recorded) && IsOwnSignal(recorded.signal)) {
      return {Differs(recorded, now),
              absl::StrCat(text, "; the trace was followed to its end, where "
                                 "the process did not die: something outside "
                                 "of the lab decides it")};
    }
    return {Result(now),
            absl::StrCat(text, "; the trace was followed to its end, and what "
                               "comes behind it by the seed")};
  }
  return {Result(now), std::move(text)};
}

std::string LastEvent(std::uint64_t end) {
  return end == 0 ? std::string("before the first event")
                  : absl::StrCat("after event #", end - 1);
}

// Of a replay whose process died.
ReplayJudgement CompareDeath(const ReproManifest& recorded,
                             const ReproManifest& now, const TraceEnds& ends) {
  const std::string text = absl::StrCat(EndText(now), ", ",
                                        LastEvent(ends.replayed));
  if (!Died(recorded)) {
    return {ExitCode::kTestFailed,
            absl::StrCat("replay diverged: the process ", text,
                         "; recorded was ", EndText(recorded))};
  }
  const std::string before = absl::StrCat(EndText(recorded), ", ",
                                          LastEvent(ends.recorded));
  if (ends.replayed > ends.recorded) {
    return {ExitCode::kTestFailed,
            absl::StrCat("replay: prefix; now ", text, "; recorded was ",
                         before, "; what comes behind that is by the seed")};
  }
  if (ends.replayed < ends.recorded) {
    return {Differs(recorded, now),
            absl::StrCat("replay diverged: now ", text, "; recorded was ",
                         before)};
  }
  if (now.signal != recorded.signal) {
    return {Differs(recorded, now),
            absl::StrCat("replay took the same steps, but the process ", text,
                         "; recorded was ", before)};
  }
  return {ExitCode::kTestFailed,
          absl::StrCat("replay identical: ", recorded.test_id, " ", text)};
}

// The judgement, whatever the builds.
ReplayJudgement Compare(const ReproManifest& recorded,
                        const FoundManifest& replayed,
                        const TraceEnds& ends) {
  const ReproManifest& now = replayed.manifest;
  if (now.status == kStatusDied) return CompareDeath(recorded, now, ends);
  for (absl::string_view loose :
       {"prefix", "still fails", "fixed", "fails now", "still passes"}) {
    if (now.replay_verdict == loose) return JudgeLoosely(recorded, now);
  }
  if (now.replay_verdict != "identical") {
    std::string text = absl::StrCat("replay diverged: now ", EndText(now),
                                    "; recorded was ", EndText(recorded));
    if (!now.divergence_file.empty()) {
      absl::StrAppend(&text, "; where: ",
                      FileBeside(replayed.path, now.divergence_file));
    }
    return {Differs(recorded, now), std::move(text)};
  }
  if (now.schedule_certificate != recorded.schedule_certificate ||
      now.trace_fingerprint != recorded.trace_fingerprint ||
      now.steps != recorded.steps) {
    return {Differs(recorded, now),
            absl::StrCat("replay differs from the manifest: now ", EndText(now),
                         ", ", now.trace_fingerprint, "; recorded was ",
                         EndText(recorded), ", ", recorded.trace_fingerprint)};
  }
  if (now.passed != recorded.passed) {
    return {Differs(recorded, now),
            absl::StrCat("replay took the same steps, but the test has now ",
                         now.status, "; recorded was ", EndText(recorded),
                         "; something outside of the lab decides it")};
  }
  std::string text =
      absl::StrCat("replay identical: ", recorded.test_id, " ", EndText(now));
  if (!now.oracle_violations.empty()) {
    absl::StrAppend(&text, "; oracle violations: ",
                    absl::StrJoin(now.oracle_violations, ", "));
  }
  return {Result(now), std::move(text)};
}

}  // namespace

std::string EndText(const ReproManifest& manifest) {
  if (!Died(manifest)) {
    return absl::StrCat(manifest.status, " after ", manifest.steps,
                        " steps, certificate ", manifest.schedule_certificate);
  }
  std::string text = "died";
  if (manifest.signal != 0) {
    absl::StrAppend(&text, " by ", SignalText(manifest.signal));
  }
  // Not known before it is finished.
  if (manifest.status == kStatusDied) {
    absl::StrAppend(&text, " after ", manifest.steps, " steps");
  }
  return text;
}

absl::StatusOr<FoundManifest> FindReplayManifest(const std::string& folder,
                                                 absl::string_view test_id) {
  absl::Status status =
      absl::NotFoundError(absl::StrCat("no repro_manifest.json in ", folder));
  for (std::string& path : ManifestsBelow(folder)) {
    absl::StatusOr<ReproManifest> manifest = ReadManifest(path);
    if (!manifest.ok()) {
      status = manifest.status();
    } else if (manifest->test_id == test_id && !manifest->replay_of.empty()) {
      return FoundManifest{std::move(path), *std::move(manifest)};
    }
  }
  return status;
}

ReplayJudgement JudgeReplay(const ReproManifest& recorded,
                            const ChildExit& exit,
                            const absl::StatusOr<FoundManifest>& replayed,
                            bool allow_other_build, const TraceEnds& ends) {
  if (!replayed.ok()) {
    return NothingReplayed(recorded, exit, replayed.status());
  }
  ReplayJudgement judgement = Compare(recorded, *replayed, ends);
  if (!OtherBuild(recorded, replayed->manifest)) return judgement;
  absl::StrAppend(&judgement.text, "; by another build: recorded ",
                  recorded.build_id, ", now ", replayed->manifest.build_id);
  if (!allow_other_build) {
    absl::StrAppend(&judgement.text,
                    " (--allow-other-build makes the exit status tell the "
                    "replay's result)");
    judgement.code = ExitCode::kInput;
  }
  return judgement;
}

}  // namespace asupersync::cli
