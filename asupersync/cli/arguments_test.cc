#include "asupersync/cli/arguments.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

const ArgumentsSpec& Spec() {
  static const auto* const kSpec = new ArgumentsSpec{
      {{"filter", "RE2"}, {"from", "N"}, {"all", ""}}, {"A", "B"}};
  return *kSpec;
}

std::string ErrorOf(const std::vector<std::string>& words) {
  const absl::StatusOr<Arguments> arguments = ParseArguments(Spec(), words);
  if (arguments.ok()) return "";
  EXPECT_EQ(arguments.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(arguments.status().message());
}

TEST(ArgumentsTest, OptionsStandAnywhereBetweenOperands) {
  const auto a = ParseArguments(
      Spec(), {"x", "--filter=p=q", "--all", "y", "--from", "7"});
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->operand(0), "x");
  EXPECT_EQ(a->operand(1), "y");
  EXPECT_EQ(a->value("filter"), "p=q");
  EXPECT_TRUE(a->has("all"));
  const auto from = a->number("from");
  ASSERT_TRUE(from.ok());
  EXPECT_EQ(*from, std::optional<uint64_t>(7));
}

TEST(ArgumentsTest, WhatIsNotGivenIsAbsent) {
  const auto a = ParseArguments(Spec(), {"x", "y"});
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_FALSE(a->has("all"));
  EXPECT_EQ(a->value("filter"), std::nullopt);
  EXPECT_EQ(*a->number("from"), std::nullopt);
}

TEST(ArgumentsTest, TwoDashesEndTheOptions) {
  const auto a = ParseArguments(Spec(), {"x", "--", "--all"});
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->operand(1), "--all");
  EXPECT_FALSE(a->has("all"));
}

TEST(ArgumentsTest, TheRestIsKeptAsItIs) {
  const ArgumentsSpec spec = {{}, {"FILE"}, /*takes_rest=*/true};
  const auto a = ParseArguments(spec, {"f", "--", "--x", "--", "y z"});
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->rest(), (std::vector<std::string>{"--x", "--", "y z"}));
}

TEST(ArgumentsTest, ASingleDashIsAnOperand) {
  const auto a = ParseArguments(Spec(), {"-", ""});
  ASSERT_TRUE(a.ok()) << a.status();
  EXPECT_EQ(a->operand(0), "-");
  EXPECT_EQ(a->operand(1), "");
}

TEST(ArgumentsTest, ErrorsNameTheWord) {
  EXPECT_EQ(ErrorOf({"x"}), "the argument B is missing");
  EXPECT_EQ(ErrorOf({"x", "y", "z\n"}), "unexpected argument 'z\\x0a'");
  EXPECT_EQ(ErrorOf({"x", "--", "y", "z"}), "unexpected argument z");
  EXPECT_EQ(ErrorOf({"--fliter=a"}), "unknown option --fliter=a");
  EXPECT_EQ(ErrorOf({"-v"}), "unknown option -v");
  EXPECT_EQ(ErrorOf({"--=a"}), "unknown option --=a");
  EXPECT_EQ(ErrorOf({"--all=1"}), "--all takes no value");
  EXPECT_EQ(ErrorOf({"--filter"}), "--filter needs a value, RE2");
  EXPECT_EQ(ErrorOf({"--all", "--all"}), "--all is given twice");
}

TEST(ArgumentsTest, NumbersAreDecimalAndSmallEnough) {
  for (const char* text : {"", "-1", "+1", " 1", "0x1", "1e3", "1.5",
                           "18446744073709551616"}) {
    const auto a = ParseArguments(Spec(), {"x", "y", "--from", text});
    ASSERT_TRUE(a.ok()) << a.status();
    EXPECT_FALSE(a->number("from").ok()) << text;
  }
  const auto a =
      ParseArguments(Spec(), {"x", "y", "--from=18446744073709551615"});
  ASSERT_TRUE(a.ok());
  EXPECT_EQ(*a->number("from"), std::optional<uint64_t>(~uint64_t{0}));
}

}  // namespace
}  // namespace asupersync::cli
