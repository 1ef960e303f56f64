// --lab_replay drives the recorded execution again, or says where it differs.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

// A recording of a failure, in a folder of its own.
struct Recording {
  std::string root;
  std::string folder;
  std::string manifest;
};

Recording Record(const std::string& test, const std::string& name,
                 const std::string& seed = "0x123456789abcdef0") {
  Recording recording;
  recording.root = FreshFolder();
  recording.folder = recording.root + "/" + name;
  recording.manifest = recording.folder + "/repro_manifest.json";
  RunSubject({"--gtest_filter=" + test, "--lab_seed=" + seed,
              "--lab_artifacts=always",
              "--lab_artifacts_dir=" + recording.root});
  return recording;
}

Recording RecordRace() {
  return Record("Race.ArrivesInOrder", "Race_ArrivesInOrder");
}

TEST(ReplayTest, AFolderStandsForItsRecording) {
  const Recording recorded = RecordRace();
  const auto replay = [&](const std::string& folder) {
    return LinesWith(RunSubject({"--lab_replay=" + folder,
                                 "--lab_artifacts_dir=" + FreshFolder()})
                         .out,
                     "lab_replay=");
  };
  for (const std::string& folder : {recorded.folder, recorded.root}) {
    EXPECT_THAT(replay(folder), Contains(HasSubstr("--lab_replay=" +
                                                   recorded.manifest)));
  }
  std::filesystem::remove(recorded.manifest);
  EXPECT_THAT(replay(recorded.folder),
              Contains(HasSubstr("--lab_replay=" + recorded.folder +
                                 "/trace.async")));
}

TEST(ReplayTest, RepeatsTheFailureStepByStep) {
  const Recording recorded = RecordRace();
  const std::string root = FreshFolder();
  const ProcessResult result = RunSubject(
      {"--lab_replay=" + recorded.manifest, "--lab_artifacts_dir=" + root});
  EXPECT_EQ(result.exit_status, 1);
  const Json then = ReadJson(recorded.manifest);
  const Json now = ReadJson(root + "/Race_ArrivesInOrder/repro_manifest.json");
  const std::string certificate = then["schedule_certificate"];
  EXPECT_THAT(LinesWith(result.out, "REPLAY IDENTICAL"),
              testing::ElementsAre(
                  AllOf(HasSubstr("18 steps"), HasSubstr(certificate))));
  EXPECT_THAT(result.out, HasSubstr("the recorded failure was reproduced"));
  for (const char* field : {"steps", "schedule_certificate", "seed",
                            "trace_fingerprint", "failure_reason"}) {
    EXPECT_EQ(now[field], then[field]) << field;
  }
  EXPECT_EQ(now["replay_verdict"], "identical");
  EXPECT_EQ(now["replay_of"], recorded.folder + "/trace.async");
  for (const char* file :
       {"trace.async", "event_log.txt", "failed_assertions.json"}) {
    EXPECT_EQ(ReadFile(root + "/Race_ArrivesInOrder/" + file),
              ReadFile(recorded.folder + "/" + file));
  }
}

