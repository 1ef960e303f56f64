#include "asupersync/cli/trace_html.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/manifest.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

class TraceHtmlTest : public ::testing::Test {
 protected:
  // A new folder for each test.
  TraceHtmlTest()
      : folder_(absl::StrCat(
            ::testing::TempDir(), "/html_",
            ::testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  std::string PathOf(const std::string& name) const {
    return absl::StrCat(folder_, "/", name);
  }
  std::string Save(const ToyTrace& toy, const std::string& name) const {
    const std::string saved = toy.Save(name);
    std::filesystem::rename(saved, PathOf(name));
    return PathOf(name);
  }
  void Write(const std::string& name, const std::string& bytes) const {
    std::filesystem::rename(WriteBytes(name, bytes), PathOf(name));
  }

  // Makes the page of these words and reads it.
  std::string Page(std::vector<std::string> words) const {
    words.insert(words.end(), {"--force", "--out", PathOf("page.html")});
    result_ = Call(TraceHtmlCommand(), words);
    return ReadBytes(PathOf("page.html"));
  }
  // The data in it.
  static Json DataOf(const std::string& page) {
    constexpr absl::string_view kBegin =
        "<script type=\"application/json\" id=\"data\">";
    const size_t begin = page.find(std::string(kBegin)) + kBegin.size();
    return Json::parse(page.substr(begin, page.find("</script>", begin) -
                                              begin));
  }

  const std::string folder_;
  mutable CliResult result_;
};

TEST_F(TraceHtmlTest, PageIsWrittenBesideTheTrace) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  const CliResult r = Call(TraceHtmlCommand(), {trace});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  EXPECT_EQ(r.out, absl::StrCat("wrote ", PathOf("toy.html"), "\n"));
  const std::string page = ReadBytes(PathOf("toy.html"));
  EXPECT_TRUE(absl::StartsWith(page, "<!DOCTYPE html>"));
  const Json data = DataOf(page);
  EXPECT_EQ(data["traces"][0]["count"], 18);
  EXPECT_EQ(data["traces"][0]["total"], 18);
  EXPECT_EQ(data["traces"][0]["metadata"]["seed"], "0x000000000000002a");
}

TEST_F(TraceHtmlTest, SameInputGivesTheSameBytes) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  EXPECT_EQ(Page({trace}), Page({trace}));
}

TEST_F(TraceHtmlTest, PageNamesNoAddressAndForbidsAllOfThem) {
  const std::string page = Page({Save(ToyTrace(), "toy.async")});
  EXPECT_TRUE(
      absl::StrContains(page, "default-src 'none'; script-src 'sha256-"));
  for (const char* part : {"http:", "https:", "src=", "href=", "@import",
                           "url(", "fetch(", "innerHTML", "eval("}) {
    EXPECT_FALSE(absl::StrContains(page, part)) << part;
  }
  // Nothing of the template is left.
  for (const char* part : {"@TITLE@", "@POLICY@", "@STYLE@", "@DATA@",
                           "@SCRIPT@"}) {
    EXPECT_FALSE(absl::StrContains(page, part)) << part;
  }
}

TEST_F(TraceHtmlTest, FileThatIsThereIsKeptWithoutForce) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  Write("toy.html", "mine");
  const CliResult r = Call(TraceHtmlCommand(), {trace});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.err, "toy.html")) << r.err;
  EXPECT_EQ(ReadBytes(PathOf("toy.html")), "mine");
  EXPECT_EQ(Call(TraceHtmlCommand(), {trace, "--force"}).code, ExitCode::kOk);
  EXPECT_NE(ReadBytes(PathOf("toy.html")), "mine");
  // No temporary file stays.
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
    files += entry.is_regular_file() ? 1 : 0;
  }
  EXPECT_EQ(files, 2);
}

TEST_F(TraceHtmlTest, TraceItselfIsNotOverwritten) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  const std::string bytes = ReadBytes(trace);
  const CliResult r =
      Call(TraceHtmlCommand(), {trace, "--force", "--out", trace});
  EXPECT_NE(r.code, ExitCode::kOk);
  EXPECT_EQ(ReadBytes(trace), bytes);
}

