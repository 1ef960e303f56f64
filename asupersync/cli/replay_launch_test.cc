#include "asupersync/cli/replay_launch.h"

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/manifest.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

using Strings = std::vector<std::string>;

class ReplayLaunchTest : public ::testing::Test {
 protected:
  ReplayLaunchTest() {
    manifest_.test_id = "Toy.Sends";
    manifest_.seed = 42;
    manifest_.status = "failed";
    manifest_.steps = 4;
    manifest_.schedule_certificate = "0x0000000000001111";
    manifest_.trace_fingerprint = "foata64:0000000000002222";
    manifest_.binary = "/bin/true";
    manifest_.working_directory = "/usr";
    manifest_.trace_file = "launch.async";
  }

  absl::StatusOr<ReplayLaunch> Plan(const Strings& extra = {},
                                    const Strings& environment = {}) {
    return PlanReplay(path_, manifest_, extra, environment, "/tmp/artifacts");
  }
  absl::Status Error() { return Plan().status(); }

  const std::string trace_ = ToyTrace().Save("launch.async");
  const std::string path_ = WriteBytes("launch_manifest.json", "");
  ReproManifest manifest_;
};

TEST_F(ReplayLaunchTest, TheChildReplaysTheTestInItsFolder) {
  const auto launch = Plan();
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->child.program, "/bin/true");
  EXPECT_EQ(launch->child.working_directory, "/usr");
  EXPECT_EQ(launch->child.arguments,
            (Strings{"--gtest_filter=Toy.Sends", "--lab_replay=" + path_,
                     "--lab_artifacts_dir=/tmp/artifacts",
                     "--lab_artifacts=always"}));
  EXPECT_EQ(launch->note, "");
}

TEST_F(ReplayLaunchTest, ADisabledTestIsRunAsWell) {
  manifest_.test_id = "Toy.DISABLED_Sends";
  ToyTrace toy;
  toy.test_id = manifest_.test_id;
  toy.Save("launch.async");
  const auto launch = Plan();
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->child.arguments.back(), "--gtest_also_run_disabled_tests");
}

TEST_F(ReplayLaunchTest, ExtraArgumentsComeBeforeTheRecordedOnes) {
  manifest_.arguments = {"--mode=x", "--", "y"};
  const auto launch = Plan({"--gtest_break_on_failure"});
  ASSERT_TRUE(launch.ok()) << launch.status();
  const Strings& all = launch->child.arguments;
  EXPECT_EQ(Strings(all.begin() + 4, all.end()),
            (Strings{"--gtest_break_on_failure", "--mode=x", "--", "y"}));
}

TEST_F(ReplayLaunchTest, AManifestCannotDirectTheFrameworkByItsArguments) {
  manifest_.arguments = {"--lab_artifacts_dir=/etc", "--gtest_output=xml:/x",
                         "-gtest_filter=*", "own"};
  EXPECT_EQ(OwnArguments(manifest_), (Strings{"own"}));
  const auto launch = Plan();
  ASSERT_TRUE(launch.ok()) << launch.status();
  const Strings& all = launch->child.arguments;
  EXPECT_EQ(Strings(all.begin() + 4, all.end()), (Strings{"own"}));
  // GoogleTest does not stop at "--", the lab does.
  manifest_.arguments = {"--", "--gtest_output=xml:/x", "/gtest_repeat=2",
                         "--lab_own"};
  EXPECT_EQ(OwnArguments(manifest_), (Strings{"--", "--lab_own"}));
}

TEST_F(ReplayLaunchTest, ATestIdThatSelectsOtherTestsIsRefused) {
  for (const char* id : {"*", "Toy.Send?", "Toy.A:Toy.B", "-Toy.A",
                         "Toy.*-Toy.A"}) {
    manifest_.test_id = id;
    ToyTrace toy;
    toy.test_id = id;
    toy.Save("launch.async");
    EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument) << id;
    EXPECT_TRUE(absl::StrContains(Error().message(), id)) << Error();
  }
}

TEST_F(ReplayLaunchTest, OnlyALabelIsPutIntoABazelCommand) {
  EXPECT_TRUE(IsBazelLabel("//a:b"));
  EXPECT_TRUE(IsBazelLabel("@r//a:b"));
  for (const char* text : {"", "--run_under=rm", "a:b", "/bin/sh"}) {
    EXPECT_FALSE(IsBazelLabel(text)) << text;
  }
  manifest_.binary = "/no/such/program";
  manifest_.bazel_target = "--run_under=rm";
  EXPECT_TRUE(absl::EndsWith(Error().message(), "build it again"));
}

