// Sweeps: which seeds they run, how they end, what they say.
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
using Json = nlohmann::json;

TEST(SweepTest, StopsAtTheFirstFailureAndNamesItsSeed) {
  const std::string root = FreshFolder();
  const ProcessResult result = RunSubject(
      {"--gtest_filter=Race.Swept", "--lab_artifacts_dir=" + root});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, "[  SWEEP   ]"),
              ElementsAre(AllOf(
                  HasSubstr("execution 6 of 200 failed, with seed "
                            "0x869bc031f2569205"),
                  HasSubstr("3 distinct fingerprints, from seed "
                            "0x123456789abcdef0"))));
  EXPECT_THAT(LinesWith(result.out, ": Failure"), SizeIs(1));
  const Json manifest = ReadJson(root + "/Race_Swept/repro_manifest.json");
  EXPECT_EQ(manifest["seed"].get<std::uint64_t>(), 0x869bc031f2569205u);
  const Json summary = ReadJson(root + "/Race_Swept_summary.json");
  EXPECT_EQ(summary["sweep"]["executed"], 6);
  EXPECT_EQ(summary["sweep"]["planned"], 200);
}

TEST(SweepTest, TheSeedThatItNamesFailsAtOnce) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.Swept", "--lab_seed=0x869bc031f2569205",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(LinesWith(result.out, "[  SWEEP   ]"),
              ElementsAre(HasSubstr("execution 1 of 200 failed")));
}

TEST(SweepTest, APassingSweepSaysWhatItCovered) {
  const ProcessResult result = RunSubject({"--gtest_filter=Pass.Sweeping"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "[  SWEEP   ]"),
              ElementsAre(AllOf(HasSubstr("25 of 25 executions, none failed"),
                                HasSubstr("distinct fingerprint"))));
}

TEST(SweepTest, TheFlagSweepsTestsThatHaveNoExplorationOfTheirOwn) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Pass.*", "--lab_explore=sweep:10"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, "[  SWEEP   ] Pass.Quietly: 10 of 10"),
              SizeIs(1));
  // It overrides the number of those that have one.
  EXPECT_THAT(LinesWith(result.out, "[  SWEEP   ] Pass.Sweeping: 10 of 10"),
              SizeIs(1));
}

TEST(SweepTest, TheFlagSaysThatItDoesNotApplyToTheClassicForm) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.ClassicForm", "--lab_explore=sweep:10",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(LinesWith(result.out, "NOTE"),
              ElementsAre(HasSubstr("Race.ClassicForm runs once")));
  EXPECT_THAT(LinesWith(result.out, "SWEEP"), IsEmpty());
}

TEST(SweepTest, IsTheSameEachTime) {
  const auto run = [] {
    return LinesWith(
        RunSubject({"--gtest_filter=Race.Swept:Pass.Sweeping",
                    "--lab_artifacts_dir=" + FreshFolder()})
            .out,
        "[  SWEEP   ]");
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
