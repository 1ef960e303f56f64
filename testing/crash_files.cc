#include "asupersync/testing/crash_files.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/replay/atomic_file.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/file_size_signal.h"
#include "asupersync/testing/crash_signals.h"
#include "asupersync/testing/debugger_line.h"
#include "asupersync/testing/event_log.h"
#include "asupersync/testing/repro_lines.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr char kInputsFile[] = "inputs.bin";
// A test of which more runs go on or have died than this gets no folder.
constexpr int kNamesMax = 100;
constexpr std::size_t kSignalDigits = 3;  // two and a space
constexpr std::size_t kVerdictWidth = 24;

// What the manifest says while the test runs, and, in the same place, if its
// artifacts could not be written.
constexpr absl::string_view kRunningReason =
    "the test was running; if its process is gone, it died";
constexpr absl::string_view kLostReason =
    "the test failed; its artifacts could not be written";
static_assert(kLostReason.size() <= kRunningReason.size());

constexpr absl::string_view kLostText =
    ": the test has failed, and its artifacts\n"
    "could not be written; its output says why. What happened is in "
    "trace.async.\n";

void Warn(absl::string_view text) {
  std::fflush(stdout);
  std::fprintf(stderr, "asupersync: %.*s\n", static_cast<int>(text.size()),
               text.data());
}

// Appends those that had to be made, outermost first.
absl::Status MakeFolders(const std::string& folder,
                         std::vector<std::string>* made) {
  if (mkdir(folder.c_str(), 0777) == 0) {
    made->push_back(folder);
    return absl::OkStatus();
  }
  if (errno == EEXIST) return absl::OkStatus();
  const int failed = errno;
  const std::string parent =
      std::filesystem::path(folder).parent_path().string();
  if (failed == ENOENT && parent.size() < folder.size()) {
    absl::Status status = MakeFolders(parent, made);
    if (!status.ok()) return status;
    if (mkdir(folder.c_str(), 0777) == 0) {
      made->push_back(folder);
      return absl::OkStatus();
    }
    if (errno == EEXIST) return absl::OkStatus();
  }
  return absl::ErrnoToStatus(failed,
                             absl::StrCat("cannot make the folder ", folder));
}

void RemoveFolders(std::vector<std::string>* made) {
  while (!made->empty()) {
    rmdir(made->back().c_str());
    made->pop_back();
  }
}

bool Exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

// All of it, or false.
bool Overwrite(int fd, absl::string_view bytes, std::size_t offset) {
  const NoFileSizeSignal no_signal;
  return pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(bytes.size());
}

// Of this process alone, without asking for anything: what the kernel gives
// each at its start.
std::uint64_t ProcessToken() {
  const auto* const bytes =
      reinterpret_cast<const char*>(getauxval(AT_RANDOM));
  return bytes == nullptr ? static_cast<std::uint64_t>(getpid())
                          : StableHash64(absl::string_view(bytes, 16));
}

// Of the manifest in the folder `name`.
ManifestPlace PlaceOf(const ArtifactsRoot& root, const std::string& name,
                      const ExecutionRecord& record,
                      const TestProcess& process) {
  ManifestPlace place;
  if (record.replay.has_value()) {
    place.path = OutsideSandbox(record.replay->given, process.binary);
    return place;
  }
  place.path = absl::StrCat(root.folder, "/", name, "/", kManifestFileName);
  if (root.archive.empty()) return place;
  place.archive = root.archive;
  place.name = name;
  // A folder of this death's own: how it comes about is not known yet, and
  // another one of the same build and seed may be another.
  place.unpacked = absl::StrFormat(
      "%s/%s_%016x_died_%s", TemporaryArtifactsFolder(&ProcessVariable),
      SanitizedTestId(absl::StripPrefix(process.bazel_target, "//")),
      ProcessToken(), FormatSeed(record.seeds.test_seed));
  place.path =
      absl::StrCat(place.unpacked, "/", name, "/", kManifestFileName);
  return place;
}

