#include "asupersync/cli/trace_diff.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

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
  EXPECT_TRUE(absl::StartsWith(
      r.out,
      "the order parts at #12\n"
      "first causal difference: #12, in task T1(producer), path 1, its "
      "event 7\n    #2 tick=1 T1(producer) TaskScheduled "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out, "\n    #11 tick=3 T1(producer) TaskScheduled task=T1 tick=3 at "
             "unknown site\n  A #12 tick=3 T1(producer) UserTrace "
             "text=\"sent 1\" at "))
      << r.out;
  // The task's own next event, not the next of the trace.
  EXPECT_TRUE(absl::StrContains(
      r.out, "\n  B #14 tick=3 T1(producer) TaskYielded task=T1 at "))
      << r.out;
  EXPECT_TRUE(absl::EndsWith(r.out, "\nthe traces differ\n")) << r.out;
}

TEST(TraceDiffTest, ATraceThatGoesOnDiffersWhereTheOtherEnds) {
  ToyTrace longer;
  longer.extra_steps = 1;
  const CliResult r = Diff(ToyTrace(), longer);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StartsWith(r.out, "the order parts at #17\n")) << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "diff_b.async, 21 events")) << r.out;
}

CliResult Diff(const TwinTasks& a, const TwinTasks& b,
               std::vector<std::string> words = {}) {
  words.push_back(a.Save("twins_a.async"));
  words.push_back(b.Save("twins_b.async"));
  return Call(TraceDiffCommand(), words);
}

TEST(TraceDiffTest, TasksAreKnownByTheirPathNotByTheirNumber) {
  TwinTasks b;
  b.other_numbers = true;
  const CliResult r = Diff(TwinTasks(), b);
  EXPECT_EQ(r.code, ExitCode::kOk) << r.out;
}

TEST(TraceDiffTest, AnotherOrderOfIndependentStepsIsNoCausalDifference) {
  TwinTasks b;
  b.second_first = true;
  const CliResult r = Diff(TwinTasks(), b);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StartsWith(r.out,
                               "the order parts at #7\n"
                               "every task does the same in both\n    #1 "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "\n  A #7 tick=2 T2(first) Task"));
  EXPECT_TRUE(absl::StrContains(r.out, "\n  B #7 tick=2 T3(second) Task"));
  EXPECT_FALSE(absl::StrContains(r.out, "causal")) << r.out;
}

TEST(TraceDiffTest, ADifferenceBehindAReorderingIsFound) {
  TwinTasks b;
  b.second_first = true;
  b.other_numbers = true;
  b.second_says = "something else";
  const CliResult r = Diff(TwinTasks(), b);
  EXPECT_EQ(r.code, ExitCode::kTracesDiffer);
  EXPECT_TRUE(absl::StrContains(
      r.out, "\nfirst causal difference: #12 of A, #8 of B, in task "
             "T3(second), path 1.2, its event 2\n"))
      << r.out;
}

// Two differences of which none follows from the other: one is shown, and both
// are told.
TEST(TraceDiffTest, OtherDifferencesOnTheirOwnAreCounted) {
  TwinTasks one;
  one.second_says = "something else";
  EXPECT_FALSE(absl::StrContains(Diff(TwinTasks(), one).out, "only the first"));
  TwinTasks two = one;
  two.first_wakes = false;
  const CliResult r = Diff(TwinTasks(), two);
  EXPECT_TRUE(absl::StrContains(
      r.out, "\nonly the first difference is shown; 1 more follows from no "
             "other one, as far as the traces tell: T2, path 1.1 (--task "))
      << r.out;
  const nlohmann::json json =
      nlohmann::json::parse(Diff(TwinTasks(), two, {"--format=json"}).out);
  EXPECT_EQ(json["first_difference"]["task_path"], "1.2");
  EXPECT_EQ(json["other_differences"], nlohmann::json({"1.1"}));
}

