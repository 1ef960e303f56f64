#include "asupersync/cli/report_command.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/proto/divergence_report.pb.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/replay/divergence_codec.h"
#include "asupersync/replay/manifest.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

constexpr char kAssertions[] = R"({"failed_assertions": [
  {"file": "bank_test.cc", "line": 42, "fatal": false,
   "message": "Value of: balance\nExpected: 1\n  Actual: 2", "tick": 3,
   "event_index": 12, "task": "T1 'producer'"}]})";

class ReportCommandTest : public ::testing::Test {
 protected:
  ReportCommandTest() {
    manifest_.test_id = "Toy.Sends";
    manifest_.seed = 42;
    manifest_.status = "failed";
    manifest_.steps = 4;
    manifest_.verdict = "quiescent";
    manifest_.binary = "/x/bank test";
    manifest_.bazel_target = "//bank:bank_test";
    manifest_.failure_reason = "Value of: balance";
    manifest_.oracle_violations = {"task_leak"};
    manifest_.trace_file = "report.async";
    manifest_.failed_assertions_file = "report_assertions.json";
    ToyTrace().Save("report.async");
    WriteBytes("report_assertions.json", kAssertions);
  }
  CliResult Report(bool json = false) {
    const std::string path =
        WriteBytes("report_manifest.json", ToJson(manifest_));
    if (json) return Call(ReportCommand(), {path, "--format=json"});
    return Call(ReportCommand(), {path});
  }

  ReproManifest manifest_;
};

TEST_F(ReportCommandTest, AFailureFitsOnAScreen) {
  const CliResult r = Report();
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  EXPECT_TRUE(absl::StartsWith(
      r.out, "FAILED Toy.Sends, seed 0x000000000000002a\n4 steps, quiescent, "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out,
      "\n  bank_test.cc:42 in T1 'producer', step 3, event #12\n"
      "    Value of: balance\n"))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "\noracle violations: task_leak\n"));
  EXPECT_TRUE(absl::StrContains(
      r.out, "\nlast events:\n  #10 tick=2 - TimerFired timer=1 at "))
      << r.out;
  EXPECT_TRUE(absl::StrContains(r.out, "\n  #17 tick=4 - RegionClosed"));
  EXPECT_TRUE(absl::StrContains(r.out, "\n  asupersync replay "));
  EXPECT_TRUE(absl::StrContains(
      r.out, "\n  bazel test //bank:bank_test --test_filter=Toy.Sends "
             "--test_env=ASUPERSYNC_SEED=0x000000000000002a\n"))
      << r.out;
  EXPECT_TRUE(absl::StrContains(
      r.out, "\n  '/x/bank test' --gtest_filter=Toy.Sends --lab_seed=0x"));
  EXPECT_LT(std::count(r.out.begin(), r.out.end(), '\n'), 40);
}

TEST_F(ReportCommandTest, HowItEndedIsOneScreenWhateverTheFilesSay) {
  std::string many = "{\"failed_assertions\": [";
  for (int i = 0; i < 1000; ++i) {
    absl::StrAppend(&many, i == 0 ? "" : ",", "{\"file\": \"",
                    std::string(500, 'x'), "\", \"message\": \"",
                    "a\\nb\\nc\\nd\\ne\\nf\\u001b[2J\"}");
  }
  WriteBytes("report_assertions.json", many + "]}");
  manifest_.failure_reason = std::string(10000, 'y') + "\x1b[2J";
  manifest_.oracle_violations.assign(1000, "oracle");
  const CliResult r = Report();
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  EXPECT_LT(std::count(r.out.begin(), r.out.end(), '\n'), 60);
  EXPECT_LT(r.out.size(), 10000u);
  EXPECT_EQ(r.out.find('\x1b'), std::string::npos);
}

