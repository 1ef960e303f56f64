#include "asupersync/replay/resync_source.h"

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "asupersync/base/seed.h"
#include "asupersync/replay/toy_program.h"
#include "asupersync/replay/toy_recording.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

// With edited programs it is tested in //testing/e2e:resync_test.

namespace asupersync {
namespace {

struct Followed {
  ReplayTrace trace;
  uint64_t certificate = 0;
  std::vector<uint64_t> schedule;
  std::vector<uint64_t> drawn;
  ResyncReport report;
};

Followed FollowToy(ResyncChoiceSource& source,
                   const ToyOptions& options = {}) {
  Recorder recorder(RecorderConfig::Enabled());
  source.Watch(&recorder.sites());
  recorder.SetObserver(&source);
  ToyProgram program(source, recorder);
  program.Run(options);
  return {recorder.TakeTrace(0, 0), program.certificate(), program.schedule(),
          program.drawn(), source.report()};
}

TEST(ResyncSourceTest, FollowsAnUnchangedProgramExactlyForEverySeed) {
  std::set<std::vector<uint64_t>> schedules;
  for (uint64_t seed = 0; seed < 100; ++seed) {
    const ToyRecording recorded = RecordToy(seed);
    ResyncChoiceSource source(recorded.trace);
    for (int round = 0; round < 2; ++round) {
      const Followed followed = FollowToy(source);
      ASSERT_EQ(followed.certificate, recorded.certificate);
      EXPECT_EQ(followed.drawn, recorded.drawn);
      EXPECT_EQ(followed.report.followed, followed.report.recorded);
      EXPECT_EQ(followed.report.differs_at, std::nullopt);
      EXPECT_EQ(followed.report.ToString(),
                "12 of 12 recorded steps followed (100%)");
      source.Reset(DerivedSeeds());
    }
    schedules.insert(recorded.schedule);
  }
  EXPECT_GT(schedules.size(), 50u) << "the schedules hardly differ";
}

TEST(ResyncSourceTest, AnswersComeFromTheTraceAndNotFromItsSeeds) {
  const ToyRecording recorded = RecordToy(1);
  TraceMetadata metadata = recorded.trace.metadata();
  metadata.schedule_seed = metadata.entropy_seed = 0;
  ResyncChoiceSource source(ReplayTrace(metadata, recorded.trace.sites(),
                                        recorded.trace.blocks(),
                                        recorded.trace.summary(), ""));
  const Followed followed = FollowToy(source);
  EXPECT_EQ(followed.certificate, recorded.certificate);
  EXPECT_EQ(followed.drawn, recorded.drawn);
}

TEST(ResyncSourceTest, ATraceFromMidRunIsReachedBySeed) {
  ToyOptions options;
  options.enable_recording_after = 5;
  const ToyRecording recorded =
      RecordToy(9, options, RecorderConfig::Disabled());
  ResyncChoiceSource source(recorded.trace);
  const Followed followed = FollowToy(source, options);
  EXPECT_EQ(followed.schedule, recorded.schedule);
  EXPECT_EQ(followed.report.followed, 7u);
  EXPECT_EQ(followed.report.tasks_matched, followed.report.tasks_recorded);
}

// Its recorded steps are not waited for.
TEST(ResyncSourceTest, ATaskThatBlocksLeavesTheOthersTheirOrder) {
  const ToyRecording recorded = RecordToy(4);
  ResyncChoiceSource source(recorded.trace);
  ToyOptions options;
  options.blocked_task = 2;
  const Followed followed = FollowToy(source, options);
  std::vector<uint64_t> expected;
  int of_two = 0;
  for (const uint64_t task : recorded.schedule) {
    if (task != 2 || ++of_two == 1) expected.push_back(task);
  }
  EXPECT_EQ(followed.schedule, expected);
  EXPECT_EQ(followed.report.followed, expected.size());
  ASSERT_TRUE(followed.report.differs_at.has_value());
  EXPECT_TRUE(absl::StrContains(followed.report.difference,
                                "T2 is not runnable when its turn comes"))
      << followed.report.difference;
}

TEST(ResyncSourceTest, FewerTasksKeepTheOrderOfThoseThatAreLeft) {
  const ToyRecording recorded = RecordToy(4);
  ResyncChoiceSource source(recorded.trace);
  ToyOptions options;
  options.tasks = 2;
  const Followed followed = FollowToy(source, options);
  std::vector<uint64_t> expected;
  for (const uint64_t task : recorded.schedule) {
    if (task != 3) expected.push_back(task);
  }
  EXPECT_EQ(followed.schedule, expected);
  EXPECT_EQ(followed.report.tasks_matched, 2u);
  EXPECT_EQ(followed.report.PercentFollowed(), 66);
  EXPECT_TRUE(absl::StrContains(followed.report.ToString(),
                                "2 of 3 tasks are there"));
}

TEST(ResyncSourceTest, AnEmptyTraceLeavesAllToTheSeed) {
  const ToyRecording seeded = RecordToy(6);
  ResyncChoiceSource source(ReplayTrace(seeded.trace.metadata(), {}, {},
                                        std::nullopt, "nothing was left"));
  const Followed followed = FollowToy(source);
  EXPECT_EQ(followed.certificate, seeded.certificate);
  EXPECT_EQ(followed.report.PercentFollowed(), 100);
  EXPECT_EQ(followed.report.seeded, followed.schedule.size());
}

}  // namespace
}  // namespace asupersync