std::string LinesToRepeat(const ExecutionRecord& record,
                          const TestProcess& process,
                          const ManifestPlace& place) {
  ReproRun run;
  run.test_id = record.test_id;
  run.seed = record.seeds.test_seed;
  run.run_disabled_tests = absl::StrContains(record.test_id, "DISABLED_");
  run.chaos = record.chaos_given;
  run.oracles = record.oracles_given;
  run.check_determinism = record.check_asked;
  std::vector<std::string> lines = ReproLines(process, run, place);
  lines.push_back(DebuggerLineOfDeath(process, run, place));
  std::string text;
  for (const std::string& line : lines) {
    absl::StrAppend(&text, "  ", line, "\n");
  }
  return text;
}

}  // namespace

std::string SeedLinesOfDeath(const ExecutionRecord& record,
                             const TestProcess& process) {
  return LinesToRepeat(record, process, ManifestPlace());
}

absl::StatusOr<std::unique_ptr<CrashFiles>> CrashFiles::Create(
    const ArtifactsRoot& root, const std::string& name) {
  std::vector<std::string> made;
  const std::string marks = absl::StrCat(root.folder, "/", kRunningFolderName);
  for (int number = 1; number <= kNamesMax; ++number) {
    const std::string own_name =
        number == 1 ? name : absl::StrCat(name, "_", number);
    const std::string folder = absl::StrCat(root.folder, "/", own_name);
    const std::string manifest = absl::StrCat(folder, "/", kManifestFileName);
    if (Exists(manifest)) continue;
    absl::Status status = MakeFolders(folder, &made);
    if (!status.ok()) {
      RemoveFolders(&made);
      return status;
    }
    auto trace = MappedTraceFile::Create(
        absl::StrCat(folder, "/", kTraceFileName),
        [own_name](const absl::Status& why) {
          Warn(absl::StrCat("the recording of ", own_name,
                            " goes on in memory, and its file ends here: ",
                            why.message()));
        });
    if (absl::IsResourceExhausted(trace.status())) continue;
    if (!trace.ok()) {
      RemoveFolders(&made);
      return trace.status();
    }
    // Another process may have used the folder since we looked.
    if (Exists(manifest)) continue;
    // Without the mark the run is found all the same, by who looks for it.
    mkdir(marks.c_str(), 0777);
    const int mark = open(absl::StrCat(marks, "/", own_name).c_str(),
                          O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    if (mark >= 0) close(mark);
    return std::unique_ptr<CrashFiles>(new CrashFiles(
        root, own_name, *std::move(trace), std::move(made)));
  }
  return absl::ResourceExhaustedError(absl::StrCat(
      root.folder, " has the artifacts of ", kNamesMax, " runs of ", name,
      "; remove those that are no longer needed"));
}

CrashFiles::CrashFiles(ArtifactsRoot root, std::string name,
                       std::shared_ptr<MappedTraceFile> trace,
                       std::vector<std::string> made_folders)
    : root_(std::move(root)),
      name_(std::move(name)),
      folder_(absl::StrCat(root_.folder, "/", name_)),
      trace_(std::move(trace)),
      made_folders_(std::move(made_folders)),
      process_(getpid()) {}

CrashFiles::~CrashFiles() { End(""); }

std::string CrashFiles::Path(absl::string_view file) const {
  return absl::StrCat(folder_, "/", file);
}

absl::Status CrashFiles::WriteManifest(const ExecutionRecord& record,
                                       const TestProcess& process) {
  ReproManifest manifest = MakeManifest(record, /*passed=*/false, process);
  manifest.status = kStatusRunning;
  manifest.trace_file = facts_.recorded ? kTraceFileName : "";
  manifest.failed_assertions_file = "";
  manifest.replay_verdict = "";
  manifest.divergence_file = "";
  manifest.failure_reason = std::string(kRunningReason);
  if (record.inputs.has_value()) {
    absl::Status status =
        WriteFileAtomically(Path(kInputsFile), *record.inputs);
    if (!status.ok()) return status;
  }
  std::string text = ToJson(manifest);
  manifest_seeds_ = SeedNumbers(&text);
  signal_offset_ = WidenValue("signal", kSignalDigits, &text);
  WidenValue("steps", SeedNumbers::kDigitsMax, &text);
  WidenValue("verdict", kVerdictWidth, &text);
  return WriteFileAtomically(Path(kManifestFileName), text);
}

absl::Status CrashFiles::RenderAll(const ExecutionRecord& record,
                                   const TestProcess& process) {
  manifest_ = MappedText();
  log_file_ = MappedText();
  ExecutionRecord shown = record;
  shown.seeds = SeedTemplate::Placeholders();
  // Unless all can be written: then there is no room for a trace either.
  last_words_ = SeedTemplate(SeedLinesOfDeath(shown, process));
  ManifestPlace place;  // of what can be replayed
  if (facts_.recorded) place = PlaceOf(root_, name_, shown, process);
  const std::string lines = LinesToRepeat(shown, process, place);
  std::string advice = absl::StrCat("to repeat it:\n", lines);
  if (facts_.recorded) {
    absl::StrAppend(&advice,
                    "to read what happened:\n  asupersync trace events ",
                    root_.archive.empty()
                        ? ShellQuoted(Path(kTraceFileName))
                        : absl::StrCat(name_, "/", kTraceFileName),
                    "\n");
  } else {
    absl::StrAppend(&advice, "recording was off before the first step\n");
  }
  log_ = SeedTemplate(RenderRunningLog(shown, advice));
  absl::Status status = WriteFileAtomically(Path(kEventLogFileName),
                                            log_.With(SeedTexts(record.seeds)));
  if (status.ok()) status = WriteManifest(record, process);
  if (!status.ok()) return status;
  absl::StatusOr<MappedText> manifest =
      MappedText::Open(Path(kManifestFileName));
  if (!manifest.ok()) return manifest.status();
  absl::StatusOr<MappedText> log = MappedText::Open(Path(kEventLogFileName));
  if (!log.ok()) return log.status();
  manifest_ = *std::move(manifest);
  log_file_ = *std::move(log);
  const std::string where =
      root_.archive.empty() ? folder_
                            : absl::StrCat(name_, " in ", root_.archive);
  last_words_ =
      SeedTemplate(absl::StrCat(lines, "  artifacts: ", where, "\n"));
  return absl::OkStatus();
}

bool CrashFiles::Facts::Are(const ExecutionRecord& record,
                           bool is_recorded) const {
  return config_hash == record.config_hash && scenario == record.scenario &&
         subsystem == record.subsystem && invariant == record.invariant &&
         phases == record.phases.size() &&
         has_inputs == record.inputs.has_value() && recorded == is_recorded;
}

void CrashFiles::BeginExecution(const ExecutionRecord& record,
                                const TestProcess& process,
                                const TraceMetadata& metadata,
                                bool recorded) {
  ForgetLastWords();
  absl::Status status = trace_->Begin(metadata);
  if (trace_->is_private()) return;  // the files are the parent's
  const SeedTexts texts(record.seeds);
  // Inputs are bytes that nothing is compared with.
  if (!rendered_ || !facts_.Are(record, recorded) || facts_.has_inputs) {
    facts_ = {record.config_hash,   record.scenario,
              record.subsystem,     record.invariant,
              record.phases.size(), record.inputs.has_value(),
              recorded};
    status.Update(RenderAll(record, process));
    rendered_ = status.ok();
  } else {
    // The trace is of this execution already, and what is in it counts.
    manifest_seeds_.StoreInto(manifest_.memory(), record.seeds);
    log_.StoreInto(log_file_.memory(), texts);
  }
  if (!status.ok() && !warned_) {
    warned_ = true;
    Warn(absl::StrCat("if ", record.test_id,
                      " dies, its artifacts will not be complete: ",
                      status.message()));
  }
  LastWords words;
  words.test_id = record.test_id;
  words.text = last_words_.With(texts);
  words.fd = manifest_.fd();
  words.signal_offset = static_cast<off_t>(signal_offset_);
  SetLastWords(words);
}

void CrashFiles::KeepTrace() {
  if (trace_ != nullptr) trace_->Keep();
}

void CrashFiles::Leave() {
  ForgetLastWords();
  manifest_ = MappedText();
  log_file_ = MappedText();
  trace_->RemoveSpare();
  trace_ = nullptr;
}

void CrashFiles::End(const std::string& written_name) {
  if (trace_ == nullptr) return;
  if (process_ != getpid()) return Leave();  // the files are the parent's
  trace_->RemoveSpare();
  if (written_name != name_) {
    for (const char* file : {kManifestFileName, kTraceFileName,
                             kEventLogFileName, kInputsFile}) {
      unlink(Path(file).c_str());
    }
    rmdir(folder_.c_str());
  }
  RemoveMark();
  RemoveFolders(&made_folders_);
  Leave();
}

void CrashFiles::RemoveMark() {
  const std::string marks =
      absl::StrCat(root_.folder, "/", kRunningFolderName);
  unlink(absl::StrCat(marks, "/", name_).c_str());
  rmdir(marks.c_str());
}

bool CrashFiles::SayFailed(const ExecutionRecord& record) {
  std::string log(log_file_.memory(), log_file_.size());
  log.resize(log.find(kNotFinishedMark) + sizeof(kNotFinishedMark) - 1);
  absl::StrAppend(&log, kLostText);
  log = absl::StrReplaceAll(log, {{" outcome=running\n",
                                   " outcome=failed\n"}});
  if (!Overwrite(log_file_.fd(), log, 0) ||
      ftruncate(log_file_.fd(), static_cast<off_t>(log.size())) != 0) {
    return false;
  }
  const absl::string_view manifest(manifest_.memory(), manifest_.size());
  const auto put = [&](const char* name, std::string value,
                       std::size_t width) {
    const std::string before = absl::StrCat("\n  \"", name, "\": ");
    const std::size_t at = manifest.find(before);
    if (at == absl::string_view::npos || value.size() > width) return false;
    value.resize(width, ' ');
    return Overwrite(manifest_.fd(), value, at + before.size());
  };
  const auto put_text = [&](const char* name, absl::string_view text,
                            std::size_t width) {
    return put(name, absl::StrCat("\"", text, "\""), width + 2);
  };
  // What a whole trace beside it says, too; the status last: then nobody takes
  // it for a run that died.
  const std::string certificate = FormatSeed(record.certificate);
  const std::string fingerprint = FormatFingerprint(record.fingerprint);
  return put("steps", absl::StrCat(record.steps), SeedNumbers::kDigitsMax) &&
         put_text("verdict", record.verdict, kVerdictWidth - 2) &&
         put_text("schedule_certificate", certificate, certificate.size()) &&
         put_text("trace_fingerprint", fingerprint, fingerprint.size()) &&
         put_text("failure_reason", kLostReason, kRunningReason.size()) &&
         put_text("status", kStatusFailed, sizeof(kStatusRunning) - 1);
}

std::string CrashFiles::EndWithoutArtifacts(const ExecutionRecord& record) {
  if (trace_ == nullptr) return "";
  if (process_ != getpid()) {
    Leave();
    return "";
  }
  if (rendered_ && !SayFailed(record)) {
    Warn(absl::StrCat("cannot write to ", folder_,
                      "; it looks as if the test had died"));
  }
  absl::StatusOr<TraceReader> reader = TraceReader::Open(Path(kTraceFileName));
  const ReplayTrace trace = reader.ok() ? reader->Recover() : ReplayTrace();
  const bool is_there = trace.metadata().test_id == record.test_id &&
                        (trace.complete() || !trace.empty());
  if (!rendered_ && !is_there) {
    End("");
    return "";
  }
  RemoveMark();
  Leave();
  if (!is_there) return "";
  return rendered_ ? kManifestFileName : kTraceFileName;
}

}  // namespace testing_internal
}  // namespace asupersync
