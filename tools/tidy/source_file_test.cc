#include "tools/tidy/source_file.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(SourceFileTest, FindingPrintsPlaceFaultAndRemedy) {
  std::ostringstream out;
  out << Finding{"a/b.cc", 7, "has a tab", "write spaces"};
  EXPECT_EQ(out.str(), "a/b.cc:7: has a tab. Mend: write spaces.");
}

TEST(SourceFileTest, KindComesFromTheNameOrTheFirstLine) {
  EXPECT_EQ(KindOf({"a/b.h", ""}), FileKind::kCc);
  EXPECT_EQ(KindOf({"a/b.cc", ""}), FileKind::kCc);
  EXPECT_EQ(KindOf({"a/BUILD.bazel", ""}), FileKind::kBazel);
  EXPECT_EQ(KindOf({"WORKSPACE", ""}), FileKind::kBazel);
  EXPECT_EQ(KindOf({"a/defs.bzl", ""}), FileKind::kBazel);
  EXPECT_EQ(KindOf({"README.md", ""}), FileKind::kMarkdown);
  EXPECT_EQ(KindOf({"proto/a.proto", ""}), FileKind::kProto);
  EXPECT_EQ(KindOf({"a/b.sh", ""}), FileKind::kShell);
  EXPECT_EQ(KindOf({"tools/test", "#!/bin/bash\necho\n"}), FileKind::kShell);
  EXPECT_EQ(KindOf({"tools/data", "echo\n"}), FileKind::kOther);
}

TEST(SourceFileTest, LinesNeedNoLastLineEnd) {
  EXPECT_THAT(Lines(""), IsEmpty());
  EXPECT_THAT(Lines("a\n\nb\n"), ElementsAre("a", "", "b"));
  EXPECT_THAT(Lines("a\nb"), ElementsAre("a", "b"));
}

TEST(SourceFileTest, CodeOnlyBlanksComments) {
  EXPECT_EQ(CodeOnly("a // b\nc"), "a     \nc");
  EXPECT_EQ(CodeOnly("a /* b\nc */ d"), "a     \n     d");
  EXPECT_EQ(CodeOnly("a /* never closed"), "a                ");
}

TEST(SourceFileTest, CodeOnlyBlanksLiterals) {
  EXPECT_EQ(CodeOnly(R"(f("x // y", 'z'))"), R"(f("      ", ' '))");
  EXPECT_EQ(CodeOnly(R"(f("a\"b") c)"), R"(f("    ") c)");
  EXPECT_EQ(CodeOnly("R\"x(a\"b\n)\"c)x\" d"), "R\"     \n     \" d");
}

TEST(SourceFileTest, CodeOnlyKnowsDigitSeparators) {
  EXPECT_EQ(CodeOnly("1'000 + a + 1'000"), "1'000 + a + 1'000");
}

TEST(SourceFileTest, PathsSplitIntoFolderAndStem) {
  EXPECT_EQ(FolderOf("a/b/c.h"), "a/b");
  EXPECT_EQ(FolderOf("c.h"), "");
  EXPECT_EQ(StemOf("a/b/c.h"), "c");
  EXPECT_EQ(StemOf("c"), "c");
}

}  // namespace
}  // namespace asupersync::tidy
