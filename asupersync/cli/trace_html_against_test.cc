#include "asupersync/cli/trace_html_against.h"

#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/cli/trace_diff.h"
#include "asupersync/cli/trace_html.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

// What Twins() writes, as the page's script reads it; -1: none.
std::vector<int64_t> Decode(const std::string& base64) {
  std::string bytes;
  EXPECT_TRUE(absl::Base64Unescape(base64, &bytes));
  std::vector<int64_t> twins;
  int64_t expected = 0;
  for (size_t at = 0; at < bytes.size();) {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      const auto byte = static_cast<unsigned char>(bytes.at(at++));
      value |= uint64_t{byte & 127u} << shift;
      if (byte < 128) break;
    }
    if (value == 0) {
      twins.push_back(-1);
      continue;
    }
    --value;
    const auto delta = static_cast<int64_t>(value >> 1) ^
                       -static_cast<int64_t>(value & 1);
    twins.push_back(expected + delta);
    expected = twins.back() + 1;
  }
  return twins;
}

class TraceHtmlAgainstTest : public ::testing::Test {
 protected:
  // Compares, and tells the same as `trace diff`.
  TraceComparison Compare(const std::string& a, const std::string& b) {
    TraceReader reader_a = *TraceReader::Open(a);
    TraceReader reader_b = *TraceReader::Open(b);
    const TraceComparison comparison(reader_a, reader_b, {out_, err_});
    const Json told =
        Json::parse(Call(TraceDiffCommand(), {a, b, "--format=json"}).out);
    const auto& found = comparison.difference();
    EXPECT_EQ(found.has_value(), !told["order_parts"].is_null());
    if (!found.has_value()) return comparison;
    const Json& first = told["first_difference"];
    EXPECT_EQ(found->path,
              first.is_null() ? "" : std::string(first["task_path"]));
    const Json& events = first.is_null() ? told["order_parts"] : first;
    EXPECT_EQ(IndexIn(events["a"]), found->at[0]);
    EXPECT_EQ(IndexIn(events["b"]), found->at[1]);
    EXPECT_EQ(IndexIn(told["order_parts"]["a"]).value_or(found->order_parts),
              found->order_parts);
    CheckTwins(comparison, a, b, told["common"]);
    return comparison;
  }

  static std::optional<uint64_t> IndexIn(const Json& events) {
    if (events.empty()) return std::nullopt;
    return events[0]["index"].get<uint64_t>();
  }

