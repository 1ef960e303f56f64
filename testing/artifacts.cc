#include "asupersync/testing/artifacts.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/atomic_file.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/testing/event_log.h"
#include "nlohmann/json.hpp"
#include "openssl/sha.h"

namespace asupersync {
namespace testing_internal {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr char kFailedAssertionsFile[] = "failed_assertions.json";
constexpr char kInputFile[] = "inputs.bin";
constexpr char kDivergenceFile[] = "divergence.json";
// Until it gets the name that it has beside the folder.
constexpr char kSummaryFile[] = "summary.json";

std::string Sha256(absl::string_view bytes) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size(),
         digest);
  return absl::StrCat(
      "sha256:", absl::BytesToHexString(absl::string_view(
                     reinterpret_cast<const char*>(digest), sizeof(digest))));
}

bool IsInstalled(const char* program, const GetVariable& get_variable) {
  const std::optional<std::string> path = get_variable("PATH");
  if (!path.has_value()) return false;
  for (absl::string_view folder : absl::StrSplit(*path, ':')) {
    const std::string file = absl::StrCat(folder, "/", program);
    if (access(file.c_str(), X_OK) == 0) return true;
  }
  return false;
}

bool IsSameFolder(const std::string& a, const std::string& b) {
  std::error_code error;
  return !b.empty() && fs::equivalent(a, b, error) && !error;
}

bool IsRunningOrDied(const ArtifactsRoot& root, const std::string& name) {
  absl::StatusOr<ReproManifest> there =
      ReadManifest(absl::StrCat(root.folder, "/", name, "/",
                                kManifestFileName));
  return there.ok() &&
         (there->status == kStatusRunning || there->status == kStatusDied);
}

// The first of name, name_2, ... where artifacts may be put.
std::string NameToWrite(const ArtifactsRoot& root, const std::string& name,
                        const std::string& running_name) {
  std::string candidate = name;
  for (int number = 2; candidate != running_name; ++number) {
    if (!IsRunningOrDied(root, candidate)) break;
    candidate = absl::StrCat(name, "_", number);
  }
  return candidate;
}

std::string MakeSummary(const ReproManifest& manifest,
                        const ExecutionRecord& record,
                        const std::string& name) {
  Json json;
  json["schema_version"] = 1;
  json["test_id"] = manifest.test_id;
  json["seed"] = manifest.seed;
  json["status"] = manifest.status;
  json["passed"] = manifest.passed;
  json["subsystem"] = manifest.subsystem;
  json["invariant"] = manifest.invariant;
  json["verdict"] = manifest.verdict;
  json["steps"] = manifest.steps;
  json["schedule_certificate"] = manifest.schedule_certificate;
  json["trace_fingerprint"] = manifest.trace_fingerprint;
  json["failed_assertions"] = record.failures.size();
  json["failure_reason"] = manifest.failure_reason;
  if (record.sweep.has_value()) {
    json["sweep"] = {{"from_seed", record.sweep->from_seed},
                     {"planned", record.sweep->planned},
                     {"executed", record.sweep->executed},
                     {"distinct_fingerprints", record.sweep->distinct}};
    if (record.chaos.enabled()) {
      json["sweep"]["chaos"] = record.sweep->chaos_stats.ToString();
    }
  }
  if (record.chaos.enabled()) {
    json["chaos"] = record.chaos_stats.ToString();
  }
  json["replay_verdict"] = manifest.replay_verdict;
  json["folder"] = name;
  json["manifest"] = absl::StrCat(name, "/", kManifestFileName);
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::Status WriteTraceFile(const std::string& path,
                            const ReplayTrace& trace) {
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path);
  if (!writer.ok()) return writer.status();
  absl::Status status = writer->WriteTrace(trace);
  return status.ok() ? writer->Finish() : status;
}

// Writes a set of artifacts into `folder`. Whatever fails, the trace, which
// comes first, may be whole.
absl::Status WriteSet(const ExecutionRecord& record,
                      const ReproManifest& manifest, const std::string& name,
                      const std::string& folder) {
  const auto path = [&](const char* file) {
    return absl::StrCat(folder, "/", file);
  };
  absl::Status status;
  if (record.trace.has_value()) {
    status = WriteTraceFile(path(kTraceFileName), *record.trace);
  }
  const auto write = [&](const char* file, const std::string& bytes) {
    if (status.ok()) status = WriteFileAtomically(path(file), bytes);
  };
  write(kEventLogFileName, RenderEventLog(record));
  write(kFailedAssertionsFile, RenderFailedAssertions(record));
  if (record.inputs.has_value()) write(kInputFile, *record.inputs);
  if (record.difference.has_value()) {
    write(kDivergenceFile, record.difference->ToJson());
  } else if (!manifest.divergence_file.empty()) {
    write(kDivergenceFile, record.replay->divergence->ToJson());
  }
  write(kSummaryFile, MakeSummary(manifest, record, name));
  write(kManifestFileName, ToJson(manifest));
  return status;
}

