#include "asupersync/cli/replay_verdict.h"

#include <signal.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/child_process.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/replay/manifest.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

class ReplayVerdictTest : public ::testing::Test {
 protected:
  ReplayVerdictTest() {
    recorded_.test_id = "Toy.Sends";
    recorded_.status = "failed";
    recorded_.steps = 4;
    recorded_.schedule_certificate = "0x0000000000001111";
    recorded_.trace_fingerprint = "foata64:0000000000002222";
    recorded_.build_id = "xxh64:aa";
    now_ = recorded_;
    now_.replay_of = "/x/trace.async";
    now_.replay_verdict = "identical";
  }

  ReplayJudgement Judge(bool allow_other_build = false) {
    return JudgeReplay(recorded_, {1, 0},
                       FoundManifest{"/r/repro_manifest.json", now_},
                       allow_other_build);
  }

  ReproManifest recorded_;
  ReproManifest now_;
};

TEST_F(ReplayVerdictTest, AReproducedFailureIsAFailure) {
  EXPECT_EQ(Judge().code, ExitCode::kTestFailed);
  EXPECT_EQ(Judge().text,
            "replay identical: Toy.Sends failed after 4 steps, certificate "
            "0x0000000000001111");
}

TEST_F(ReplayVerdictTest, ADivergedReplayNamesItsReport) {
  now_.replay_verdict = "diverged";
  now_.divergence_file = "divergence.json";
  now_.steps = 2;
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
  EXPECT_TRUE(absl::StartsWith(Judge().text,
                               "replay diverged: now failed after 2 steps, "))
      << Judge().text;
  EXPECT_TRUE(absl::EndsWith(Judge().text, "; where: /r/divergence.json"));
}

TEST_F(ReplayVerdictTest, AVerdictIsBelievedOnlyWithTheRecordedNumbers) {
  ReproManifest same = now_;
  now_.schedule_certificate = "0x0000000000001112";
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
  now_ = same;
  now_.trace_fingerprint = "foata64:0000000000002223";
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
  now_ = same;
  now_.steps = 5;
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
  EXPECT_TRUE(absl::StartsWith(Judge().text, "replay differs "));
  now_ = same;
  now_.replay_verdict = "";
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
}

TEST_F(ReplayVerdictTest, AFailureThatIsNotThereAgainIsNoReplay) {
  now_.status = "passed";
  now_.passed = true;
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
  EXPECT_TRUE(absl::StrContains(Judge().text, "the test has now passed"));
}

TEST_F(ReplayVerdictTest, AnotherBuildIsRefusedUnlessAllowed) {
  now_.build_id = "xxh64:bb";
  EXPECT_EQ(Judge().code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(
      Judge().text, "by another build: recorded xxh64:aa, now xxh64:bb"));
  EXPECT_EQ(Judge(/*allow_other_build=*/true).code, ExitCode::kTestFailed);
  now_.replay_verdict = "diverged";
  EXPECT_EQ(Judge(/*allow_other_build=*/true).code, ExitCode::kTestFailed);
}

TEST_F(ReplayVerdictTest, AnOraclesViolationThatIsThereAgainIsToldApart) {
  recorded_.oracle_violations = {"task_leak"};
  now_.oracle_violations = {"task_leak"};
  EXPECT_EQ(Judge().code, ExitCode::kOracleViolation);
  EXPECT_TRUE(absl::EndsWith(Judge().text, "; oracle violations: task_leak"));
}

TEST_F(ReplayVerdictTest, ALooserReplayTellsItsOwnVerdict) {
  now_.replay_verdict = "prefix";
  now_.steps = 9;
  EXPECT_EQ(Judge().code, ExitCode::kTestFailed);
  now_.replay_verdict = "still fails";
  EXPECT_EQ(Judge().code, ExitCode::kTestFailed);
  now_.replay_verdict = "fixed";
  now_.passed = true;
  EXPECT_EQ(Judge().code, ExitCode::kOk);
}

TEST_F(ReplayVerdictTest, AnUnknownBuildIsNotCompared) {
  now_.build_id = "";
  EXPECT_EQ(Judge().code, ExitCode::kTestFailed);
}

TEST_F(ReplayVerdictTest, AReplayOfATestThatPassedIsOk) {
  for (ReproManifest* manifest : {&recorded_, &now_}) {
    manifest->status = "passed";
    manifest->passed = true;
  }
  EXPECT_EQ(Judge().code, ExitCode::kOk);
}

