// What a step takes from outside the runtime fails its test.
#include <string>
#include <vector>

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
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

// Runs one test, which fails with one failure, and returns its output.
std::string Fails(const std::string& test,
                  const std::string& root = FreshFolder()) {
  const ProcessResult result = RunSubject(
      {"--gtest_filter=" + test, "--lab_artifacts_dir=" + root});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, ": Failure"), SizeIs(1)) << result.out;
  return result.out;
}

TEST(AmbientTest, AClockIsReportedOnceWithTaskStepPlaceAndStack) {
  const std::string root = FreshFolder();
  const std::string out = Fails("Ambient.Clock", root);
  EXPECT_THAT(out, HasSubstr("ambient authority: T2 'reader' called "
                             "clock_gettime in step "));
  EXPECT_THAT(LinesWith(out, ", which began at "),
              Each(HasSubstr("ambient_subject.cc:")));
  EXPECT_THAT(out, HasSubstr("instead, call cx.Now()"));
  EXPECT_THAT(out, HasSubstr("std::chrono::_V2::system_clock::now"));
  EXPECT_THAT(LinesWith(out, "Ambient_Clock_Test::LabBody"),
              Not(IsEmpty()));
  const Json manifest = ReadJson(root + "/Ambient_Clock/repro_manifest.json");
  EXPECT_EQ(manifest["oracle_violations"], Json({"ambient_authority"}));
  const Json failures =
      ReadJson(root + "/Ambient_Clock/failed_assertions.json");
  EXPECT_EQ(failures["failed_assertions"][0]["task"], "T2 'reader'");
}

TEST(AmbientTest, EachKindNamesWhatToCallInstead) {
  EXPECT_THAT(Fails("Ambient.Random"),
              AllOf(HasSubstr("called std::random_device"),
                    HasSubstr("cx.Random()")));
  EXPECT_THAT(
      Fails("Ambient.Thread"),
      AllOf(HasSubstr("called pthread_create"), HasSubstr("cx.Spawn()")));
  EXPECT_THAT(Fails("Ambient.Sleep"),
              AllOf(HasSubstr("called nanosleep"), HasSubstr("cx.Sleep()")));
}

TEST(AmbientTest, TheRunGoesOn) {
  EXPECT_THAT(Fails("Ambient.GoesOn"), HasSubstr("the body went on"));
}

TEST(AmbientTest, ASweepStopsAtTheExecutionThatDidIt) {
  EXPECT_THAT(LinesWith(Fails("Ambient.InASweep"), "[  SWEEP   ]"),
              ElementsAre(HasSubstr(" of 10 failed, with seed ")));
}

TEST(AmbientTest, APlainTestWithARuntimeIsGuardedToo) {
  EXPECT_THAT(Fails("AmbientPlain.Test"), HasSubstr("ambient authority: T1"));
}

TEST(AmbientTest, WhatIsAllowedOrOutsideOfStepsPasses) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Ambient.Allowed:AmbientOutside.*"});
  EXPECT_EQ(result.exit_status, 0) << result.out;
  EXPECT_THAT(result.out, HasSubstr("[  PASSED  ] 2 tests"));
}

TEST(AmbientTest, TheFailureIsReplayed) {
  const std::string root = FreshFolder();
  Fails("Ambient.Clock", root);
  const ProcessResult result = RunSubject(
      {"--lab_replay=" + root + "/Ambient_Clock/repro_manifest.json",
       "--lab_artifacts_dir=" + root});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.out, AllOf(HasSubstr("REPLAY IDENTICAL"),
                                HasSubstr("ambient authority: T2 'reader'")));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
