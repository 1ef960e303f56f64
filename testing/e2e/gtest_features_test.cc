// GoogleTest's own features work with lab tests.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

std::vector<std::string> Started(const std::vector<std::string>& arguments,
                                 const Variables& variables = {}) {
  std::vector<std::string> all = arguments;
  all.push_back("--lab_artifacts_dir=" + FreshFolder());
  return LinesWith(RunSubject(all, variables).out, "[ RUN      ]");
}

TEST(GtestFeaturesTest, FiltersSelectTests) {
  EXPECT_THAT(Started({"--gtest_filter=Race.C*:Pass.Quietly"}),
              ElementsAre("[ RUN      ] Race.ClassicForm",
                          "[ RUN      ] Pass.Quietly"));
}

TEST(GtestFeaturesTest, BothFormsStandInOneSuite) {
  EXPECT_THAT(Started({"--gtest_filter=Race.*"}),
              ElementsAre("[ RUN      ] Race.ArrivesInOrder",
                          "[ RUN      ] Race.ClassicForm",
                          "[ RUN      ] Race.Swept",
                          "[ RUN      ] Race.DiesInAChild"));
}

TEST(GtestFeaturesTest, DeathTestsWorkInBothStyles) {
  for (const char* style : {"fast", "threadsafe"}) {
    const std::string root = FreshFolder();
    const ProcessResult result =
        RunSubject({"--gtest_filter=Race.DiesInAChild",
                    absl::StrCat("--gtest_death_test_style=", style),
                    "--lab_artifacts_dir=" + root});
    EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
    EXPECT_THAT(LinesWith(result.out, "SEEDS"), SizeIs(1)) << style;
    EXPECT_THAT(ReadTree(root), IsEmpty());
  }
}

TEST(GtestFeaturesTest, RepeatingGivesTheSameExecution) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.ArrivesInOrder", "--gtest_repeat=3",
                  "--lab_artifacts_dir=" + FreshFolder()});
  const std::vector<std::string> ends = LinesWith(result.out, "certificate=");
  ASSERT_THAT(ends, SizeIs(3));
  EXPECT_EQ(std::set<std::string>(ends.begin(), ends.end()).size(), 1u);
}

TEST(GtestFeaturesTest, ShufflingChangesNoExecution) {
  const std::string filter = "--gtest_filter=Race.*:End.*";
  const auto ends = [&](std::vector<std::string> arguments) {
    arguments.push_back(filter);
    arguments.push_back("--lab_artifacts_dir=" + FreshFolder());
    std::multiset<std::string> lines;
    for (const std::string& line :
         LinesWith(RunSubject(arguments).out, "certificate=")) {
      lines.insert(line);
    }
    return lines;
  };
  EXPECT_EQ(ends({"--gtest_shuffle", "--gtest_random_seed=7"}), ends({}));
}

TEST(GtestFeaturesTest, ShardsTogetherRunEachTestOnce) {
  std::vector<std::string> in_shards;
  for (int i = 0; i < 3; ++i) {
    for (const std::string& line :
         Started({"--gtest_filter=-DISABLED*"},
                 {{"GTEST_TOTAL_SHARDS", "3"},
                  {"GTEST_SHARD_INDEX", absl::StrCat(i)}})) {
      in_shards.push_back(line);
    }
  }
  std::vector<std::string> alone = Started({"--gtest_filter=-DISABLED*"});
  std::sort(in_shards.begin(), in_shards.end());
  std::sort(alone.begin(), alone.end());
  EXPECT_EQ(in_shards, alone);
}