TEST_F(ReplayVerdictTest, AProgramThatLeavesNothingHasNotReplayed) {
  const absl::Status none = absl::NotFoundError("no manifest");
  EXPECT_EQ(JudgeReplay(recorded_, {2, 0}, none, false).code,
            ExitCode::kInput);
  const ReplayJudgement died =
      JudgeReplay(recorded_, {0, SIGSEGV}, none, false);
  EXPECT_EQ(died.code, ExitCode::kTestFailed);
  EXPECT_TRUE(absl::StrContains(died.text, "signal 11")) << died.text;
}

TEST_F(ReplayVerdictTest, ADeathIsComparedByItsSignalAndLastEvent) {
  now_.status = "died";
  now_.passed = false;
  now_.signal = SIGSEGV;
  now_.steps = 7;
  const auto judge = [&](const TraceEnds& ends) {
    return JudgeReplay(recorded_, {0, SIGSEGV},
                       FoundManifest{"/a/repro_manifest.json", now_}, false,
                       ends);
  };
  // Recorded as one that ended.
  EXPECT_TRUE(absl::StartsWith(judge({40, 40}).text, "replay diverged: "));
  EXPECT_EQ(judge({40, 40}).code, ExitCode::kTestFailed);
  for (const char* status : {"running", "died"}) {
    recorded_.status = status;
    recorded_.signal = SIGSEGV;
    EXPECT_EQ(judge({40, 40}).text,
              "replay identical: Toy.Sends died by signal 11 (SIGSEGV) after 7 "
              "steps, after event #39");
    EXPECT_EQ(judge({40, 40}).code, ExitCode::kTestFailed);
    EXPECT_EQ(judge({40, 39}).code, ExitCode::kNondeterminism);
    EXPECT_TRUE(absl::StrContains(judge({40, 39}).text, "after event #38"));
    EXPECT_EQ(judge({40, 50}).code, ExitCode::kTestFailed);
    EXPECT_TRUE(absl::StartsWith(judge({40, 50}).text, "replay: prefix"));
    EXPECT_TRUE(absl::StrContains(judge({0, 50}).text, "before the first"));
    recorded_.signal = SIGABRT;
    EXPECT_EQ(judge({40, 40}).code, ExitCode::kNondeterminism);
  }
  EXPECT_EQ(EndText(recorded_), "died by signal 6 (SIGABRT) after 4 steps");
}

// From outside comes SIGKILL or SIGTERM: no replay repeats that.
TEST_F(ReplayVerdictTest, AFaultThatIsNotThereAgainIsNoReplay) {
  now_.replay_verdict = "prefix";
  now_.status = "passed";
  now_.passed = true;
  for (const char* status : {"running", "died"}) {
    recorded_.status = status;
    for (int own : {SIGSEGV, SIGABRT, SIGFPE, SIGTRAP}) {
      recorded_.signal = own;
      EXPECT_EQ(Judge().code, ExitCode::kNondeterminism) << own;
      EXPECT_TRUE(absl::EndsWith(Judge().text,
                                 "the process did not die: something outside "
                                 "of the lab decides it"))
          << Judge().text;
    }
    for (int from_outside : {0, SIGKILL, SIGTERM}) {
      recorded_.signal = from_outside;
      EXPECT_EQ(Judge().code, ExitCode::kOk) << from_outside;
    }
  }
  recorded_.signal = SIGSEGV;
  now_.status = "failed";
  now_.passed = false;
  EXPECT_EQ(Judge().code, ExitCode::kNondeterminism);
  now_.build_id = "xxh64:bb";
  EXPECT_EQ(Judge(/*allow_other_build=*/true).code, ExitCode::kTestFailed);
}

TEST_F(ReplayVerdictTest, TheManifestOfTheReplayedTestIsFound) {
  const std::string root = ::testing::TempDir() + "/found";
  const auto put = [&](const std::string& name, const std::string& text) {
    ::mkdir(root.c_str(), 0700);
    ::mkdir(absl::StrCat(root, "/", name).c_str(), 0700);
    std::ofstream(absl::StrCat(root, "/", name, "/repro_manifest.json"))
        << text;
  };
  EXPECT_EQ(FindReplayManifest(root, "Toy.Sends").status().code(),
            absl::StatusCode::kNotFound);
  put("c_no_replay", ToJson(recorded_));
  EXPECT_FALSE(FindReplayManifest(root, "Toy.Sends").ok());
  ReproManifest other = now_;
  other.test_id = "Toy.Other";
  put("d_other", ToJson(other));
  put("e_broken", "{");
  EXPECT_FALSE(FindReplayManifest(root, "Toy.Sends").ok());
  put("f_replay", ToJson(now_));
  const auto found = FindReplayManifest(root, "Toy.Sends");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->manifest, now_);
  EXPECT_EQ(found->path, root + "/f_replay/repro_manifest.json");
}

}  // namespace
}  // namespace asupersync::cli
