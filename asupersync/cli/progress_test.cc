#include "asupersync/cli/progress.h"

#include <chrono>
#include <sstream>

#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

Progress::Clock::time_point now;
Progress::Clock::time_point Now() { return now; }

class ProgressTest : public ::testing::Test {
 protected:
  std::ostringstream out_;
  std::ostringstream err_;
  Output output_{out_, err_, nullptr, nullptr, /*err_is_terminal=*/true};
};

TEST_F(ProgressTest, NothingIsShownWithinASecond) {
  Progress progress(output_, "reading", &Now);
  now += std::chrono::milliseconds(999);
  progress.Add(5000);
  progress.Clear();
  EXPECT_EQ(err_.str(), "");
}

TEST_F(ProgressTest, ALineIsOverwrittenAndGoneInTheEnd) {
  {
    Progress progress(output_, "reading", &Now);
    now += std::chrono::seconds(1);
    progress.Add(5000);
    progress.Add(5000);  // too soon for another line
    now += std::chrono::milliseconds(250);
    progress.Add(5000);
  }
  EXPECT_EQ(err_.str(),
            "\r\x1b[Kreading: 5000 events\r\x1b[Kreading: 15000 events"
            "\r\x1b[K");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(ProgressTest, OnlyATerminalGetsIt) {
  output_.err_is_terminal = false;
  Progress progress(output_, "reading", &Now);
  now += std::chrono::seconds(9);
  progress.Add(5000);
  progress.Clear();
  EXPECT_EQ(err_.str(), "");
}

}  // namespace
}  // namespace asupersync::cli