// Moves the file, or removes what an earlier run has left if there is none.
absl::Status Replace(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return absl::OkStatus();
  const int failed = errno;
  if (failed == ENOENT) {
    unlink(to.c_str());
    return absl::OkStatus();
  }
  return absl::ErrnoToStatus(failed, absl::StrCat("cannot replace ", to));
}

constexpr const char* kFilesOfASet[] = {kTraceFileName, kEventLogFileName,
                                        kFailedAssertionsFile, kInputFile,
                                        kDivergenceFile, kManifestFileName};

// Moves the files of the set `from` to those of the set `to`. A manifest names
// only files that are there, so it comes last; that of a test that runs, which
// may be there, names those that are about to be replaced.
absl::Status MoveFiles(const std::string& from, const std::string& to) {
  for (const char* file : kFilesOfASet) {
    absl::Status status = Replace(absl::StrCat(from, "/", file),
                                  absl::StrCat(to, "/", file));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

// Removes the old set `from`, and moves to `to` what else somebody has put
// there. The manifest goes first.
void RemoveSet(const std::string& from, const std::string& to) {
  std::error_code error;
  fs::remove(absl::StrCat(from, "/", kManifestFileName), error);
  for (const char* file : kFilesOfASet) {
    fs::remove(absl::StrCat(from, "/", file), error);
  }
  for (fs::directory_iterator it(from, error), end; !error && it != end;
       it.increment(error)) {
    std::rename(it->path().c_str(), (fs::path(to) / it->path().filename())
                                        .c_str());
  }
  fs::remove(from, error);
}

// Makes `fresh` the set that has the name `folder`: at any instant a whole set
// has it, the old one or the new one.
absl::Status TakeName(const std::string& fresh, const std::string& folder) {
  if (renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, folder.c_str(),
                RENAME_EXCHANGE) == 0) {
    RemoveSet(fresh, folder);
    return absl::OkStatus();
  }
  if (errno == ENOENT) return Replace(fresh, folder);  // there is no old one
  // Not every file system exchanges names.
  unlink(absl::StrCat(folder, "/", kManifestFileName).c_str());
  return MoveFiles(fresh, folder);
}

// `running_name` is the folder's that the test has had while it ran, or empty.
absl::Status WriteAll(const ExecutionRecord& record,
                      const ReproManifest& manifest, const ArtifactsRoot& root,
                      const std::string& name,
                      const std::string& running_name) {
  const std::string folder = absl::StrCat(root.folder, "/", name);
  const std::string running =
      running_name.empty() ? "" : absl::StrCat(root.folder, "/", running_name);
  // Beside the old set, which stays until the new one is whole. From then on no
  // more room is needed.
  const std::string fresh = absl::StrCat(
      root.folder, "/",
      NewArtifactsName(running_name.empty() ? absl::StrCat(name, ".", getpid())
                                            : running_name));
  std::error_code error;
  fs::create_directories(fresh, error);
  if (error) {
    return absl::ErrnoToStatus(error.value(),
                               absl::StrCat("cannot make the folder ", fresh));
  }
  absl::Status status = WriteSet(record, manifest, name, fresh);
  if (status.ok()) {
    status = Replace(absl::StrCat(fresh, "/", kSummaryFile),
                     absl::StrCat(folder, "_summary.json"));
  }
  // The folder of a test that runs is locked, by a file in it.
  if (status.ok()) {
    status = folder == running ? MoveFiles(fresh, folder)
                               : TakeName(fresh, folder);
  }
  if (!status.ok() && !running.empty()) {
    // If it is whole, it is better than what the test has recorded there.
    const std::string trace = absl::StrCat(running, "/", kTraceFileName);
    std::rename(absl::StrCat(fresh, "/", kTraceFileName).c_str(),
                trace.c_str());
  }
  if (status.ok()) {
    fs::remove(fresh, error);  // is gone, or empty
  } else {
    fs::remove_all(fresh, error);
  }
  return status;
}

}  // namespace

ArtifactsRoot ChooseArtifactsRoot(const LabFlags& flags,
                                  const TestProcess& process,
                                  const GetVariable& get_variable) {
  ArtifactsRoot root;
  std::optional<std::string> outputs =
      get_variable("TEST_UNDECLARED_OUTPUTS_DIR");
  if (flags.artifacts_dir.has_value()) {
    root.folder = *flags.artifacts_dir;
  } else if (outputs.has_value() && !outputs->empty() &&
             IsInstalled("zip", get_variable)) {
    root.folder = *std::move(outputs);
    root.archive = OutsideSandbox(absl::StrCat(root.folder, "/outputs.zip"),
                                  process.binary);
  } else {
    root.folder = TemporaryArtifactsFolder(get_variable);
  }
  std::error_code error;
  const fs::path absolute = fs::absolute(root.folder, error);
  if (!error) root.folder = absolute.lexically_normal().string();
  return root;
}

