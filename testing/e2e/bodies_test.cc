// The ways in which a lab test ends, and what it says then.
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

// Runs one test, which fails with one failure, and returns its output.
std::string Fails(const std::string& test) {
  const ProcessResult result = RunSubject(
      {"--gtest_filter=" + test, "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, ": Failure"), SizeIs(1)) << result.out;
  EXPECT_THAT(LinesWith(result.out, "TEST FAILURE"), SizeIs(1));
  return result.out;
}

std::string Passes(const std::string& test) {
  const ProcessResult result = RunSubject({"--gtest_filter=" + test});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, Not(HasSubstr("TEST FAILURE")));
  return result.out;
}

TEST(BodiesTest, ANestedAssertionIsReportedOnce) {
  EXPECT_THAT(Fails("End.ByANestedAssertion"),
              AllOf(HasSubstr("nested"), Not(HasSubstr("not reached"))));
}

TEST(BodiesTest, AnAssertionOfATaskThatNobodyJoinsIsReportedOnce) {
  EXPECT_THAT(Fails("End.ByAnAssertionOfATaskThatNobodyJoins"),
              HasSubstr("nested"));
}

TEST(BodiesTest, ASkipInATaskThatNobodyJoinsSkipsTheTest) {
  EXPECT_THAT(Passes("End.BySkippingInATaskThatNobodyJoins"),
              AllOf(HasSubstr("[  SKIPPED ]"), HasSubstr("no network")));
}

TEST(BodiesTest, AnErrorIsReportedWithThePlaceOfTheLastOperation) {
  const std::string out = Fails("End.ByAnError");
  EXPECT_THAT(out, HasSubstr("ended with Err(NOT_FOUND: no such account)"));
  EXPECT_THAT(out, HasSubstr("after its operation at testing/e2e/subject.cc"));
}

TEST(BodiesTest, AnExceptionIsReported) {
  EXPECT_THAT(Fails("End.ByAnException"),
              HasSubstr("ended with Panicked(boom)"));
}

TEST(BodiesTest, AnExceptionOfATaskThatNobodyJoinedIsReported) {
  EXPECT_THAT(Fails("End.WithAnUnseenException"),
              AllOf(HasSubstr("an exception that nobody saw"),
                    HasSubstr(", threw: lost")));
}

TEST(BodiesTest, AnExceptionOfATaskThatWasJoinedIsTheJoinersAffair) {
  Passes("End.WithASeenException");
}

TEST(BodiesTest, CancellationIsReportedWithItsReason) {
  EXPECT_THAT(Fails("End.ByCancellation"),
              HasSubstr("ended with Cancelled(user: enough"));
}

TEST(BodiesTest, ADeadlockNamesTaskPlaceAndCycle) {
  const std::string out = Fails("End.InADeadlock");
  EXPECT_THAT(out, HasSubstr("DEADLOCK after 3 steps"));
  EXPECT_THAT(out, HasSubstr("T1 'body' waits to lock mutex held by T1 'body' "
                             "at testing/e2e/subject.cc"));
  EXPECT_THAT(out, HasSubstr("cycle of waits: T1 'body' -> T1 'body'"));
  EXPECT_THAT(out, HasSubstr("verdict=deadlock"));
}

TEST(BodiesTest, ADeadlockIsAnOracleViolationInTheManifest) {
  const std::string root = FreshFolder();
  RunSubject({"--gtest_filter=End.InADeadlock", "--lab_artifacts_dir=" + root});
  EXPECT_EQ(ReadJson(root + "/End_InADeadlock/repro_manifest.json")
                ["oracle_violations"],
            Json::array({"deadlock"}));
}

TEST(BodiesTest, AnExpectedDeadlockPasses) { Passes("Expects.ADeadlock"); }

TEST(BodiesTest, AnExpectedDeadlockThatDoesNotComeFails) {
  EXPECT_THAT(Fails("Expects.ADeadlockThatDoesNotCome"),
              HasSubstr("expects its last run to end in verdict \"deadlock\", "
                        "but it ended in \"quiescent\""));
}

TEST(BodiesTest, SpawnedTasksThatNeverRanFail) {
  EXPECT_THAT(Fails("Expects.SpawnedTasksToBeRun"),
              AllOf(HasSubstr("call runtime().RunUntilQuiescent()"),
                    HasSubstr("T1 'forgotten' has not started")));
}

TEST(BodiesTest, AStoppedRunWithTasksLeftFails) {
  EXPECT_THAT(Fails("Expects.RunsToGoOnToTheEnd"),
              AllOf(HasSubstr("stopped with tasks left"),
                    HasSubstr("T1 'sleeper' waits to sleep")));
}

TEST(BodiesTest, AForgottenTearDownFails) {
  EXPECT_THAT(Fails("ForgetsTearDown.IsDetected"),
              HasSubstr("must call LabTest::TearDown()"));
}

TEST(BodiesTest, AFailureInTearDownLeavesTheTrace) {
  const std::string root = FreshFolder();
  RunSubject({"--gtest_filter=FailsInTearDown.*",
              "--lab_artifacts_dir=" + root});
  const std::string folder = root + "/FailsInTearDown_LeavesArtifacts";
  EXPECT_EQ(ReadJson(folder + "/repro_manifest.json")["trace_file"],
            "trace.async");
  EXPECT_THAT(ReadFile(folder + "/event_log.txt"), HasSubstr("in TearDown"));
}

TEST(BodiesTest, AFailureInSetUpSkipsTheBodyAndOffersNoReplay) {
  EXPECT_THAT(Fails("FailsInSetUp.*"),
              AllOf(HasSubstr("in SetUp"), Not(HasSubstr("the body ran")),
                    HasSubstr("--lab_seed="), Not(HasSubstr("--lab_replay"))));
}

TEST(BodiesTest, ASkippedTestIsSkipped) {
  EXPECT_THAT(Passes("Pass.SkipsItself"),
              AllOf(HasSubstr("[  SKIPPED ] Pass.SkipsItself"),
                    HasSubstr("not today")));
}

TEST(BodiesTest, EveryCoAssertHasAFormThatFails) {
  const ProcessResult result = RunSubject(
      {"--gtest_filter=Assert.*", "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_EQ(result.exit_status, 1);
  const std::size_t tests = LinesWith(result.out, "[ RUN").size();
  EXPECT_GT(tests, 20u);
  EXPECT_THAT(LinesWith(result.out, ": Failure"), SizeIs(tests));
  EXPECT_THAT(LinesWith(result.out, "said why"), SizeIs(testing::Ge(tests)));
  EXPECT_THAT(LinesWith(result.out, "went on"), IsEmpty());
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
