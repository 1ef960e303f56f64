// --lab_record=accesses: a trace that `asupersync trace diff` can find causes
// in, also of a run that was recorded without it.
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

constexpr char kFlag[] = "--lab_record=accesses";

ProcessResult Cli(Strings words) {
  words.insert(words.begin(),
               std::filesystem::absolute(std::getenv("CLI")).string());
  return RunProcess(words, {{"TMPDIR", FreshFolder()}}, "/");
}

// The folder that the test leaves with these arguments.
std::string Record(Strings arguments, const Variables& variables = {}) {
  const std::string root = FreshFolder();
  arguments.insert(arguments.end(),
                   {"--gtest_filter=Race.ArrivesInOrder",
                    "--lab_artifacts=always", "--lab_artifacts_dir=" + root});
  RunSubject(arguments, variables);
  return root + "/Race_ArrivesInOrder";
}

bool HasAccesses(const std::string& folder) {
  const ProcessResult events =
      Cli({"trace", "events", folder + "/trace.async", "--kind=ObjectAccessed",
           "--format=json"});
  EXPECT_EQ(events.exit_status, 0) << events.err;
  return !Json::parse(events.out)["events"].empty();
}

TEST(RecordAccessesTest, TheFlagAndTheVariableRecordThem) {
  EXPECT_FALSE(HasAccesses(Record({})));
  EXPECT_TRUE(HasAccesses(Record({kFlag})));
  EXPECT_TRUE(HasAccesses(Record({}, {{"ASUPERSYNC_RECORD", "accesses"}})));
  EXPECT_FALSE(HasAccesses(Record({"--lab_record=default"},
                                  {{"ASUPERSYNC_RECORD", "accesses"}})));
}

TEST(RecordAccessesTest, TheExecutionIsTheSame) {
  const Json without = ReadJson(Record({}) + "/repro_manifest.json");
  const Json with = ReadJson(Record({kFlag}) + "/repro_manifest.json");
  for (const char* field : {"steps", "schedule_certificate",
                            "trace_fingerprint", "failure_reason"}) {
    EXPECT_EQ(with[field], without[field]) << field;
  }
}

TEST(RecordAccessesTest, ADiffWithoutThemSaysHowToGetThem) {
  const Strings other = {"--lab_seed=1"};
  const auto diff = [](const std::string& a, const std::string& b) {
    const ProcessResult result = Cli(
        {"trace", "diff", a + "/trace.async", b + "/trace.async"});
    EXPECT_EQ(result.exit_status, 13) << result.err;
    EXPECT_THAT(LinesWith(result.out, "first causal difference"), SizeIs(1));
    return LinesWith(result.out, "note: ");
  };
  EXPECT_THAT(diff(Record({}), Record(other)), ElementsAre(HasSubstr(kFlag)));
  EXPECT_THAT(diff(Record({kFlag}), Record({kFlag, other[0]})), IsEmpty());
}

TEST(RecordAccessesTest, ARecordingGetsThemByBeingReplayed) {
  const std::string plain = Record({});
  const std::string root = FreshFolder();
  const ProcessResult replay =
      RunSubject({"--lab_replay=" + plain, kFlag,
                  "--lab_artifacts_dir=" + root});
  EXPECT_THAT(LinesWith(replay.out, "REPLAY IDENTICAL"), SizeIs(1))
      << replay.out << replay.err;
  const std::string full = root + "/Race_ArrivesInOrder";
  EXPECT_TRUE(HasAccesses(full));
  // The full one needs no flag to be followed, and stays full.
  const std::string again = FreshFolder();
  const ProcessResult second =
      RunSubject({"--lab_replay=" + full, "--lab_artifacts_dir=" + again});
  EXPECT_THAT(LinesWith(second.out, "REPLAY IDENTICAL"), SizeIs(1))
      << second.out << second.err;
  EXPECT_TRUE(HasAccesses(again + "/Race_ArrivesInOrder"));
}

TEST(RecordAccessesTest, TheReplayCommandTakesTheFlag) {
  const ProcessResult result =
      Cli({"replay", Record({}), "--format=json", "--", kFlag});
  EXPECT_EQ(result.exit_status, 10) << result.err;
  const Json json = Json::parse(result.out);
  EXPECT_THAT(json["verdict"].get<std::string>(),
              HasSubstr("replay identical"));
  EXPECT_TRUE(HasAccesses(json["artifacts"].get<std::string>() +
                          "/Race_ArrivesInOrder"));
}

TEST(RecordAccessesTest, ATestThatRecordsNothingRecordsNoneEither) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.ArrivesInOrder", kFlag,
                  "--lab_artifacts_dir=" + FreshFolder()},
                 {{"SUBJECT_CHANGE", "no_recording"}});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, Not(HasSubstr("trace.async")));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
