#ifndef ASUPERSYNC_TESTING_LAB_EXECUTION_H_
#define ASUPERSYNC_TESTING_LAB_EXECUTION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/lab_break.h"
#include "asupersync/testing/replay_plan.h"
#include "asupersync/testing/trace_comparer.h"
#include "asupersync/testing/watchdog.h"

namespace asupersync {
namespace testing_internal {

// One execution of a lab test: its seeds, its runtime and its record. A LabTest
// has one; it knows nothing of fixtures.
//
// Lifetime: runtime() makes the runtime, Finish() destroys it.
class LabExecution {
 public:
  using Configure = std::function<LabConfig(LabConfig)>;

  // `configure` is asked once, when seeds or runtime are first needed.
  // `explicit_seed` is the fixture's own.
  LabExecution(std::optional<std::uint64_t> explicit_seed,
               Configure configure);
  LabExecution(const LabExecution&) = delete;
  LabExecution& operator=(const LabExecution&) = delete;
  ~LabExecution();

  const DerivedSeeds& seeds() { return config().seeds(); }
  LabRuntime& runtime();
  bool has_runtime() const { return runtime_ != nullptr; }

  ExecutionRecord& record() { return *record_; }
  void EnterPhase(absl::string_view name);
  // Finish() accepts only this end of the last run, with what it leaves.
  void ExpectVerdict(RunVerdict verdict) { expected_verdict_ = verdict; }
  // The run is over and the body of a LAB_TEST is not: Finish() fails the test
  // unless that end is expected, or a replay that diverged stopped there,
  // whichever oracles watch.
  void BodyIsLeft() { body_is_left_ = true; }

  // Judges how the last run ended, fills in the record and destroys the
  // runtime. Does nothing the second time.
  void Finish();
  // The runtime's owner is gone without Finish(): destroys the runtime if it
  // holds no task, whose destruction could touch what is gone; else leaks it.
  void Abandon();

 private:
  const LabConfig& config();
  std::uint64_t ChooseSeed(const std::optional<std::uint64_t>& explicit_seed);
  std::string GivenChaosText() const;
  // Stops the program if the plan cannot be followed strictly; says what
  // differs if it is followed as far as it fits.
  void CheckPlan(const ReplayPlan& plan);
  void Follow(const ReplayPlan& plan);
  // --lab_break_at, in the first execution of a test.
  void BreakIfAsked();
  Position Where() const;
  // `was_stopped`: by its recorder, which says nothing of how it would end.
  void JudgeOracles(bool was_stopped);
  // Into the record: how far the replay has come.
  bool ReplayDiverged() const;
  void FillReplay();
  void JudgeReplay();
  void FillRecord();
  // On the watchdog's thread, while this one stands still.
  void FillRecordWhenStuck(const StuckStep& stuck);

  Configure configure_;
  IdentityScope identities_;
  std::shared_ptr<ExecutionRecord> record_;
  std::uint64_t test_seed_;
  std::optional<LabConfig> config_;
  std::unique_ptr<ReplayChoiceSource> replay_source_;
  std::unique_ptr<ResyncChoiceSource> resync_source_;
  TraceComparer* comparer_ = nullptr;  // null: not a repetition
  const bool is_first_;                // of its test
  std::unique_ptr<LabBreak> lab_break_;  // null: no --lab_break_at here
  std::unique_ptr<LabRuntime> runtime_;  // after what it refers to
  std::optional<RunVerdict> expected_verdict_;
  bool body_is_left_ = false;
};

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_EXECUTION_H_