TEST(ReplayTest, FollowsATraceWithoutItsManifest) {
  const Recording recorded = RecordRace();
  const ProcessResult result =
      RunSubject({"--lab_replay=" + recorded.folder + "/trace.async",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(result.out, HasSubstr("REPLAY IDENTICAL"));
}

TEST(ReplayTest, IsAskedForByTheEnvironmentToo) {
  const Recording recorded = RecordRace();
  const ProcessResult result =
      RunSubject({"--lab_artifacts_dir=" + FreshFolder()},
                 {{"ASUPERSYNC_REPLAY", recorded.manifest}});
  EXPECT_THAT(result.out, HasSubstr("REPLAY IDENTICAL"));
}

TEST(ReplayTest, RepeatsEveryWayToFail) {
  const std::vector<std::pair<std::string, std::string>> tests = {
      {"Race.ClassicForm", "Race_ClassicForm"},
      {"Race.Swept", "Race_Swept"},
      {"End.ByAnException", "End_ByAnException"},
      {"End.InADeadlock", "End_InADeadlock"},
      {"Expects.SpawnedTasksToBeRun", "Expects_SpawnedTasksToBeRun"},
      {"FailsInTearDown.LeavesArtifacts", "FailsInTearDown_LeavesArtifacts"},
      {"ForgetsTearDown.IsDetected", "ForgetsTearDown_IsDetected"},
      {"All/Parameters.AreSmall/1", "All_Parameters_AreSmall_1"},
      {"Seed.OfTheTest", "Seed_OfTheTest"},
  };
  for (const auto& [test, name] : tests) {
    const Recording recorded = Record(test, name);
    const ProcessResult result =
        RunSubject({"--lab_replay=" + recorded.manifest,
                    "--lab_artifacts_dir=" + FreshFolder()});
    EXPECT_THAT(result.out, HasSubstr("REPLAY IDENTICAL")) << test;
    EXPECT_THAT(result.out, HasSubstr("1 test from 1 test suite ran"));
    EXPECT_EQ(result.exit_status, test == "Seed.OfTheTest" ? 0 : 1) << test;
  }
}

TEST(ReplayTest, RunsTheRecordedTestAlone) {
  const Recording recorded = RecordRace();
  const ProcessResult result =
      RunSubject({"--lab_replay=" + recorded.manifest,
                  "--lab_artifacts_dir=" + FreshFolder()},
                 {{"GTEST_TOTAL_SHARDS", "3"}, {"GTEST_SHARD_INDEX", "2"}});
  EXPECT_THAT(LinesWith(result.out, "[ RUN"), SizeIs(1));
  EXPECT_THAT(result.out, HasSubstr("REPLAY IDENTICAL"));
}

TEST(ReplayTest, AFilterThatLeavesTheTestOutIsRefused) {
  const Recording recorded = RecordRace();
  for (const char* filter : {"Pass.Quietly", "Nope.*"}) {
    const ProcessResult result = RunSubject(
        {"--lab_replay=" + recorded.manifest,
         absl::StrCat("--gtest_filter=", filter),
         "--lab_artifacts_dir=" + FreshFolder()});
    EXPECT_EQ(result.exit_status, 2) << filter;
    EXPECT_THAT(result.err,
                HasSubstr(absl::StrCat("of the test Race.ArrivesInOrder, which "
                                       "will not be run: --gtest_filter=",
                                       filter, " leaves it out")));
    EXPECT_THAT(LinesWith(result.out, "[ RUN"), SizeIs(0));
  }
}

TEST(ReplayTest, NeverWritesWhereItReads) {
  const Recording recorded = RecordRace();
  const auto before = ReadTree(recorded.root);
  for (int i = 0; i < 2; ++i) {
    RunSubject({"--lab_replay=" + recorded.manifest,
                "--lab_artifacts_dir=" + recorded.root});
    auto after = ReadTree(recorded.root);
    for (const auto& [path, bytes] : before) EXPECT_EQ(after[path], bytes);
    EXPECT_THAT(after, Contains(Key("Race_ArrivesInOrder_replay/"
                                    "repro_manifest.json")));
    EXPECT_THAT(after,
                Contains(Key("Race_ArrivesInOrder_replay_summary.json")));
  }
  // The replay of a replay, likewise.
  RunSubject({"--lab_replay=" + recorded.folder + "_replay/trace.async",
              "--lab_artifacts_dir=" + recorded.root});
  auto after = ReadTree(recorded.root);
  for (const auto& [path, bytes] : before) EXPECT_EQ(after[path], bytes);
}

TEST(ReplayTest, OfAChangedProgramSaysWhereItDiverges) {
  const Recording recorded = RecordRace();
  const std::string root = FreshFolder();
  const ProcessResult result = RunSubject(
      {"--lab_replay=" + recorded.manifest, "--lab_artifacts_dir=" + root},
      {{"SUBJECT_CHANGE", "program"}});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("REPLAY DIVERGED"));
  EXPECT_THAT(LinesWith(result.out, "expected:"),
              Contains(HasSubstr("RngValue")));
  EXPECT_THAT(LinesWith(result.out, "actual:"),
              Contains(HasSubstr("TaskYielded task=T3")));
  const Json manifest =
      ReadJson(root + "/Race_ArrivesInOrder/repro_manifest.json");
  EXPECT_EQ(manifest["replay_verdict"], "diverged");
  const Json report =
      ReadJson(root + "/Race_ArrivesInOrder/" +
               manifest["divergence_file"].get<std::string>());
  EXPECT_EQ(report["index"], 22);
  // What it printed last repeats the original recording, not this stump.
  EXPECT_THAT(LinesWith(result.out, "--lab_replay="),
              testing::Each(HasSubstr(recorded.manifest)));
}

TEST(ReplayTest, OfAFixedAssertionSaysThatTheOutcomeDiffers) {
  const Recording recorded = RecordRace();
  const ProcessResult result =
      RunSubject({"--lab_replay=" + recorded.manifest,
                  "--lab_artifacts_dir=" + FreshFolder()},
                 {{"SUBJECT_CHANGE", "assertion"}});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("(outcome)"));
  EXPECT_THAT(result.out, HasSubstr("recorded to end with err"));
}

TEST(ReplayTest, OfAPassingRunPasses) {
  const Recording recorded = Record("Pass.Quietly", "Pass_Quietly");
  const std::string root = FreshFolder();
  const ProcessResult result = RunSubject(
      {"--lab_replay=" + recorded.manifest, "--lab_artifacts_dir=" + root});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("REPLAY IDENTICAL"));
  EXPECT_EQ(ReadJson(root + "/Pass_Quietly/repro_manifest.json")
                ["replay_verdict"],
            "identical");
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
