#include "asupersync/replay/replay_source.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <source_location>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/seed.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/replay/preconditions.h"
#include "asupersync/replay/toy_program.h"
#include "asupersync/replay/toy_recording.h"
#include "asupersync/trace/certificate.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct Replay {
  ReplayVerdict verdict;
  std::string summary;
  std::optional<DivergenceReport> report;
  std::vector<uint64_t> schedule;
  std::vector<uint64_t> drawn;
  std::optional<ReplayTrace> trace;
};

Replay ReplayToy(const ReplayTrace& trace, const ToyOptions& options = {},
                 std::optional<RecorderConfig> config = std::nullopt) {
  ReplayChoiceSource source(trace);
  Recorder recorder(config.value_or(RecorderConfigOf(trace.metadata())));
  recorder.SetObserver(&source);
  ToyProgram program(source, recorder);
  source.Watch({&recorder.sites(), [&] { return program.certificate(); },
                [&] { return program.fingerprint(); }});
  program.Run(options);
  Replay replay;
  replay.verdict = source.Finish(program.certificate(), program.fingerprint());
  EXPECT_EQ(source.Finish(0, 0), replay.verdict) << "not idempotent";
  replay.summary = source.Summary();
  if (source.diverged()) replay.report = source.report();
  replay.schedule = program.schedule();
  replay.drawn = program.drawn();
  replay.trace =
      recorder.TakeTrace(program.certificate(), program.fingerprint());
  EXPECT_EQ(replay.verdict == ReplayVerdict::kDiverged,
            replay.report.has_value());
  return replay;
}

// The trace without its last events, as a reader recovers it.
ReplayTrace Prefix(const ReplayTrace& trace, size_t events) {
  Recorder recorder(RecorderConfigOf(trace.metadata()));
  for (const EventRecord& record : trace.events()) {
    if (record.index == events) break;
    recorder.BeginStep(record.tick);
    recorder.Record(record.event, SiteId());
  }
  const ReplayTrace prefix = recorder.TakeTrace(0, 0);
  return ReplayTrace(trace.metadata(), prefix.sites(), prefix.blocks(),
                     std::nullopt, "cut");
}

TEST(ReplaySourceTest, DrivesTheRecordedExecutionForEverySeed) {
  std::set<std::vector<uint64_t>> schedules;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ToyRecording recorded = RecordToy(seed);
    const Replay replay = ReplayToy(recorded.trace);
    ASSERT_EQ(replay.verdict, ReplayVerdict::kIdentical)
        << replay.report->ToString();
    EXPECT_EQ(replay.schedule, recorded.schedule);
    EXPECT_EQ(replay.drawn, recorded.drawn);
    EXPECT_EQ(replay.trace->blocks(), recorded.trace.blocks());
    schedules.insert(recorded.schedule);
  }
  EXPECT_GT(schedules.size(), 150u) << "the schedules hardly differ";
}

// The answers come from the trace, not from seeds that happen to be right.
TEST(ReplaySourceTest, NeedsNoSeedIfRandomValuesAreRecorded) {
  ToyRecording recorded = RecordToy(1);
  TraceMetadata metadata = recorded.trace.metadata();
  metadata.seed = metadata.schedule_seed = metadata.entropy_seed = 0;
  const Replay replay = ReplayToy(ReplayTrace(metadata, recorded.trace.sites(),
                                              recorded.trace.blocks(),
                                              recorded.trace.summary(), ""));
  EXPECT_EQ(replay.verdict, ReplayVerdict::kIdentical);
  EXPECT_EQ(replay.drawn, recorded.drawn);
}

TEST(ReplaySourceTest, RandomValuesComeFromTheSeedIfNotRecorded) {
  const ToyRecording recorded =
      RecordToy(1, {}, RecorderConfig::Enabled().WithRng(false));
  const Replay replay = ReplayToy(recorded.trace);
  EXPECT_EQ(replay.verdict, ReplayVerdict::kIdentical);
  EXPECT_EQ(replay.drawn, recorded.drawn);
}

