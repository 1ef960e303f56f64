// What --lab_replay cannot follow it refuses: one line, no test, no file.
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using Json = nlohmann::json;

class ReplayRefusalTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = FreshFolder();
    RunSubject({"--gtest_filter=Race.ArrivesInOrder",
                "--lab_artifacts_dir=" + root_});
    folder_ = root_ + "/Race_ArrivesInOrder";
    manifest_ = folder_ + "/repro_manifest.json";
    trace_ = folder_ + "/trace.async";
  }

  // Replays `path`, expects a refusal, and returns the line.
  std::string Refused(const std::string& path,
                      std::vector<std::string> arguments = {},
                      const Variables& variables = {}) {
    const auto before = ReadTree(root_);
    const std::string output = FreshFolder();
    arguments.push_back("--lab_replay=" + path);
    arguments.push_back("--lab_artifacts_dir=" + output);
    const ProcessResult result = RunSubject(arguments, variables);
    EXPECT_EQ(result.exit_status, 2) << result.out << result.err;
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
    EXPECT_THAT(result.err, HasSubstr("cannot replay: "));
    EXPECT_THAT(result.out, Not(HasSubstr("REPLAY")));
    EXPECT_EQ(ReadTree(root_), before);
    EXPECT_THAT(ReadTree(output), IsEmpty());
    return result.err;
  }

  void EditManifest(const std::function<void(Json&)>& edit) {
    Json json = ReadJson(manifest_);
    edit(json);
    WriteFile(manifest_, json.dump());
  }

  std::string root_, folder_, manifest_, trace_;
};

TEST_F(ReplayRefusalTest, AMissingManifest) {
  EXPECT_THAT(Refused(folder_ + "/none.json"),
              AllOf(HasSubstr("none.json"), HasSubstr("No such file")));
}

TEST_F(ReplayRefusalTest, AMissingTrace) {
  std::filesystem::remove(trace_);
  EXPECT_THAT(Refused(manifest_), HasSubstr(trace_));
}

TEST_F(ReplayRefusalTest, AFolderWithoutARecording) {
  std::filesystem::create_directory(root_ + "/empty");
  EXPECT_THAT(Refused(root_ + "/empty"),
              HasSubstr("no repro_manifest.json in "));
}

TEST_F(ReplayRefusalTest, AFolderOfSeveralRecordings) {
  std::filesystem::copy(folder_, root_ + "/second");
  EXPECT_THAT(Refused(root_), AllOf(HasSubstr("the artifacts of 2 tests"),
                                    HasSubstr(manifest_)));
}

// Of which not one event is left.
TEST_F(ReplayRefusalTest, ATraceThatIsCutInItsMetadata) {
  const std::string whole = ReadFile(trace_);
  for (std::size_t size = 0; size < 250; size += 10) {
    WriteFile(trace_, whole.substr(0, size));
    EXPECT_THAT(Refused(manifest_), HasSubstr(trace_)) << size;
  }
}

// Refused, or followed as far as it is whole, and then it says so; it never
// passes for the recorded execution.
TEST_F(ReplayRefusalTest, ABitFlippedTraceIsNotTakenForTheWholeOne) {
  const std::string whole = ReadFile(trace_);
  for (std::size_t at = 0; at < whole.size(); at += 1 + whole.size() / 25) {
    std::string flipped = whole;
    flipped[at] ^= 0x10;
    WriteFile(trace_, flipped);
    const ProcessResult result = RunSubject(
        {"--lab_replay=" + manifest_, "--lab_artifacts_dir=" + FreshFolder()});
    if (result.exit_status == 2) {
      EXPECT_THAT(result.err, HasSubstr("cannot replay: " + trace_)) << at;
    } else {
      EXPECT_THAT(result.out, AllOf(HasSubstr("REPLAY PREFIX"),
                                    HasSubstr("the trace has no end")))
          << at;
    }
  }
}

TEST_F(ReplayRefusalTest, AForeignFile) {
  WriteFile(trace_, "This is a letter to my mother, and no trace at all.");
  EXPECT_THAT(Refused(manifest_), HasSubstr(trace_));
  EXPECT_THAT(Refused(trace_), HasSubstr(trace_ + " is not a trace: "));
  WriteFile(trace_, "");
  EXPECT_THAT(Refused(trace_), HasSubstr(trace_ + " is not a trace: "));
}

TEST_F(ReplayRefusalTest, AManifestOfAnotherSchema) {
  EditManifest([](Json& json) { json["schema_version"] = 2; });
  EXPECT_THAT(Refused(manifest_),
              AllOf(HasSubstr("schema_version 2"), HasSubstr("reads 1")));
}

