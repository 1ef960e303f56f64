#include "asupersync/cli/replay_command.h"

#include <stdlib.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/manifest.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

std::string subject;  // the path of :replay_subject

class ReplayCommandTest : public ::testing::Test {
 protected:
  ReplayCommandTest() {
    // Replays leave their folders below it.
    ::setenv("TMPDIR", ::testing::TempDir().c_str(), 1);
    ToyTrace().Save("trace.async");
    manifest_.test_id = "Toy.Sends";
    manifest_.binary = subject;
    manifest_.working_directory = "/usr";
    manifest_.status = "failed";
    manifest_.steps = 4;
    manifest_.schedule_certificate = "0x0000000000001111";
    manifest_.build_id = "xxh64:00000000000000aa";
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

TEST_F(ReplayCommandTest, AReproducedFailureIsOk) {
  const CliResult r = Replay("identical");
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
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

TEST_F(ReplayCommandTest, WhatIsNotTheSameIsATestThatFailed) {
  for (const char* as : {"diverged", "other_certificate", "passed", "crash"}) {
    const CliResult r = Replay(as);
    EXPECT_EQ(r.code, ExitCode::kTestFailed) << as << r.out << r.err;
    EXPECT_TRUE(absl::StrContains(r.out, "\nreplay ")) << as;
  }
}

TEST_F(ReplayCommandTest, ARefusalOrAnotherProgramIsAnInputError) {
  for (const char* as : {"refuses", "silent", "other_build"}) {
    const CliResult r = Replay(as);
    EXPECT_EQ(r.code, ExitCode::kInput) << as << r.out;
    EXPECT_EQ(r.err.find('\n'), r.err.size() - 1) << r.err;
  }
}

TEST_F(ReplayCommandTest, AnotherBuildIsReplayedIfAllowed) {
  const CliResult r = Replay("other_build", {"--allow-other-build"});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  EXPECT_TRUE(absl::StrContains(r.out, "; by another build: ")) << r.out;
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
  if (argc != 2) return 1;
  char* const path = ::realpath(argv[1], nullptr);
  if (path == nullptr) return 1;
  asupersync::cli::subject = path;
  ::free(path);
  return RUN_ALL_TESTS();
}
