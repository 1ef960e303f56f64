#ifndef ASUPERSYNC_TESTING_CRASH_FILES_H_
#define ASUPERSYNC_TESTING_CRASH_FILES_H_

#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/mapped_trace_file.h"
#include "asupersync/testing/artifacts.h"
#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/mapped_text.h"
#include "asupersync/testing/seed_template.h"
#include "asupersync/testing/test_process.h"

namespace asupersync {
namespace testing_internal {

// What the death of a process says whose execution has no files: the lines that
// repeat it by its seed.
std::string SeedLinesOfDeath(const ExecutionRecord& record,
                             const TestProcess& process);

// The artifacts that a lab test has while it runs, for the case that its
// process dies: see asupersync/replay/died_run.h.
//
//   auto files = CrashFiles::Create(root, name);      // once for each test
//   recording = recording.WithStorage(files->storage());
//   ...make the runtime...
//   files->BeginExecution(record, process, metadata);  // for each execution
//   ...
//   files->End(written);
//
// Cost: of a test three files and a folder that are made and removed; of an
// execution after the first a memset of what the last one wrote, a pwrite() of
// 400 bytes (the trace's header, which is one execution's or the next one's and
// nothing between), and the seeds that are stored into manifest and log, which
// are mapped. A process that is killed in the middle of these stores has a
// manifest whose seeds are not all of one execution; FinishDiedRun() takes them
// from the trace.
class CrashFiles {
 public:
  // Makes the folder `name` below root.folder, or, if that is in use or holds
  // what another run has left, name_2, name_3 and so on. Errors say what could
  // not be made; the test is then recorded in memory.
  static absl::StatusOr<std::unique_ptr<CrashFiles>> Create(
      const ArtifactsRoot& root, const std::string& name);

  CrashFiles(const CrashFiles&) = delete;
  CrashFiles& operator=(const CrashFiles&) = delete;
  // As End(), for a test of which nothing was written.
  ~CrashFiles();

  const std::string& name() const { return name_; }
  std::shared_ptr<BlockStorage> storage() const { return trace_; }

  // Before the first event of an execution: trace, manifest, log and last
  // words are of this one. `metadata` is that of its recorder, `recorded`
  // whether that is on. REQUIRES: its runtime has storage().
  void BeginExecution(const ExecutionRecord& record, const TestProcess& process,
                      const TraceMetadata& metadata, bool recorded = true);
  // The execution is over; its trace stays in the file.
  void KeepTrace();

  // The test has ended, and `written_name` is the folder with its artifacts;
  // empty: it has none. Removes everything but what that folder has.
  void End(const std::string& written_name);
  // The test has failed as `record` says, and its artifacts could not be
  // written: what is there stays, and says so. Writes in place, which needs no
  // room on a full disk. Returns by which file of the folder the execution can
  // be replayed as far as there was room: the manifest, or, where there was
  // none for that, the trace; empty, if there is neither an event.
  std::string EndWithoutArtifacts(const ExecutionRecord& record);

 private:
  // What the files say besides the seeds.
  struct Facts {
    std::string config_hash;
    std::string scenario;
    std::string subsystem;
    std::string invariant;
    std::size_t phases = 0;
    bool has_inputs = false;
    bool recorded = false;

    bool Are(const ExecutionRecord& record, bool is_recorded) const;
  };

  CrashFiles(ArtifactsRoot root, std::string name,
             std::shared_ptr<MappedTraceFile> trace,
             std::vector<std::string> made_folders);

  std::string Path(absl::string_view file) const;
  absl::Status RenderAll(const ExecutionRecord& record,
                         const TestProcess& process);
  absl::Status WriteManifest(const ExecutionRecord& record,
                             const TestProcess& process);
  // Into manifest and log: the test has failed. False if that failed.
  bool SayFailed(const ExecutionRecord& record);
  void RemoveMark();
  // Closes everything; removes nothing.
  void Leave();

  const ArtifactsRoot root_;
  const std::string name_;
  const std::string folder_;
  std::shared_ptr<MappedTraceFile> trace_;
  std::vector<std::string> made_folders_;  // by us, outermost first
  const pid_t process_;

  bool rendered_ = false;
  Facts facts_;
  // As RenderAll() wrote them, if rendered_.
  MappedText manifest_;
  MappedText log_file_;
  SeedNumbers manifest_seeds_;
  std::size_t signal_offset_ = 0;
  SeedTemplate log_;
  SeedTemplate last_words_;
  bool warned_ = false;
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_CRASH_FILES_H_
