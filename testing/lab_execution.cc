#include "asupersync/testing/lab_execution.h"

#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/testing/end_report.h"
#include "asupersync/testing/lab_session.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

[[noreturn]] void CannotReplay(absl::string_view why) {
  StopProgram(absl::StrCat("cannot replay: ", why));
}

void JudgeExpectedVerdict(const std::optional<RunResult>& run,
                          RunVerdict expected) {
  if (run.has_value() && run->verdict == expected) return;
  FailCurrentTest(absl::StrCat(
      "the test expects its last run to end in verdict \"", Name(expected),
      "\", but ",
      run.has_value()
          ? absl::StrCat("it ended in \"", Name(run->verdict), "\"\n",
                         run->report)
          : std::string("nothing was run")));
}

}  // namespace

LabExecution::LabExecution(std::optional<std::uint64_t> explicit_seed,
                           Configure configure)
    : configure_(std::move(configure)),
      identities_(IdentityScope::Policy::kFresh) {
  LabSession& session = LabSession::Get();
  session.InitIfNeeded();
  const bool first = session.record() == nullptr;
  record_ = session.StartRecord([this] { return Where(); });
  test_seed_ = ChooseSeed(explicit_seed);
  record_->seeds = DeriveSeeds(test_seed_, record_->test_id);
  // A death test's child process says nothing, as GoogleTest's own printer.
  if (first && !::testing::internal::InDeathTestChild()) {
    PrintSeeds(*record_);
    if (session.flags().sweep.has_value() && session.driven() == nullptr) {
      std::printf("[   NOTE   ] %s runs once: --lab_explore applies to "
                  "LAB_TEST and LAB_TEST_F, not to TEST_F\n",
                  record_->test_id.c_str());
    }
  }
  EnterPhase("setup");
}

LabExecution::~LabExecution() { Abandon(); }

std::uint64_t LabExecution::ChooseSeed(
    const std::optional<std::uint64_t>& explicit_seed) {
  const LabSession& session = LabSession::Get();
  const DrivenExecution* driven = session.driven();
  std::optional<std::uint64_t> own_seed = explicit_seed;
  if (driven != nullptr && driven->explicit_seed.has_value()) {
    own_seed = driven->explicit_seed;
  }
  if (const ReplayPlan* plan = session.ReplayOf(record_->test_id)) {
    const std::uint64_t recorded = plan->seeds.test_seed;
    const bool is_sweep = driven != nullptr && driven->is_sweep;
    if (own_seed.has_value() && *own_seed != recorded && !is_sweep) {
      CannotReplay(absl::StrCat(
          plan->given, " was recorded with seed ", FormatSeed(recorded),
          ", but the test itself asks for ", FormatSeed(*own_seed),
          "; let the test ask for the recorded one, or record it again"));
    }
    return recorded;
  }
  if (driven != nullptr && driven->sweep_seed.has_value()) {
    return *driven->sweep_seed;
  }
  if (own_seed.has_value()) return *own_seed;
  if (session.flags().seed.has_value()) return session.flags().seed->value;
  return kDefaultTestSeed;
}

const LabConfig& LabExecution::config() {
  if (!config_.has_value()) {
    config_ = configure_(LabConfig(test_seed_, record_->test_id)
                             .WithDefaultReplayRecording());
    if (config_->seeds() != record_->seeds) {
      record_->seeds = config_->seeds();
      PrintSeeds(*record_);
    }
  }
  return *config_;
}

LabRuntime& LabExecution::runtime() {
  if (runtime_ != nullptr) return *runtime_;
  const ReplayPlan* plan = LabSession::Get().ReplayOf(record_->test_id);
  if (plan != nullptr) {
    if (absl::Status status = CheckConfigAgrees(*plan, config());
        !status.ok()) {
      CannotReplay(status.message());
    }
    if (!config_->recording().enabled) {
      CannotReplay(absl::StrCat(record_->test_id,
                                " has switched recording off; a replay "
                                "compares what is recorded"));
    }
  }
  runtime_ = std::make_unique<LabRuntime>(config());
  record_->has_runtime = true;
  record_->config_hash = config_->Hash();
  if (plan != nullptr) Follow(*plan);
  EnterPhase("run");
  return *runtime_;
}

