// --lab_replay_mode=resync, replays of traces without an end, and regression
// traces, from outside.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

class ReplayResyncTest : public ::testing::Test {
 protected:
  // A run in which all deposits but one are lost.
  void SetUp() override {
    const ProcessResult found = RunSubject(
        {"--gtest_filter=Bank.LosesNothing", "--lab_artifacts_dir=" + root_,
         "--lab_explore=sweep:2000"});
    ASSERT_EQ(found.exit_status, 1) << found.out;
    folder_ = root_ + "/Bank_LosesNothing";
    manifest_ = folder_ + "/repro_manifest.json";
    trace_ = folder_ + "/trace.async";
  }

  ProcessResult Follow(const std::string& path, const std::string& change,
                       std::vector<std::string> arguments = {
                           "--lab_replay_mode=resync"}) {
    arguments.push_back("--lab_replay=" + path);
    arguments.push_back("--lab_artifacts_dir=" + output_);
    return RunSubject(arguments, {{"SUBJECT_CHANGE", change}});
  }
  Json Manifest() {
    return ReadJson(output_ + "/Bank_LosesNothing/repro_manifest.json");
  }

  const std::string root_ = FreshFolder();
  const std::string output_ = FreshFolder();
  std::string folder_, manifest_, trace_;
};

TEST_F(ReplayResyncTest, AnEditThatMendsNothingStillFails) {
  const ProcessResult result = Follow(manifest_, "edited");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("REPLAY STILL FAILS: "), HasSubstr("(100%)"),
                    HasSubstr("first difference at event ")));
  EXPECT_EQ(Manifest()["replay_verdict"], "still fails");
  EXPECT_THAT(Manifest()["replay_followed"].get<std::string>(),
              HasSubstr("(100%)"));
  EXPECT_EQ(Manifest()["replay_of"], trace_);
  // The strict replay only sees that the program is another.
  EXPECT_THAT(Follow(manifest_, "edited", {}).out,
              HasSubstr("REPLAY DIVERGED"));
}

// Where the recording says why it failed: a trace alone does not.
TEST_F(ReplayResyncTest, AnotherFailureIsToldFromTheRecordedOne) {
  const ProcessResult result = Follow(manifest_, "throws");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("REPLAY STILL FAILS, in another way: "));
  EXPECT_THAT(
      LinesWith(result.out, "  recorded: "),
      ElementsAre(AllOf(
          HasSubstr("recorded: Expected: (balance_.unchecked()) > (1), "
                    "actual: 1 vs 1"),
          HasSubstr("; now: the test's body ended with "
                    "Panicked(no such account)"))));
  EXPECT_EQ(Manifest()["replay_verdict"], "still fails");
  EXPECT_THAT(Follow(trace_, "throws").out,
              HasSubstr("REPLAY STILL FAILS: "));
}

TEST_F(ReplayResyncTest, AMendedProgramIsFixed) {
  const std::string xml = output_ + "/result.xml";
  const ProcessResult result =
      Follow(manifest_, "mended",
             {"--lab_replay_mode=resync", "--gtest_output=xml:" + xml});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("REPLAY FIXED: "));
  EXPECT_EQ(Manifest()["replay_verdict"], "fixed");
  EXPECT_THAT(ReadFile(xml),
              AllOf(HasSubstr("name=\"replay_verdict\" value=\"fixed\""),
                    HasSubstr("name=\"replay_followed\"")));
}

TEST_F(ReplayResyncTest, AProgramThatTheTraceDoesNotFitDiverges) {
  const ProcessResult result = Follow(manifest_, "rewritten");
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, AllOf(HasSubstr("REPLAY DIVERGED at event "),
                                HasSubstr("record it again")));
  EXPECT_EQ(Manifest()["replay_verdict"], "diverged");
}

TEST_F(ReplayResyncTest, AnUnchangedProgramIsFollowedWhole) {
  const ProcessResult result = Follow(trace_, "");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("REPLAY STILL FAILS"),
                                Not(HasSubstr("first difference"))));
  EXPECT_EQ(Manifest()["schedule_certificate"],
            ReadJson(manifest_)["schedule_certificate"]);
}

