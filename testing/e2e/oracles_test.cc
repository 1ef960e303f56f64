// Every oracle, from outside: its planted bug fails with this oracle alone, and
// the correct twin passes; and docs/oracles.md says what the table says.
#include <cstdlib>
#include <ostream>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/oracle_pairs.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {

using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

void PrintTo(const OraclePair& pair, std::ostream* out) {
  *out << pair.oracle;
}

namespace {

struct TestRun {
  ProcessResult result;
  Json manifest;
};

TestRun RunTest(const std::string& test, const std::string& argument) {
  const std::string root = FreshFolder();
  std::vector<std::string> arguments = {"--gtest_filter=" + test,
                                        "--lab_artifacts_dir=" + root,
                                        "--lab_artifacts=always"};
  if (!argument.empty()) arguments.push_back(argument);
  TestRun run;
  run.result = RunSubject(arguments);
  run.manifest = ReadJson(absl::StrCat(
      root, "/", absl::StrReplaceAll(test, {{".", "_"}, {"/", "_"}}),
      "/repro_manifest.json"));
  return run;
}

const OraclePair& PairOf(const std::string& oracle) {
  for (const OraclePair& pair : OraclePairs()) {
    if (pair.oracle == oracle) return pair;
  }
  ADD_FAILURE() << oracle << " has no pair of tests";
  static const OraclePair none;
  return none;
}

std::string FailureOf(const std::string& oracle) {
  const OraclePair& pair = PairOf(oracle);
  return RunTest(pair.failing, pair.argument).result.out;
}

// The meta-test: a new oracle without a planted bug does not pass here.
TEST(OraclesTest, EveryOracleHasAPairOfTests) {
  ASSERT_THAT(OraclePairs(), SizeIs(kOracleCount));
  for (int i = 0; i < kOracleCount; ++i) {
    EXPECT_EQ(OraclePairs()[static_cast<std::size_t>(i)].oracle,
              Name(static_cast<OracleId>(i)));
  }
}

class OraclePairTest : public ::testing::TestWithParam<OraclePair> {};

TEST_P(OraclePairTest, PlantedBugFailsWithThisOracleAlone) {
  const TestRun run = RunTest(GetParam().failing, GetParam().argument);
  EXPECT_EQ(run.result.exit_status, 1) << run.result.out << run.result.err;
  EXPECT_EQ(run.manifest["oracle_violations"], Json::array({GetParam().oracle}))
      << run.result.out;
}

TEST_P(OraclePairTest, CorrectTwinPasses) {
  const TestRun run = RunTest(GetParam().passing, GetParam().argument);
  EXPECT_EQ(run.result.exit_status, 0) << run.result.out << run.result.err;
  EXPECT_THAT(run.result.out, HasSubstr("[  PASSED  ] 1 test"));
  EXPECT_EQ(run.manifest["oracle_violations"], Json::array());
}

// One oracle for one bug: without it nothing else notices, except that the
// test's body does not end.
TEST_P(OraclePairTest, WithoutTheOracleTheBugIsNotReported) {
  const bool body_is_left =
      GetParam().oracle == "deadlock" || GetParam().oracle == "step_limit";
  const std::string root = FreshFolder();
  std::vector<std::string> arguments = {
      "--gtest_filter=" + GetParam().failing, "--lab_artifacts_dir=" + root,
      "--lab_oracles=-" + GetParam().oracle};
  if (!GetParam().argument.empty()) arguments.push_back(GetParam().argument);
  const ProcessResult result = RunSubject(arguments);
  EXPECT_EQ(result.exit_status, body_is_left ? 1 : 0)
      << result.out << result.err;
}

INSTANTIATE_TEST_SUITE_P(
    All, OraclePairTest, ::testing::ValuesIn(OraclePairs()),
    [](const ::testing::TestParamInfo<OraclePair>& info) {
      return info.param.oracle;
    });

TEST(OraclesTest, ALeakNamesTheTaskAndTheLineOfTheReservation) {
  EXPECT_THAT(
      FailureOf("obligation_leak"),
      AllOf(HasSubstr("lease of T2 'borrower', reserved at "
                      "testing/e2e/oracles_subject.cc:"),
            HasSubstr("when its region closed: R2, opened by T1 'body' at"),
            HasSubstr("oracle obligation_leak, in step "),
            HasSubstr("last events of the tasks named:"),
            HasSubstr("ObligationReserved")));
}

TEST(OraclesTest, WhatAScopesCxReservesIsTheScopesToResolve) {
  const TestRun leak =
      RunTest("ObligationLeak.LeaseForAScopeThatOutlivesIt", "");
  EXPECT_EQ(leak.result.exit_status, 1);
  EXPECT_THAT(leak.result.out,
              ContainsRegex("lease of T1 'body', reserved at .*_subject.cc:.*"
                            "was neither committed nor aborted when its region "
                            "closed: R2 'request', opened by T1 'body' at "));
  const TestRun kept =
      RunTest("ObligationLeak.LeaseForTheTaskOutlivesAScope", "");
  EXPECT_EQ(kept.result.exit_status, 0) << kept.result.out;
}

TEST(OraclesTest, ALockThatNobodyWantsMayBeKept) {
  EXPECT_THAT(
      FailureOf("futurelock"),
      AllOf(HasSubstr("T1 'body' holds a lock of T1 'body', reserved at "),
            ContainsRegex("it waits to be notified at .*, while T3 'customer' "
                          "waits to lock mutex at ")));
  const TestRun kept = RunTest("Futurelock.WaitThatKeepsWhatNobodyWants", "");
  EXPECT_EQ(kept.result.exit_status, 0) << kept.result.out;
}

TEST(OraclesTest, ALostWakeUpIsCalledSo) {
  EXPECT_THAT(FailureOf("deadlock"),
              AllOf(HasSubstr("DEADLOCK after"),
                    HasSubstr("lost wake-up: T2 'waiter' waits to see the "
                              "event at testing/e2e/oracles_subject_waits.cc"),
                    Not(HasSubstr("lost wake-up: T1"))));
}

TEST(OraclesTest, ALoserIsNamedWithItsRace) {
  EXPECT_THAT(FailureOf("loser_drain"),
              AllOf(HasSubstr("FirstOfTwo of T1 'body' at "
                              "testing/e2e/oracles_subject.cc:"),
                    HasSubstr("T3 'slow', spawned at "),
                    HasSubstr("was cancelled but not waited for")));
}

TEST(OraclesTest, WithoutAnyOracleABodyThatDoesNotEndFailsAllTheSame) {
  const TestRun run = RunTest(PairOf("deadlock").failing, "--lab_oracles=none");
  EXPECT_EQ(run.result.exit_status, 1);
  EXPECT_THAT(
      run.result.out,
      AllOf(HasSubstr("Deadlock.EventThatForgetsToWake is watched by these "
                      "oracles only: none"),
            HasSubstr("the test's body has not come to its end, and no oracle "
                      "is there to say why"),
            HasSubstr("T2 'waiter'"),
            ContainsRegex("--lab_seed=0x[0-9a-f]+ --lab_oracles=none")));
  EXPECT_EQ(run.manifest["status"], "failed");
  EXPECT_EQ(run.manifest["oracle_violations"], Json::array());
}

TEST(OraclesTest, AnErrorThatNobodySawIsShownWithItsTask) {
  EXPECT_THAT(FailureOf("unseen_error"),
              AllOf(HasSubstr("T2 'worker', spawned at "
                              "testing/e2e/oracles_subject.cc:"),
                    HasSubstr("ended with an error that nobody saw; join the "
                              "task,"),
                    HasSubstr("DATA_LOSS: lost")));
}

// What is judged at the end comes after the whole trace.
TEST(OraclesTest, AViolationAtTheEndShowsEventsToo) {
  for (const char* oracle : {"task_leak", "unseen_error", "deadlock"}) {
    EXPECT_THAT(FailureOf(oracle),
                AllOf(HasSubstr("last events of the tasks named:"),
                      HasSubstr("TaskSpawned task=T")))
        << oracle;
  }
}

TEST(OraclesTest, AnUnknownOracleIsRefused) {
  const ProcessResult result = RunSubject({"--lab_oracles=deadlok"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("there is no oracle \"deadlok\""));
}

TEST(OraclesTest, TheDocumentationHasTheTable) {
  const char* path = std::getenv("ORACLES_DOC");
  ASSERT_NE(path, nullptr);
  std::vector<std::string> expected;
  for (int i = 0; i < kOracleCount; ++i) {
    const OracleInfo& info = Info(static_cast<OracleId>(i));
    const OraclePair& pair = PairOf(info.name);
    expected.push_back(absl::StrCat("| `", info.name, "` | ", info.claim,
                                    " | ", info.fed_by, " | `", pair.failing,
                                    "` |"));
  }
  EXPECT_THAT(LinesWith(ReadFile(path), "| `"),
              ::testing::ElementsAreArray(expected));
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