TEST_F(ReplayLaunchTest, VariablesThatDirectTestsAreTakenOut) {
  const auto launch =
      Plan({}, {"HOME=/root", "GTEST_TOTAL_SHARDS=2", "CI_SEED=1",
                "ASUPERSYNC_SEED=7", "CI_SEEDS=1", "TEST_TMPDIR=/t"});
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->child.environment,
            (Strings{"HOME=/root", "CI_SEEDS=1", "TEST_TMPDIR=/t"}));
  EXPECT_EQ(launch->removed_variables,
            (Strings{"ASUPERSYNC_SEED", "CI_SEED", "GTEST_TOTAL_SHARDS"}));
  EXPECT_TRUE(absl::StartsWith(
      launch->CommandLine(),
      "cd /usr && env -u ASUPERSYNC_SEED -u CI_SEED -u GTEST_TOTAL_SHARDS "
      "/bin/true --gtest_filter=Toy.Sends "))
      << launch->CommandLine();
}

TEST_F(ReplayLaunchTest, TheCommandLineIsQuoted) {
  manifest_.arguments = {"$(touch /tmp/x); 'y'"};
  const auto launch = Plan();
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_TRUE(absl::EndsWith(launch->CommandLine(),
                             " '$(touch /tmp/x); '\\''y'\\'''"))
      << launch->CommandLine();
}

TEST_F(ReplayLaunchTest, ARelativeProgramIsOneOfTheWorkingDirectory) {
  manifest_.working_directory = "/bin";
  manifest_.binary = "./true";
  const auto launch = Plan();
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_EQ(launch->child.program, "/bin/true");
}

TEST_F(ReplayLaunchTest, WithoutTheWorkingDirectoryItSaysWhereTheTestRuns) {
  const std::string here = std::filesystem::current_path();
  for (const char* folder : {"/no/such/folder", "usr", ""}) {
    manifest_.working_directory = folder;
    const auto launch = Plan();
    ASSERT_TRUE(launch.ok()) << launch.status();
    EXPECT_EQ(launch->child.working_directory, here);
    EXPECT_TRUE(absl::StartsWith(launch->CommandLine(), "cd " + here + " && "))
        << launch->CommandLine();
    EXPECT_TRUE(absl::StrContains(
        launch->note, absl::StrCat("directory \"", folder, "\" is ")))
        << launch->note;
    EXPECT_TRUE(absl::EndsWith(launch->note, "; the test runs in " + here));
  }
}

TEST_F(ReplayLaunchTest, AMissingProgramSaysHowToBuildIt) {
  manifest_.binary = "/no/such/program";
  manifest_.bazel_target = "//a:b_test";
  EXPECT_EQ(Error().code(), absl::StatusCode::kNotFound);
  EXPECT_TRUE(absl::StrContains(Error().message(), "/no/such/program"));
  EXPECT_TRUE(absl::EndsWith(Error().message(), "bazel build //a:b_test"));
}

TEST_F(ReplayLaunchTest, WhatIsNoProgramIsRefused) {
  for (const std::string& binary : {std::string("/usr"), trace_}) {
    manifest_.binary = binary;
    EXPECT_EQ(Error().code(), absl::StatusCode::kPermissionDenied) << binary;
  }
  manifest_.working_directory = "";
  for (const char* binary : {"", "true"}) {
    manifest_.binary = binary;
    EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument) << binary;
  }
}

TEST_F(ReplayLaunchTest, ATraceThatCannotDriveIsRefused) {
  manifest_.trace_file = "gone.async";
  EXPECT_EQ(Error().code(), absl::StatusCode::kNotFound);
  manifest_.trace_file = "";
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
  SaveDamaged("launch_bad.async");
  manifest_.trace_file = "launch_bad.async";
  EXPECT_EQ(Error().code(), absl::StatusCode::kDataLoss);
  WriteBytes("launch_foreign", "hello there");
  manifest_.trace_file = "launch_foreign";
  EXPECT_EQ(Error().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ReplayLaunchTest, APrefixDrivesAsFarAsItGoesAndIsNoted) {
  SaveTruncated("launch_cut.async");
  manifest_.trace_file = "launch_cut.async";
  const auto launch = Plan();
  ASSERT_TRUE(launch.ok()) << launch.status();
  EXPECT_TRUE(absl::StrContains(launch->note, "without a footer"))
      << launch->note;
}

}  // namespace
}  // namespace asupersync::cli
