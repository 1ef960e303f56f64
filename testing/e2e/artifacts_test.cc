// What a failing test leaves, and that it is the same each time.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_format.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::UnorderedElementsAre;
using Json = nlohmann::json;

constexpr char kFails[] = "--gtest_filter=Race.ArrivesInOrder";

TEST(ArtifactsTest, AFailureLeavesTheLayoutOfTheSpec) {
  const std::string root = FreshFolder();
  const ProcessResult result =
      RunSubject({kFails}, {{"ASUPERSYNC_TEST_ARTIFACTS_DIR", root}});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(ReadTree(root),
              UnorderedElementsAre(
                  Key("Race_ArrivesInOrder/repro_manifest.json"),
                  Key("Race_ArrivesInOrder/event_log.txt"),
                  Key("Race_ArrivesInOrder/failed_assertions.json"),
                  Key("Race_ArrivesInOrder/trace.async"),
                  Key("Race_ArrivesInOrder/inputs.bin"),
                  Key("Race_ArrivesInOrder_summary.json")));
  EXPECT_EQ(ReadFile(root + "/Race_ArrivesInOrder/inputs.bin"),
            std::string("in\0put", 6));
}

TEST(ArtifactsTest, TheManifestHasItsFieldsWithTheirTypes) {
  const std::string root = FreshFolder();
  RunSubject({kFails, "--own=1", "--lab_artifacts_dir=" + root},
             {{"ASUPERSYNC_SEED", "18446744073709551610"},
              {"TEST_TARGET", "//a:b"}});
  const Json json = ReadJson(root + "/Race_ArrivesInOrder/repro_manifest.json");
  ASSERT_TRUE(json.is_object());
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["seed"].get<std::uint64_t>(), 18446744073709551610u);
  for (const char* name : {"schedule_seed", "entropy_seed", "fault_seed",
                           "fuzz_seed", "steps"}) {
    EXPECT_TRUE(json[name].is_number_unsigned()) << name;
  }
  EXPECT_EQ(json["test_id"], "Race.ArrivesInOrder");
  EXPECT_EQ(json["scenario_id"], "Race.ArrivesInOrder");
  EXPECT_EQ(json["bazel_target"], "//a:b");
  EXPECT_EQ(json["status"], "failed");
  EXPECT_EQ(json["passed"], false);
  EXPECT_EQ(json["subsystem"], "channel");
  EXPECT_EQ(json["invariant"], "fifo");
  EXPECT_EQ(json["verdict"], "quiescent");
  EXPECT_EQ(json["trace_file"], "trace.async");
  EXPECT_EQ(json["input_file"], "inputs.bin");
  EXPECT_EQ(json["replay_of"], "");
  EXPECT_EQ(json["replay_verdict"], "");
  EXPECT_EQ(json["arguments"], Json::array({"--own=1"}));
  EXPECT_EQ(json["oracle_violations"], Json::array());
  EXPECT_EQ(json["phases_executed"],
            Json::array({"setup", "run", "spawn", "receive"}));
  EXPECT_EQ(json["env_snapshot"],
            Json::array({{"ASUPERSYNC_SEED", "18446744073709551610"},
                         {"TEST_TARGET", "//a:b"}}));
  EXPECT_TRUE(std::filesystem::exists(json["binary"].get<std::string>()));
  EXPECT_THAT(json["config_hash"], MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_THAT(json["input_digest"], MatchesRegex("sha256:[0-9a-f]{64}"));
  EXPECT_THAT(json["trace_fingerprint"], MatchesRegex("foata64:[0-9a-f]{16}"));
  EXPECT_THAT(json["schedule_certificate"], MatchesRegex("0x[0-9a-f]{16}"));
  EXPECT_THAT(json["failure_reason"], HasSubstr("order_"));
}

