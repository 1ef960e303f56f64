#include "asupersync/testing/debugger_line.h"

#include <string>

#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/repro_lines.h"
#include "asupersync/testing/test_process.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

const ReproRun kRun = {"S.N", 42, false, false, "heavy"};

// An assertion between steps and one in step 3, of 7 steps.
ExecutionRecord Failed() {
  ExecutionRecord record;
  record.steps = 7;
  record.failures.resize(2);
  record.failures[0].position.tick = 2;
  record.failures[1].position.tick = 3;
  record.failures[1].position.task = "T1";
  return record;
}

TEST(DebuggerLineTest, StopsAtTheFirstFailureInAStep) {
  TestProcess process;
  process.invoked_as = "./my test";
  process.arguments = {"--own"};
  ManifestPlace manifest;
  manifest.path = "/m";
  EXPECT_EQ(DebuggerLine(process, kRun, manifest, Failed()),
            "gdb --args './my test' --gtest_filter=S.N --lab_replay=/m "
            "--lab_break_at=tick:3 --own");
}

TEST(DebuggerLineTest, WithoutAManifestGoesByTheSeed) {
  TestProcess process;
  process.invoked_as = "t";
  EXPECT_EQ(DebuggerLine(process, kRun, {}, Failed()),
            "gdb --args t --gtest_filter=S.N --lab_seed=0x2a "
            "--lab_chaos=heavy --lab_break_at=tick:3");
}

TEST(DebuggerLineTest, UnderBazelIsOfABuildWithDebugInformation) {
  TestProcess process;
  process.bazel_target = "//a:t";
  ManifestPlace manifest;
  manifest.path = "/m";
  EXPECT_EQ(DebuggerLine(process, {"S.DISABLED_N", 42, true, false, ""},
                         manifest, Failed()),
            "bazel run -c dbg --run_under='gdb --args' //a:t -- "
            "--gtest_filter=S.DISABLED_N --gtest_also_run_disabled_tests "
            "--lab_seed=0x2a --lab_break_at=tick:3");
}

TEST(DebuggerLineTest, AFailureOutsideAnyStepIsLookedAtInTheLastStep) {
  TestProcess process;
  process.invoked_as = "t";
  ExecutionRecord record = Failed();
  record.failures.pop_back();
  EXPECT_EQ(DebuggerLine(process, {"S.N", 42, false, false, ""}, {}, record),
            "gdb --args t --gtest_filter=S.N --lab_seed=0x2a "
            "--lab_break_at=tick:7");
}

TEST(DebuggerLineTest, ADeathStopsTheDebuggerByItself) {
  TestProcess process;
  process.invoked_as = "t";
  process.arguments = {"--own"};
  ManifestPlace manifest;
  manifest.path = "/m";
  EXPECT_EQ(DebuggerLineOfDeath(process, kRun, manifest),
            "gdb --args t --gtest_filter=S.N --lab_replay=/m --own");
  process.bazel_target = "//a:t";
  EXPECT_EQ(DebuggerLineOfDeath(process, kRun, manifest),
            "bazel run -c dbg --run_under='gdb --args' //a:t -- "
            "--gtest_filter=S.N --lab_seed=0x2a --lab_chaos=heavy");
}

TEST(DebuggerLineTest, ThereIsNoneWithoutAStepOrARepetition) {
  ExecutionRecord record;
  EXPECT_EQ(DebuggerLine({}, kRun, {}, record), "");
  EXPECT_EQ(DebuggerLine({}, {"S.N", 42, false, true, ""}, {}, Failed()), "");
}

TEST(DebuggerLineTest, ADeathInADeterminismCheckIsLookedAtInACheck) {
  TestProcess process;
  process.invoked_as = "t";
  ManifestPlace manifest;
  manifest.path = "/m";
  ReproRun run = kRun;
  EXPECT_EQ(DebuggerLineOfDeath(process, run, manifest),
            "gdb --args t --gtest_filter=S.N --lab_replay=/m");
  run.check_determinism = true;
  EXPECT_EQ(DebuggerLineOfDeath(process, run, manifest),
            "gdb --args t --gtest_filter=S.N --lab_seed=0x2a "
            "--lab_chaos=heavy --lab_check_determinism");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
