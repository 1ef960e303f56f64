#include "asupersync/testing/test_process.h"

#include <filesystem>
#include <optional>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::Pair;

std::optional<std::string> Nothing(const std::string&) { return std::nullopt; }

TEST(TestProcessTest, TheBinaryIsARealFile) {
  const TestProcess process = DescribeTestProcess("./x", {"--a"}, &Nothing);
  EXPECT_TRUE(std::filesystem::path(process.binary).is_absolute());
  EXPECT_TRUE(std::filesystem::is_regular_file(process.binary));
  EXPECT_FALSE(std::filesystem::is_symlink(process.binary));
  EXPECT_EQ(process.invoked_as, "./x");
  EXPECT_THAT(process.arguments, ElementsAre("--a"));
  EXPECT_EQ(process.working_directory, std::filesystem::current_path());
  EXPECT_EQ(process.bazel_target, "");
}

TEST(TestProcessTest, TheBuildIdIsAHashAndStays) {
  const TestProcess process = DescribeTestProcess("x", {}, &Nothing);
  EXPECT_THAT(process.build_id, MatchesRegex("(xxh64:[0-9a-f]{16})?"));
  EXPECT_EQ(process.build_id, DescribeTestProcess("x", {}, &Nothing).build_id);
}

TEST(TestProcessTest, VariablesThatMatterAreKept) {
  const auto get = [](const std::string& name) -> std::optional<std::string> {
    if (name == "ASUPERSYNC_SEED") return "7";
    if (name == "TEST_TARGET") return "//a:b";
    if (name == "HOME") return "/root";
    return std::nullopt;
  };
  const TestProcess process = DescribeTestProcess("x", {}, get);
  EXPECT_EQ(process.bazel_target, "//a:b");
  EXPECT_THAT(process.environment, ElementsAre(Pair("ASUPERSYNC_SEED", "7"),
                                               Pair("TEST_TARGET", "//a:b")));
}

TEST(OutsideSandboxTest, PathsBelowBazelOutMoveToTheExecutionRoot) {
  const std::string binary = "/base/execroot/ws/bazel-out/k8/bin/a/t";
  EXPECT_EQ(OutsideSandbox("/base/sandbox/linux-sandbox/3/execroot/ws/"
                           "bazel-out/k8/testlogs/a/t/test.outputs/outputs.zip",
                           binary),
            "/base/execroot/ws/bazel-out/k8/testlogs/a/t/test.outputs/"
            "outputs.zip");
  EXPECT_EQ(OutsideSandbox("/tmp/x", binary), "/tmp/x");
  EXPECT_EQ(OutsideSandbox("/s/bazel-out/x", "/usr/bin/t"), "/s/bazel-out/x");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
