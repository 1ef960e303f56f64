// What a lab test leaves whose process dies, and whose recording is not the
// usual one: of a flight recorder, taken, enabled late, stopped, or off.
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/dies_place.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

struct RecordedDeath {
  const char* way;
  int signal;
  bool is_noted = true;
};

// A death whose recording is not the usual one.
class RecordedDeathTest : public ::testing::TestWithParam<RecordedDeath> {
 protected:
  void Run(const std::string& recording) {
    words_ = {GetParam().way, recording};
    result_ = RunSubject({"--lab_artifacts_dir=" + place_.root,
                          GetParam().way, recording},
                         {{"DIES_PROGRESS", place_.progress}});
    EXPECT_EQ(result_.exit_status,
              GetParam().signal == 0 ? 1 : 128 + GetParam().signal);
    EXPECT_EQ(ReadJson(place_.manifest())["status"], "running");
    EXPECT_EQ(ReadJson(place_.manifest())["signal"],
              GetParam().is_noted ? GetParam().signal : 0);
  }
  ProcessResult Replay(const Place& other) {
    std::vector<std::string> words = words_;
    words.insert(words.begin(), {"--lab_artifacts_dir=" + other.root,
                                 "--lab_replay=" + place_.manifest()});
    return RunSubject(words, {{"DIES_PROGRESS", other.progress}});
  }

  Place place_;
  std::vector<std::string> words_;
  ProcessResult result_;
};