// The parent's last step looks the same; what woke it does not. The difference
// is that of the waker, from which the other follows.
TEST(TraceDiffTest, WhoWakesATaskIsADifferenceOfTheWaker) {
  TwinTasks b;
  b.first_wakes = false;
  const CliResult r = Diff(TwinTasks(), b, {"--format=json"});
  const nlohmann::json json = nlohmann::json::parse(r.out);
  EXPECT_EQ(json["first_difference"]["task"], "T2(first)") << r.out;
  EXPECT_EQ(json["first_difference"]["task_path"], "1.1");
  EXPECT_EQ(json["first_difference"]["ordinal"], 3);
  EXPECT_EQ(json["first_difference"]["a"][0]["event"], "WakerWake");
  EXPECT_EQ(json["first_difference"]["b"].size(), 0u);
  EXPECT_EQ(json["exit_code"], 13);
}

TEST(TraceDiffTest, OnlyWhatTheOptionsTakeIsCompared) {
  TwinTasks b;
  b.first_wakes = false;
  EXPECT_EQ(Diff(TwinTasks(), b, {"--kind=UserTrace"}).code, ExitCode::kOk);
  b.second_says = "something else";
  EXPECT_EQ(Diff(TwinTasks(), b, {"--kind=UserTrace", "--task=first"}).code,
            ExitCode::kOk);
  EXPECT_EQ(Diff(TwinTasks(), b, {"--kind=UserTrace"}).code,
            ExitCode::kTracesDiffer);
  EXPECT_EQ(Diff(TwinTasks(), b, {"--kind=No"}).code, ExitCode::kUsage);
}

TEST(TraceDiffTest, ATaskThatOnlyOneHasIsADifference) {
  TwinTasks b;
  b.other_numbers = true;  // its T2 is T9
  EXPECT_EQ(Diff(TwinTasks(), b, {"--task=T9"}).code, ExitCode::kTracesDiffer);
  const CliResult none = Diff(TwinTasks(), b, {"--task=T8"});
  EXPECT_EQ(none.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(none.err, "there is no task T8 in "))
      << none.err;
}

// What T3 says is where it shows; that it reads before T2 writes is the cause.
TEST(TraceDiffTest, AFirstDifferenceWithoutAccessesIsSaidToBePerhapsNoCause) {
  const auto diff = [](bool in_a, bool in_b) {
    return Call(TraceDiffCommand(),
                {SaveAccesses("diff_x.async", in_a, "123"),
                 SaveAccesses("diff_y.async", in_b, "132")});
  };
  EXPECT_TRUE(absl::StrContains(
      diff(false, false).out,
      "\nnote: neither trace has accesses to shared objects: this may follow "
      "from one, not be the cause; record them with --lab_record=accesses"))
      << diff(false, false).out;
  const CliResult both = diff(true, true);
  EXPECT_FALSE(absl::StrContains(both.out, "note: ")) << both.out;
  EXPECT_TRUE(absl::StrContains(both.out, "\n  A #")) << both.out;
  EXPECT_TRUE(absl::StrContains(both.out, " ObjectAccessed ")) << both.out;
  // Those that one has are no difference from one that has none.
  const CliResult one = diff(true, false);
  EXPECT_TRUE(absl::StrContains(one.out, "\nnote: only A has accesses to "))
      << one.out;
  EXPECT_FALSE(absl::StrContains(one.out, " ObjectAccessed ")) << one.out;
  const CliResult json =
      Call(TraceDiffCommand(), {SaveAccesses("diff_x.async", false, "123"),
                                SaveAccesses("diff_y.async", false, "132"),
                                "--format=json"});
  EXPECT_EQ(nlohmann::json::parse(json.out)["accesses_compared"], false);
}

TEST(TraceDiffTest, AnotherOrderAloneNeedsNoAccesses) {
  TwinTasks b;
  b.second_first = true;
  EXPECT_FALSE(absl::StrContains(Diff(TwinTasks(), b).out, "note: "));
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
      r.out, "differs: source lines or columns, first: #12 "))
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
