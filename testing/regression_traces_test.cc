#include "asupersync/testing/regression_traces.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RegressionTracesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(root_);
    for (const char* file : {"b/z.async", "b/a.async", "b/B.async", "b/a.txt",
                             "c/other.async"}) {
      std::filesystem::create_directories(root_ + "/b");
      std::filesystem::create_directories(root_ + "/c");
      std::ofstream(root_ + "/" + file) << "x";
    }
  }

  const std::string root_ =
      std::filesystem::path(::testing::TempDir() + "/traces")
          .lexically_normal()
          .string();
};

TEST_F(RegressionTracesTest, TheFirstFolderWithAMatchCounts) {
  const TraceFiles files = FindTraceFiles(
      "*.async", {root_ + "/none", root_ + "/b", root_ + "/c"});
  EXPECT_THAT(files.paths,
              ElementsAre(root_ + "/b/B.async", root_ + "/b/a.async",
                          root_ + "/b/z.async"));
}

TEST_F(RegressionTracesTest, AnAbsolutePatternNeedsNoFolder) {
  EXPECT_THAT(FindTraceFiles(root_ + "/c/*", {"/none"}).paths,
              ElementsAre(root_ + "/c/other.async"));
}

TEST_F(RegressionTracesTest, WithoutAMatchItSaysWhereItLooked) {
  const TraceFiles files = FindTraceFiles("*.bin", {root_, "/none"});
  EXPECT_THAT(files.paths, IsEmpty());
  EXPECT_THAT(files.searched, ElementsAre(root_ + "/*.bin", "/none/*.bin"));
}

TEST_F(RegressionTracesTest, CasesAreNamedByTheirFiles) {
  EXPECT_THAT(RegressionCaseNames({"/x/lost-update.async", "/y/lost.update.a",
                                   "/z/lost_update.async"}),
              ElementsAre("lost_update", "lost_update_2", "lost_update_3"));
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