TEST_F(TraceHtmlTest, HostileTextStaysInsideTheData) {
  ToyTrace toy;
  toy.text =
      "</script><script>alert(1)</script><!--\xE2\x80\xA8\xFF\xFE\x01]]>&";
  const std::string page = Page({Save(toy, "toy.async")});
  // The template's own two scripts and their ends, and no more.
  int ends = 0;
  for (size_t at = page.find("</script"); at != std::string::npos;
       at = page.find("</script", at + 1)) {
    ++ends;
  }
  EXPECT_EQ(ends, 2);
  EXPECT_FALSE(absl::StrContains(page, "alert(1)</"));
  EXPECT_FALSE(absl::StrContains(page, "\xE2\x80\xA8"));
  bool found = false;
  const Json data = DataOf(page);
  for (const Json& text : data["traces"][0]["texts"]) {
    found |= text == "</script><script>alert(1)</script><!--\xE2\x80\xA8"
                     "\xEF\xBF\xBD\xEF\xBF\xBD\x01]]>&";
  }
  EXPECT_TRUE(found) << data["traces"][0]["texts"];
}

TEST_F(TraceHtmlTest, WindowTellsWhatCameBefore) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  const Json data = DataOf(Page({trace, "--from", "9", "--to", "12"}));
  const Json& shown = data["traces"][0];
  EXPECT_EQ(shown["first"], 9);
  EXPECT_EQ(shown["count"], 4);
  EXPECT_EQ(shown["total"], 18);
  ASSERT_EQ(shown["start"]["tasks"].size(), 2u);
  EXPECT_EQ(shown["start"]["tasks"][0][4], "producer");
  EXPECT_EQ(shown["start"]["tasks"][1][4], "consumer");
}

TEST_F(TraceHtmlTest, WrongWindowsAreRefused) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  const std::vector<std::pair<std::vector<std::string>, std::string>> wrong = {
      {{"--from", "5", "--to", "4"}, "--from 5 is after --to 4"},
      {{"--from", "x"}, "x"},
      {{"--to", "-1"}, "-1"},
  };
  for (const auto& [words, text] : wrong) {
    std::vector<std::string> all = words;
    all.push_back(trace);
    const CliResult r = Call(TraceHtmlCommand(), all);
    EXPECT_EQ(r.code, ExitCode::kUsage);
    EXPECT_TRUE(absl::StrContains(r.err, text)) << r.err;
    EXPECT_FALSE(std::filesystem::exists(PathOf("toy.html")));
  }
}

TEST_F(TraceHtmlTest, WindowBeyondTheEndIsEmpty) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  const Json data = DataOf(Page({trace, "--from", "100"}));
  EXPECT_EQ(data["traces"][0]["count"], 0);
  EXPECT_EQ(result_.code, ExitCode::kOk);
}

TEST_F(TraceHtmlTest, LongTraceIsShownFromItsLastEvents) {
  ToyTrace toy;
  toy.extra_steps = 80000;
  const std::string trace = Save(toy, "long.async");
  const Json data = DataOf(Page({trace}));
  const uint64_t total = data["traces"][0]["total"];
  EXPECT_GT(total, 240000u);
  EXPECT_EQ(data["traces"][0]["count"], 200000);
  EXPECT_EQ(data["traces"][0]["first"], total - 200000);
  const CliResult r =
      Call(TraceHtmlCommand(), {trace, "--from", "0", "--to", "200000"});
  EXPECT_EQ(r.code, ExitCode::kUsage);
  EXPECT_TRUE(absl::StrContains(r.err, "at most 200000")) << r.err;
}

TEST_F(TraceHtmlTest, ManifestBesideTheTraceIsUsed) {
  const std::string trace = Save(ToyTrace(), "trace.async");
  ReproManifest manifest;
  manifest.test_id = "Bank.Transfer";
  manifest.status = "failed";
  manifest.verdict = "deadlock";
  manifest.trace_file = "trace.async";
  manifest.failed_assertions_file = "failed_assertions.json";
  manifest.oracle_violations = {"deadlock: T2 waits"};
  Write("repro_manifest.json", ToJson(manifest));
  Write("failed_assertions.json",
        R"({"failed_assertions":[{"file":"a.cc","line":3,"message":"m",)"
        R"("tick":2,"event_index":9,"task":"T1 'x'"}]})");
  const Json story = DataOf(Page({trace}))["story"];
  EXPECT_EQ(result_.err, "");
  EXPECT_EQ(story["verdict"], "deadlock");
  EXPECT_EQ(story["passed"], false);
  EXPECT_EQ(story["violations"][0], "deadlock: T2 waits");
  EXPECT_EQ(story["assertions"][0]["event"], 9);
  EXPECT_EQ(story["assertions"][0]["line"], 3);
  EXPECT_EQ(story["commands"][0],
            absl::StrCat("asupersync replay ", PathOf("repro_manifest.json")));
}

TEST_F(TraceHtmlTest, ManifestOfAnotherTraceIsNotUsed) {
  const std::string trace = Save(ToyTrace(), "mine.async");
  ReproManifest manifest;
  manifest.status = "failed";
  manifest.verdict = "deadlock";
  manifest.trace_file = "trace.async";
  Write("repro_manifest.json", ToJson(manifest));
  EXPECT_EQ(DataOf(Page({trace}))["story"]["verdict"], "");
  // Unless it is given.
  EXPECT_EQ(DataOf(Page({trace, "--manifest", PathOf("repro_manifest.json")}))
                ["story"]["verdict"],
            "deadlock");
}