// Which optional events either side records makes no difference.
TEST(ReplaySourceTest, RecorderConfigsNeedNotAgree) {
  for (const bool recorded_rng : {true, false}) {
    for (const bool replayed_rng : {true, false}) {
      const ToyRecording recorded = RecordToy(
          2, {},
          RecorderConfig::Enabled().WithRng(recorded_rng).WithWakers(false));
      const Replay replay = ReplayToy(
          recorded.trace, {}, RecorderConfig::Enabled().WithRng(replayed_rng));
      EXPECT_EQ(replay.verdict, ReplayVerdict::kIdentical)
          << recorded_rng << replayed_rng << replay.report->ToString();
      EXPECT_EQ(replay.drawn, recorded.drawn);
    }
  }
}

TEST(ReplaySourceTest, ItCanStartOver) {
  const ToyRecording recorded = RecordToy(3);
  ReplayChoiceSource source(recorded.trace);
  for (int round = 0; round < 2; ++round) {
    Recorder recorder(RecorderConfig::Enabled());
    recorder.SetObserver(&source);
    ToyProgram program(source, recorder);
    program.Run({});
    EXPECT_EQ(source.Finish(program.certificate(), program.fingerprint()),
              ReplayVerdict::kIdentical);
    EXPECT_EQ(source.verified(), recorded.trace.size());
    EXPECT_EQ(source.Summary(),
              absl::StrCat("identical: ", recorded.trace.size(), " events"));
    source.Reset(DerivedSeeds());
  }
}

// Each change of the program, and what the replay says of it.
struct Change {
  const char* name;
  ToyOptions options;
  DivergenceCategory category;
  const char* cause;
};

ToyOptions With(void (*change)(ToyOptions&)) {
  ToyOptions options;
  change(options);
  return options;
}

TEST(ReplaySourceTest, EveryChangeIsFoundAndCategorized) {
  const Change changes[] = {
      {"a task blocks", With([](ToyOptions& o) { o.blocked_task = 2; }),
       DivergenceCategory::kSchedule, "T2 is not runnable here"},
      {"a value differs", With([](ToyOptions& o) { o.draw_xor = 1; }),
       DivergenceCategory::kRandom, "randomness from elsewhere"},
      {"nothing is drawn", With([](ToyOptions& o) { o.draws = false; }),
       DivergenceCategory::kRandom, "does something else here"},
      {"the clock", With([](ToyOptions& o) { o.deadline = 101; }),
       DivergenceCategory::kTime, "other values"},
      {"more timers", With([](ToyOptions& o) { o.timers = 3; }),
       DivergenceCategory::kTimer, "more or fewer things"},
      {"one timer", With([](ToyOptions& o) { o.timers = 1; }),
       DivergenceCategory::kTimer, "does something else here"},
      {"outcome", With([](ToyOptions& o) { o.outcome = 1; }),
       DivergenceCategory::kOutcome, "end with ok, it ends with err"},
      {"a new event", With([](ToyOptions& o) { o.says_something = true; }),
       DivergenceCategory::kSchedule, "traces a text that it did not trace"},
      {"more tasks", With([](ToyOptions& o) { o.tasks = 4; }),
       DivergenceCategory::kSchedule, "spawns a task that it did not spawn"},
      {"fewer tasks", With([](ToyOptions& o) { o.tasks = 2; }),
       DivergenceCategory::kSchedule, "before its next step"},
      {"identities", With([](ToyOptions& o) { o.spawn_offset = 1; }),
       DivergenceCategory::kCertificate, "identities"},
      {"footprints", With([](ToyOptions& o) { o.object = 8; }),
       DivergenceCategory::kCertificate, "footprints"},
  };
  const ToyRecording recorded = RecordToy(4);
  for (const Change& change : changes) {
    const Replay replay = ReplayToy(recorded.trace, change.options);
    ASSERT_EQ(replay.verdict, ReplayVerdict::kDiverged) << change.name;
    EXPECT_EQ(Name(replay.report->category), std::string(Name(change.category)))
        << change.name << "\n"
        << replay.report->ToString();
    EXPECT_TRUE(absl::StrContains(replay.report->likely_cause, change.cause))
        << change.name << ": " << replay.report->likely_cause;
    EXPECT_LE(replay.report->before.size(), DivergenceReport::kBeforeMax);
  }
}

