#include "tools/tidy/text_rules.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/tidy/source_file.h"

namespace asupersync::tidy {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

auto Says(int line, const std::string& what) {
  return ElementsAre(AllOf(Field(&Finding::line, line),
                           Field(&Finding::what, HasSubstr(what))));
}

std::string Repeat(absl::string_view text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out.append(text.data(), text.size());
  return out;
}

TEST(TextRulesTest, EightyColumnsFit) {
  const std::string fits = Repeat("x", 80) + "\n";
  const std::string too_long = "\n" + Repeat("x", 81) + "\n";
  EXPECT_THAT(CheckColumns({"a.cc", fits}), IsEmpty());
  EXPECT_THAT(CheckColumns({"a.cc", too_long}), Says(2, "81 columns"));
  EXPECT_THAT(CheckColumns({"BUILD.bazel", too_long}), Says(2, "81 columns"));
  EXPECT_THAT(CheckColumns({"a.sh", too_long}), Says(2, "81 columns"));
}

TEST(TextRulesTest, ColumnsAreCharactersNotBytes) {
  EXPECT_THAT(CheckColumns({"a.cc", Repeat("\u00e9", 80) + "\n"}), IsEmpty());
  EXPECT_THAT(CheckColumns({"a.cc", Repeat("\u00e9", 81) + "\n"}), SizeIs(1));
}

TEST(TextRulesTest, WhatCannotBeBrokenMayBeLong) {
  const std::string tail = Repeat("x", 80);
  EXPECT_THAT(CheckColumns({"a.cc", "// https://" + tail + "\n"}), IsEmpty());
  EXPECT_THAT(CheckColumns({"a.cc", "#include \"" + tail + "\"\n"}),
              IsEmpty());
  EXPECT_THAT(CheckColumns({"a.md", tail + tail + "\n"}), IsEmpty());
}

TEST(TextRulesTest, WhiteSpaceIsPlain) {
  EXPECT_THAT(CheckWhiteSpace({"a.cc", "int x;\n\nint y;\n"}), IsEmpty());
  EXPECT_THAT(CheckWhiteSpace({"a.cc", ""}), IsEmpty());
  EXPECT_THAT(CheckWhiteSpace({"a.cc", "a\n\tb\n"}), Says(2, "tab"));
  EXPECT_THAT(CheckWhiteSpace({"a.cc", "a \nb\n"}), Says(1, "white space"));
  EXPECT_THAT(CheckWhiteSpace({"a.cc", "a\r\nb\n"}), Says(1, "white space"));
  EXPECT_THAT(CheckWhiteSpace({"a.cc", "a\nb"}), Says(2, "one line end"));
  EXPECT_THAT(CheckWhiteSpace({"a.cc", "a\n\n"}), Says(2, "one line end"));
}

TEST(TextRulesTest, MarksOfUnfinishedWorkAreFound) {
  // In two parts, so that this file has none.
  EXPECT_THAT(CheckMarks({"a.cc", "// TO" "DO: later\n"}), Says(1, "mark"));
  EXPECT_THAT(CheckMarks({"a.md", "\n- FIX" "ME\n"}), Says(2, "mark"));
  EXPECT_THAT(CheckMarks({"a.cc", "// XX" "X why\n"}), Says(1, "mark"));
  EXPECT_THAT(CheckMarks({"a.cc", "// XXH64, mktemp XXXXXX, todo list\n"}),
              IsEmpty());
}

TEST(TextRulesTest, GuardIsMadeOfThePublicPath) {
  const std::string base =
      "#ifndef ASUPERSYNC_BASE_A_B_H_\n#define ASUPERSYNC_BASE_A_B_H_\n"
      "int x;\n#endif  // ASUPERSYNC_BASE_A_B_H_\n";
  EXPECT_THAT(CheckGuard({"asupersync/base/a_b.h", base}), IsEmpty());
  EXPECT_THAT(CheckGuard({"asupersync/base/a_b.h", "// Comment.\n" + base}),
              IsEmpty());
  EXPECT_THAT(CheckGuard({"asupersync/trace/a_b.h", base}),
              Says(1, "is not ASUPERSYNC_TRACE_A_B_H_"));
  EXPECT_THAT(CheckGuard({"asupersync/base/a_b.h", "int y;\n" + base}),
              Says(1, "header guard"));
  EXPECT_THAT(CheckGuard({"a.h", "#pragma once\n"}), Says(1, "header guard"));
  EXPECT_THAT(CheckGuard({"a.cc", "int x;\n"}), IsEmpty());
}

TEST(TextRulesTest, GuardOfAnExportedHeaderHasItsExportedPath) {
  const std::string text =
      "#ifndef ASUPERSYNC_TESTING_LAB_TEST_H_\n"
      "#define ASUPERSYNC_TESTING_LAB_TEST_H_\n"
      "#endif  // ASUPERSYNC_TESTING_LAB_TEST_H_\n";
  EXPECT_THAT(CheckGuard({"testing/lab_test.h", text}), IsEmpty());
}

TEST(TextRulesTest, GuardIsNamedAtTheEnd) {
  EXPECT_THAT(
      CheckGuard({"a.h", "#ifndef ASUPERSYNC_A_H_\n#define ASUPERSYNC_A_H_\n"
                         "#endif\n"}),
      Says(3, "does not end with the guard"));
}

TEST(TextRulesTest, SizesAreBounded) {
  EXPECT_THAT(CheckSize({"a.h", Repeat("\n", 500)}), IsEmpty());
  EXPECT_THAT(CheckSize({"a.h", Repeat("\n", 501)}), Says(501, "501 lines"));
  EXPECT_THAT(CheckSize({"a.cc", Repeat("\n", 700)}), IsEmpty());
  EXPECT_THAT(CheckSize({"a.cc", Repeat("\n", 701)}), SizeIs(1));
  EXPECT_THAT(CheckSize({"a_test.cc", Repeat("\n", 800)}), IsEmpty());
  EXPECT_THAT(CheckSize({"a_test.cc", Repeat("\n", 801)}), SizeIs(1));
}

TEST(TextRulesTest, WhatDiffersBetweenRunsIsFound) {
  for (const std::string word :
       {"std::unordered_map", "std::unordered_multiset", "std::random_device",
        "std::chrono::system_clock", "std::chrono::steady_clock",
        "std::this_thread::sleep_for", "absl::Now", "absl::SleepFor",
        "absl::BitGen", "clock_gettime"}) {
    const std::string line = "\nauto x = " + word + "();\n";
    EXPECT_THAT(CheckDeterminism({"asupersync/base/a.cc", line}),
                Says(2, "can differ between two runs"))
        << word;
    EXPECT_THAT(CheckDeterminism({"testing/a.h", line}), SizeIs(1)) << word;
    EXPECT_THAT(CheckDeterminism({"benchmarks/a.cc", line}), IsEmpty());
  }
}

TEST(TextRulesTest, NamingABannedWordIsNotUsingIt) {
  EXPECT_THAT(CheckDeterminism({"asupersync/base/a.cc",
                                "// Not std::unordered_map.\n"
                                "auto m = \"std::random_device\";\n"
                                "std::map<int, int> my_system_clock_;\n"}),
              IsEmpty());
}

TEST(TextRulesTest, HashTablesAreNotWalked) {
  const std::string header =
      "absl::flat_hash_map<int, std::pair<A, B>> by_id_;";
  auto check = [&](const std::string& line) {
    return CheckHashOrder({"asupersync/base/a.cc", line + "\n"}, header);
  };
  EXPECT_THAT(check("for (const auto& [id, x] : by_id_) {"),
              Says(1, "walks by_id_"));
  EXPECT_THAT(check("for (auto& x : other->by_id_) {"), SizeIs(1));
  EXPECT_THAT(check("auto it = by_id_.begin();"), SizeIs(1));
  EXPECT_THAT(check("auto it = by_id_.find(3);"), IsEmpty());
  EXPECT_THAT(check("if (by_id_.find(3) != by_id_.end()) return;"), IsEmpty());
  EXPECT_THAT(check("for (const auto& x : not_by_id_) {"), IsEmpty());
  EXPECT_THAT(check("for (int x : List(1)) f(by_id_);"), IsEmpty());
  EXPECT_THAT(check("absl::node_hash_set<int> seen;\nfor (int x : seen) {"),
              Says(2, "walks seen"));
}

TEST(TextRulesTest, ExceptionsHaveReasons) {
  for (const Exception& exception : Exceptions()) {
    EXPECT_THAT(exception.reason, Not(IsEmpty())) << exception.path;
  }
}

TEST(TextRulesTest, ExceptionIsUsedOnlyWhileItsWordIsThere) {
  const Exception exception = {"asupersync/live/", "steady_clock", "why"};
  EXPECT_TRUE(IsUsed(exception, {"asupersync/live/clock.cc",
                                 "std::chrono::steady_clock::now();\n"}));
  EXPECT_FALSE(IsUsed(exception, {"asupersync/live/clock.cc", "now();\n"}));
  EXPECT_FALSE(IsUsed(exception, {"asupersync/lab/clock.cc",
                                  "std::chrono::steady_clock::now();\n"}));
}

}  // namespace
}  // namespace asupersync::tidy
