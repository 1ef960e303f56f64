#include "asupersync/cli/program_build.h"

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

// :relative_library and :empty_library_folder.
std::vector<std::string> relative_programs;

std::string Bytes(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

std::string Write(const std::string& name, const std::string& bytes) {
  const std::string path = ::testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(ProgramBuildTest, AProgramOfTheSystemHasABuildAndIsNoLabTest) {
  const absl::StatusOr<ProgramBuild> build = DescribeProgram("/bin/sh", {});
  ASSERT_TRUE(build.ok()) << build.status();
  ASSERT_TRUE(build->build_id.has_value()) << build->why;
  EXPECT_TRUE(absl::StartsWith(*build->build_id, "xxh64:"));
  EXPECT_FALSE(build->is_lab_test);
}

TEST(ProgramBuildTest, VariablesThatChangeTheLibrariesLeaveItOpen) {
  const absl::StatusOr<ProgramBuild> build =
      DescribeProgram("/bin/sh", {"A=b", "LD_LIBRARY_PATH=/x"});
  ASSERT_TRUE(build.ok());
  EXPECT_FALSE(build->build_id.has_value());
  EXPECT_TRUE(absl::StrContains(build->why, "LD_LIBRARY_PATH")) << build->why;
}

// The replay is started in a folder that the manifest names.
TEST(ProgramBuildTest, LibrariesOfTheCurrentFolderLeaveItOpen) {
  for (const std::string& program : relative_programs) {
    const absl::StatusOr<ProgramBuild> build = DescribeProgram(program, {});
    ASSERT_TRUE(build.ok()) << build.status();
    EXPECT_FALSE(build->build_id.has_value()) << program;
    EXPECT_TRUE(absl::StrContains(build->why, "depends on the folder"))
        << build->why;
  }
}

TEST(ProgramBuildTest, WhatIsNoProgramHasNoBuild) {
  for (const std::string& path :
       {Write("empty", ""), Write("script", "#!/bin/sh\n"),
        Write("cut", Bytes("/bin/sh").substr(0, 70))}) {
    const absl::StatusOr<ProgramBuild> build = DescribeProgram(path, {});
    ASSERT_TRUE(build.ok());
    EXPECT_FALSE(build->build_id.has_value());
    EXPECT_FALSE(build->is_lab_test);
  }
  EXPECT_TRUE(absl::IsNotFound(DescribeProgram("/no/such", {}).status()));
}

// A file from somebody else: no number in it leads outside of it.
TEST(ProgramBuildTest, DamagedProgramsAreRead) {
  const std::string good = Bytes("/bin/sh");
  ASSERT_GT(good.size(), 4096u);
  // The header and the segments' table stand in the first kilobyte.
  for (size_t at = 0; at < 1024; ++at) {
    for (char with : {'\x00', '\xff', '\x7f'}) {
      std::string bad = good.substr(0, 65536);
      bad[at] = with;
      EXPECT_TRUE(DescribeProgram(Write("bad", bad), {}).ok());
    }
  }
}

}  // namespace
}  // namespace asupersync::cli

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  asupersync::cli::relative_programs.assign(argv + 1, argv + argc);
  if (argc != 3) return 1;
  return RUN_ALL_TESTS();
}