TEST(ArtifactsTest, TheTraceAgreesWithTheManifest) {
  const std::string root = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  const std::string folder = root + "/Race_ArrivesInOrder";
  const Json json = ReadJson(folder + "/repro_manifest.json");
  absl::StatusOr<TraceReader> reader =
      TraceReader::Open(folder + "/trace.async");
  ASSERT_TRUE(reader.ok()) << reader.status();
  absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  ASSERT_TRUE(trace.ok()) << trace.status();
  ASSERT_TRUE(trace->complete());
  EXPECT_EQ(trace->metadata().test_id, "Race.ArrivesInOrder");
  EXPECT_EQ(trace->metadata().seed, json["seed"].get<std::uint64_t>());
  EXPECT_EQ(json["config_hash"], trace->metadata().config_hash);
  EXPECT_EQ(json["schedule_certificate"],
            FormatSeed(trace->summary()->certificate));
  EXPECT_EQ(json["steps"], trace->summary()->end_tick);
}

TEST(ArtifactsTest, TheEventLogHasHeaderEventsAndTheFailureInItsPlace) {
  const std::string root = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  const std::string log = ReadFile(root + "/Race_ArrivesInOrder/event_log.txt");
  EXPECT_THAT(log, MatchesRegex("test_id=Race.ArrivesInOrder "
                                "seed=0x123456789abcdef0 subsystem=channel "
                                "invariant=fifo phase=receive outcome=failed"
                                "\n(.|\n)*"));
  EXPECT_THAT(LinesWith(log, "== phase receive"), testing::SizeIs(1));
  EXPECT_THAT(LinesWith(log, "UserTrace text=\"received one\""),
              testing::SizeIs(3));
  const std::vector<std::string> ends =
      LinesWith(log.substr(log.find("!! FATAL FAILURE")), "#");
  EXPECT_THAT(ends.back(), HasSubstr("TaskCompleted task=T1"));
}

TEST(ArtifactsTest, FailedAssertionsHaveTheirPlace) {
  const std::string root = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  const Json json =
      ReadJson(root + "/Race_ArrivesInOrder/failed_assertions.json");
  ASSERT_EQ(json["failed_assertions"].size(), 1u);
  const Json& failure = json["failed_assertions"][0];
  EXPECT_EQ(failure["file"], "testing/e2e/subject.cc");
  EXPECT_EQ(failure["fatal"], true);
  EXPECT_EQ(failure["task"], "T1 'body'");
  EXPECT_GT(failure["tick"], 0);
  EXPECT_GT(failure["event_index"], 0);
  EXPECT_EQ(failure["virtual_time_ns"], 10'000'000);
  EXPECT_THAT(failure["message"], HasSubstr("in this run"));
}

TEST(ArtifactsTest, AFailureAtTheEndStandsAtTheLastEvent) {
  const std::string root = FreshFolder();
  RunSubject({"--gtest_filter=End.InADeadlock", "--lab_artifacts_dir=" + root});
  auto reader = TraceReader::Open(root + "/End_InADeadlock/trace.async");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const auto trace = reader->ReadAll();
  ASSERT_TRUE(trace.ok()) << trace.status();
  const Json json = ReadJson(root + "/End_InADeadlock/failed_assertions.json");
  ASSERT_GE(json["failed_assertions"].size(), 1u);
  for (const Json& failure : json["failed_assertions"]) {
    EXPECT_EQ(failure["event_index"], trace->end_index() - 1);
    EXPECT_EQ(failure["tick"], trace->summary()->end_tick);
  }
}

TEST(ArtifactsTest, AreTheSameBytesInEveryProcessAndFolder) {
  const std::string first = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + first});
  for (int i = 0; i < 20; ++i) {
    const std::string root = FreshFolder();
    // Another stack, another environment, another folder to run in.
    RunSubject({kFails, "--lab_artifacts_dir=" + root},
               {{"PADDING", std::string(i * 97, 'x')}}, root);
    for (const char* file :
         {"trace.async", "event_log.txt", "failed_assertions.json"}) {
      const std::string path = std::string("/Race_ArrivesInOrder/") + file;
      ASSERT_EQ(ReadFile(root + path), ReadFile(first + path)) << file;
    }
  }
}

