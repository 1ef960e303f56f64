#include "asupersync/replay/died_run.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "asupersync/base/seed.h"
#include "asupersync/replay/atomic_file.h"
#include "asupersync/replay/event_lines.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/mapped_trace_file.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/replay/trace_writer.h"
#include "asupersync/trace/replay_trace.h"

namespace asupersync {
namespace {

// A folder with more entries than this is not looked at to its end.
constexpr size_t kEntriesMax = 1000;
constexpr size_t kLogHeadBytesMax = 1 << 16;

// A file that is locked as its process would lock it.
class Lock {
 public:
  explicit Lock(const std::string& path)
      : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {
    if (fd_ < 0) return;
    held_elsewhere_ =
        flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    struct stat facts;
    if (fstat(fd_, &facts) == 0) size_ = static_cast<uint64_t>(facts.st_size);
  }
  Lock(const Lock&) = delete;
  Lock& operator=(const Lock&) = delete;
  ~Lock() {
    if (fd_ >= 0) close(fd_);
  }
  bool held_elsewhere() const { return held_elsewhere_; }
  uint64_t size() const { return size_; }

 private:
  int fd_;
  bool held_elsewhere_ = false;
  uint64_t size_ = 0;
};

std::string Below(absl::string_view folder, absl::string_view file) {
  return absl::StrCat(folder, "/", file);
}

// What can be read of the trace, if it is of this test.
std::optional<ReplayTrace> RecoverTrace(const std::string& path,
                                        const std::string& test_id) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  if (!reader.ok() || reader->metadata().test_id != test_id) {
    return std::nullopt;
  }
  return reader->Recover();
}

absl::Status WriteTrace(const std::string& path, const ReplayTrace& trace) {
  absl::StatusOr<TraceWriter> writer = TraceWriter::Create(path);
  if (!writer.ok()) return writer.status();
  absl::Status status = writer->WriteTrace(trace);
  return status.ok() ? writer->Finish() : status;
}

// The recording had ended before the process did.
bool EndsBefore(const ReplayTrace& trace) {
  return trace.limit() != RecordingLimit::kNone;
}

// Whether the log's first line names another execution's seed: the process died
// between the beginnings of trace and log.
bool IsOfAnother(absl::string_view log, uint64_t seed) {
  constexpr absl::string_view kName = " seed=";
  const absl::string_view line = log.substr(0, log.find('\n'));
  const size_t at = line.find(kName);
  return at != absl::string_view::npos &&
         !absl::StartsWith(line.substr(at + kName.size()), FormatSeed(seed));
}

// What the log says before its events: what its process wrote, if it is there.
std::string LogHead(const std::string& path, const ReproManifest& manifest) {
  std::string text(kLogHeadBytesMax, '\0');
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  const ssize_t bytes = fd < 0 ? 0 : read(fd, text.data(), text.size());
  if (fd >= 0) close(fd);
  text.resize(static_cast<size_t>(std::max<ssize_t>(bytes, 0)));
  const size_t mark = text.find(absl::StrCat("\n", kNotFinishedMark));
  if (mark == std::string::npos || IsOfAnother(text, manifest.seed)) {
    return absl::StrCat("test_id=", manifest.test_id,
                        " seed=", FormatSeed(manifest.seed),
                        " outcome=died\n");
  }
  text.resize(mark + 1);
  return absl::StrReplaceAll(text, {{" outcome=running\n",
                                     " outcome=died\n"}});
}

std::string Log(const std::string& path, const ReproManifest& manifest,
                const std::optional<ReplayTrace>& trace) {
  std::string text = absl::StrCat(LogHead(path, manifest), "died: ",
                                  manifest.failure_reason, "\n\n");
  if (trace.has_value()) {
    AppendEventLines(*trace, [](uint64_t) {}, &text);
    absl::StrAppend(&text, "!! here the ",
                    EndsBefore(*trace)
                        ? absl::StrCat("recording ", ToString(trace->limit()),
                                       "; the process died later\n")
                        : "process died\n");
  }
  return text;
}

std::string Reason(const DiedRun& run,
                   const std::optional<ReplayTrace>& trace) {
  std::string text = "the process died";
  if (run.signal != 0) absl::StrAppend(&text, " by ", SignalText(run.signal));
  if (!run.recorded) return absl::StrCat(text, "; recording was off");
  if (!trace.has_value()) {
    return absl::StrCat(text, "; it left no trace that can be read");
  }
  if (trace->empty()) return absl::StrCat(text, " before the first event");
  return absl::StrCat(
      text, " in or after step ", run.steps, ", after event #",
      trace->end_index() - 1,
      EndsBefore(*trace) ? absl::StrCat(", where the recording ",
                                        ToString(trace->limit()))
                         : "");
}

uint64_t LastTick(const ReplayTrace& trace) {
  const std::optional<EventRecord> last =
      trace.empty() ? std::nullopt : trace.At(trace.end_index() - 1);
  return last.has_value() ? last->tick : 0;
}

void TakeSeeds(const TraceMetadata& metadata, ReproManifest* manifest) {
  manifest->seed = metadata.seed;
  manifest->schedule_seed = metadata.schedule_seed;
  manifest->entropy_seed = metadata.entropy_seed;
  manifest->fault_seed = metadata.fault_seed;
  manifest->fuzz_seed = metadata.fuzz_seed;
  manifest->config_hash = metadata.config_hash;
}

absl::StatusOr<DiedRun> Finish(const std::string& folder,
                               ReproManifest manifest) {
  const std::string trace_path = Below(folder, kTraceFileName);
  const std::string log_path = Below(folder, kEventLogFileName);
  std::optional<ReplayTrace> trace =
      RecoverTrace(trace_path, manifest.test_id);
  unlink(SpareTracePath(trace_path).c_str());
  DiedRun run;
  run.folder = folder;
  run.test_id = manifest.test_id;
  run.signal = manifest.signal;
  if (trace.has_value()) {
    // It may have died between the beginnings of the two files.
    TakeSeeds(trace->metadata(), &manifest);
    run.recorded = !trace->empty() || !manifest.trace_file.empty();
  }
  if (!run.recorded) {
    trace.reset();
    unlink(trace_path.c_str());
  }
  if (trace.has_value()) {
    run.has_trace = true;
    run.events = trace->size();
    run.events_before = trace->first_index();
    run.limit = trace->limit();
    run.steps = LastTick(*trace);
    absl::Status status = WriteTrace(trace_path, *trace);
    if (!status.ok()) return status;
  }
  manifest.status = kStatusDied;
  manifest.passed = false;
  manifest.steps = run.steps;
  manifest.trace_file = trace.has_value() ? kTraceFileName : "";
  manifest.failure_reason = Reason(run, trace);
  absl::Status status =
      WriteFileAtomically(log_path, Log(log_path, manifest, trace));
  status.Update(
      WriteFileAtomically(Below(folder, kManifestFileName), ToJson(manifest)));
  if (!status.ok()) return status;
  return run;
}

std::vector<std::string> EntriesOf(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const entries = opendir(folder.c_str());
  if (entries == nullptr) return names;
  while (names.size() < kEntriesMax) {
    const dirent* const entry = readdir(entries);
    if (entry == nullptr) break;
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  closedir(entries);
  std::sort(names.begin(), names.end());
  return names;
}

// A link would lead out of the artifacts folder.
bool IsFolder(const std::string& path) {
  struct stat facts;
  return lstat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

}  // namespace

std::string SignalText(uint64_t signal) {
  if (signal == 0) return "a signal that is not known";
  const char* const name = signal < 65 ? sigabbrev_np(static_cast<int>(signal))
                                       : nullptr;
  return name == nullptr ? absl::StrCat("signal ", signal)
                         : absl::StrCat("signal ", signal, " (SIG", name, ")");
}

std::string DiedRun::ToString() const {
  std::string text = absl::StrCat(test_id, " died in an earlier run");
  if (signal != 0) absl::StrAppend(&text, " by ", SignalText(signal));
  if (!recorded) {
    absl::StrAppend(&text, "; recording was off");
  } else if (has_trace) {
    absl::StrAppend(&text, "; ", events_before > 0 ? "the last " : "", events,
                    " events, up to step ", steps,
                    limit == RecordingLimit::kNone
                        ? ""
                        : absl::StrCat(", where the recording ",
                                       asupersync::ToString(limit)),
                    ", were recovered");
  } else {
    absl::StrAppend(&text, "; it left no trace that can be read");
  }
  absl::StrAppend(&text, ": ", Below(folder, kEventLogFileName));
  return text;
}

absl::StatusOr<FinishResult> FinishDiedRun(const std::string& folder,
                                           uint64_t trace_bytes_max) {
  FinishResult result;
  const Lock lock(Below(folder, kTraceFileName));
  if (lock.held_elsewhere()) {
    result.state = FinishResult::State::kInUse;
    return result;
  }
  absl::StatusOr<ReproManifest> manifest =
      ReadManifest(Below(folder, kManifestFileName));
  if (absl::IsNotFound(manifest.status())) return result;
  if (!manifest.ok()) return manifest.status();
  if (manifest->status != kStatusRunning) return result;
  if (trace_bytes_max > 0 && lock.size() > trace_bytes_max) {
    result.state = FinishResult::State::kTooLarge;
    return result;
  }
  absl::StatusOr<DiedRun> run = Finish(folder, *std::move(manifest));
  if (!run.ok()) return run.status();
  result.state = FinishResult::State::kFinished;
  result.run = *std::move(run);
  return result;
}

std::string NewArtifactsName(absl::string_view name) {
  return absl::StrCat(".new.", name);
}

FinishedRuns FinishDiedRuns(const std::string& root, size_t runs_max,
                            uint64_t trace_bytes_max) {
  FinishedRuns runs;
  const std::string marks = Below(root, kRunningFolderName);
  bool all_done = true;
  for (const std::string& name : EntriesOf(marks)) {
    const std::string folder = Below(root, name);
    bool done = !IsFolder(folder);
    if (!done && runs.finished.size() < runs_max) {
      absl::StatusOr<FinishResult> result =
          FinishDiedRun(folder, trace_bytes_max);
      if (!result.ok()) {
        runs.errors.push_back(result.status());
        continue;
      }
      using State = FinishResult::State;
      if (result->state == State::kTooLarge) runs.too_large.push_back(folder);
      if (result->state == State::kFinished) {
        runs.finished.push_back(std::move(result->run));
      }
      done = result->state == State::kFinished ||
             result->state == State::kNotRunning;
    }
    if (done) {
      std::error_code ignored;
      std::filesystem::remove_all(Below(root, NewArtifactsName(name)), ignored);
      unlink(Below(marks, name).c_str());
    }
    all_done = all_done && done;
  }
  if (all_done) rmdir(marks.c_str());
  return runs;
}

}  // namespace asupersync