TEST_F(TraceHtmlTest, ManifestReachesNoFileOfAnotherFolder) {
  std::filesystem::create_directories(PathOf("inner"));
  Write("secret.json", R"({"failed_assertions":[{"message":"secret"}]})");
  std::filesystem::rename(Save(ToyTrace(), "trace.async"),
                          PathOf("inner/trace.async"));
  ReproManifest manifest;
  manifest.status = "failed";
  manifest.trace_file = "trace.async";
  manifest.failed_assertions_file = "../secret.json";
  Write("m.json", ToJson(manifest));
  std::filesystem::rename(PathOf("m.json"),
                          PathOf("inner/repro_manifest.json"));
  const std::string page = Page({PathOf("inner/trace.async")});
  EXPECT_EQ(DataOf(page)["story"]["assertions"].size(), 0u);
  EXPECT_TRUE(absl::StrContains(
      result_.err, "the field failed_assertions_file is not the name of a file "
                   "in the manifest's folder"))
      << result_.err;
}

TEST_F(TraceHtmlTest, UnusableFilesBesideTheTraceAreNoted) {
  const std::string trace = Save(ToyTrace(), "trace.async");
  for (const std::string& bytes :
       {std::string("{"), std::string("[]"), std::string(100000, '['),
        std::string("\xFF\x00", 2)}) {
    Write("failed_assertions.json", bytes);
    Write("divergence.json", bytes);
    const Json data = DataOf(Page({trace}));
    EXPECT_EQ(result_.code, ExitCode::kOk);
    EXPECT_EQ(data["notes"].size(), 2u);
    EXPECT_TRUE(absl::StrContains(result_.err, "failed_assertions.json"));
  }
}

TEST_F(TraceHtmlTest, WrongTypesInFilesBesideTheTraceAreHarmless) {
  const std::string trace = Save(ToyTrace(), "trace.async");
  Write("failed_assertions.json",
        R"({"failed_assertions":[1,null,{"line":"x","event_index":-1}]})");
  Write("divergence.json", R"({"index":"no"})");
  const Json story = DataOf(Page({trace}))["story"];
  EXPECT_EQ(story["assertions"].size(), 1u);
  EXPECT_EQ(story["assertions"][0]["event"], nullptr);
  EXPECT_EQ(story["divergence"], nullptr);
}

TEST_F(TraceHtmlTest, DivergenceReportIsShown) {
  const std::string trace = Save(ToyTrace(), "trace.async");
  Write("divergence.json",
        R"({"index":7,"category":"schedule","expected":"e","actual":"a"})");
  const Json divergence = DataOf(Page({trace}))["story"]["divergence"];
  EXPECT_EQ(divergence["index"], 7);
  EXPECT_EQ(divergence["category"], "schedule");
}

TEST_F(TraceHtmlTest, SourceLinesAreAddedOnlyIfAskedFor) {
  const std::string trace = Save(ToyTrace(), "toy.async");
  EXPECT_EQ(DataOf(Page({trace}))["traces"][0]["lines"].size(), 0u);
  const Json lines =
      DataOf(Page({trace, "--source", folder_}))["traces"][0]["lines"];
  EXPECT_GT(lines.size(), 0u);
}

TEST_F(TraceHtmlTest, CutOffTraceIsShownAndTold) {
  const std::string trace = SaveTruncated("cut.async");
  const Json data = DataOf(Page({trace}));
  EXPECT_EQ(result_.code, ExitCode::kInput);
  EXPECT_NE(result_.err, "");
  EXPECT_GT(data["traces"][0]["count"], 0);
  EXPECT_NE(data["traces"][0]["recovered"], "");
}

TEST_F(TraceHtmlTest, DamagedTraceIsShownUpToTheDamage) {
  const std::string trace = SaveDamaged("damaged.async");
  const Json data = DataOf(Page({trace}));
  EXPECT_EQ(result_.code, ExitCode::kInput);
  EXPECT_GT(data["traces"][0]["count"], 0);
  EXPECT_NE(data["traces"][0]["damage"], "");
}

TEST_F(TraceHtmlTest, WhatIsNoTraceGivesNoPage) {
  Write("none.async", "hello");
  const CliResult r = Call(TraceHtmlCommand(), {PathOf("none.async")});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_FALSE(std::filesystem::exists(PathOf("none.html")));
}

}  // namespace
}  // namespace asupersync::cli