TEST_F(ReplayRefusalTest, ATruncatedManifest) {
  const std::string whole = ReadFile(manifest_);
  WriteFile(manifest_, whole.substr(0, whole.size() / 2));
  EXPECT_THAT(Refused(manifest_), HasSubstr("not whole JSON"));
}

TEST_F(ReplayRefusalTest, AManifestWithAMissingField) {
  EditManifest([](Json& json) { json.erase("config_hash"); });
  EXPECT_THAT(Refused(manifest_), HasSubstr("config_hash is missing"));
}

TEST_F(ReplayRefusalTest, AManifestWithAMistypedField) {
  EditManifest([](Json& json) { json["seed"] = "42"; });
  EXPECT_THAT(Refused(manifest_), HasSubstr("seed is not a number"));
}

TEST_F(ReplayRefusalTest, AManifestOfAnotherSeedThanItsTrace) {
  EditManifest([](Json& json) { json["seed"] = 43; });
  EXPECT_THAT(Refused(manifest_), AllOf(HasSubstr("0x000000000000002b"),
                                        HasSubstr("not of the same run")));
}

TEST_F(ReplayRefusalTest, AManifestOfAnotherEndThanItsTrace) {
  EditManifest([](Json& json) { json["steps"] = 17; });
  EXPECT_THAT(Refused(manifest_),
              HasSubstr("steps is 17 in the manifest, 18 in the trace"));
  EditManifest([](Json& json) {
    json["steps"] = 18;
    json["schedule_certificate"] = "0x1";
  });
  EXPECT_THAT(Refused(manifest_),
              HasSubstr("schedule_certificate is 0x1 in the manifest, 0x"));
}

TEST_F(ReplayRefusalTest, AManifestOfNoKnownStatus) {
  EditManifest([](Json& json) { json["status"] = "bogus"; });
  EXPECT_THAT(Refused(manifest_), HasSubstr("the field status is not one of"));
}

TEST_F(ReplayRefusalTest, AnotherSeedOnTheCommandLine) {
  EXPECT_THAT(Refused(manifest_, {"--lab_seed=42"}),
              AllOf(HasSubstr("--lab_seed is 0x000000000000002a"),
                    HasSubstr("0x123456789abcdef0")));
  EXPECT_THAT(Refused(manifest_, {}, {{"ASUPERSYNC_SEED", "42"}}),
              HasSubstr("ASUPERSYNC_SEED is 0x000000000000002a"));
}

TEST_F(ReplayRefusalTest, AnotherSeedByTheTest) {
  EXPECT_THAT(Refused(manifest_, {}, {{"SUBJECT_CHANGE", "derived_seed"}}),
              HasSubstr("those of the test"));
}

TEST_F(ReplayRefusalTest, AnotherSeedByTheFixture) {
  RunSubject({"--gtest_filter=OwnSeed.*", "--lab_artifacts=always",
              "--lab_artifacts_dir=" + root_});
  EXPECT_THAT(Refused(root_ + "/OwnSeed_OfTheFixture/repro_manifest.json", {},
                      {{"SUBJECT_CHANGE", "own_seed"}}),
              HasSubstr("the test itself asks for 0x000000000000000a"));
}

TEST_F(ReplayRefusalTest, AChangedConfiguration) {
  EXPECT_THAT(Refused(manifest_, {}, {{"SUBJECT_CHANGE", "config"}}),
              HasSubstr("config steps_max is 10000000 in the trace, 4321 now"));
}

TEST_F(ReplayRefusalTest, EverythingThatDiffersAtOnce) {
  EXPECT_THAT(
      Refused(manifest_, {"--lab_chaos=light"},
              {{"SUBJECT_CHANGE", "config_and_seed"}}),
      AllOf(HasSubstr("--lab_chaos is light"),
            HasSubstr("config steps_max is 10000000 in the trace, 4321 now"),
            HasSubstr("those of the test")));
}

TEST_F(ReplayRefusalTest, ATestThatDoesNotRecord) {
  EXPECT_THAT(Refused(manifest_, {}, {{"SUBJECT_CHANGE", "no_recording"}}),
              HasSubstr("recording"));
}

TEST_F(ReplayRefusalTest, ARunThatRecordedNothing) {
  EditManifest([](Json& json) { json["trace_file"] = ""; });
  EXPECT_THAT(Refused(manifest_), HasSubstr("left no trace"));
}

TEST_F(ReplayRefusalTest, ATestThatIsNotInThisProgram) {
  // The same recording, given to a program that has other tests.
  const std::string other = std::getenv("OTHER_SUBJECT");
  const ProcessResult result =
      RunProcess({std::filesystem::absolute(other).string(),
                  "--lab_replay=" + manifest_},
                 {}, "/");
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, AllOf(HasSubstr("Race.ArrivesInOrder"),
                                HasSubstr("not in this program")));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
