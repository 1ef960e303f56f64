// --lab_check_determinism: each way to depend on more than the seed is found,
// and named.
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER_IS_ON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ADDRESS_SANITIZER_IS_ON 1
#endif
#endif

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

constexpr char kFlag[] = "--lab_check_determinism";

// AddressSanitizer's heap does not hand out again what was freed, so nobody
// can lay it out.
#ifdef ADDRESS_SANITIZER_IS_ON
constexpr bool kMemoryCanBeShaped = false;
#else
constexpr bool kMemoryCanBeShaped = true;
#endif

// Runs one test, which the check fails, and returns its output.
std::string Differs(const std::string& test,
                    const std::string& root = FreshFolder()) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Depends." + test, kFlag,
                  "--lab_artifacts_dir=" + root});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, "determinism: "), Not(IsEmpty()))
      << result.out;
  const Json manifest =
      ReadJson(root + "/Depends_" + test + "/repro_manifest.json");
  EXPECT_THAT(manifest["oracle_violations"].get<std::vector<std::string>>(),
              Contains("determinism"));
  return result.out;
}

std::string Passes(const std::string& filter,
                   const std::vector<std::string>& flags) {
  std::vector<std::string> arguments = flags;
  arguments.push_back("--gtest_filter=" + filter);
  const ProcessResult result = RunSubject(arguments);
  EXPECT_EQ(result.exit_status, 0) << result.out;
  return result.out;
}

TEST(DeterminismTest, AClockIsNamedWithItsStack) {
  EXPECT_THAT(Differs("OnTheClock"),
              AllOf(HasSubstr("likely cause: clock"),
                    HasSubstr("called clock_gettime in step"),
                    HasSubstr("std::chrono::_V2::steady_clock::now")));
}

TEST(DeterminismTest, AnAllowedClockIsNamedAsAllowed) {
  const std::string out = Differs("OnAnAllowedClock");
  EXPECT_THAT(out, AllOf(HasSubstr("likely cause: clock"),
                         HasSubstr("allowed: to see the check find it")));
  EXPECT_THAT(LinesWith(out, ": Failure"), SizeIs(1));
}

TEST(DeterminismTest, RandomNumbersAreNamed) {
  EXPECT_THAT(Differs("OnRandomNumbers"),
              AllOf(HasSubstr("likely cause: random"),
                    HasSubstr("called std::random_device")));
}

TEST(DeterminismTest, AThreadIsNamed) {
  EXPECT_THAT(Differs("OnAThread"), AllOf(HasSubstr("likely cause: thread"),
                                          HasSubstr("called pthread_create")));
}

TEST(DeterminismTest, AnOrderOfAddressesIsNamed) {
  if (!kMemoryCanBeShaped) GTEST_SKIP() << "under AddressSanitizer";
  for (const char* test : {"OnTheOrderOfAddresses", "OnTheAddressesOfFrames"}) {
    EXPECT_THAT(Differs(test), HasSubstr("likely cause: addresses")) << test;
  }
}

TEST(DeterminismTest, AnUnorderedIterationIsNamed) {
  if (!kMemoryCanBeShaped) GTEST_SKIP() << "under AddressSanitizer";
  EXPECT_THAT(Differs("OnAHashOfAddresses"),
              AllOf(HasSubstr("likely cause: addresses"),
                    HasSubstr("std::unordered_map")));
}

TEST(DeterminismTest, AnIterationOverAHashTableOfAbslIsNamed) {
  EXPECT_THAT(Differs("OnTheOrderOfAHashTable"),
              AllOf(HasSubstr("likely cause: state that outlives"),
                    HasSubstr("absl's hash tables")));
}

TEST(DeterminismTest, UninitialisedMemoryIsNamed) {
  if (!kMemoryCanBeShaped) GTEST_SKIP() << "under AddressSanitizer";
  EXPECT_THAT(Differs("OnUninitialisedMemory"),
              HasSubstr("likely cause: uninitialised memory"));
}