TEST(ReplaySourceTest, TheReportSaysWhereAndWhat) {
  const ToyRecording recorded = RecordToy(4);
  const Replay replay = ReplayToy(
      recorded.trace, With([](ToyOptions& o) { o.blocked_task = 2; }));
  const DivergenceReport& report = *replay.report;
  // The first decision for task 2 after its first step.
  uint64_t tick = 0, seen = 0;
  for (const uint64_t task : recorded.schedule) {
    ++tick;
    if (task == 2 && ++seen == 2) break;
  }
  EXPECT_EQ(report.tick, tick);
  EXPECT_EQ(recorded.trace.At(report.index)->event,
            ReplayEvent(TaskScheduled{CompactTaskId(2), tick}));
  EXPECT_EQ(report.expected, absl::StrCat("TaskScheduled task=T2 tick=", tick));
  EXPECT_EQ(report.actual, "T2 is not runnable");
  EXPECT_EQ(report.runnable,
            (std::vector<std::string>{"T1 (ready)", "T3 (ready)"}));
  EXPECT_EQ(report.task, CompactTaskId(2));
  EXPECT_EQ(report.region, CompactRegionId(1));
  EXPECT_NE(report.certificate_expected, report.certificate_actual);
  EXPECT_EQ(report.before.size(), std::min<uint64_t>(16, report.index));
  EXPECT_EQ(report.next_expected.size(), 4u);
  EXPECT_EQ(replay.summary,
            absl::StrCat("diverged at event ", report.index, " (schedule)"));
  // The run stopped at once: the step that it was in was the last.
  EXPECT_EQ(replay.schedule.size(), tick);
}

TEST(ReplaySourceTest, AWrongSeedIsSuspectedAtTheFirstEvent) {
  const ToyRecording recorded = RecordToy(5);
  Recorder recorder(RecorderConfig::Enabled());
  ReplayChoiceSource source(recorded.trace);
  recorder.SetObserver(&source);
  recorder.Record(TaskSpawned{CompactTaskId(9), CompactRegionId(1), 0, {}},
                  SiteId());
  ASSERT_TRUE(source.diverged());
  EXPECT_EQ(source.report().index, 0u);
  EXPECT_TRUE(absl::StrContains(source.report().likely_cause, "seed"));
  EXPECT_TRUE(recorder.stop_requested());
}

TEST(ReplaySourceTest, AnExecutionThatGoesOnIsReported) {
  const ToyRecording recorded = RecordToy(6);
  const ReplayTrace shorter = Prefix(recorded.trace, 20);
  const Replay replay = ReplayToy(ReplayTrace(
      shorter.metadata(), {}, shorter.blocks(), TraceSummary{20, 0, 0, 0}, ""));
  ASSERT_EQ(replay.verdict, ReplayVerdict::kDiverged);
  EXPECT_EQ(replay.report->category, DivergenceCategory::kLength);
  EXPECT_EQ(replay.report->index, 20u);
  EXPECT_EQ(replay.report->expected, "end of the trace");
}

TEST(ReplaySourceTest, AnExecutionThatEndsEarlyIsReported) {
  const ToyRecording recorded = RecordToy(7);
  ReplayChoiceSource source(recorded.trace);
  EXPECT_EQ(source.Finish(0, 0), ReplayVerdict::kDiverged);
  EXPECT_EQ(source.report().category, DivergenceCategory::kLength);
  EXPECT_EQ(source.report().actual, "the execution ended");
  EXPECT_TRUE(absl::StrContains(source.report().expected, "TaskSpawned"));
}

