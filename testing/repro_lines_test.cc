#include "asupersync/testing/repro_lines.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::ElementsAre;

TEST(ShellQuotedTest, PlainWordsStayAsTheyAre) {
  for (const char* word : {"a", "//a/b:c_test", "--x=1,2", "All/P.A/1"}) {
    EXPECT_EQ(ShellQuoted(word), word);
  }
}

TEST(ShellQuotedTest, OthersAreQuoted) {
  EXPECT_EQ(ShellQuoted(""), "''");
  EXPECT_EQ(ShellQuoted("a b"), "'a b'");
  EXPECT_EQ(ShellQuoted("$HOME"), "'$HOME'");
  EXPECT_EQ(ShellQuoted("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuoted("a\nb"), "'a\nb'");
  EXPECT_EQ(ShellQuoted("~"), "'~'");
}

TEST(ReproLinesTest, OutsideBazelTheProgramIsNamedAsItWasCalled) {
  TestProcess process;
  process.invoked_as = "./my test";
  process.arguments = {"--own", "--", "*"};
  ManifestPlace manifest;
  manifest.path = "/a/m.json";
  EXPECT_THAT(
      ReproLines(process, {"S.N", 42, false, false, ""}, manifest),
      ElementsAre("'./my test' --gtest_filter=S.N --lab_seed=0x2a --own -- "
                  "'*'",
                  "'./my test' --gtest_filter=S.N --lab_replay=/a/m.json "
                  "--own -- '*'"));
}

TEST(ReproLinesTest, ChosenChaosAndOraclesAreAskedFor) {
  TestProcess process;
  process.invoked_as = "t";
  const ReproRun run = {"S.N", 42, false, false, "heavy", false, "-deadlock"};
  ManifestPlace manifest;
  manifest.path = "/m";
  EXPECT_THAT(ReproLines(process, run, manifest),
              ElementsAre("t --gtest_filter=S.N --lab_seed=0x2a "
                          "--lab_chaos=heavy --lab_oracles=-deadlock",
                          "t --gtest_filter=S.N --lab_replay=/m "
                          "--lab_oracles=-deadlock"));
  process.bazel_target = "//a:t";
  EXPECT_THAT(ReproLines(process, run, {}),
              ElementsAre("bazel test //a:t --test_filter=S.N "
                          "--test_env=ASUPERSYNC_SEED=0x2a "
                          "--test_env=ASUPERSYNC_CHAOS=heavy "
                          "--test_env=ASUPERSYNC_ORACLES=-deadlock"));
}

TEST(ReproLinesTest, WithoutAManifestThereIsNoReplayLine) {
  TestProcess process;
  process.invoked_as = "t";
  EXPECT_THAT(ReproLines(process, {"S.N", 42, false, false, ""}, {}),
              ElementsAre("t --gtest_filter=S.N --lab_seed=0x2a"));
  process.bazel_target = "//a:t";
  EXPECT_THAT(ReproLines(process, {"S.N", 42, false, false, ""}, {}),
              ElementsAre("bazel test //a:t --test_filter=S.N "
                          "--test_env=ASUPERSYNC_SEED=0x2a"));
}

TEST(ReproLinesTest, DisabledTestsAreAskedFor) {
  TestProcess process;
  process.bazel_target = "//a:t";
  ManifestPlace manifest;
  manifest.path = "/m";
  EXPECT_THAT(
      ReproLines(process, {"S.DISABLED_N", 1, true, false, ""}, manifest),
      ElementsAre("bazel test //a:t --test_filter=S.DISABLED_N "
                  "--test_arg=--gtest_also_run_disabled_tests "
                  "--test_env=ASUPERSYNC_SEED=0x1",
                  "bazel run //a:t -- --gtest_filter=S.DISABLED_N "
                  "--gtest_also_run_disabled_tests --lab_replay=/m"));
}

TEST(ReproLinesTest, ACheckOfDeterminismIsAskedForAgain) {
  TestProcess process;
  process.invoked_as = "t";
  EXPECT_THAT(ReproLines(process, {"S.N", 42, false, true, ""}, {}),
              ElementsAre("t --gtest_filter=S.N --lab_seed=0x2a "
                          "--lab_check_determinism"));
  process.bazel_target = "//a:t";
  EXPECT_THAT(
      ReproLines(process, {"S.N", 42, false, true, ""}, {}),
      ElementsAre("bazel test //a:t --test_filter=S.N "
                  "--test_env=ASUPERSYNC_SEED=0x2a "
                  "--test_env=ASUPERSYNC_LAB_CHECK_DETERMINISM=1"));
}

TEST(ReproLinesTest, ChaosThatWasGivenIsGivenAgainUnlessTheTraceHasIt) {
  TestProcess process;
  process.invoked_as = "t";
  ManifestPlace manifest;
  manifest.path = "/m";
  const ReproRun run = {"S.N", 42, false, false, "heavy,cancel=0"};
  EXPECT_THAT(ReproLines(process, run, manifest),
              ElementsAre("t --gtest_filter=S.N --lab_seed=0x2a "
                          "--lab_chaos=heavy,cancel=0",
                          "t --gtest_filter=S.N --lab_replay=/m"));
  process.bazel_target = "//a:t";
  EXPECT_THAT(ReproLines(process, run, manifest),
              ElementsAre("bazel test //a:t --test_filter=S.N "
                          "--test_env=ASUPERSYNC_SEED=0x2a "
                          "--test_env=ASUPERSYNC_CHAOS=heavy,cancel=0",
                          "bazel run //a:t -- --gtest_filter=S.N "
                          "--lab_replay=/m"));
}

TEST(ReproLinesTest, AResyncReplayIsFollowedInTheSameWayAgain) {
  ReproRun run = {"S.N", 42, false, false, ""};
  run.resync = true;
  ManifestPlace manifest;
  manifest.path = "/a/m.json";
  TestProcess process;
  process.invoked_as = "./t";
  EXPECT_EQ(ReproLines(process, run, manifest)[1],
            "./t --gtest_filter=S.N --lab_replay=/a/m.json "
            "--lab_replay_mode=resync");
  process.bazel_target = "//x:t";
  EXPECT_EQ(ReproLines(process, run, manifest)[1],
            "bazel run //x:t -- --gtest_filter=S.N --lab_replay=/a/m.json "
            "--lab_replay_mode=resync");
}

TEST(ReproLinesTest, AManifestInAnArchiveIsUnpackedOnce) {
  TestProcess process;
  process.bazel_target = "//a:t";
  ManifestPlace manifest;
  manifest.path = "/u/S_N/m.json";
  manifest.archive = "/o/outputs.zip";
  manifest.name = "S_N";
  manifest.unpacked = "/u";
  EXPECT_EQ(ReproLines(process, {"S.N", 1, false, false, ""}, manifest)[1],
            "mkdir -p /u; test -e /u/S_N/m.json || unzip -qo /o/outputs.zip "
            "'S_N/*' -d /u; bazel run //a:t -- --gtest_filter=S.N "
            "--lab_replay=/u/S_N/m.json");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
