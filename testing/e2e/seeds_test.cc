// Which seed a test gets, and what happens to one that is none.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

// The part of the seeds line that names the test seed.
std::string SeedOf(const std::vector<std::string>& arguments,
                   const Variables& variables,
                   const std::string& test = "Pass.Quietly") {
  std::vector<std::string> all = {"--gtest_filter=" + test};
  all.insert(all.end(), arguments.begin(), arguments.end());
  const ProcessResult result = RunSubject(all, variables);
  EXPECT_EQ(result.exit_status, 0) << result.out << result.err;
  const std::vector<std::string> lines = LinesWith(result.out, "test_seed=");
  if (lines.size() != 1) return result.out;
  const std::size_t at = lines[0].find("test_seed=") + 10;
  return lines[0].substr(at, 18);
}

TEST(SeedsTest, DefaultIsTheConstant) {
  EXPECT_EQ(SeedOf({}, {}), "0x123456789abcdef0");
}

TEST(SeedsTest, CiSeedBeatsTheDefault) {
  EXPECT_EQ(SeedOf({}, {{"CI_SEED", "1_000"}}), "0x00000000000003e8");
}

TEST(SeedsTest, AsupersyncSeedBeatsCiSeed) {
  EXPECT_EQ(SeedOf({}, {{"CI_SEED", "5"}, {"ASUPERSYNC_SEED", "0x2a"}}),
            "0x000000000000002a");
}

TEST(SeedsTest, TheFlagBeatsTheEnvironment) {
  EXPECT_EQ(SeedOf({"--lab_seed=6"}, {{"ASUPERSYNC_SEED", "0x2a"}}),
            "0x0000000000000006");
}

TEST(SeedsTest, AMistypedVariableIsToldOnceAndDoesNothing) {
  for (const char* tests : {"Pass.*", "None.*"}) {
    const ProcessResult result =
        RunSubject({std::string("--gtest_filter=") + tests},
                   {{"ASUPERSYNC_SEEED", "7"}, {"ASUPERSYNC_SEED", "5"}});
    EXPECT_EQ(result.exit_status, 0);
    EXPECT_THAT(LinesWith(result.err, "ASUPERSYNC_SEEED"),
                ElementsAre("asupersync: the variable ASUPERSYNC_SEEED is not "
                            "known and does nothing; did you mean "
                            "ASUPERSYNC_SEED?"));
  }
  EXPECT_EQ(SeedOf({}, {{"ASUPERSYNC_SEEED", "7"}}), "0x123456789abcdef0");
}

TEST(SeedsTest, TheTestsOwnSeedBeatsAll) {
  EXPECT_EQ(SeedOf({"--lab_seed=6"}, {{"ASUPERSYNC_SEED", "0x2a"}},
                   "Seed.OfTheTest"),
            "0x0000000000000007");
}

TEST(SeedsTest, TheFixturesOwnSeedBeatsAll) {
  EXPECT_EQ(SeedOf({"--lab_seed=6"}, {}, "OwnSeed.OfTheFixture"),
            "0x0000000000000009");
}

TEST(SeedsTest, TheLineNamesAllFiveSeeds) {
  const ProcessResult result = RunSubject({"--gtest_filter=Pass.Quietly"});
  EXPECT_THAT(LinesWith(result.out, "SEEDS"),
              ElementsAre(AllOf(
                  HasSubstr("Pass.Quietly test_seed=0x"),
                  HasSubstr(" schedule_seed=0x"), HasSubstr(" entropy_seed=0x"),
                  HasSubstr(" fault_seed=0x"), HasSubstr(" fuzz_seed=0x"))));
}

TEST(SeedsTest, ASweepTellsOnceThatTheFixtureHasOthers) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.ArrivesInOrder", "--lab_explore=sweep:4",
                  "--lab_artifacts_dir=" + FreshFolder()},
                 {{"SUBJECT_CHANGE", "derived_seed"}});
  EXPECT_THAT(result.out, HasSubstr("execution 2 of 4 failed"));
  // What was derived, and what the fixture made of it.
  EXPECT_THAT(LinesWith(result.out, "SEEDS"), SizeIs(2));
}

class RefusedSettingTest
    : public ::testing::TestWithParam<
          std::pair<std::vector<std::string>, Variables>> {};

TEST_P(RefusedSettingTest, StopsBeforeAnyTestWithOneLine) {
  const auto& [arguments, variables] = GetParam();
  const ProcessResult result = RunSubject(arguments, variables);
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.out, Not(HasSubstr("RUN")));
  EXPECT_EQ(result.err.find('\n'), result.err.size() - 1) << result.err;
  const std::string source = arguments.empty()
                                 ? variables.begin()->first
                                 : arguments[0].substr(0, 6);
  EXPECT_THAT(result.err, HasSubstr(source));
  if (!variables.empty()) {
    EXPECT_THAT(result.err, HasSubstr(variables.begin()->second));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, RefusedSettingTest,
    ::testing::ValuesIn(std::vector<
                        std::pair<std::vector<std::string>, Variables>>{
        {{}, {{"ASUPERSYNC_SEED", "fortytwo"}}},
        {{}, {{"ASUPERSYNC_SEED", ""}}},
        {{}, {{"ASUPERSYNC_SEED", "-1"}}},
        {{}, {{"CI_SEED", "0x"}}},
        {{}, {{"CI_SEED", "18446744073709551616"}}},
        {{}, {{"ASUPERSYNC_EXPLORE", "sweep"}}},
        {{}, {{"ASUPERSYNC_ARTIFACTS", "perhaps"}}},
        {{"--lab_seed=1 2"}, {}},
        {{"--lab_seed"}, {}},
        {{"--lab_explore=pct:3:100"}, {}},
        {{"--lab_explore=dpor"}, {}},
        {{"--lab_explore=cancel"}, {}},
        {{"--lab_explore=sweep:0"}, {}},
        {{"--lab_jobs=2"}, {}},
        {{"--lab_break_at=soon"}, {}},
        {{"--lab_unknown=5"}, {}},
        {{"--lab_replay=x", "--lab_explore=sweep:2"}, {}},
    }));

TEST(SeedsTest, TheOtherExplorationsAreSaidToBeMissing) {
  EXPECT_THAT(RunSubject({"--lab_explore=dpor:100"}).err,
              HasSubstr("not available in this version"));
}

TEST(SeedsTest, OtherFlagsReachTheProgramUntouched) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Pass.Quietly", "--own=1", "--",
                  "--lab_is_not_ours"});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
