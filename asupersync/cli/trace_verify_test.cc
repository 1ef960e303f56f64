#include "asupersync/cli/trace_verify.h"

#include <string>

#include "absl/strings/match.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

TEST(TraceVerifyTest, AWholeTraceIsOk) {
  const CliResult r =
      Call(TraceVerifyCommand(), {ToyTrace().Save("verify.async")});
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_EQ(r.out, "ok 18 events\n");
  EXPECT_EQ(r.err, "");
}

TEST(TraceVerifyTest, ATruncatedTraceSaysHowMuchIsThere) {
  const CliResult r =
      Call(TraceVerifyCommand(), {SaveTruncated("verify_cut.async")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StartsWith(r.out, "truncated: ")) << r.out;
  EXPECT_TRUE(absl::EndsWith(r.out, " events recovered\n")) << r.out;
  EXPECT_NE(r.out, "truncated: 0 events recovered\n");
}

TEST(TraceVerifyTest, DamageIsToldWithItsPlace) {
  const CliResult r =
      Call(TraceVerifyCommand(), {SaveDamaged("verify_bad.async")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StartsWith(r.out, "corrupt: ")) << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "is damaged at byte ")) << r.out;
}

TEST(TraceVerifyTest, AForeignFileIsCorrupt) {
  for (const std::string bytes : {"", "x", "\x7f" "ELF and more", "ASYNCTRD"}) {
    const CliResult r =
        Call(TraceVerifyCommand(), {WriteBytes("foreign", bytes)});
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_TRUE(absl::StartsWith(r.out, "corrupt: ")) << r.out;
    EXPECT_TRUE(absl::StrContains(r.out, "is not a trace")) << r.out;
  }
}

TEST(TraceVerifyTest, AMissingFileIsAnError) {
  const CliResult r = Call(TraceVerifyCommand(), {"/no/such.async"});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_EQ(r.out, "");
  EXPECT_TRUE(absl::StrContains(r.err, "/no/such.async")) << r.err;
}

TEST(TraceVerifyTest, EveryFlippedByteAndEveryCutIsNoticedInOneLine) {
  const std::string whole = ReadBytes(ToyTrace().Save("verify_all.async"));
  for (size_t i = 0; i < whole.size(); ++i) {
    std::string flipped = whole;
    flipped[i] ^= 0x10;
    for (const std::string& bytes : {flipped, whole.substr(0, i)}) {
      const CliResult r =
          Call(TraceVerifyCommand(), {WriteBytes("verify_some.async", bytes)});
      ASSERT_EQ(r.code, ExitCode::kInput) << "byte " << i;
      ASSERT_EQ(r.out.find('\n'), r.out.size() - 1) << "byte " << i;
      ASSERT_EQ(r.err, "") << "byte " << i;
    }
  }
}

}  // namespace
}  // namespace asupersync::cli