TEST(GtestFeaturesTest, ListingPrintsNamesAlone) {
  const ProcessResult result =
      RunSubject({"--gtest_list_tests", "--gtest_filter=Pass.*"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_EQ(result.out, "Pass.\n  Quietly\n  Sweeping\n  SkipsItself\n");
}

TEST(GtestFeaturesTest, ParameterizedTestsHaveEachTheirParameter) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=All/*",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(result.out, HasSubstr("[       OK ] All/Parameters.AreSmall/0"));
  EXPECT_THAT(result.out, HasSubstr("[  FAILED  ] All/Parameters.AreSmall/1, "
                                    "where GetParam() = 3"));
  EXPECT_THAT(LinesWith(result.out, "--lab_seed="),
              ElementsAre(HasSubstr(
                  "--gtest_filter=All/Parameters.AreSmall/1 ")));
}

TEST(GtestFeaturesTest, XmlHasTheSeedsAsProperties) {
  const std::string file = FreshFolder() + "/result.xml";
  RunSubject({"--gtest_filter=Race.*:Pass.Quietly:-*.DiesInAChild",
              "--gtest_output=xml:" + file,
              "--lab_artifacts_dir=" + FreshFolder()});
  const std::string xml = ReadFile(file);
  for (const char* name :
       {"test_seed", "schedule_seed", "entropy_seed", "fault_seed",
        "fuzz_seed", "schedule_certificate", "trace_fingerprint", "steps"}) {
    EXPECT_THAT(LinesWith(xml, absl::StrCat("<property name=\"", name, "\"")),
                SizeIs(4))
        << name;
  }
  EXPECT_THAT(LinesWith(xml, "property name=\"executions\""),
              ElementsAre(HasSubstr("value=\"6\"")));
  EXPECT_THAT(LinesWith(xml, "Race.ClassicForm"), IsEmpty());
  EXPECT_THAT(LinesWith(xml, "name=\"ClassicForm\""),
              ElementsAre(HasSubstr("file=\"testing/e2e/subject.cc\"")));
}

TEST(GtestFeaturesTest, APassingTestPrintsOneLineOfItsOwn) {
  const ProcessResult result = RunSubject({"--gtest_filter=Pass.Quietly"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "Pass.Quietly"), SizeIs(4));
  EXPECT_THAT(result.err, IsEmpty());
}

TEST(GtestFeaturesTest, FixturesOfASweepAreMadeAndTornDownEachTime) {
  const ProcessResult result = RunSubject({"--gtest_filter=Talks.*"});
  const std::vector<std::string> once = {"talks: made", "talks: set up",
                                         "talks: body", "talks: torn down",
                                         "talks: destroyed"};
  std::vector<std::string> expected = {"talks: suite begins"};
  for (int i = 0; i < 2; ++i) {
    expected.insert(expected.end(), once.begin(), once.end());
  }
  EXPECT_EQ(LinesWith(result.out, "talks:"), expected);
}

TEST(GtestFeaturesTest, DisabledTestsRunOnRequestAndSayHow) {
  EXPECT_THAT(Started({"--gtest_filter=DISABLED*"}), IsEmpty());
  const ProcessResult result =
      RunSubject({"--gtest_filter=DISABLED*",
                  "--gtest_also_run_disabled_tests",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(LinesWith(result.out, "--lab_seed="),
              ElementsAre(HasSubstr("--gtest_also_run_disabled_tests")));
}

TEST(GtestFeaturesTest, AMainFunctionThatDoesNotReadTheFlagsIsToldOf) {
  const std::string own_main = std::getenv("OWN_MAIN_SUBJECT");
  const auto run = [&](const std::vector<std::string>& arguments,
                       const Variables& variables) {
    std::vector<std::string> command = {own_main};
    command.insert(command.end(), arguments.begin(), arguments.end());
    return RunProcess(command, variables,
                      std::filesystem::current_path().string());
  };
  const ProcessResult plain = run({}, {{"ASUPERSYNC_SEED", "0x2a"}});
  EXPECT_EQ(plain.exit_status, 0) << plain.err;
  EXPECT_THAT(plain.out, HasSubstr("test_seed=0x000000000000002a"));
  const ProcessResult flag = run({"--lab_seed=1"}, {});
  EXPECT_EQ(flag.exit_status, 2);
  EXPECT_THAT(flag.err, HasSubstr("InitLabTesting"));
  EXPECT_EQ(run({}, {{"ASUPERSYNC_SEED", "x"}}).exit_status, 2);
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
