#include "asupersync/testing/crash_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
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
#include "asupersync/testing/crash_signals.h"
#include "asupersync/testing/event_log.h"
#include "asupersync/testing/repro_lines.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr char kInputsFile[] = "inputs.bin";
// A test of which more runs go on or have died than this gets no folder.
constexpr int kNamesMax = 100;
constexpr std::size_t kSeedDigits = 20;    // of the largest one
constexpr std::size_t kSignalDigits = 3;  // two and a space
constexpr std::size_t kSeedTextBytes = 18;
constexpr int kSeedCount = 5;

// What the manifest says while the test runs, and, in the same place, if its
// artifacts could not be written.
constexpr absl::string_view kRunningReason =
    "the test was running; if its process is gone, it died";
constexpr absl::string_view kLostReason =
    "the test failed; its artifacts could not be written";
static_assert(kLostReason.size() <= kRunningReason.size());
constexpr char kStatusFailed[] = "failed";

constexpr absl::string_view kLostText =
    ": the test has failed, and its artifacts\n"
    "could not be written; its output says why. What happened is in "
    "trace.async.\n";

std::uint64_t SeedOf(const DerivedSeeds& seeds, int which) {
  const std::uint64_t all[kSeedCount] = {seeds.test_seed, seeds.schedule,
                                         seeds.entropy, seeds.fault,
                                         seeds.fuzz};
  return all[which];
}

// As FormatSeed() writes it: kSeedTextBytes characters.
void PutSeedText(std::uint64_t seed, char* to) {
  to[0] = '0';
  to[1] = 'x';
  for (std::size_t i = kSeedTextBytes; i-- > 2; seed >>= 4) {
    to[i] = "0123456789abcdef"[seed & 15];
  }
}

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

// Makes room for `width` characters where the top-level number `name` stands
// in `json`, as ToJson() writes it; returns where it begins.
std::size_t WidenNumber(absl::string_view name, std::size_t width,
                        std::string* json) {
  // No string of JSON holds a line end.
  const std::string before = absl::StrCat("\n  \"", name, "\": ");
  const std::size_t begin = json->find(before) + before.size();
  const std::size_t end = json->find_first_not_of("0123456789", begin);
  json->insert(end, width - (end - begin), ' ');
  return begin;
}

// All of it, or false.
bool Overwrite(int fd, absl::string_view bytes, std::size_t offset) {
  return pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset)) ==
         static_cast<ssize_t>(bytes.size());
}

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
  place.unpacked = absl::StrCat(
      TemporaryArtifactsFolder(&ProcessVariable), "/",
      SanitizedTestId(absl::StripPrefix(process.bazel_target, "//")), "_",
      absl::StrFormat("%016x", StableHash64(absl::StrCat(process.build_id, " ",
                                                         record.test_id))),
      "_died_", FormatSeed(record.seeds.test_seed));
  place.path =
      absl::StrCat(place.unpacked, "/", name, "/", kManifestFileName);
  return place;
}

std::vector<std::string> LinesToRepeat(const ExecutionRecord& record,
                                       const TestProcess& process,
                                       const ManifestPlace& place) {
  ReproRun run;
  run.test_id = record.test_id;
  run.seed = record.seeds.test_seed;
  run.run_disabled_tests = absl::StrContains(record.test_id, "DISABLED_");
  run.chaos = record.chaos_given;
  return ReproLines(process, run, place);
}

}  // namespace

DerivedSeeds SeedTemplate::Placeholders() {
  return {0xb5ad4eceda1ce2a9, 0xb5ad4eceda1ce2aa, 0xb5ad4eceda1ce2ab,
          0xb5ad4eceda1ce2ac, 0xb5ad4eceda1ce2ad};
}

SeedTemplate::SeedTemplate(std::string text) : text_(std::move(text)) {
  for (int which = 0; which < kSeedCount; ++which) {
    const std::string shown = FormatSeed(SeedOf(Placeholders(), which));
    for (std::size_t at = text_.find(shown); at != std::string::npos;
         at = text_.find(shown, at + 1)) {
      slots_.emplace_back(at, which);
    }
  }
}

