#include "asupersync/cli/trace_input.h"

#include <optional>
#include <sstream>
#include <string>

#include "absl/strings/match.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

class TraceInputTest : public ::testing::Test {
 protected:
  // Reads the whole file.
  ExitCode Read(const std::string& path) {
    std::optional<TraceReader> reader = OpenTrace(path, {out_, err_});
    if (!reader.has_value()) return ExitCode::kInput;
    for (const auto& event : reader->events()) {
      EXPECT_TRUE(event.ok()) << event.status();
      EXPECT_EQ(SiteOf(*reader, event->site), reader->site(event->site));
    }
    return CheckWhole(*reader, {out_, err_});
  }

  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(TraceInputTest, AWholeTraceIsSilent) {
  EXPECT_EQ(Read(ToyTrace().Save("whole.async")), ExitCode::kOk);
  EXPECT_EQ(err_.str(), "");
  EXPECT_EQ(out_.str(), "");
}

TEST_F(TraceInputTest, AMissingFileIsOneLine) {
  EXPECT_EQ(Read("/no/such.async"), ExitCode::kInput);
  EXPECT_TRUE(absl::StartsWith(err_.str(), "asupersync: cannot read trace"))
      << err_.str();
  EXPECT_EQ(err_.str().find('\n'), err_.str().size() - 1);
}

TEST_F(TraceInputTest, ATruncatedFileIsOneLineAfterItsEvents) {
  EXPECT_EQ(Read(SaveTruncated("truncated.async")), ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(err_.str(), "without a footer")) << err_.str();
  EXPECT_EQ(err_.str().find('\n'), err_.str().size() - 1);
}

}  // namespace
}  // namespace asupersync::cli
