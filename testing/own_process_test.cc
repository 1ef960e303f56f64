#include "asupersync/testing/own_process.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

std::string OutputPath() { return ::testing::TempDir() + "/output.txt"; }

TEST(OwnProcessTest, RunsThisProgramAndGivesWhatItPrints) {
  const absl::StatusOr<OwnRun> run =
      RunOwnProgram({"--child", "say"}, OutputPath());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->exit_status, 3);
  EXPECT_EQ(run->signal, 0);
  EXPECT_EQ(run->output, "out\nerr\nno filter\n");
}

TEST(OwnProcessTest, ASignalIsNotAnExitStatus) {
  const absl::StatusOr<OwnRun> run =
      RunOwnProgram({"--child", "die"}, OutputPath());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->signal, SIGTERM);
}

TEST(OwnProcessTest, AFolderThatIsNotThereIsAnError) {
  EXPECT_FALSE(RunOwnProgram({"--child", "say"}, "/no/such/folder/o").ok());
}

TEST(OwnProcessTest, AReplayInheritsNoChoiceOfTests) {
  EXPECT_FALSE(IsInherited("GTEST_FILTER"));
  EXPECT_FALSE(IsInherited("TEST_SHARD_INDEX"));
  EXPECT_FALSE(IsInherited("XML_OUTPUT_FILE"));
  EXPECT_FALSE(IsInherited("ASUPERSYNC_SEED"));
  EXPECT_TRUE(IsInherited("PATH"));
  EXPECT_TRUE(IsInherited("ASUPERSYNC_ORACLES"));
}

int Child(const std::string& what) {
  if (what == "die") raise(SIGTERM);
  std::printf("out\n");
  std::fflush(stdout);
  std::fprintf(stderr, "err\n");
  std::printf("%s\n",
              std::getenv("GTEST_FILTER") == nullptr ? "no filter" : "filter");
  return 3;
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync

int main(int argc, char** argv) {
  if (argc == 3 && std::string(argv[1]) == "--child") {
    return asupersync::testing_internal::Child(argv[2]);
  }
  testing::InitGoogleTest(&argc, argv);
  setenv("GTEST_FILTER", "Some.Test", 1);
  return RUN_ALL_TESTS();
}
