// --lab_break_at from outside, without a debugger; gdb_test.cc has one.
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

constexpr char kBreak[] = "[  BREAK   ]";

TEST(BreakAtTest, WithoutADebuggerTheTestSaysSoAndEndsAsItWould) {
  const std::string root = FreshFolder();
  const std::vector<std::string> plain = {
      "--gtest_filter=Race.ArrivesInOrder", "--lab_artifacts_dir=" + root};
  const ProcessResult without = RunSubject(plain);
  EXPECT_THAT(LinesWith(without.out, kBreak), IsEmpty());
  for (const char* at : {"3", "tick:3", "event:5"}) {
    std::vector<std::string> arguments = plain;
    arguments.push_back(std::string("--lab_break_at=") + at);
    const ProcessResult result = RunSubject(arguments);
    EXPECT_EQ(result.exit_status, without.exit_status);
    EXPECT_THAT(LinesWith(result.out, kBreak),
                ElementsAre(AllOf(HasSubstr("Race.ArrivesInOrder: at "),
                                  HasSubstr("no debugger is attached"),
                                  HasSubstr("'gdb --args'"))));
    EXPECT_EQ(LinesWith(result.out, "certificate="),
              LinesWith(without.out, "certificate="));
  }
}

TEST(BreakAtTest, TheVariableIsReadToo) {
  const ProcessResult result = RunSubject(
      {"--gtest_filter=Pass.Quietly"}, {{"ASUPERSYNC_BREAK_AT", "1"}});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, kBreak),
              ElementsAre(HasSubstr("Pass.Quietly: at tick:1,")));
}

TEST(BreakAtTest, AReplayStopsToo) {
  const std::string root = FreshFolder();
  RunSubject({"--gtest_filter=Race.ArrivesInOrder",
              "--lab_artifacts_dir=" + root});
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.ArrivesInOrder", "--lab_break_at=2",
                  "--lab_replay=" + root +
                      "/Race_ArrivesInOrder/repro_manifest.json",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(LinesWith(result.out, kBreak),
              ElementsAre(HasSubstr("at tick:2,")));
  EXPECT_THAT(result.out, HasSubstr("REPLAY IDENTICAL"));
}

TEST(BreakAtTest, OfASweepOnlyTheFirstExecutionStops) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Pass.Sweeping", "--lab_break_at=1"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(result.out, HasSubstr("25 of 25 executions"));
  EXPECT_THAT(LinesWith(result.out, kBreak),
              ElementsAre(HasSubstr("Pass.Sweeping: at tick:1,")));
}

TEST(BreakAtTest, APlaceThatIsNotReachedIsNamed) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Pass.Quietly", "--lab_break_at=100000"});
  EXPECT_EQ(result.exit_status, 0);
  EXPECT_THAT(LinesWith(result.out, kBreak),
              ElementsAre(HasSubstr("Pass.Quietly: never at tick:100000; the "
                                    "execution has ended after")));
}

TEST(BreakAtTest, WhatIsNoPlaceStopsTheProgram) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Pass.Quietly", "--lab_break_at=soon"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("--lab_break_at=soon: expected a step"));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