TEST_F(ReportCommandTest, JsonHasTheSame) {
  const Json json = Json::parse(Report(/*json=*/true).out);
  ASSERT_EQ(json["reports"].size(), 1u);
  const Json& report = json["reports"][0];
  EXPECT_EQ(report["test_id"], "Toy.Sends");
  EXPECT_EQ(report["seed"], 42);
  EXPECT_EQ(report["failed_assertions"][0]["line"], 42);
  EXPECT_EQ(report["failed_assertions"][0]["event_index"], 12);
  EXPECT_EQ(report["divergence"], nullptr);
  EXPECT_EQ(report["last_events"].size(), 8u);
  EXPECT_EQ(report["last_events"][7]["event"], "RegionClosed");
  EXPECT_EQ(report["reproduce"].size(), 3u);
}

TEST_F(ReportCommandTest, ADivergenceIsTold) {
  manifest_.replay_verdict = "diverged";
  manifest_.divergence_file = "report_divergence.json";
  WriteBytes("report_divergence.json",
             R"({"index": 7, "category": "schedule", "expected": "this",
                 "actual": "that", "likely_cause": "an edit"})");
  const CliResult r = Report();
  EXPECT_TRUE(absl::StrContains(r.out,
                                "\ndiverged: schedule at event #7\n  expected "
                                "this\n  actual   that\n  an edit\n"))
      << r.out;
}

DivergenceReport Diverged() {
  DivergenceReport report;
  report.index = 7;
  report.tick = 3;
  report.expected = "TimerFired id=1";
  report.actual = "T2 says \"x\"";
  report.task = CompactTaskId(2);
  report.certificate_expected = 0xFFFFFFFFFFFFFFFF;
  report.before = {"#5 one", "#6 two"};
  report.likely_cause = "an edit";
  return report;
}

// What the text format says, read by protobuf.
std::string JsonOfTextproto(const std::string& text) {
  proto::DivergenceReport message;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &message))
      << text;
  const auto report = FromProto(message);
  EXPECT_TRUE(report.ok()) << report.status();
  return report.ok() ? report->ToJson() : "";
}

TEST_F(ReportCommandTest, ADivergenceIsWrittenAsAProto) {
  manifest_.divergence_file = "report_divergence.json";
  const std::string file =
      WriteBytes("report_divergence.json", Diverged().ToJson());
  const std::string manifest =
      WriteBytes("report_manifest.json", ToJson(manifest_));
  for (const std::string& path : {file, manifest}) {
    const CliResult r =
        Call(ReportCommand(), {path, "--format=textproto"});
    EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
    EXPECT_EQ(JsonOfTextproto(r.out), Diverged().ToJson());
    EXPECT_TRUE(absl::StartsWith(
        r.out, "# proto-file: asupersync/proto/divergence_report.proto\n"))
        << r.out;
  }
}

TEST_F(ReportCommandTest, ADivergenceFileIsShownWhole) {
  const std::string file =
      WriteBytes("report_divergence.json", Diverged().ToJson());
  EXPECT_EQ(Call(ReportCommand(), {file}).out, Diverged().ToString());
  const Json json =
      Json::parse(Call(ReportCommand(), {file, "--format=json"}).out);
  EXPECT_EQ(json["divergence"], Json::parse(Diverged().ToJson()));
  EXPECT_EQ(json["exit_code"], 0);
}

TEST_F(ReportCommandTest, WithoutADivergenceThereIsNoProto) {
  const std::string manifest =
      WriteBytes("report_manifest.json", ToJson(manifest_));
  const CliResult none =
      Call(ReportCommand(), {manifest, "--format=textproto"});
  EXPECT_EQ(none.code, ExitCode::kInput);
  EXPECT_EQ(none.out, "");
  EXPECT_TRUE(absl::StrContains(none.err, "of no replay that did")) << none.err;
  const std::string bad = WriteBytes(
      "report_divergence.json", "{\"likely_cause\": \"\", \"index\": -1}");
  for (const char* format : {"--format=textproto", "--format=human"}) {
    const CliResult r = Call(ReportCommand(), {bad, format});
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_TRUE(absl::StrContains(r.err, "the field index is not a number"))
        << r.err;
  }
  EXPECT_EQ(Call(ReportCommand(), {manifest, "--format=proto"}).code,
            ExitCode::kUsage);
}

