// What resync is for: the interleaving that failed fails again although the
// program was edited. Measured against running the edited program with the
// seed alone.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>
#include <vector>

#include "asupersync/asupersync.h"
#include "gtest/gtest.h"
#include "testing/e2e/resync_programs.h"

namespace asupersync {
namespace e2e {
namespace {

constexpr int kTraces = 200;  // of failing runs, for each program
constexpr std::uint64_t kSeedsMax = 100000;

struct Failure {
  std::uint64_t seed = 0;
  ReplayTrace trace;
};

LabConfig Config(std::uint64_t seed) {
  return LabConfig(seed, "Resync.Test").WithDefaultReplayRecording();
}

// Traces of the first failing seeds, of 1, 2, 3, ...
std::vector<Failure> Failures(const ResyncProgram& program, int count) {
  std::vector<Failure> failures;
  for (std::uint64_t seed = 1; seed < kSeedsMax; ++seed) {
    if (static_cast<int>(failures.size()) == count) break;
    LabRuntime runtime(Config(seed));
    if (program.fails(runtime)) {
      failures.push_back({seed, *runtime.TakeReplayTrace()});
    }
  }
  EXPECT_EQ(failures.size(), static_cast<std::size_t>(count)) << program.name;
  return failures;
}

struct Followed {
  bool fails = false;
  std::uint64_t certificate = 0;
  ResyncReport report;
};

Followed Follow(const ResyncProgram& program, const Failure& failure) {
  LabRuntime runtime(Config(failure.seed));
  ResyncChoiceSource source(failure.trace);
  source.Watch(&runtime.recorder().sites());
  runtime.DriveBy(source, &source);
  Followed followed;
  followed.fails = program.fails(runtime);
  followed.certificate = runtime.certificate();
  followed.report = source.report();
  return followed;
}

bool FailsBySeed(const ResyncProgram& program, const Failure& failure) {
  LabRuntime runtime(Config(failure.seed));
  return program.fails(runtime);
}

// The column that clang gives to a call is that where its object begins, which
// is the same for all that stands in a `co_await Try(`: what is new in front of
// an operation can be taken for it.
#ifdef __clang__
constexpr bool kColumnsTell = false;
#else
constexpr bool kColumnsTell = true;
#endif

struct Edit {
  const char* name;
  bool changes_schedule;
  bool adds_operations;
  std::vector<ResyncProgram> programs;
};

std::vector<Edit> HarmlessEdits() {
  return {
      {"as recorded", false, false, ResyncPrograms<kAsRecorded>()},
      {"new yields", true, true, ResyncPrograms<kNewYields>()},
      {"new log lines", false, false, ResyncPrograms<kNewLogLines>()},
      {"new task", true, false, ResyncPrograms<kNewTask>()},
      {"task removed", true, false, ResyncPrograms<kTaskRemoved>()},
      {"functions renamed", false, false, ResyncPrograms<kFunctionsRenamed>()},
      {"lines moved", false, false, ResyncPrograms<kLinesMoved>()},
      {"new operations", true, true, ResyncPrograms<kNewOperations>()}};
}

class ResyncTest : public ::testing::TestWithParam<int> {
 protected:
  const ResyncProgram& Recorded() const { return recorded_[GetParam()]; }

 private:
  std::vector<ResyncProgram> recorded_ = ResyncPrograms<kAsRecorded>();
};

TEST_P(ResyncTest, AFailureSurvivesEditsThatDoNotMendIt) {
  const std::vector<Failure> failures = Failures(Recorded(), kTraces);
  std::printf("%s: %d failures in %d seeds\n", Recorded().name, kTraces,
              static_cast<int>(failures.back().seed));
  for (const Edit& edit : HarmlessEdits()) {
    const ResyncProgram& program = edit.programs[GetParam()];
    int by_trace = 0;
    int by_seed = 0;
    for (const Failure& failure : failures) {
      by_trace += Follow(program, failure).fails;
      by_seed += FailsBySeed(program, failure);
    }
    std::printf("  %-18s by trace %3d, by seed %3d of %d\n", edit.name,
                by_trace, by_seed, kTraces);
    if (!kColumnsTell && edit.adds_operations) continue;
    EXPECT_GE(by_trace, kTraces * 95 / 100) << edit.name;
    if (edit.changes_schedule) {
      EXPECT_LE(by_seed, kTraces / 2) << edit.name << " tests nothing";
    }
  }
}

TEST_P(ResyncTest, AMendedProgramPasses) {
  const ResyncProgram mended = ResyncPrograms<kMended>()[GetParam()];
  for (const Failure& failure : Failures(Recorded(), 50)) {
    const Followed followed = Follow(mended, failure);
    EXPECT_FALSE(followed.fails) << failure.seed;
    EXPECT_GE(followed.report.PercentFollowed(), 50)
        << followed.report.ToString();
    EXPECT_TRUE(followed.report.differs_at.has_value());
  }
}

TEST_P(ResyncTest, AnUnchangedProgramIsFollowedExactly) {
  for (const Failure& failure : Failures(Recorded(), 50)) {
    const Followed followed = Follow(Recorded(), failure);
    EXPECT_EQ(followed.report.followed, followed.report.recorded);
    EXPECT_EQ(followed.report.seeded, 0u);
    EXPECT_EQ(followed.report.differs_at, std::nullopt)
        << followed.report.ToString();
    EXPECT_EQ(followed.certificate, failure.trace.summary()->certificate);
  }
}

// With faults, too, of which added steps get none.
TEST_P(ResyncTest, AnUnchangedProgramGetsTheRecordedFaults) {
  for (std::uint64_t seed = 1; seed < 50; ++seed) {
    const LabConfig config = Config(seed).WithChaos(ChaosConfig::Heavy());
    LabRuntime runtime(config);
    (void)Recorded().fails(runtime);
    const ReplayTrace trace = *runtime.TakeReplayTrace();
    LabRuntime again(config.WithSeeds(DeriveSeeds(seed + 1000, "")));
    ResyncChoiceSource source(trace);
    source.Watch(&again.recorder().sites());
    again.DriveBy(source, &source);
    (void)Recorded().fails(again);
    EXPECT_EQ(again.certificate(), runtime.certificate())
        << source.report().ToString();
    EXPECT_EQ(again.chaos_stats().injected, runtime.chaos_stats().injected);
  }
}

// The trace of a run that died goes on as the run would have.
TEST_P(ResyncTest, ATruncatedTraceIsContinuedByTheSeed) {
  const Failure failure = Failures(Recorded(), 1)[0];
  for (std::size_t events = 0; events <= failure.trace.size(); ++events) {
    std::vector<TraceBlock> blocks = failure.trace.blocks();
    ASSERT_EQ(blocks.size(), 1u);
    blocks[0].event_count = static_cast<std::uint32_t>(events);
    const Followed followed = Follow(
        Recorded(),
        {failure.seed, ReplayTrace(failure.trace.metadata(),
                                   failure.trace.sites(), std::move(blocks),
                                   std::nullopt, "cut")});
    EXPECT_EQ(followed.certificate, failure.trace.summary()->certificate)
        << events << " events: " << followed.report.ToString();
    EXPECT_TRUE(followed.fails);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ResyncTest, ::testing::Range(0, 3));

}  // namespace
}  // namespace e2e
}  // namespace asupersync
