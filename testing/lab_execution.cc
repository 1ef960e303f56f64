#include "asupersync/testing/lab_execution.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "asupersync/lab/memory_shaper.h"
#include "asupersync/testing/end_report.h"
#include "asupersync/testing/lab_session.h"
#include "asupersync/testing/test_process.h"
#include "asupersync/testing/violation_text.h"
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
      identities_(IdentityScope::Policy::kFresh),
      is_first_(LabSession::Get().record() == nullptr) {
  const MemoryShaper::Pause pause;  // prints only the first time
  LabSession& session = LabSession::Get();
  session.InitIfNeeded();
  record_ = session.StartRecord([this] { return Where(); });
  test_seed_ = ChooseSeed(explicit_seed);
  record_->chaos_given = GivenChaosText();
  record_->check_asked = session.flags().check_determinism;
  const std::optional<OracleSelection>& oracles = session.flags().oracles;
  if (oracles.has_value() && *oracles != OracleSelection::All()) {
    record_->oracles_given = oracles->ToString();
  }
  record_->seeds = DeriveSeeds(test_seed_, record_->test_id);
  session.BeginLastWords();
  // A death test's child process says nothing, as GoogleTest's own printer.
  if (is_first_ && !IsDeathTestChild()) {
    PrintSeeds(*record_);
    if (session.flags().sweep.has_value() && session.driven() == nullptr) {
      std::printf("[   NOTE   ] %s runs once: --lab_explore applies to "
                  "LAB_TEST and LAB_TEST_F, not to TEST_F\n",
                  record_->test_id.c_str());
    }
    if (!record_->oracles_given.empty()) {
      std::printf("[   NOTE   ] %s is watched by these oracles only: %s\n",
                  record_->test_id.c_str(), record_->oracles_given.c_str());
    }
    if (session.flags().check_determinism && session.driven() == nullptr) {
      std::printf("[   NOTE   ] %s is not checked: --lab_check_determinism "
                  "applies to LAB_TEST and LAB_TEST_F, not to TEST_F\n",
                  record_->test_id.c_str());
    }
  }
  if (session.driven() != nullptr) comparer_ = session.driven()->comparer;
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

std::string LabExecution::GivenChaosText() const {
  const LabSession& session = LabSession::Get();
  if (session.flags().chaos.has_value()) return session.flags().chaos->text;
  const ReplayPlan* plan = session.ReplayOf(record_->test_id);
  if (plan == nullptr || !plan->chaos.enabled()) return "";
  return plan->chaos.ToString();
}

const LabConfig& LabExecution::config() {
  if (!config_.has_value()) {
    LabConfig config = LabConfig(test_seed_, record_->test_id)
                           .WithDefaultReplayRecording();
    const LabSession& session = LabSession::Get();
    const LabFlags& flags = session.flags();
    const ReplayPlan* plan = session.ReplayOf(record_->test_id);
    if (flags.chaos.has_value()) {
      config = config.WithChaos(flags.chaos->config);
    } else if (plan != nullptr) {
      config = config.WithChaos(plan->chaos);
    }
    if (flags.oracles.has_value()) config = config.WithOracles(*flags.oracles);
    config_ = configure_(std::move(config));
    // Whatever the test says: it changes nothing that is executed.
    if (flags.record_accesses ||
        (plan != nullptr && plan->trace.metadata().accesses_recorded)) {
      config_ = config_->WithReplayRecording(
          config_->recording().WithAccesses(true));
    }
    record_->oracles = config_->oracles();
    if (config_->seeds() != record_->seeds) {
      record_->seeds = config_->seeds();
      LabSession::Get().BeginLastWords();
      if (is_first_ && !IsDeathTestChild()) {
        PrintSeeds(*record_);
      }
    }
  }
  return *config_;
}

LabRuntime& LabExecution::runtime() {
  if (runtime_ != nullptr) return *runtime_;
  const ReplayPlan* plan = LabSession::Get().ReplayOf(record_->test_id);
  if (plan != nullptr) CheckPlan(*plan);
  if (auto storage = LabSession::Get().CrashSafeStorage(config())) {
    config_ = config_->WithReplayRecording(
        config_->recording().WithStorage(std::move(storage)));
  }
  runtime_ = std::make_unique<LabRuntime>(config());
  record_->has_runtime = true;
  record_->config_hash = config_->Hash();
  record_->chaos = config_->chaos();
  if (plan != nullptr) Follow(*plan);
  if (comparer_ != nullptr) comparer_->Attach(&runtime_->recorder());
  BreakIfAsked();
  EnterPhase("run");
  LabSession::Get().BeginCrashSafe(*runtime_);
  LabSession::Get().Watch(
      runtime_.get(),
      [this](const StuckStep& stuck) { FillRecordWhenStuck(stuck); });
  return *runtime_;
}

void LabExecution::CheckPlan(const ReplayPlan& plan) {
  const LabFlags& flags = LabSession::Get().flags();
  const std::vector<std::string> differences =
      DifferencesFrom(plan, flags, config());
  if (!differences.empty() && flags.resync) {
    std::printf("[   NOTE   ] %s is not set up as it was recorded: %s\n",
                record_->test_id.c_str(),
                absl::StrJoin(differences, "; ").c_str());
  } else if (!differences.empty()) {
    CannotReplay(absl::StrCat(absl::StrJoin(differences, "; "),
                              "; replay it with the recorded values, or "
                              "record it again"));
  }
  if (!config_->recording().enabled) {
    CannotReplay(absl::StrCat(record_->test_id,
                              " has switched recording off; a replay "
                              "compares what is recorded"));
  }
}

void LabExecution::Follow(const ReplayPlan& plan) {
  const SiteTable& sites = runtime_->recorder().sites();
  if (LabSession::Get().flags().resync) {
    resync_source_ = std::make_unique<ResyncChoiceSource>(plan.trace);
    resync_source_->Watch(&sites);
    runtime_->DriveBy(*resync_source_, resync_source_.get());
  } else {
    replay_source_ = std::make_unique<ReplayChoiceSource>(plan.trace);
    replay_source_->SetContinuesPrefix(true);
    ReplayChoiceSource::Witness witness;
    witness.sites = &sites;
    witness.certificate = [this] { return runtime_->certificate(); };
    witness.fingerprint = [this] { return runtime_->fingerprint().value(); };
    replay_source_->Watch(std::move(witness));
    runtime_->DriveBy(*replay_source_, replay_source_.get());
  }
  ReplayResult& result = record_->replay.emplace();
  result.replay_of = plan.trace_path;
  result.given = plan.given;
  result.recorded_as_failed = plan.recorded_as_failed;
  result.recorded_reason = plan.recorded_reason;
  result.prefix_events = plan.trace.size();
  if (!plan.trace.complete()) {
    result.recovered = plan.trace.recovered();
  } else if (plan.trace.summary()->limit != RecordingLimit::kDropped) {
    result.recovered = std::string(ToString(plan.trace.summary()->limit));
  }
}

void LabExecution::BreakIfAsked() {
  const std::optional<BreakAt>& at = LabSession::Get().flags().break_at;
  if (!at.has_value() || !is_first_) return;
  // One of them at most.
  EventObserver* next = comparer_;
  if (replay_source_ != nullptr) next = replay_source_.get();
  if (resync_source_ != nullptr) next = resync_source_.get();
  lab_break_ = std::make_unique<LabBreak>(*at, record_->test_id, next,
                                           runtime_.get());
  runtime_->recorder().SetObserver(lab_break_.get());
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

void LabExecution::JudgeOracles(bool was_stopped) {
  const std::size_t in_the_run = runtime_->violations().size();
  // The way that the run ended was judged by JudgeExpectedVerdict().
  runtime_->Conclude(
      /*end_is_expected=*/expected_verdict_.has_value() || was_stopped);
  const ReplayTrace* const trace =
      record_->trace.has_value() ? &*record_->trace : nullptr;
  std::array<std::uint64_t, kOracleCount> told = {};
  std::size_t reported = 0;
  for (Violation violation : runtime_->violations()) {
    // The trace was taken before the end was judged, which comes after all of
    // it.
    if (reported++ >= in_the_run) {
      violation.event = std::numeric_limits<std::uint64_t>::max();
    }
    record_->AddViolation(violation.oracle);
    const std::uint64_t number =
        ++told[static_cast<std::size_t>(violation.oracle)];
    const std::uint64_t all = runtime_->violation_count(violation.oracle);
    std::string text = ViolationText(violation, trace);
    if (number == ViolationLog::kPerOracleMax && all > number) {
      absl::StrAppend(&text, "\n  and ", all - number,
                      " more violations of this claim");
    }
    FailCurrentTest(text);
  }
  if (body_is_left_ && runtime_->violations().empty() &&
      !expected_verdict_.has_value() && !was_stopped) {
    FailCurrentTest(absl::StrCat(
        "the test's body has not come to its end, and no oracle is there to "
        "say why (--lab_oracles, WithoutOracle):\n",
        runtime_->DescribeTasks()));
  }
}

bool LabExecution::ReplayDiverged() const {
  return replay_source_ != nullptr && replay_source_->diverged();
}

void LabExecution::FillReplay() {
  ReplayResult& result = *record_->replay;
  if (resync_source_ != nullptr) {
    result.followed = resync_source_->report();
    return;
  }
  result.verdict = replay_source_->Finish(runtime_->certificate(),
                                          runtime_->fingerprint().value());
  if (replay_source_->diverged()) result.divergence = replay_source_->report();
}

void LabExecution::JudgeReplay() {
  FillReplay();
  const ReplayResult& result = *record_->replay;
  if (!result.divergence.has_value()) return;
  FailCurrentTest(absl::StrCat("the replay of ", result.replay_of, " ",
                               replay_source_->Summary(), "\n",
                               result.divergence->ToString()));
}

void LabExecution::Finish() {
  if (runtime_ == nullptr) return;
  LabSession::Get().Watch(nullptr, nullptr);
  if (comparer_ != nullptr) {
    comparer_->Finish(runtime_->certificate(),
                      runtime_->fingerprint().value());
  }
  if (record_->replay.has_value()) JudgeReplay();
  if (lab_break_ != nullptr) {
    std::fputs(lab_break_
                   ->NoteIfMissed(runtime_->steps(),
                                  runtime_->recorder().event_count())
                   .c_str(),
               stdout);
  }
  // Before the trace is taken, with which that is forgotten. A replay that
  // diverged stopped there, and has said so.
  const bool was_stopped = runtime_->recorder().stop_requested();
  if (expected_verdict_.has_value() && !was_stopped) {
    JudgeExpectedVerdict(runtime_->last_run(), *expected_verdict_);
  }
  const absl::Status recording = runtime_->recorder().status();
  if (!recording.ok()) FailCurrentTest(std::string(recording.message()));
  FillRecord();
  JudgeOracles(was_stopped);
  runtime_ = nullptr;
  LabSession::Get().EndExecution();
}

void LabExecution::FillRecord() {
  const std::optional<RunResult>& run = runtime_->last_run();
  if (run.has_value()) record_->verdict = Name(run->verdict);
  record_->steps = runtime_->steps();
  record_->chaos_stats = runtime_->chaos_stats();
  record_->now_ns = runtime_->NowNanos();
  record_->certificate = runtime_->certificate();
  record_->fingerprint = runtime_->fingerprint().value();
  LabSession::Get().EndPositions();
  LabSession::Get().KeepTrace();
  record_->trace = runtime_->TakeReplayTrace();
}

void LabExecution::FillRecordWhenStuck(const StuckStep& stuck) {
  FailedAssertion failure;
  failure.fatal = true;
  failure.message = absl::StrCat(
      "watchdog: step ", stuck.step, " of ", stuck.task, ", which began at ",
      stuck.operation, ", has not returned for ", stuck.bound, "\n  stack:\n",
      stuck.stack, "  tasks:\n", runtime_->DescribeTasks());
  failure.position = Where();
  failure.position.task = stuck.task;
  record_->failures.push_back(std::move(failure));
  record_->oracle_violations.push_back("watchdog");
  record_->verdict = "stuck";
  if (record_->replay.has_value()) FillReplay();
  record_->steps = runtime_->steps();
  record_->chaos_stats = runtime_->chaos_stats();
  record_->now_ns = runtime_->NowNanos();
  record_->certificate = runtime_->certificate();
  record_->fingerprint = runtime_->fingerprint().value();
  LabSession::Get().KeepTrace();
  record_->trace = runtime_->TakeReplayTrace();
}

void LabExecution::Abandon() {
  if (runtime_ == nullptr) {
    LabSession::Get().EndPositions();
    return;
  }
  LabSession::Get().Watch(nullptr, nullptr);
  if (record_->replay.has_value()) FillReplay();
  FillRecord();
  if (runtime_->DescribeTasks().empty()) {
    runtime_ = nullptr;
    LabSession::Get().EndExecution();
  } else {
    // Its tasks may refer to what is gone; so may their destruction.
    (void)runtime_.release();
  }
}

}  // namespace testing_internal
}  // namespace asupersync