TEST_F(ReportCommandTest, ATraceStandsForTheManifestBesideIt) {
  std::string pattern = ::testing::TempDir() + "/trace-XXXXXX";
  const std::string root = ::mkdtemp(pattern.data());
  const std::string trace = root + "/report.async";
  std::filesystem::rename(ToyTrace().Save("report.async"), trace);
  const CliResult alone = Call(ReportCommand(), {trace});
  EXPECT_EQ(alone.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(alone.err, "'asupersync trace info'"))
      << alone.err;
  manifest_.failed_assertions_file = "";
  std::filesystem::rename(WriteBytes("one.json", ToJson(manifest_)),
                          root + "/repro_manifest.json");
  EXPECT_TRUE(absl::StartsWith(Call(ReportCommand(), {trace}).out,
                               "FAILED Toy.Sends"));
  std::filesystem::remove_all(root);
}

TEST_F(ReportCommandTest, WhatIsMissingIsToldAndTheRestToo) {
  manifest_.trace_file = "gone.async";
  const CliResult r = Report();
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.err, "gone.async")) << r.err;
  EXPECT_TRUE(absl::StrContains(r.out, "bank_test.cc:42")) << r.out;
  manifest_.trace_file = "report.async";
  for (const char* bad : {"", "[]", "{}", "{\"failed_assertions\": 3}",
                          "{\"failed_assertions\": [3, {\"line\": -1}]"}) {
    WriteBytes("report_assertions.json", bad);
    const CliResult broken = Report();
    EXPECT_EQ(broken.code, ExitCode::kInput) << bad;
    EXPECT_TRUE(absl::StrContains(broken.err, "report_assertions.json"));
  }
}

TEST_F(ReportCommandTest, InjectedFaultsAreNotBroughtBackByTheSeedAlone) {
  manifest_.chaos = "heavy";
  const CliResult r = Report();
  EXPECT_TRUE(absl::StrContains(r.out, "\nchaos: heavy\n"));
  EXPECT_TRUE(absl::StrContains(r.out, "\n  asupersync replay "));
  EXPECT_FALSE(absl::StrContains(r.out, "--lab_seed=")) << r.out;
}

TEST_F(ReportCommandTest, AFolderIsThatOfATestOrOfSeveral) {
  std::string pattern = ::testing::TempDir() + "/artifacts-XXXXXX";
  const std::string root = ::mkdtemp(pattern.data());
  EXPECT_EQ(Call(ReportCommand(), {root}).code, ExitCode::kInput);
  manifest_.trace_file = manifest_.failed_assertions_file = "";
  for (const char* name : {"b", "a"}) {
    ::mkdir(absl::StrCat(root, "/", name).c_str(), 0700);
    manifest_.test_id = absl::StrCat("Toy.", name);
    const std::string from = WriteBytes("one.json", ToJson(manifest_));
    ::rename(from.c_str(),
             absl::StrCat(root, "/", name, "/repro_manifest.json").c_str());
  }
  const CliResult all = Call(ReportCommand(), {root, "--format=json"});
  const Json json = Json::parse(all.out);
  ASSERT_EQ(json["reports"].size(), 2u);
  EXPECT_EQ(json["reports"][0]["test_id"], "Toy.a");
  EXPECT_EQ(json["reports"][1]["test_id"], "Toy.b");
  const CliResult one = Call(ReportCommand(), {root + "/b"});
  EXPECT_TRUE(absl::StartsWith(one.out, "FAILED Toy.b")) << one.out;
  std::filesystem::remove_all(root);
}

TEST_F(ReportCommandTest, WhatIsNoManifestIsOneLine) {
  for (const std::string& path :
       {std::string("/no/such"), WriteBytes("report_foreign", "hello"),
        ToyTrace().Save("report.async")}) {
    const CliResult r = Call(ReportCommand(), {path});
    EXPECT_EQ(r.code, ExitCode::kInput);
    EXPECT_EQ(r.out, "");
    EXPECT_EQ(std::count(r.err.begin(), r.err.end(), '\n'), 1) << r.err;
  }
}

}  // namespace
}  // namespace asupersync::cli