TEST(DeterminismTest, StaticStateIsNamed) {
  const std::string root = FreshFolder();
  const std::string out = Differs("OnStaticState", root);
  EXPECT_THAT(out, HasSubstr("likely cause: state that outlives an execution"));
  // Both events, both places, both tasks, what came before.
  EXPECT_THAT(out, AllOf(HasSubstr("differs from event "),
                         HasSubstr("first:  UserTrace"),
                         HasSubstr("execution 1"),
                         HasSubstr("second: UserTrace"),
                         HasSubstr("execution 2"),
                         HasSubstr(" events before agree:")));
  EXPECT_THAT(LinesWith(out, ", in T1 'body'"), SizeIs(2));
  EXPECT_THAT(LinesWith(out, ", in T1 'body'"),
              Contains(HasSubstr("at testing/e2e/determinism_subject.cc:")));
  const Json divergence =
      ReadJson(root + "/Depends_OnStaticState/divergence.json");
  EXPECT_THAT(divergence["actual"].get<std::string>(),
              HasSubstr("execution 2"));
}

TEST(DeterminismTest, AnOutcomeThatDiffersThoughNoEventDoesIsFound) {
  EXPECT_THAT(Differs("OnStaticStateUnseen"),
              AllOf(HasSubstr("the first passes"),
                    HasSubstr("the second has 1 failure"),
                    HasSubstr("in a later execution")));
}

TEST(DeterminismTest, ASweepIsCheckedSeedBySeed) {
  EXPECT_THAT(LinesWith(Differs("OnStaticStateInASweep"), "[  SWEEP   ]"),
              ElementsAre(HasSubstr("execution 5 of 20 failed")));
}

TEST(DeterminismTest, TheLineThatIsPrintedFindsItAgain) {
  const std::vector<std::string> lines =
      LinesWith(Differs("OnStaticState"), "--lab_seed=");
  ASSERT_THAT(lines, SizeIs(1));
  const ProcessResult again =
      RunProcess({"/bin/sh", "-c", lines[0] + " --lab_artifacts_dir=" +
                                       FreshFolder()},
                 {}, "/");
  EXPECT_EQ(again.exit_status, 1);
  EXPECT_THAT(again.out, HasSubstr("determinism: "));
}

TEST(DeterminismTest, WhatDependsOnTheSeedAlonePasses) {
  const std::string out =
      Passes("Depends.OnTheSeedAlone:Depends.OnTheSeedInASweep", {kFlag});
  EXPECT_THAT(LinesWith(out, "[  CHECK   ]"),
              ElementsAre(HasSubstr("Depends.OnTheSeedAlone: executed twice"),
                          HasSubstr("Depends.OnTheSeedInASweep")));
}

TEST(DeterminismTest, AFailureThatComesEachTimeIsReportedOnce) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Depends.OnTheSeedAndFails", kFlag,
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, ": Failure"), SizeIs(1));
  EXPECT_THAT(LinesWith(result.out, "determinism: "), IsEmpty());
}

TEST(DeterminismTest, TheClassicFormIsSaidNotToBeChecked) {
  EXPECT_THAT(LinesWith(Passes("Classic.*", {kFlag}), "NOTE"),
              ElementsAre(HasSubstr("Classic.RunsOnce is not checked")));
}

TEST(DeterminismTest, NothingIsCheckedUnasked) {
  EXPECT_THAT(Passes("Depends.OnStaticState:Depends.OnTheSeedAlone", {}),
              Not(HasSubstr("CHECK")));
}

TEST(DeterminismTest, TheVariableAsksToo) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Depends.OnTheSeedAlone"},
                 {{"ASUPERSYNC_LAB_CHECK_DETERMINISM", "1"}});
  EXPECT_THAT(LinesWith(result.out, "[  CHECK   ]"), SizeIs(1));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