TEST_F(ReplayResyncTest, ItsReproLinesFollowInTheSameWay) {
  const ProcessResult result = Follow(manifest_, "edited");
  // The program's own, and that of the debugger.
  EXPECT_THAT(LinesWith(result.out, "--lab_replay="),
              ElementsAre(HasSubstr("--lab_replay_mode=resync"),
                          AllOf(HasSubstr("gdb --args"),
                                HasSubstr("--lab_replay_mode=resync"))));
}

TEST_F(ReplayResyncTest, TheEnvironmentAsksForItToo) {
  const ProcessResult result =
      RunSubject({"--lab_artifacts_dir=" + output_},
                 {{"ASUPERSYNC_REPLAY", manifest_},
                  {"ASUPERSYNC_REPLAY_MODE", "resync"}});
  EXPECT_THAT(result.out, HasSubstr("REPLAY STILL FAILS"));
}

TEST_F(ReplayResyncTest, APassingRecordingStillPasses) {
  RunSubject({"--gtest_filter=Sequential.Program", "--lab_artifacts=always",
              "--lab_artifacts_dir=" + root_});
  const std::string path = root_ + "/Sequential_Program/repro_manifest.json";
  const ProcessResult result = Follow(path, "random");
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("REPLAY STILL PASSES"));
}

// The writer of the trace died: the run goes on as the recorded one did.
TEST_F(ReplayResyncTest, ATraceWithoutAnEndIsFollowedAndContinued) {
  const std::string whole = ReadFile(trace_);
  const std::string cut = output_ + "/cut.async";
  std::vector<std::size_t> sizes;
  for (std::size_t i = 1; i < 8; ++i) sizes.push_back(whole.size() * i / 8);
  for (std::size_t end = 20; end < 160; end += 20) {
    sizes.push_back(whole.size() - end);
  }
  int prefixes = 0;
  for (const std::size_t size : sizes) {
    WriteFile(cut, whole.substr(0, size));
    for (const std::vector<std::string>& mode :
         {std::vector<std::string>{},
          std::vector<std::string>{"--lab_replay_mode=resync"}}) {
      const ProcessResult result = Follow(cut, "", mode);
      if (result.exit_status == 2) {
        EXPECT_THAT(result.err, HasSubstr("cannot replay: " + cut)) << size;
        continue;
      }
      EXPECT_EQ(result.exit_status, 1) << size << result.out;
      EXPECT_EQ(Manifest()["schedule_certificate"],
                ReadJson(manifest_)["schedule_certificate"])
          << size;
      // Cut behind its last event and what it ended with, it is whole.
      if (LinesWith(result.out, "the trace has no end").empty()) continue;
      ++prefixes;
      EXPECT_THAT(result.out,
                  AllOf(HasSubstr(mode.empty() ? "REPLAY PREFIX: "
                                               : "REPLAY STILL FAILS: "),
                        HasSubstr("went on by the seed")))
          << size;
      EXPECT_EQ(Manifest()["replay_verdict"],
                mode.empty() ? "prefix" : "still fails");
    }
  }
  EXPECT_GE(prefixes, 2);
}

// --- LAB_REGRESSION_TRACES, in a folder with such traces.

class RegressionTracesTest : public ReplayResyncTest {
 protected:
  void SetUp() override {
    ReplayResyncTest::SetUp();
    std::filesystem::create_directories(traces_);
    std::filesystem::copy_file(trace_, traces_ + "/lost-deposits.async");
  }

  ProcessResult Run(const std::string& change,
                    std::vector<std::string> arguments = {}) {
    arguments.push_back("--gtest_filter=RegressionTraces.*");
    arguments.push_back("--lab_artifacts_dir=" + output_);
    return RunSubject(arguments, {{"SUBJECT_CHANGE", change}}, work_);
  }

  const std::string work_ = FreshFolder();
  const std::string traces_ = work_ + "/testing/e2e/changed_traces";
};

TEST_F(RegressionTracesTest, AFailureThatIsBackFailsItsCase) {
  for (const char* change : {"", "edited"}) {
    const ProcessResult result = Run(change);
    EXPECT_EQ(result.exit_status, 1) << result.out;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr("RegressionTraces.lost_deposits"),
                      HasSubstr(traces_ + "/lost-deposits.async of "
                                "Bank.LosesNothing still fails: "),
                      HasSubstr("(100%)"),
                      HasSubstr("TEST FAILURE - reproduce with seed")));
  }
}

