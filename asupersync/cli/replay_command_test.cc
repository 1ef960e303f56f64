#include "asupersync/cli/replay_command.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/program_build.h"
#include "asupersync/cli/test_shell.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/manifest.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

std::string subject;  // the path of :replay_subject

std::string OwnBuild(const std::string& program) {
  return DescribeProgram(program, {})->build_id.value_or("not known");
}

class ReplayCommandTest : public ::testing::Test {
 protected:
  ReplayCommandTest() {
    // Replays leave their folders below it.
    ::setenv("TMPDIR", ::testing::TempDir().c_str(), 1);
    manifest_.test_id = "Toy.Sends";
    manifest_.binary = subject;
    manifest_.working_directory = "/usr";
    manifest_.status = "failed";
    manifest_.steps = 4;
    manifest_.schedule_certificate = "0x0000000000001111";
    manifest_.trace_fingerprint = "foata64:0000000000002222";
    manifest_.seed = 42;
    manifest_.build_id = OwnBuild(subject);
    ToyTrace().Save("trace.async");
    manifest_.trace_file = "trace.async";
  }

  CliResult Replay(const std::string& as,
                   const std::vector<std::string>& words = {}) {
    manifest_.arguments = {absl::StrCat("--as=", as)};
    std::vector<std::string> all = {
        WriteBytes("repro_manifest.json", ToJson(manifest_))};
    all.insert(all.end(), words.begin(), words.end());
    return Call(ReplayCommand(), all);
  }

  ReproManifest manifest_;
};

TEST_F(ReplayCommandTest, AReproducedFailureIsAFailure) {
  const CliResult r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kTestFailed) << r.err;
  EXPECT_EQ(r.err, "");
  EXPECT_TRUE(absl::StartsWith(
      r.out, absl::StrCat("replays Toy.Sends, recorded as failed after 4 "
                          "steps, certificate 0x0000000000001111\n"
                          "command: cd /usr && ")))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out, absl::StrCat(subject, " --gtest_filter=Toy.Sends --lab_replay=")))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "/asupersync-replay-")) << r.out;
  EXPECT_TRUE(absl::EndsWith(
      r.out, "\nreplay identical: Toy.Sends failed after 4 steps, certificate "
             "0x0000000000001111\n"))
      << r.out;
}

TEST_F(ReplayCommandTest, AReproducedViolationIsToldApart) {
  manifest_.oracle_violations = {"task_leak"};
  const CliResult r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kOracleViolation) << r.err;
  EXPECT_TRUE(absl::EndsWith(r.out, "; oracle violations: task_leak\n"));
}

TEST_F(ReplayCommandTest, WhatIsNotTheSameOfTheSameBuildIsNondeterminism) {
  for (const char* as : {"diverged", "other_certificate", "passed"}) {
    const CliResult r = Replay(as);
    EXPECT_EQ(r.code, ExitCode::kNondeterminism) << as << r.out << r.err;
    EXPECT_TRUE(absl::StrContains(r.out, "\nreplay ")) << as;
  }
  EXPECT_EQ(Replay("crash").code, ExitCode::kTestFailed);
}

TEST_F(ReplayCommandTest, ARefusalIsAnInputError) {
  for (const char* as : {"refuses", "silent", "other_build"}) {
    const CliResult r = Replay(as);
    EXPECT_EQ(r.code, ExitCode::kInput) << as << r.out;
    EXPECT_EQ(r.err.find('\n'), r.err.size() - 1) << r.err;
  }
}

TEST_F(ReplayCommandTest, AnotherBuildIsNotRunUnlessAllowed) {
  const std::string own = manifest_.build_id;
  manifest_.build_id = "xxh64:00000000000000aa";
  const CliResult refused = Replay("diverged");
  EXPECT_EQ(refused.code, ExitCode::kInput);
  EXPECT_EQ(refused.out, "");  // so nothing ran
  EXPECT_TRUE(absl::StrContains(
      refused.err, " is build " + own +
                       ", the recording is of build xxh64:00000000000000aa; "))
      << refused.err;
  const CliResult allowed = Replay("own_build", {"--allow-other-build"});
  EXPECT_EQ(allowed.code, ExitCode::kTestFailed) << allowed.err;
  EXPECT_TRUE(absl::StrContains(allowed.out, "; by another build: "));
}

