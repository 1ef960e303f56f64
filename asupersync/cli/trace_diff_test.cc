#include "asupersync/cli/trace_diff.h"

#include <string>

#include "absl/strings/match.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

CliResult Diff(const ToyTrace& a, const ToyTrace& b) {
  return Call(TraceDiffCommand(),
              {a.Save("diff_a.async"), b.Save("diff_b.async")});
}

TEST(TraceDiffTest, EqualTracesAreTheSame) {
  const CliResult r = Diff(ToyTrace(), ToyTrace());
  EXPECT_EQ(r.code, ExitCode::kOk);
  EXPECT_EQ(r.err, "");
  EXPECT_TRUE(absl::EndsWith(r.out, "\nthe traces are the same\n")) << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "diff_a.async, 18 events, tick 4, "
                                       "certificate 0x0000000000001111, "))
      << r.out;
}

TEST(TraceDiffTest, TheFirstDifferenceStandsInItsContext) {
  ToyTrace b;
  b.text = "sent 2";
  const CliResult r = Diff(ToyTrace(), b);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_EQ(r.err, "");
  EXPECT_TRUE(absl::StartsWith(r.out,
                               "first difference of the events: #12\n"
                               "    #4 tick=1 T1(producer) TaskNamed "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out, "\n    #11 tick=3 T1(producer) TaskScheduled task=T1 tick=3 at "
             "unknown site\n  A #12 tick=3 T1(producer) UserTrace "
             "text=\"sent 1\" at "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out, "\n  B #12 tick=3 T1(producer) UserTrace text=\"sent 2\" at "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "\n  B #15 tick=4 T2(consumer) "))
      << r.out;
  EXPECT_FALSE(absl::StrContains(r.out, "\n  B #16 ")) << r.out;
  EXPECT_TRUE(absl::EndsWith(r.out, "\nthe traces differ\n")) << r.out;
}

TEST(TraceDiffTest, ATraceThatGoesOnDiffersWhereTheOtherEnds) {
  ToyTrace longer;
  longer.extra_steps = 1;
  const CliResult r = Diff(ToyTrace(), longer);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StartsWith(r.out, "first difference of the events: #17\n"))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "diff_b.async, 21 events")) << r.out;
}

TEST(TraceDiffTest, ACutTraceIsComparedAsFarAsItGoes) {
  ToyTrace whole;
  whole.extra_steps = 20000;
  const CliResult r =
      Call(TraceDiffCommand(),
           {whole.Save("diff_whole.async"), SaveTruncated("diff_cut.async")});
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StrContains(r.out, "\n  B is cut off here\n")) << r.out;
  EXPECT_TRUE(absl::StrContains(r.err, "without a footer")) << r.err;
}

TEST(TraceDiffTest, DifferencesOfMetadataAloneAreTold) {
  ToyTrace b;
  b.seed = 43;
  const CliResult r = Diff(ToyTrace(), b);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StartsWith(r.out,
                               "differs: seed: 0x000000000000002a in A, "
                               "0x000000000000002b in B\nA: "))
      << r.out;
  EXPECT_TRUE(
      absl::EndsWith(r.out, "\nthe traces differ, but not in their events\n"))
      << r.out;
}

TEST(TraceDiffTest, DifferencesOfCertificatesAloneAreTold) {
  ToyTrace b;
  b.certificate = 0x3333;
  b.fingerprint = 0x4444;
  const CliResult r = Diff(ToyTrace(), b);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StartsWith(
      r.out,
      "differs: certificate: 0x0000000000001111 in A, 0x0000000000003333 in B\n"
      "differs: fingerprint: 0x0000000000002222 in A, 0x0000000000004444 in B\n"
      "A: "))
      << r.out;
}

TEST(TraceDiffTest, DifferencesOfSourceLinesAloneAreTold) {
  ToyTrace b;
  b.other_line = true;
  const CliResult r = Diff(ToyTrace(), b);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StartsWith(
      r.out, "differs: source lines, first of event #12: "))
      << r.out;
}

TEST(TraceDiffTest, AnUnreadableSideIsAnInputError) {
  const std::string good = ToyTrace().Save("diff_good.async");
  for (const std::string& bad :
       {std::string("/no/such.async"), SaveDamaged("diff_bad.async"),
        WriteBytes("diff_foreign", "hello there")}) {
    EXPECT_EQ(Call(TraceDiffCommand(), {good, bad}).code, ExitCode::kInput);
    const CliResult r = Call(TraceDiffCommand(), {bad, good});
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_EQ(r.err.find('\n'), r.err.size() - 1) << r.err;
  }
}

}  // namespace
}  // namespace asupersync::cli
