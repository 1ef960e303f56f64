#include "tools/tidy/layer_table.h"

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync::tidy {
namespace {

using ::testing::HasSubstr;

TEST(LayerTableTest, RanksDecreaseAlongEveryPermission) {
  for (const Layer& layer : Layers()) {
    for (absl::string_view folder : layer.may_include) {
      const Layer* other = LayerOfFolder(folder);
      ASSERT_NE(other, nullptr) << layer.folder << " names " << folder;
      EXPECT_LT(other->rank, layer.rank)
          << layer.folder << " may include " << folder;
    }
  }
}

TEST(LayerTableTest, EveryFolderHasOneRow) {
  std::set<absl::string_view> folders;
  for (const Layer& layer : Layers()) {
    EXPECT_TRUE(folders.insert(layer.folder).second) << layer.folder;
  }
}

TEST(LayerTableTest, FileBelongsToTheNearestFolderWithARow) {
  EXPECT_EQ(LayerOfFile("asupersync/base/a.h")->folder, "asupersync/base");
  EXPECT_EQ(LayerOfFile("asupersync/base/x/a.h")->folder, "asupersync/base");
  EXPECT_EQ(LayerOfFile("testing/lab_test.h")->folder, "testing");
  EXPECT_EQ(LayerOfFile("testing/e2e/a_test.cc")->folder, "testing/e2e");
}

TEST(LayerTableTest, FacadeIsOnlyWhatLiesDirectlyInItsFolder) {
  EXPECT_EQ(LayerOfFile("asupersync/asupersync.h")->folder, "asupersync");
  EXPECT_EQ(LayerOfFile("asupersync/new_folder/a.h"), nullptr);
  EXPECT_EQ(LayerOfFile("somewhere/a.h"), nullptr);
  EXPECT_EQ(LayerOfFile("a.h"), nullptr);
}

std::string WhyNot(absl::string_view from, absl::string_view to,
                   bool is_test = false) {
  return WhyNot(*LayerOfFolder(from), *LayerOfFolder(to), is_test);
}

TEST(LayerTableTest, LowerFolderMustBeNamedByTheRow) {
  EXPECT_EQ(WhyNot("asupersync/trace", "asupersync/base"), "");
  EXPECT_EQ(WhyNot("asupersync/trace", "asupersync/trace"), "");
  EXPECT_THAT(WhyNot("asupersync/replay", "asupersync/task"),
              HasSubstr("not asupersync/task/ (rank 2)"));
  EXPECT_THAT(WhyNot("asupersync/lab", "asupersync/explore"),
              HasSubstr("asupersync/lab/ (rank 4) may include only"));
  EXPECT_THAT(WhyNot("examples", "asupersync/lab"), HasSubstr("may include"));
}

TEST(LayerTableTest, NothingIncludesUpwards) {
  EXPECT_NE(WhyNot("asupersync/base", "asupersync/trace"), "");
  EXPECT_NE(WhyNot("asupersync/base", "asupersync/trace", true), "");
  EXPECT_NE(WhyNot("testing", "examples", true), "");
}

TEST(LayerTableTest, TestsMayIncludeAllOfTheirRankAndBelow) {
  EXPECT_NE(WhyNot("asupersync/trace", "asupersync/choice"), "");
  EXPECT_EQ(WhyNot("asupersync/trace", "asupersync/choice", true), "");
  EXPECT_EQ(WhyNot("asupersync/replay", "asupersync/task", true), "");
}

}  // namespace
}  // namespace asupersync::tidy
