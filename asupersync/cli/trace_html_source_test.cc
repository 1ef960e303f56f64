#include "asupersync/cli/trace_html_source.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/trace/site_table.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

class TraceHtmlSourceTest : public ::testing::Test {
 protected:
  TraceHtmlSourceTest() : folder_(absl::StrCat(::testing::TempDir(), "/src")) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ + "/root/a");
    std::ofstream(folder_ + "/root/a/in.cc") << "one\n  two();\r\n";
    std::ofstream(folder_ + "/secret.cc") << "secret\nsecret\n";
  }
  Json LineOf(const std::string& file, uint32_t line) const {
    return SourceLines({{file, line, 1, "f"}}, folder_ + "/root").at(0);
  }

  const std::string folder_;
};

TEST_F(TraceHtmlSourceTest, LineIsGivenWithoutWhiteSpaceAround) {
  EXPECT_EQ(LineOf("a/in.cc", 1), "one");
  EXPECT_EQ(LineOf("a/in.cc", 2), "two();");
}

TEST_F(TraceHtmlSourceTest, LinesThatAreNotThereAreEmpty) {
  EXPECT_EQ(LineOf("a/in.cc", 0), "");
  EXPECT_EQ(LineOf("a/in.cc", 99), "");
  EXPECT_EQ(LineOf("a/none.cc", 1), "");
  EXPECT_EQ(LineOf("a", 1), "");
  EXPECT_EQ(LineOf("", 1), "");
  EXPECT_EQ(LineOf(std::string("a/in.cc\0x", 9), 1), "");
}

TEST_F(TraceHtmlSourceTest, NothingOutsideOfTheFolderIsRead) {
  std::filesystem::create_symlink(folder_ + "/secret.cc",
                                  folder_ + "/root/link.cc");
  std::filesystem::create_directory_symlink(folder_, folder_ + "/root/up");
  EXPECT_EQ(LineOf("../secret.cc", 1), "");
  EXPECT_EQ(LineOf("a/../../secret.cc", 1), "");
  EXPECT_EQ(LineOf(folder_ + "/secret.cc", 1), "");
  EXPECT_EQ(LineOf("link.cc", 1), "");
  EXPECT_EQ(LineOf("up/secret.cc", 1), "");
  // A link that stays inside is as good as any file.
  EXPECT_EQ(LineOf("up/root/a/in.cc", 1), "one");
}

TEST_F(TraceHtmlSourceTest, LongLinesAreCut) {
  std::ofstream(folder_ + "/root/long.cc") << std::string(5000, 'x');
  EXPECT_EQ(LineOf("long.cc", 1).get<std::string>().size(),
            kSourceLineBytesMax);
}

TEST_F(TraceHtmlSourceTest, WithoutAFolderThereAreNoLines) {
  EXPECT_TRUE(SourceLines({{"a/in.cc", 1, 1, "f"}}, std::nullopt).empty());
  EXPECT_EQ(SourceLines({{"a/in.cc", 1, 1, "f"}}, "/no/such/folder").at(0), "");
}

}  // namespace
}  // namespace asupersync::cli
