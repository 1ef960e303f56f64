#include "asupersync/cli/quoting.h"

#include <string>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

TEST(QuotingTest, ControlCharactersBecomeHex) {
  EXPECT_EQ(Printable("a\nb\x1b[31m\x7f"), "a\\x0ab\\x1b[31m\\x7f");
  EXPECT_EQ(Printable(absl::string_view("\0", 1)), "\\x00");
  // U+009B starts a terminal's command, like ESC [.
  EXPECT_EQ(Printable("\xc2\x9b"), "\\xc2\\x9b");
}

TEST(QuotingTest, OtherTextStays) {
  EXPECT_EQ(Printable("a \"b\" \\ \xc3\xa4 \xc2\xa0"),
            "a \"b\" \\ \xc3\xa4 \xc2\xa0");
  EXPECT_EQ(Printable("\xe2\x82\xac \xf0\x9f\x98\x80"),
            "\xe2\x82\xac \xf0\x9f\x98\x80");
}

// A terminal of eight bits obeys the byte 0x9b as it does ESC [.
TEST(QuotingTest, BytesThatAreNoUtf8BecomeHex) {
  EXPECT_EQ(Printable("a\x9b" "31m"), "a\\x9b31m");
  EXPECT_EQ(Printable("ends in \xc2"), "ends in \\xc2");
  EXPECT_EQ(Printable("\xc0\x9b"), "\\xc0\\x9b");                // overlong
  EXPECT_EQ(Printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");      // surrogate
  EXPECT_EQ(Printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
}

TEST(QuotingTest, WhatTurnsTextOrEndsALineBecomesHex) {
  EXPECT_EQ(Printable("x\xe2\x80\xae" "cnys.a"), "x\\xe2\\x80\\xaecnys.a");
  int obeyed = 0;
  for (char32_t c = 0xa0; c < 0x3000; ++c) obeyed += IsObeyed(c) ? 1 : 0;
  EXPECT_EQ(obeyed, 3 + 2 + 5 + 4);
  for (char32_t c : {0x61c, 0x200e, 0x200f, 0x202a, 0x202e, 0x2066, 0x2069}) {
    EXPECT_TRUE(IsObeyed(c)) << std::hex << static_cast<unsigned>(c);
  }
}

TEST(QuotingTest, WordsThatAShellWouldChangeAreQuoted) {
  EXPECT_EQ(ShellQuote("/tmp/a-b_c.d"), "/tmp/a-b_c.d");
  EXPECT_EQ(ShellQuote(""), "''");
  EXPECT_EQ(ShellQuote("a b"), "'a b'");
  EXPECT_EQ(ShellQuote("$(rm x)"), "'$(rm x)'");
  EXPECT_EQ(ShellQuote("it's"), "'it'\\''s'");
  EXPECT_EQ(ShellQuote("A.B/*"), "'A.B/*'");
  EXPECT_EQ(ShellQuote("~"), "'~'");
  EXPECT_EQ(ShellQuote("a\nb'c\\"), "$'a\\x0ab\\'c\\\\'");
}

TEST(QuotingTest, ACommandLineIsItsWords) {
  EXPECT_EQ(ShellQuote({"a", "b c", "--d=e"}), "a 'b c' --d=e");
}

}  // namespace
}  // namespace asupersync::cli
