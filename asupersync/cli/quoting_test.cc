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
  EXPECT_EQ(Printable("ends in \xc2"), "ends in \xc2");
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
