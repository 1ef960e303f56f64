#include "tools/tidy/build_rules.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kGood[] = R"(load("@rules_cc//cc:defs.bzl", "cc_library")

# A comment with cc_library(name = "no") and a quote: '
package(default_visibility = ["//visibility:private"])

cc_library(
    name = "ids",
    srcs = ["ids.cc"],
    hdrs = ["ids.h"],
    deps = ["@com_google_absl//absl/strings"],
)

cc_test(
    name = "ids_test",
    size = "small",
    srcs = ["ids_test.cc"],  # Beside the code.
    deps = [":ids"],
)

cc_library(
    name = "fakes",
    testonly = True,
    hdrs = ["fakes.h"],
)
)";

const std::set<std::string>& GoodFiles() {
  static const auto* const kFiles = new std::set<std::string>{
      "a/BUILD.bazel", "a/ids.h", "a/ids.cc", "a/ids_test.cc", "a/fakes.h"};
  return *kFiles;
}

BuildFile Parse(const std::string& text) {
  return ParseBuildFile({"a/BUILD.bazel", text});
}

// A BUILD file with nothing wrong but what is added.
BuildFile WithTarget(const std::string& text) {
  return Parse("package(default_visibility = [\"//visibility:private\"])\n" +
               text);
}

auto Says(const std::string& what) {
  return ElementsAre(Field(&Finding::what, HasSubstr(what)));
}

TEST(BuildRulesTest, ParserReadsTargets) {
  BuildFile build = Parse(kGood);
  EXPECT_TRUE(build.private_by_default);
  EXPECT_EQ(build.glob_line, 0);
  ASSERT_EQ(build.targets.size(), 3u);
  EXPECT_EQ(build.targets[0].rule, "cc_library");
  EXPECT_EQ(build.targets[0].name, "ids");
  EXPECT_EQ(build.targets[0].line, 6);
  EXPECT_THAT(build.targets[0].srcs, ElementsAre("ids.cc"));
  EXPECT_THAT(build.targets[0].hdrs, ElementsAre("ids.h"));
  EXPECT_FALSE(build.targets[0].testonly);
  EXPECT_TRUE(build.targets[1].has_size);
  EXPECT_TRUE(build.targets[2].testonly);
}

TEST(BuildRulesTest, ParserSurvivesAnything) {
  EXPECT_THAT(Parse("cc_library(name = \"open").targets, IsEmpty());
  EXPECT_THAT(Parse("f(((\"x\", [)").targets, IsEmpty());
  EXPECT_THAT(Parse("\"\"\"never closed").targets, IsEmpty());
  EXPECT_THAT(Parse("").targets, IsEmpty());
}

TEST(BuildRulesTest, GoodFileHasNoFindings) {
  EXPECT_THAT(CheckBuildFile(Parse(kGood)), IsEmpty());
  EXPECT_THAT(CheckSourcesAreListed({Parse(kGood)}, GoodFiles()), IsEmpty());
}

TEST(BuildRulesTest, FileIsPrivateByDefault) {
  EXPECT_THAT(CheckBuildFile(Parse("")), Says("private by default"));
  EXPECT_THAT(CheckBuildFile(Parse(
                  "package(default_visibility = [\"//visibility:public\"])")),
              Says("private by default"));
}

TEST(BuildRulesTest, SourcesAreNotGlobbed) {
  EXPECT_THAT(CheckBuildFile(WithTarget(
                  "filegroup(name = \"x\", srcs = glob([\"*.txt\"]))")),
              Says("glob"));
}

TEST(BuildRulesTest, LibraryHasOneHeader) {
  EXPECT_THAT(CheckBuildFile(WithTarget(
                  "cc_library(name = \"x\", hdrs = [\"x.h\", \"y.h\"])")),
              Says("x has 2 headers"));
  EXPECT_THAT(
      CheckBuildFile(WithTarget("cc_library(name = \"x\", hdrs = [\"x.h\"], "
                                "srcs = [\"x_internal.h\"])")),
      Says("x has 2 headers"));
}

TEST(BuildRulesTest, LibraryIsCalledAsItsSources) {
  EXPECT_THAT(CheckBuildFile(WithTarget(
                  "cc_library(name = \"x\", hdrs = [\"y.h\"])")),
              Says("x has a source of another name"));
  EXPECT_THAT(CheckBuildFile(WithTarget("cc_library(name = \"x\", hdrs = "
                                        "[\"x.h\"], srcs = [\"y.cc\"])")),
              Says("x has a source of another name"));
}

TEST(BuildRulesTest, LibraryWithoutAHeaderOnlyLinks) {
  EXPECT_THAT(CheckBuildFile(WithTarget(
                  "cc_library(name = \"x_main\", srcs = [\"main.cc\"])")),
              IsEmpty());
  EXPECT_THAT(CheckBuildFile(WithTarget("cc_library(name = \"x\")")),
              Says("x has no sources"));
}

TEST(BuildRulesTest, TestStatesItsSize) {
  EXPECT_THAT(CheckBuildFile(WithTarget(
                  "cc_test(name = \"x_test\", srcs = [\"x_test.cc\"])")),
              Says("x_test states no size"));
}

TEST(BuildRulesTest, SourceIsListedOnce) {
  std::set<std::string> files = GoodFiles();
  files.insert("a/forgotten.cc");
  files.insert("a/sub/lost.h");
  files.insert("b/c.h");
  EXPECT_THAT(
      CheckSourcesAreListed({Parse(kGood)}, files),
      ElementsAre(
          AllOf(Field(&Finding::path, "a/forgotten.cc"),
                Field(&Finding::what, "is in no target of a/BUILD.bazel")),
          Field(&Finding::path, "a/sub/lost.h"),
          Field(&Finding::what, "is in no target of any BUILD file")));
  const std::string twice =
      std::string(kGood) + "cc_binary(name = \"z\", srcs = [\"ids.cc\"])\n";
  EXPECT_THAT(CheckSourcesAreListed({Parse(twice)}, GoodFiles()),
              Says("is listed 2 times"));
}

TEST(BuildRulesTest, ListedSourceExists) {
  std::set<std::string> files = GoodFiles();
  files.erase("a/ids.cc");
  EXPECT_THAT(CheckSourcesAreListed({Parse(kGood)}, files),
              Says("ids lists ids.cc, which does not exist"));
}

TEST(BuildRulesTest, TestFilesAreThoseOfTestsAndTestonlyTargets) {
  EXPECT_THAT(TestFiles({Parse(kGood)}),
              ElementsAre("a/fakes.h", "a/ids_test.cc"));
  EXPECT_THAT(TestFiles({Parse("package(default_testonly = True)\n"
                               "cc_library(name = \"x\", hdrs = [\"x.h\"])")}),
              ElementsAre("a/x.h"));
}

}  // namespace
}  // namespace asupersync::tidy