void LabExecution::Follow(const ReplayPlan& plan) {
  replay_source_ = std::make_unique<ReplayChoiceSource>(plan.trace);
  ReplayChoiceSource::Witness witness;
  witness.sites = &runtime_->recorder().sites();
  witness.certificate = [this] { return runtime_->certificate(); };
  witness.fingerprint = [this] { return runtime_->fingerprint().value(); };
  replay_source_->Watch(std::move(witness));
  runtime_->DriveBy(*replay_source_, replay_source_.get());
  ReplayResult& result = record_->replay.emplace();
  result.replay_of = plan.trace_path;
  result.given = plan.given;
  result.recorded_as_failed = plan.recorded_as_failed;
}

Position LabExecution::Where() const {
  Position position;
  if (runtime_ == nullptr) return position;
  position.events = runtime_->recorder().event_count();
  position.tick = runtime_->steps();
  position.now_ns = runtime_->NowNanos();
  if (execution_context.runtime == runtime_.get() &&
      execution_context.task != nullptr) {
    position.task = execution_context.task->DisplayName();
  }
  return position;
}

void LabExecution::EnterPhase(absl::string_view name) {
  record_->phases.push_back({std::string(name), Where()});
}

void LabExecution::JudgeLastRun() {
  const std::optional<RunResult>& run = runtime_->last_run();
  if (replay_source_ != nullptr && replay_source_->diverged()) return;
  if (expected_verdict_.has_value()) {
    JudgeExpectedVerdict(run, *expected_verdict_);
    return;
  }
  const std::string tasks = runtime_->DescribeTasks();
  if (tasks.empty()) return;
  const auto violation = [&](const char* oracle, const std::string& message) {
    record_->oracle_violations.push_back(oracle);
    FailCurrentTest(message);
  };
  if (!run.has_value() || run->verdict == RunVerdict::kQuiescent) {
    violation("task_leak",
              absl::StrCat("tasks were spawned and not run to their end; call "
                           "runtime().RunUntilQuiescent():\n",
                           tasks));
  } else if (run->verdict == RunVerdict::kDeadlock) {
    violation("deadlock", run->report);
  } else if (run->verdict == RunVerdict::kStepLimit) {
    violation("step_limit",
              absl::StrCat(run->report, "LabConfig::WithStepLimit() in "
                           "ConfigureLab() sets another limit"));
  } else {
    violation("task_leak",
              absl::StrCat("the last run was stopped with tasks left; run them "
                           "to their end with runtime().RunUntilQuiescent(), "
                           "or say ExpectVerdict(RunVerdict::kStopped):\n",
                           tasks));
  }
}

void LabExecution::JudgePanics() {
  for (const std::string& panic : runtime_->UnseenPanics()) {
    record_->oracle_violations.push_back("unseen_panic");
    FailCurrentTest(absl::StrCat(
        "a task ended with an exception that nobody saw; join the task, or "
        "take its outcome, if that is expected:\n  ",
        panic));
  }
}

void LabExecution::JudgeReplay() {
  ReplayResult& result = *record_->replay;
  result.verdict = replay_source_->Finish(runtime_->certificate(),
                                          runtime_->fingerprint().value());
  if (result.verdict == ReplayVerdict::kIdentical) return;
  std::string report;
  if (replay_source_->diverged()) {
    result.divergence = replay_source_->report();
    report = result.divergence->ToString();
  }
  FailCurrentTest(absl::StrCat("the replay of ", result.replay_of, " ",
                               replay_source_->Summary(), "\n", report));
}

void LabExecution::Finish() {
  if (runtime_ == nullptr) return;
  JudgeLastRun();
  JudgePanics();
  if (replay_source_ != nullptr) JudgeReplay();
  FillRecord();
  runtime_ = nullptr;
}

void LabExecution::FillRecord() {
  const std::optional<RunResult>& run = runtime_->last_run();
  if (run.has_value()) record_->verdict = Name(run->verdict);
  record_->steps = runtime_->steps();
  record_->now_ns = runtime_->NowNanos();
  record_->certificate = runtime_->certificate();
  record_->fingerprint = runtime_->fingerprint().value();
  record_->trace = runtime_->TakeReplayTrace();
  LabSession::Get().EndPositions();
}

void LabExecution::Abandon() {
  if (runtime_ == nullptr) {
    LabSession::Get().EndPositions();
    return;
  }
  FillRecord();
  if (runtime_->DescribeTasks().empty()) {
    runtime_ = nullptr;
  } else {
    // Its tasks may refer to what is gone; so may their destruction.
    (void)runtime_.release();
  }
}

}  // namespace testing_internal
}  // namespace asupersync
