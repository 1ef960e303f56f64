#include "asupersync/cli/command.h"

#include <sstream>
#include <string>

#include "asupersync/cli/exit_code.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

TEST(CommandTest, AnErrorIsOnePrintableLine) {
  std::ostringstream out;
  std::ostringstream err;
  PrintError({out, err}, "cannot read a\nb");
  EXPECT_EQ(err.str(), "asupersync: cannot read a\\x0ab\n");
  EXPECT_EQ(out.str(), "");
}

TEST(CommandTest, ALongErrorLosesItsMiddle) {
  std::ostringstream out;
  std::ostringstream err;
  PrintError({out, err}, "first " + std::string(1 << 20, 'x') + " last");
  EXPECT_EQ(err.str().substr(0, 20), "asupersync: first xx");
  EXPECT_NE(err.str().find("x ... (1044587 bytes left out) ... x"),
            std::string::npos);
  EXPECT_EQ(err.str().substr(err.str().size() - 6), " last\n");
  EXPECT_LT(err.str().size(), 4100u);
}

TEST(CommandTest, AUsageErrorPointsToTheHelp) {
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(UsageError({out, err}, "trace info", "no such option"),
            ExitCode::kUsage);
  EXPECT_EQ(err.str(),
            "asupersync trace info: no such option; see 'asupersync help trace "
            "info'\n");
}

// Scripts rely on the numbers.
TEST(CommandTest, ExitCodesKeepTheirNumbers) {
  EXPECT_EQ(static_cast<int>(ExitCode::kOk), 0);
  EXPECT_EQ(static_cast<int>(ExitCode::kUsage), 1);
  EXPECT_EQ(static_cast<int>(ExitCode::kInput), 2);
  EXPECT_EQ(static_cast<int>(ExitCode::kTestFailed), 10);
  EXPECT_EQ(static_cast<int>(ExitCode::kTracesDiffer), 13);
}

}  // namespace
}  // namespace asupersync::cli