TEST(ArtifactsTest, AreTheSameAlsoWhenOtherTestsRanBefore) {
  const std::string alone = FreshFolder();
  const std::string last = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + alone});
  RunSubject({"--gtest_filter=Race.*:Pass.*", "--gtest_repeat=2",
              "--lab_artifacts_dir=" + last});
  for (const char* file :
       {"trace.async", "event_log.txt", "failed_assertions.json"}) {
    const std::string path = std::string("/Race_ArrivesInOrder/") + file;
    EXPECT_EQ(ReadFile(last + path), ReadFile(alone + path)) << file;
  }
}

TEST(ArtifactsTest, APassingTestLeavesNothing) {
  const std::string root = FreshFolder();
  EXPECT_EQ(RunSubject({"--gtest_filter=Pass.*", "--lab_artifacts_dir=" + root})
                .exit_status,
            0);
  EXPECT_THAT(ReadTree(root), IsEmpty());
}

TEST(ArtifactsTest, APassingTestLeavesThemWhenAsked) {
  const std::string root = FreshFolder();
  EXPECT_EQ(RunSubject({"--gtest_filter=Pass.Quietly", "--lab_artifacts=always",
                        "--lab_artifacts_dir=" + root})
                .exit_status,
            0);
  const Json json = ReadJson(root + "/Pass_Quietly/repro_manifest.json");
  EXPECT_EQ(json["status"], "passed");
  EXPECT_EQ(json["passed"], true);
}