std::string TemporaryArtifactsFolder(const GetVariable& get_variable) {
  const std::optional<std::string> temporary = get_variable("TMPDIR");
  return absl::StrCat(
      temporary.has_value() && !temporary->empty() ? *temporary : "/tmp",
      "/asupersync_artifacts_", getuid());
}

std::string SanitizedTestId(absl::string_view test_id) {
  std::string name(test_id);
  for (char& c : name) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

std::string ArtifactsName(const ArtifactsRoot& root, const std::string& test_id,
                          const std::string& kept_folder) {
  std::string name = SanitizedTestId(test_id);
  const auto manifest_there = [&] {
    return ReadManifest(
        absl::StrCat(root.folder, "/", name, "/", kManifestFileName));
  };
  absl::StatusOr<ReproManifest> there = manifest_there();
  if (there.ok() && there->test_id != test_id) {
    absl::StrAppend(&name, "_",
                    absl::StrFormat("%08x", StableHash64(test_id) >> 32));
    there = manifest_there();
  }
  if (!kept_folder.empty() && there.ok() && there->replay_of.empty()) {
    absl::StrAppend(&name, "_replay");
  }
  while (IsSameFolder(absl::StrCat(root.folder, "/", name), kept_folder)) {
    absl::StrAppend(&name, "_replay");
  }
  return name;
}

ReproManifest MakeManifest(const ExecutionRecord& record, bool passed,
                           const TestProcess& process) {
  ReproManifest manifest;
  manifest.seed = record.seeds.test_seed;
  manifest.schedule_seed = record.seeds.schedule;
  manifest.entropy_seed = record.seeds.entropy;
  manifest.fault_seed = record.seeds.fault;
  manifest.fuzz_seed = record.seeds.fuzz;
  manifest.scenario_id =
      record.scenario.empty() ? record.test_id : record.scenario;
  manifest.test_id = record.test_id;
  manifest.binary = process.binary;
  manifest.arguments = process.arguments;
  manifest.working_directory = process.working_directory;
  manifest.bazel_target = process.bazel_target;
  manifest.build_id = process.build_id;
  manifest.status = passed ? "passed" : "failed";
  manifest.passed = passed;
  manifest.config_hash = record.config_hash;
  manifest.trace_fingerprint = FormatFingerprint(record.fingerprint);
  manifest.schedule_certificate = FormatSeed(record.certificate);
  manifest.oracle_violations = record.oracle_violations;
  manifest.subsystem = record.subsystem;
  manifest.invariant = record.invariant;
  manifest.steps = record.steps;
  manifest.verdict = record.verdict;
  manifest.event_log_file = kEventLogFileName;
  manifest.failed_assertions_file = kFailedAssertionsFile;
  manifest.env_snapshot = process.environment;
  if (record.has_runtime) manifest.chaos = record.chaos.ToString();
  manifest.chaos_opportunities = record.chaos_stats.opportunities;
  for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
    const std::uint64_t count = record.chaos_stats.injected[kind];
    if (count == 0) continue;
    manifest.chaos_injected[Name(static_cast<ChaosKind>(kind))] = count;
  }
  for (const PhaseMark& phase : record.phases) {
    manifest.phases_executed.push_back(phase.name);
  }
  manifest.failure_reason = FailureReason(record);
  if (record.trace.has_value()) manifest.trace_file = kTraceFileName;
  if (record.inputs.has_value()) {
    manifest.input_file = kInputFile;
    manifest.input_digest = Sha256(*record.inputs);
  }
  if (record.replay.has_value()) {
    manifest.replay_of = record.replay->replay_of;
    manifest.replay_verdict = record.replay->VerdictText(passed);
    if (record.replay->followed.has_value()) {
      manifest.replay_followed = record.replay->followed->ToString();
    }
    if (record.replay->divergence.has_value()) {
      manifest.divergence_file = kDivergenceFile;
    }
  }
  if (record.difference.has_value()) manifest.divergence_file = kDivergenceFile;
  return manifest;
}

absl::StatusOr<WrittenArtifacts> WriteArtifacts(
    const ExecutionRecord& record, bool passed, const TestProcess& process,
    const ArtifactsRoot& root, const std::string& kept_folder,
    const std::string& running_name) {
  WrittenArtifacts written;
  written.name =
      NameToWrite(root, ArtifactsName(root, record.test_id, kept_folder),
                  running_name);
  written.folder = absl::StrCat(root.folder, "/", written.name);
  written.manifest = absl::StrCat(written.folder, "/", kManifestFileName);
  const ReproManifest manifest = MakeManifest(record, passed, process);
  absl::Status status =
      WriteAll(record, manifest, root, written.name, running_name);
  if (!status.ok()) {
    return absl::Status(
        status.code(),
        absl::StrCat(status.message(),
                     "; give a folder that can be written with "
                     "--lab_artifacts_dir or ASUPERSYNC_TEST_ARTIFACTS_DIR"));
  }
  return written;
}

}  // namespace testing_internal
}  // namespace asupersync