TEST_F(ReplayCommandTest, AProgramThatIsNoLabTestIsNeverRun) {
  for (const char* program : {"/bin/sh", "/usr/bin/env"}) {
    manifest_.binary = program;
    const CliResult r = Replay("identical", {"--allow-other-build"});
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_EQ(r.out, "");
    EXPECT_TRUE(absl::StrContains(r.err, " is no lab test and is not run"));
  }
  // Nor a script with the same words in it.
  manifest_.binary =
      WriteBytes("script", "#!/bin/sh\n# ASUPERSYNC_TEST_ARTIFACTS_DIR\n");
  ::chmod(manifest_.binary.c_str(), 0700);
  EXPECT_EQ(Replay("identical", {"--allow-other-build"}).code,
            ExitCode::kInput);
}

TEST_F(ReplayCommandTest, AManifestAndATraceOfDifferentRunsAreRefused) {
  manifest_.seed = 43;
  manifest_.test_id = "Toy.Receives";
  const CliResult r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_EQ(r.out, "");
  EXPECT_TRUE(absl::StrContains(r.err, "not of the same run")) << r.err;
  EXPECT_TRUE(absl::StrContains(r.err, "Toy.Receives")) << r.err;
  EXPECT_TRUE(absl::StrContains(r.err, "2b")) << r.err;
}

// The program is not to blame for what somebody wrote into the manifest.
TEST_F(ReplayCommandTest, AManifestThatItsTraceContradictsIsRefused) {
  manifest_.steps = 5;
  manifest_.schedule_certificate = "0x0000000000001112";
  manifest_.trace_fingerprint = "";
  const CliResult r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_EQ(r.out, "");
  EXPECT_TRUE(absl::StrContains(
      r.err, "not of the same run: steps is 5 in the manifest, 4 in the trace; "
             "schedule_certificate is 0x0000000000001112 in the manifest, "
             "0x0000000000001111 in the trace; trace_fingerprint is empty in "))
      << r.err;
}

TEST_F(ReplayCommandTest, JsonIsOneDocumentWithBothEnds) {
  const CliResult r = Replay("identical", {"--format=json"});
  EXPECT_EQ(r.code, ExitCode::kTestFailed) << r.err;
  const nlohmann::json json = nlohmann::json::parse(r.out);
  EXPECT_EQ(json["test_id"], "Toy.Sends");
  EXPECT_EQ(json["recorded"], json["replayed"]);
  EXPECT_EQ(json["recorded"]["steps"], 4);
  EXPECT_EQ(json["exit_code"], 10);
  const nlohmann::json bad =
      nlohmann::json::parse(Replay("refuses", {"--format=json"}).out);
  EXPECT_EQ(bad["exit_code"], 2);
  EXPECT_EQ(bad["errors"].size(), 1u);
}

TEST_F(ReplayCommandTest, ManifestsThatAreNoneAreOneLine) {
  for (const std::string& path :
       {std::string("/no/such.json"), WriteBytes("empty.json", ""),
        WriteBytes("cut.json", ToJson(manifest_).substr(0, 100)),
        WriteBytes("foreign.json", "hello"), ToyTrace().Save("a.async")}) {
    const CliResult r = Call(ReplayCommand(), {path});
    EXPECT_EQ(r.code, ExitCode::kInput) << path;
    EXPECT_EQ(r.out, "");
    EXPECT_TRUE(absl::StrContains(r.err, path)) << r.err;
    EXPECT_EQ(r.err.find('\n'), r.err.size() - 1) << r.err;
  }
}

TEST_F(ReplayCommandTest, AMissingProgramOrTraceIsOneLine) {
  manifest_.binary = "/no/such/program";
  CliResult r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.err, "/no/such/program")) << r.err;
  manifest_.binary = subject;
  manifest_.trace_file = "gone.async";
  r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.err, "gone.async")) << r.err;
  EXPECT_EQ(r.out, "");
}

}  // namespace
}  // namespace asupersync::cli

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  asupersync::cli::subject = asupersync::cli::ProgramArgument(argc, argv);
  return asupersync::cli::subject.empty() ? 1 : RUN_ALL_TESTS();
}