TEST(ReplaySourceTest, ARecoveredTraceDrivesItsPrefix) {
  const ToyRecording recorded = RecordToy(8);
  for (size_t events = 0; events <= recorded.trace.size(); ++events) {
    const Replay replay = ReplayToy(Prefix(recorded.trace, events));
    ASSERT_EQ(replay.verdict, ReplayVerdict::kPrefix)
        << events << replay.report->ToString();
    EXPECT_TRUE(absl::StrContains(
        replay.summary, absl::StrCat("the trace ended at event ", events)));
    // Every step that the prefix holds was driven.
    const std::vector<uint64_t> driven(
        replay.schedule.begin(),
        replay.schedule.end() - (replay.schedule.empty() ? 0 : 1));
    EXPECT_TRUE(
        std::equal(driven.begin(), driven.end(), recorded.schedule.begin()));
  }
}

TEST(ReplaySourceTest, AFlightRecordersTraceIsReachedBySeed) {
  for (uint64_t seed = 0; seed < 40; ++seed) {
    const ToyRecording whole = RecordToy(seed);
    for (const uint64_t last : {1, 2, 7, 20, 30}) {
      const ToyRecording recorded = RecordToy(
          seed, {},
          RecorderConfig::Enabled().WithMaxEvents(last,
                                                  LimitPolicy::kDropOldest));
      ASSERT_EQ(recorded.trace.size(), last);
      ASSERT_GT(recorded.trace.first_index(), 0u);
      const Replay replay = ReplayToy(recorded.trace);
      ASSERT_EQ(replay.verdict, ReplayVerdict::kIdentical)
          << seed << " " << last << replay.report->ToString();
      EXPECT_EQ(replay.schedule, whole.schedule);
      // An edit is noticed, in the events or in what was before them.
      ToyOptions changed;
      changed.spawn_offset = 1;
      EXPECT_EQ(ReplayToy(recorded.trace, changed).verdict,
                ReplayVerdict::kDiverged);
    }
  }
}

TEST(ReplaySourceTest, ATraceThatStoppedAtItsLimitIsAPrefix) {
  const ToyRecording whole = RecordToy(3);
  for (const LimitPolicy policy : {LimitPolicy::kStop, LimitPolicy::kFail}) {
    const ToyRecording recorded = RecordToy(
        3, {}, RecorderConfig::Enabled().WithMaxEvents(20, policy));
    ASSERT_EQ(recorded.trace.size(), 20u);
    const Replay replay = ReplayToy(recorded.trace);
    EXPECT_EQ(replay.verdict, ReplayVerdict::kPrefix);
    ASSERT_GT(replay.schedule.size(), 3u);
    EXPECT_TRUE(std::equal(replay.schedule.begin(), replay.schedule.end() - 1,
                           whole.schedule.begin()));
  }
}

TEST(ReplaySourceTest, ATraceFromMidRunIsReachedBySeed) {
  for (const uint64_t after : {1, 2, 5, 11}) {
    ToyOptions options;
    options.enable_recording_after = after;
    const ToyRecording recorded =
        RecordToy(9, options, RecorderConfig::Disabled());
    ASSERT_EQ(recorded.trace.metadata().start_tick, after);
    // Whether the replay records before that point makes no difference.
    for (const auto& config :
         {RecorderConfig::Disabled(), RecorderConfig::Enabled()}) {
      const Replay replay = ReplayToy(recorded.trace, options, config);
      ASSERT_EQ(replay.verdict, ReplayVerdict::kIdentical)
          << replay.report->ToString();
      EXPECT_EQ(replay.schedule, recorded.schedule);
    }
  }
}

TEST(ReplaySourceTest, AnotherStartBeforeATraceFromMidRunIsReported) {
  ToyOptions options;
  options.enable_recording_after = 6;
  const ToyRecording recorded =
      RecordToy(9, options, RecorderConfig::Disabled());
  ToyOptions changed = options;
  changed.spawn_offset = 1;
  const Replay replay = ReplayToy(recorded.trace, changed);
  ASSERT_EQ(replay.verdict, ReplayVerdict::kDiverged);
  EXPECT_EQ(replay.report->category, DivergenceCategory::kCertificate);
  EXPECT_EQ(replay.report->index, 0u);
  EXPECT_EQ(replay.schedule.size(), 7u);
}