TEST_F(RegressionTracesTest, AMendedProgramPassesAndSaysHowFarItFollowed) {
  const std::string xml = output_ + "/result.xml";
  const ProcessResult result = Run("mended", {"--gtest_output=xml:" + xml});
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_THAT(LinesWith(result.out, "[REGRESSION]"),
              ElementsAre(AllOf(HasSubstr("Bank.LosesNothing fixed: "),
                                HasSubstr("recorded steps followed"))));
  EXPECT_THAT(ReadFile(xml),
              AllOf(HasSubstr("name=\"replay_verdict\" value=\"fixed\""),
                    HasSubstr("lost_deposits")));
  EXPECT_FALSE(std::filesystem::exists(output_ + "/regression_traces/"
                                                 "lost_deposits"));
}

TEST_F(RegressionTracesTest, ATraceThatHardlyFitsIsAWarning) {
  const ProcessResult result = Run("rewritten");
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_THAT(LinesWith(result.out, "[REGRESSION]"),
              ElementsAre(HasSubstr("diverged")));
  EXPECT_THAT(LinesWith(result.out, "[ WARNING  ]"), SizeIs(1));
}

TEST_F(RegressionTracesTest, EachFileIsACaseInTheOrderOfTheNames) {
  std::filesystem::copy_file(trace_, traces_ + "/a.async");
  WriteFile(traces_ + "/z.async", "no trace");
  const ProcessResult result = Run("mended");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, "[ RUN      ]"),
              ElementsAre(HasSubstr(".a"), HasSubstr(".lost_deposits"),
                          HasSubstr(".z")));
  EXPECT_THAT(result.out,
              AllOf(HasSubstr("z.async was not replayed: the program ended "
                              "with status 2"),
                    HasSubstr("cannot replay: ")));
}

// Also of a trace whose own process died.
TEST_F(RegressionTracesTest, AProgramThatDiesStillFails) {
  RunSubject({"--gtest_filter=Bank.LosesNothing",
              "--lab_artifacts_dir=" + root_ + "/died"},
             {{"SUBJECT_CHANGE", "dies"}});
  std::filesystem::copy_file(root_ + "/died/Bank_LosesNothing/trace.async",
                             traces_ + "/died.async");
  const std::string xml = output_ + "/result.xml";
  const ProcessResult result = Run("dies", {"--gtest_output=xml:" + xml});
  EXPECT_EQ(result.exit_status, 1);
  for (const char* name : {"died", "lost-deposits"}) {
    EXPECT_THAT(result.out,
                ContainsRegex(absl::StrCat(
                    name, "\\.async of Bank.LosesNothing still fails: the "
                    "process died by signal 6 \\(SIGABRT\\) in or after step "
                    "[0-9]+; the trace ends in step [0-9]+")));
  }
  EXPECT_THAT(LinesWith(ReadFile(xml), "name=\"replay_verdict\""),
              ElementsAre(HasSubstr("value=\"still fails\""),
                          HasSubstr("value=\"still fails\"")));
  EXPECT_THAT(result.out, Not(HasSubstr("was not replayed")));
}

TEST_F(RegressionTracesTest, APatternWithoutAMatchFails) {
  std::filesystem::remove_all(traces_);
  const ProcessResult result = Run("mended");
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out,
              HasSubstr("LAB_REGRESSION_TRACES(\"changed_traces/*.async\") "
                        "matches no file"));
}

// The case is in the shard, the filter and the repetition of the outer run
// alone.
TEST_F(RegressionTracesTest, TheOuterRunsFiltersAreItsOwn) {
  const ProcessResult result =
      RunSubject({"--lab_artifacts_dir=" + output_, "--gtest_repeat=2"},
                 {{"SUBJECT_CHANGE", "mended"},
                  {"GTEST_FILTER", "RegressionTraces.*"},
                  {"GTEST_TOTAL_SHARDS", "1"},
                  {"GTEST_SHARD_INDEX", "0"},
                  {"ASUPERSYNC_SEED", "77"}},
                 work_);
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  EXPECT_THAT(LinesWith(result.out, "[REGRESSION]"), SizeIs(2));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
