#ifndef ASUPERSYNC_TESTING_LAB_SESSION_H_
#define ASUPERSYNC_TESTING_LAB_SESSION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "asupersync/lab/ambient_guard.h"
#include "asupersync/testing/crash_files.h"
#include "asupersync/testing/end_report.h"
#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/explore.h"
#include "asupersync/testing/lab_flags.h"
#include "asupersync/testing/replay_plan.h"
#include "asupersync/testing/seed_template.h"
#include "asupersync/testing/test_process.h"
#include "asupersync/testing/trace_comparer.h"
#include "asupersync/testing/watchdog.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {

// What the driver of a LAB_TEST tells the fixture that it is about to make.
struct DrivenExecution {
  std::optional<std::uint64_t> sweep_seed;     // of execution 1 and later
  std::optional<std::uint64_t> explicit_seed;  // by Explore::WithSeed
  bool is_sweep = false;
  TraceComparer* comparer = nullptr;  // to be told of the execution's events
};

// The lab tests of this process: what flags and environment say, the replay
// that was asked for, and the record of the execution that is going on.
//
// GoogleTest makes fixtures with default constructors and reports failures to
// listeners of the process, so there is one session, made at the first use.
class LabSession {
 public:
  static LabSession& Get();

  LabSession(const LabSession&) = delete;
  LabSession& operator=(const LabSession&) = delete;

  // See InitLabTesting(). Stops the program on bad input.
  void Init(int* argc, char** argv);
  // For a program whose main function does not call Init(): with the
  // environment alone. Stops the program if there are --lab_ flags.
  void InitIfNeeded();

  const LabFlags& flags() const { return flags_; }
  const TestProcess& process() const { return process_; }

  // The replay, if it is of this test; else null.
  const ReplayPlan* ReplayOf(const std::string& test_id) const;

  // Set while the driver constructs a fixture; null for a fixture that
  // GoogleTest itself makes.
  void set_driven(const DrivenExecution* driven) { driven_ = driven; }
  const DrivenExecution* driven() const { return driven_; }

  // Starts the record of another execution; the one before is forgotten.
  // `where` tells the position of a failure, for as long as the caller
  // leaves it there; later failures stand at the end.
  std::shared_ptr<ExecutionRecord> StartRecord(
      std::function<Position()> where);
  // The execution has no more positions.
  void EndPositions();
  // Of the current test; null before its first execution.
  ExecutionRecord* record() const { return record_.get(); }
  // Makes an earlier execution's record the current one again.
  void RestoreRecord(std::shared_ptr<ExecutionRecord> record) {
    record_ = std::move(record);
  }

  // While an execution is repeated whose failures are not the test's: where
  // they go. Else null.
  void set_rerun_failures(const ::testing::TestPartResultArray* failures) {
    rerun_failures_ = failures;
  }
  // Whether the execution that is going on has failed in a way that ends it.
  bool HasFatalFailure() const;

  // The watchdog looks at `runtime` (null: at none), and asks `fill_record` to
  // bring the record up to the stuck step.
  void Watch(const LabRuntime* runtime,
             std::function<void(const StuckStep&)> fill_record);

  // From now on a death of the process tells how to repeat the execution of
  // record() by its seed; once that has files (BeginCrashSafe), by these.
  void BeginLastWords();
  // Where the execution that `config` is for is recorded, so that its trace
  // survives the death of this process; null: it is recorded as `config` says,
  // because it has a storage, or because there is no folder for it (which is
  // told once). Also for one that is not recorded: recording may be switched on
  // later, and what the manifest says may help.
  std::shared_ptr<BlockStorage> CrashSafeStorage(const LabConfig& config);
  // Before the first event of an execution that has that storage: its files
  // are those of this execution from now on. Does nothing for another.
  void BeginCrashSafe(LabRuntime& runtime);
  // The execution is over: what its runtime records from now on, because tasks
  // are destroyed, is no part of it.
  void KeepTrace();
  // The runtime of an execution was destroyed: gives back its memory. Its files
  // stay.
  void EndExecution();

  // Stops the program if the test that is to be replayed is not to be run.
  void OnProgramStart() const;
  void OnTestStart();
  void OnFailure(const ::testing::TestPartResult& result);
  void OnTestEnd(const ::testing::TestInfo& test);
  // At the end of the program: a replay that was asked for was made.
  void CheckReplayWasMade() const;

 private:
  LabSession() = default;

  void LoadReplay();
  void InstallListener();
  // Once flags and process are known.
  void Begin();
  void OnAmbientCall(const AmbientCall& call);
  // On the watchdog's thread.
  void OnStuckStep(const StuckStep& stuck);
  // Tells of the tests that died in earlier runs with this artifacts folder,
  // and completes what they left.
  void FinishDiedTests() const;
  // `written_name`: see CrashFiles::End().
  void EndCrashSafe(const std::string& written_name);
  std::string KeptFolder() const;
  EndReport MakeEndReport(bool passed) const;

  bool initialized_ = false;
  LabFlags flags_;
  TestProcess process_;
  std::optional<ReplayPlan> replay_;
  bool replay_was_made_ = false;
  const DrivenExecution* driven_ = nullptr;
  std::shared_ptr<ExecutionRecord> record_;
  std::function<Position()> where_;
  std::unique_ptr<AmbientGuard> ambient_guard_;
  Watchdog watchdog_;
  std::function<void(const StuckStep&)> fill_record_;
  Position end_;
  std::unique_ptr<CrashFiles> crash_files_;  // of the current test
  bool no_crash_files_ = false;              // they cannot be made
  SeedTemplate last_words_;      // of executions as last_words_of_ says
  std::string last_words_of_;
  const ::testing::TestPartResultArray* rerun_failures_ = nullptr;
};

// Prints "asupersync: <message>" on standard error and ends the process with
// exit status 2, for input that makes a run impossible.
[[noreturn]] void StopProgram(const std::string& message);

// "Suite.Name" of the test that runs now, as GoogleTest prints it.
std::string CurrentTestId();

// Fails the test that runs now, at the line that it is declared in.
void FailCurrentTest(const std::string& message);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_SESSION_H_