// The certificates part at the first step of a task with another identity; all
// events up to there, and those of the whole run, agree.
TEST(ReplaySourceTest, AnotherScheduleIsFoundWhereTheCertificatesPart) {
  const ToyRecording recorded = RecordToy(4);
  const Replay replay = ReplayToy(
      recorded.trace, With([](ToyOptions& o) { o.spawn_offset = 1; }));
  ASSERT_EQ(replay.verdict, ReplayVerdict::kDiverged);
  const DivergenceReport& report = *replay.report;
  EXPECT_EQ(report.category, DivergenceCategory::kCertificate);
  EXPECT_EQ(report.tick, 1u);
  EXPECT_EQ(recorded.trace.At(report.index)->event,
            ReplayEvent(TaskScheduled{CompactTaskId(recorded.schedule[0]), 1}));
  const auto after = [&](uint64_t offset) {
    Certificate certificate;
    certificate.Add(0, ChildIdentity<TaskId>(
                           0, recorded.schedule[0] - 1 + offset).AsRaw());
    return certificate.value();
  };
  EXPECT_EQ(report.certificate_expected, after(0));
  EXPECT_EQ(report.certificate_actual, after(1));
}

// Not only of the same length: with the very steps that were cut off.
TEST(ReplaySourceTest, APrefixGoesOnAsTheRecordedRunDid) {
  for (const uint64_t seed : {8, 9, 10}) {
    const ToyRecording recorded = RecordToy(seed);
    for (size_t events = 0; events <= recorded.trace.size(); ++events) {
      ReplayChoiceSource source(Prefix(recorded.trace, events));
      source.SetContinuesPrefix(true);
      Recorder recorder(RecorderConfig::Enabled());
      recorder.SetObserver(&source);
      ToyProgram program(source, recorder);
      program.Run({});
      EXPECT_EQ(source.Finish(program.certificate(), program.fingerprint()),
                ReplayVerdict::kPrefix);
      EXPECT_EQ(source.verified(), events);
      EXPECT_EQ(program.schedule(), recorded.schedule) << events;
      EXPECT_EQ(program.drawn(), recorded.drawn) << events;
      EXPECT_EQ(program.certificate(), recorded.trace.summary()->certificate);
    }
  }
}

// It is enough to go through the recorded part, recorded or only observed.
TEST(ReplaySourceTest, ATraceFromMidRunNeedsNoSecondEnabling) {
  ToyOptions options;
  options.enable_recording_after = 6;
  const ToyRecording recorded =
      RecordToy(9, options, RecorderConfig::Disabled());
  EXPECT_EQ(ReplayToy(recorded.trace, ToyOptions()).verdict,
            ReplayVerdict::kIdentical);
  ReplayChoiceSource source(recorded.trace);
  EXPECT_EQ(source.Finish(0, 0), ReplayVerdict::kDiverged);
  EXPECT_TRUE(
      absl::StrContains(source.report().likely_cause, "never got there"));
}

TEST(ReplaySourceTest, SitesCountOnlyIfAsked) {
  Recorder recorder(RecorderConfig::Enabled());
  recorder.Record(RngSeed{1}, recorder.Intern(std::source_location::current()));
  const ReplayTrace trace = recorder.TakeTrace(0, 0);
  for (const bool strict : {false, true}) {
    ReplayChoiceSource source(trace);
    source.SetStrictSites(strict);
    Recorder other(RecorderConfig::Enabled());
    source.Watch({&other.sites(), nullptr, nullptr});
    other.SetObserver(&source);
    const auto elsewhere = [&] {
      other.Record(RngSeed{1}, other.Intern(std::source_location::current()));
    };
    elsewhere();  // another function
    EXPECT_EQ(source.diverged(), strict);
    if (strict) {
      EXPECT_TRUE(
          absl::StrContains(source.report().likely_cause, "source line moved"));
      EXPECT_NE(source.report().expected_site, source.report().actual_site);
    }
  }
}

}  // namespace
}  // namespace asupersync