  // Twins are of one kind, in pairs, and all that both have in common.
  static void CheckTwins(const TraceComparison& comparison,
                         const std::string& a, const std::string& b,
                         uint64_t common) {
    const ReplayTrace traces[2] = {*TraceReader::Open(a)->ReadAll(),
                                   *TraceReader::Open(b)->ReadAll()};
    std::vector<int64_t> twins[2];
    for (int i = 0; i < 2; ++i) {
      twins[i] = Decode(comparison.Twins(i, {0, traces[i].size()}));
      ASSERT_EQ(twins[i].size(), traces[i].size());
    }
    uint64_t pairs = 0;
    for (size_t i = 0; i < twins[0].size(); ++i) {
      if (twins[0][i] < 0) continue;
      ++pairs;
      const auto twin = static_cast<size_t>(twins[0][i]);
      EXPECT_EQ(twins[1].at(twin), static_cast<int64_t>(i));
      EXPECT_EQ(Kind(traces[0].At(i)->event), Kind(traces[1].At(twin)->event));
    }
    EXPECT_EQ(pairs, common);
  }

  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(TraceHtmlAgainstTest, EqualTracesHaveNoDifference) {
  const std::string a = ToyTrace().Save("against_a.async");
  const TraceComparison comparison =
      Compare(a, ToyTrace().Save("against_b.async"));
  EXPECT_TRUE(comparison.DifferenceJson().is_null());
  EXPECT_EQ(Decode(comparison.Twins(0, {3, 6})),
            (std::vector<int64_t>{3, 4, 5}));
  EXPECT_EQ(comparison.SameTasks(), Json::parse("[[1,1],[2,2]]"));
}

TEST_F(TraceHtmlAgainstTest, ADifferenceIsOfItsTaskAndHasAPlaceInEachTrace) {
  ToyTrace other;
  other.text = "sent 2";
  const TraceComparison comparison =
      Compare(ToyTrace().Save("against_a.async"),
              other.Save("against_b.async"));
  EXPECT_EQ(comparison.DifferenceJson().dump(),
            R"({"path":"1","at":[12,12],"order":12})");
}

// By index, everything behind the first step would differ.
TEST_F(TraceHtmlAgainstTest, AnotherOrderOfIndependentStepsLeavesAllInCommon) {
  TwinTasks b;
  b.second_first = true;
  b.other_numbers = true;
  const TraceComparison comparison =
      Compare(TwinTasks().Save("against_a.async"), b.Save("against_b.async"));
  ASSERT_TRUE(comparison.difference().has_value());
  EXPECT_EQ(comparison.difference()->path, "");
  for (int64_t twin : Decode(comparison.Twins(0, {0, 16}))) EXPECT_GE(twin, 0);
  EXPECT_EQ(comparison.SameTasks(), Json::parse("[[1,1],[9,2],[3,3]]"));
}

TEST_F(TraceHtmlAgainstTest, ADifferenceBehindAReorderingIsFound) {
  TwinTasks b;
  b.second_first = true;
  b.second_says = "something else";
  const TraceComparison comparison =
      Compare(TwinTasks().Save("against_a.async"), b.Save("against_b.async"));
  EXPECT_EQ(comparison.difference()->path, "1.2");
  EXPECT_NE(comparison.difference()->at[0], comparison.difference()->at[1]);
}

TEST_F(TraceHtmlAgainstTest, WhereATraceHasNoMoreThePlaceIsBehindItsLast) {
  ToyTrace longer;
  longer.extra_steps = 1;
  const TraceComparison comparison = Compare(
      ToyTrace().Save("against_a.async"), longer.Save("against_b.async"));
  ASSERT_TRUE(comparison.difference().has_value());
  const TraceComparison::Difference& difference = *comparison.difference();
  EXPECT_EQ(difference.at[0], std::nullopt);
  ASSERT_TRUE(difference.at[1].has_value());
  EXPECT_EQ(difference.place[1], *difference.at[1]);
  EXPECT_LE(difference.place[0], 18u);
  EXPECT_GT(difference.place[0], 0u);
}

TEST_F(TraceHtmlAgainstTest, TheCommandTellsTheDifference) {
  ToyTrace other;
  other.text = "sent 2";
  const CliResult r =
      Call(TraceHtmlCommand(),
           {ToyTrace().Save("against_a.async"), "--against",
            other.Save("against_b.async"), "--force", "--format=json"});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  const Json told = Json::parse(r.out);
  EXPECT_EQ(told["first_difference"],
            Json::parse(R"({"task_path":"1","a":12,"b":12,"order_parts":12})"));
  EXPECT_EQ(told["events"], Json::parse("[18,18]"));
}

TEST_F(TraceHtmlAgainstTest, AccessesThatOneTraceHasAreNotCompared) {
  const TraceComparison same =
      Compare(SaveAccesses("against_a.async", true, "123"),
              SaveAccesses("against_b.async", false, "123"));
  EXPECT_TRUE(same.DifferenceJson().is_null());
  EXPECT_EQ(same.scan(0).events, same.scan(1).events + 3);
  const TraceComparison other =
      Compare(SaveAccesses("against_a.async", false, "123"),
              SaveAccesses("against_b.async", true, "132"));
  ASSERT_TRUE(other.difference().has_value());
  EXPECT_EQ(other.difference()->path, "3");
  const TraceComparison both =
      Compare(SaveAccesses("against_a.async", true, "123"),
              SaveAccesses("against_b.async", true, "132"));
  EXPECT_NE(both.difference()->at[0], other.difference()->at[0]);
}

// As `trace diff` compares it.
TEST_F(TraceHtmlAgainstTest, ADamagedTraceIsComparedAsFarAsItGoes) {
  ToyTrace whole;
  whole.extra_steps = 20000;
  TraceReader a = *TraceReader::Open(whole.Save("against_a.async"));
  TraceReader b = *TraceReader::Open(SaveDamaged("against_b.async"));
  const TraceComparison comparison(a, b, {out_, err_});
  EXPECT_EQ(comparison.scan(0).damage, "");
  EXPECT_NE(comparison.scan(1).damage, "");
  EXPECT_TRUE(comparison.difference().has_value());
}

}  // namespace
}  // namespace asupersync::cli