TEST_P(RecordedDeathTest, AFlightRecorderLeavesTheLastEvents) {
  Run("flight");
  const ReplayTrace trace = ReadTrace(place_.trace());
  const std::uint64_t all = Progress(place_);
  EXPECT_GT(all, 30'000u);
  EXPECT_EQ(trace.end_index(), all);
  EXPECT_GE(trace.size(), 1'000u);
  EXPECT_LT(trace.size(), 2 * 1'000u + 2 * 7'000u);
  EXPECT_GT(trace.metadata().first_event, 0u);
  EXPECT_EQ(trace.metadata().first_event, trace.first_index());
  EXPECT_EQ(ToString(trace.At(all - 1)->event),
            "UserTrace text=\"about to die\"");
  EXPECT_THAT(Asupersync({"trace", "info", place_.trace()}).out,
              HasSubstr(absl::StrCat("with event #", trace.first_index())));
  // Followed from the seed on, it dies there again.
  const Place other;
  EXPECT_EQ(Replay(other).exit_status, result_.exit_status);
  EXPECT_TRUE(All(ReadTrace(other.trace())) == All(trace));
  // Finished, it is the same trace.
  EXPECT_THAT(RunSomethingElse(place_).err,
              HasSubstr(absl::StrCat("the last ", trace.size(), " events")));
  EXPECT_TRUE(All(ReadTrace(place_.trace())) == All(trace));
  EXPECT_EQ(ReadTrace(place_.trace()).metadata(), trace.metadata());
  EXPECT_FALSE(fs::exists(place_.trace() + ".next"));
  EXPECT_EQ(ReadJson(place_.manifest())["status"], "died");
}

TEST_P(RecordedDeathTest, ATakenTraceIsFollowedByTheNextOne) {
  Run("taken");
  const ReplayTrace trace = ReadTrace(place_.trace());
  EXPECT_EQ(trace.size(), Progress(place_));
  EXPECT_GT(trace.metadata().start_tick, 50u);
  EXPECT_EQ(LastText(trace), "UserTrace text=\"about to die\"");
  const Place other;
  EXPECT_EQ(Replay(other).exit_status, result_.exit_status);
  EXPECT_TRUE(All(ReadTrace(other.trace())) == All(trace));
  RunSomethingElse(place_);
  EXPECT_TRUE(All(ReadTrace(place_.trace())) == All(trace));
}

TEST_P(RecordedDeathTest, ARecordingThatIsEnabledLateIsThere) {
  Run("enabled");
  const ReplayTrace trace = ReadTrace(place_.trace());
  EXPECT_EQ(trace.size(), Progress(place_));
  EXPECT_GT(trace.size(), 100u);
  EXPECT_GT(trace.metadata().start_tick, 50u);
  EXPECT_EQ(trace.metadata().seed, kDefaultSeed);
  EXPECT_EQ(LastText(trace), "UserTrace text=\"about to die\"");
  RunSomethingElse(place_);
  EXPECT_TRUE(All(ReadTrace(place_.trace())) == All(trace));
  EXPECT_EQ(ReadJson(place_.manifest())["trace_file"], "trace.async");
}

TEST_P(RecordedDeathTest, ALimitThatStoppedTheRecordingIsMarked) {
  Run("stop");
  EXPECT_GT(Progress(place_), 300u);
  const ReplayTrace trace = ReadTrace(place_.trace());
  EXPECT_EQ(trace.size(), 100u);
  EXPECT_EQ(trace.limit(), RecordingLimit::kStopped);
  EXPECT_THAT(trace.recovered(), HasSubstr("stopped at its limit"));
  EXPECT_THAT(Asupersync({"trace", "info", place_.trace()}).out,
              ContainsRegex("limit +stopped at its limit"));
  const Place other;
  EXPECT_EQ(Replay(other).exit_status, result_.exit_status);
  const std::string out = FreshFolder() + "/out.async";
  Asupersync({"trace", "recover", place_.trace(), out});
  EXPECT_EQ(ReadTrace(out).limit(), RecordingLimit::kStopped);
  // It also survives the way to ordinary artifacts.
  EXPECT_THAT(RunSomethingElse(place_).err,
              HasSubstr("where the recording stopped at its limit"));
  EXPECT_TRUE(All(ReadTrace(place_.trace())) == All(trace));
  EXPECT_EQ(ReadTrace(place_.trace()).limit(), RecordingLimit::kStopped);
  EXPECT_THAT(ReadFile(place_.log()),
              HasSubstr("!! here the recording stopped at its limit; the "
                        "process died later"));
  EXPECT_THAT(ReadJson(place_.manifest())["failure_reason"],
              HasSubstr("where the recording stopped at its limit"));
}

// Its limit was met before the first event: the line that is printed works.
TEST_P(RecordedDeathTest, ATraceWithoutAnEventIsReplayed) {
  Run("none");
  EXPECT_EQ(ReadTrace(place_.trace()).size(), 0u);
  EXPECT_EQ(Replay(Place()).exit_status, result_.exit_status);
  RunSomethingElse(place_);
  EXPECT_EQ(ReadJson(place_.manifest())["status"], "died");
  EXPECT_EQ(Replay(Place()).exit_status, result_.exit_status);
}

TEST_P(RecordedDeathTest, WithoutARecordingTheSeedIsThere) {
  Run("off");
  const std::string log = ReadFile(place_.log());
  EXPECT_THAT(log, HasSubstr("--lab_seed=0x123456789abcdef0"));
  EXPECT_THAT(log, Not(HasSubstr("--lab_replay")));
  EXPECT_EQ(ReadJson(place_.manifest())["trace_file"], "");
  EXPECT_THAT(RunSomethingElse(place_).err, HasSubstr("recording was off"));
  const Json json = ReadJson(place_.manifest());
  EXPECT_EQ(json["status"], "died");
  EXPECT_EQ(json["seed"], kDefaultSeed);
  EXPECT_FALSE(fs::exists(place_.trace()));
}

INSTANTIATE_TEST_SUITE_P(
    , RecordedDeathTest,
    ::testing::Values(RecordedDeath{"abort", SIGABRT},
                      RecordedDeath{"kill", SIGKILL, false},
                      RecordedDeath{"exit", 0}),
    [](const auto& info) { return std::string(info.param.way); });

TEST(RecordedDeathOnceTest, AFlightThatPassesLeavesNothing) {
  const Place place;
  EXPECT_EQ(RunSubject({"--lab_artifacts_dir=" + place.root, "passes",
                        "flight"})
                .exit_status,
            0);
  EXPECT_TRUE(fs::is_empty(place.root));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