TEST(ArtifactsTest, AnUnwritableFolderDoesNotHideTheFailure) {
  // A folder below a file cannot be made, not even by root.
  const std::string file = FreshFolder() + "/file";
  WriteFile(file, "kept");
  const ProcessResult result =
      RunSubject({kFails, "--lab_artifacts_dir=" + file + "/below"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("Actual: { 0, 2, 1 }"));
  EXPECT_THAT(result.out,
              HasSubstr("TEST FAILURE - reproduce with seed "
                        "0x123456789ABCDEF0"));
  EXPECT_THAT(result.out, HasSubstr("--lab_seed=0x123456789abcdef0"));
  EXPECT_THAT(LinesWith(result.out, "no artifacts"),
              ElementsAre(AllOf(HasSubstr(file), HasSubstr("Not a directory"),
                                HasSubstr("--lab_artifacts_dir"))));
  EXPECT_THAT(result.out, Not(HasSubstr("--lab_replay")));
  EXPECT_EQ(ReadFile(file), "kept");
}

TEST(ArtifactsTest, AnUnwritableFolderFailsAPassingTestThatWantsThem) {
  const std::string file = FreshFolder() + "/file";
  WriteFile(file, "kept");
  const ProcessResult result =
      RunSubject({"--gtest_filter=Pass.Quietly", "--lab_artifacts=always",
                  "--lab_artifacts_dir=" + file + "/below"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, HasSubstr("no artifacts"));
}

TEST(ArtifactsTest, WhatAnEarlierRunLeftIsNotTakenForThisOnes) {
  const std::string root = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  RunSubject({kFails, "--lab_artifacts_dir=" + root},
             {{"SUBJECT_CHANGE", "no_recording"}});
  const auto tree = ReadTree(root);
  EXPECT_THAT(tree, Each(Not(Key("Race_ArrivesInOrder/trace.async"))));
  EXPECT_EQ(
      ReadJson(root + "/Race_ArrivesInOrder/repro_manifest.json")["trace_file"],
      "");
}

TEST(ArtifactsTest, WhatSomebodyHasPutThereStays) {
  const std::string root = FreshFolder();
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  WriteFile(root + "/Race_ArrivesInOrder/notes.txt", "mine");
  const auto before = ReadTree(root);
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  EXPECT_EQ(ReadTree(root), before);
}

// At any instant there is a whole set.
TEST(ArtifactsTest, ARunThatIsKilledLeavesTheSetOfTheOneBefore) {
  const std::string root = FreshFolder();
  const std::string folder = root + "/Race_ArrivesInOrder";
  RunSubject({kFails, "--lab_artifacts_dir=" + root});
  for (int i = 1; i <= 40; ++i) {
    const std::string seconds = absl::StrFormat("%.3f", 0.02 + i * 0.007);
    RunProcess({"/usr/bin/timeout", "-s", "KILL", seconds, SubjectPath(),
                kFails, "--gtest_repeat=1000", "--lab_artifacts_dir=" + root},
               {}, "/");
    const Json json = ReadJson(folder + "/repro_manifest.json");
    ASSERT_EQ(json["status"], "failed");
    absl::StatusOr<TraceReader> reader =
        TraceReader::Open(folder + "/trace.async");
    ASSERT_TRUE(reader.ok()) << reader.status();
    const absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
    ASSERT_TRUE(trace.ok()) << trace.status();
    ASSERT_TRUE(trace->complete());
    EXPECT_FALSE(ReadFile(folder + "/event_log.txt").empty());
  }
}

TEST(ArtifactsTest, TestsWithTheSameSanitizedNameHaveFoldersOfTheirOwn) {
  const std::string root = FreshFolder();
  RunSubject({"--gtest_filter=Same*.*", "--lab_artifacts_dir=" + root});
  EXPECT_EQ(ReadJson(root + "/Same_Name_A/repro_manifest.json")["test_id"],
            "Same_Name.A");
  EXPECT_EQ(
      ReadJson(root + "/Same_Name_A_39c39eb7/repro_manifest.json")["test_id"],
      "Same.Name_A");
}

TEST(ArtifactsTest, TheDefaultFolderIsBelowTheTemporaryOneAndIsPrinted) {
  const std::string temporary = FreshFolder();
  const ProcessResult result =
      RunSubject({kFails}, {{"TMPDIR", temporary}});
  EXPECT_THAT(LinesWith(result.out, "artifacts: " + temporary +
                                        "/asupersync_artifacts_"),
              testing::SizeIs(1));
}

TEST(ArtifactsTest, ARecordingAtItsLimitFailsTheTestIfItShall) {
  const std::string root = FreshFolder();
  const ProcessResult result =
      RunSubject({kFails, "--lab_artifacts_dir=" + root},
                 {{"SUBJECT_CHANGE", "recording_fails"}});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out,
              HasSubstr("the recording reached its limit after 20 events"));
  absl::StatusOr<TraceReader> reader =
      TraceReader::Open(root + "/Race_ArrivesInOrder/trace.async");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->size(), 20u);
  ASSERT_TRUE(trace->summary().has_value());
  EXPECT_EQ(trace->summary()->limit, RecordingLimit::kFailed);
  // Which stopped the run: nothing else is said of how it ended.
  EXPECT_EQ(ReadJson(root + "/Race_ArrivesInOrder/failed_assertions.json")
                ["failed_assertions"]
                    .size(),
            1u)
      << result.out;
  EXPECT_EQ(ReadJson(root + "/Race_ArrivesInOrder/repro_manifest.json")
                ["oracle_violations"],
            Json::array());
}

TEST(ArtifactsTest, AFlightRecorderKeepsTheLastEventsAndIsReplayed) {
  const std::string root = FreshFolder();
  const Variables change = {{"SUBJECT_CHANGE", "flight_recorder"}};
  EXPECT_EQ(
      RunSubject({kFails, "--lab_artifacts_dir=" + root}, change).exit_status,
      1);
  const std::string folder = root + "/Race_ArrivesInOrder/";
  absl::StatusOr<TraceReader> reader =
      TraceReader::Open(folder + "trace.async");
  ASSERT_TRUE(reader.ok()) << reader.status();
  const absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  ASSERT_TRUE(trace.ok()) << trace.status();
  EXPECT_EQ(trace->size(), 20u);
  EXPECT_GT(trace->first_index(), 0u);
  const ProcessResult replay = RunSubject(
      {kFails, "--lab_replay=" + folder + "repro_manifest.json",
       "--lab_artifacts_dir=" + root},
      change);
  EXPECT_THAT(replay.out, HasSubstr("REPLAY IDENTICAL"));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