const std::string& SeedTemplate::With(const DerivedSeeds& seeds) {
  for (const auto& [at, which] : slots_) {
    PutSeedText(SeedOf(seeds, which), &text_[at]);
  }
  return text_;
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

void CrashFiles::CloseFiles() {
  if (manifest_fd_ >= 0) close(manifest_fd_);
  if (log_fd_ >= 0) close(log_fd_);
  manifest_fd_ = log_fd_ = -1;
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
  const char* const names[kSeedCount] = {"seed", "schedule_seed",
                                         "entropy_seed", "fault_seed",
                                         "fuzz_seed"};
  std::vector<std::size_t> slots;
  for (const char* name : names) {
    slots.push_back(WidenNumber(name, kSeedDigits, &text));
  }
  signal_offset_ = WidenNumber("signal", kSignalDigits, &text);
  status_offset_ = text.find(absl::StrCat("\"", kStatusRunning, "\""));
  reason_offset_ = text.find(absl::StrCat("\"", kRunningReason, "\""));
  seeds_offset_ = slots[0];
  seeds_text_ =
      text.substr(seeds_offset_, slots.back() + kSeedDigits - seeds_offset_);
  for (std::size_t& slot : slots) slot -= seeds_offset_;
  seed_slots_ = std::move(slots);
  return WriteFileAtomically(Path(kManifestFileName), text);
}

absl::Status CrashFiles::RenderAll(const ExecutionRecord& record,
                                   const TestProcess& process) {
  CloseFiles();
  ExecutionRecord shown = record;
  shown.seeds = SeedTemplate::Placeholders();
  ManifestPlace place;  // of what can be replayed
  if (facts_.recorded) place = PlaceOf(root_, name_, shown, process);
  std::string lines;
  for (const std::string& line : LinesToRepeat(shown, process, place)) {
    absl::StrAppend(&lines, "  ", line, "\n");
  }
  const std::string where =
      root_.archive.empty() ? folder_
                            : absl::StrCat(name_, " in ", root_.archive);
  last_words_ =
      SeedTemplate(absl::StrCat(lines, "  artifacts: ", where, "\n"));
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
                                            log_.With(record.seeds));
  if (status.ok()) status = WriteManifest(record, process);
  if (!status.ok()) return status;
  log_fd_ = open(Path(kEventLogFileName).c_str(), O_WRONLY | O_CLOEXEC);
  manifest_fd_ = open(Path(kManifestFileName).c_str(), O_WRONLY | O_CLOEXEC);
  if (log_fd_ < 0 || manifest_fd_ < 0) {
    return absl::ErrnoToStatus(errno, absl::StrCat("cannot open ", folder_));
  }
  return absl::OkStatus();
}

void CrashFiles::PutSeeds(const DerivedSeeds& seeds) {
  for (int which = 0; which < kSeedCount; ++which) {
    char* const at = &seeds_text_[seed_slots_[static_cast<std::size_t>(which)]];
    std::memset(at, ' ', kSeedDigits);
    std::to_chars(at, at + kSeedDigits, SeedOf(seeds, which));
  }
}

void CrashFiles::BeginExecution(const ExecutionRecord& record,
                                const TestProcess& process,
                                const TraceMetadata& metadata,
                                bool recorded) {
  ForgetLastWords();
  absl::Status status = trace_->Begin(metadata);
  const Facts facts = {record.config_hash,   record.scenario,
                       record.subsystem,     record.invariant,
                       record.phases.size(), record.inputs.has_value(),
                       recorded};
  if (!rendered_ || facts != facts_ || facts.has_inputs) {
    facts_ = facts;
    status.Update(RenderAll(record, process));
    rendered_ = status.ok();
  } else {
    PutSeeds(record.seeds);
    if (!Overwrite(manifest_fd_, seeds_text_, seeds_offset_) ||
        !Overwrite(log_fd_, log_.With(record.seeds), 0)) {
      status.Update(absl::ErrnoToStatus(
          errno, absl::StrCat("cannot write to ", folder_)));
    }
  }
  if (!status.ok() && !warned_) {
    warned_ = true;
    Warn(absl::StrCat("if ", record.test_id,
                      " dies, its artifacts will not be complete: ",
                      status.message()));
  }
  LastWords words;
  words.test_id = record.test_id;
  words.text = last_words_.With(record.seeds);
  words.fd = manifest_fd_;
  words.signal_offset = static_cast<off_t>(signal_offset_);
  SetLastWords(words);
}

void CrashFiles::KeepTrace() {
  if (trace_ != nullptr) trace_->Keep();
}

void CrashFiles::Leave() {
  ForgetLastWords();
  CloseFiles();
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

void CrashFiles::EndWithoutArtifacts() {
  if (trace_ == nullptr) return;
  if (process_ == getpid() && rendered_) {
    const auto quoted = [](absl::string_view text, std::size_t width) {
      std::string result = absl::StrCat("\"", text, "\"");
      result.resize(width + 2, ' ');
      return result;
    };
    std::string log = log_.text();
    log.resize(log.find(kNotFinishedMark) + sizeof(kNotFinishedMark) - 1);
    absl::StrAppend(&log, kLostText);
    log = absl::StrReplaceAll(log, {{" outcome=running\n",
                                     " outcome=failed\n"}});
    // The status last: then nobody takes it for a run that died.
    if (!Overwrite(log_fd_, log, 0) ||
        ftruncate(log_fd_, static_cast<off_t>(log.size())) != 0 ||
        !Overwrite(manifest_fd_, quoted(kLostReason, kRunningReason.size()),
                   reason_offset_) ||
        !Overwrite(manifest_fd_,
                   quoted(kStatusFailed, sizeof(kStatusRunning) - 1),
                   status_offset_)) {
      Warn(absl::StrCat("cannot write to ", folder_,
                        "; it looks as if the test had died"));
    }
    RemoveMark();
  }
  Leave();
}

}  // namespace testing_internal
}  // namespace asupersync
