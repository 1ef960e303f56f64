#include "asupersync/cli/trace_export.h"

#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/proto/trace_event.pb.h"
#include "google/protobuf/text_format.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

using Json = nlohmann::json;

std::vector<Json> LinesOf(const std::string& text) {
  std::vector<Json> lines;
  for (absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
    lines.push_back(Json::parse(std::string(line)));
  }
  return lines;
}

CliResult Export(const std::string& path, std::vector<std::string> words) {
  words.insert(words.begin(), path);
  return Call(TraceExportCommand(), words);
}

TEST(TraceExportTest, EveryEventIsAnObjectOnALine) {
  const CliResult r =
      Export(ToyTrace().Save("export.async"), {"--to=jsonl"});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  const std::vector<Json> lines = LinesOf(r.out);
  ASSERT_EQ(lines.size(), 18u);
  EXPECT_EQ(lines[0]["event"], "TaskSpawned");
  EXPECT_EQ(lines[0]["parent"], nullptr);
  EXPECT_TRUE(absl::EndsWith(lines[0]["file"].get<std::string>(),
                             "/cli/toy_traces.cc"));
  EXPECT_EQ(lines[12]["index"], 12);
  EXPECT_EQ(lines[12]["tick"], 3);
  EXPECT_EQ(lines[12]["running"], 1);
  EXPECT_EQ(lines[12]["running_name"], "producer");
  EXPECT_EQ(lines[12]["text"], "sent 1");
  EXPECT_EQ(lines[13]["task_name"], "consumer");
  EXPECT_EQ(lines[5]["deadline_nanos"], 100000000);
}

TEST(TraceExportTest, HostileTextStaysValidJson) {
  ToyTrace toy;
  toy.text = "\xff\x1b[2J\"\\\n\xe2\x80\xa8</script>";
  const std::string path = toy.Save("hostile.async");
  EXPECT_EQ(LinesOf(Export(path, {"--to=jsonl"}).out).size(), 18u);
  const CliResult perfetto = Export(path, {"--to=perfetto"});
  EXPECT_FALSE(Json::parse(perfetto.out).empty());
  EXPECT_EQ(perfetto.out.find('\x1b'), std::string::npos);
}

TEST(TraceExportTest, TextprotoParsesAsOneMessage) {
  const CliResult r =
      Export(ToyTrace().Save("export.async"), {"--to=textproto"});
  proto::TraceExport message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(r.out, &message));
  EXPECT_EQ(message.metadata().test_id(), "Toy.Sends");
  ASSERT_EQ(message.event_size(), 18);
  EXPECT_EQ(message.event(12).user_trace().text(), "sent 1");
  EXPECT_EQ(message.event(12).running(), 1u);
  EXPECT_EQ(message.event(3).task_spawned().parent(), 1u);
  EXPECT_EQ(message.event(9).time_advanced().to_nanos(), 100000000u);
  EXPECT_GT(message.event(0).site().line(), 0u);
  EXPECT_EQ(message.summary().certificate(), 0x1111u);
}

TEST(TraceExportTest, APrefixHasNoSummary) {
  const CliResult r =
      Export(SaveTruncated("export_cut.async"), {"--to=textproto"});
  EXPECT_EQ(r.code, ExitCode::kInput);
  proto::TraceExport message;
  ASSERT_TRUE(google::protobuf::TextFormat::ParseFromString(r.out, &message));
  EXPECT_GT(message.event_size(), 1000);
  EXPECT_FALSE(message.has_summary());
}

// Checks a timeline against the Trace Event Format: the fields that each phase
// needs, times, nesting of slices, pairs of flows and of async events.
class Timeline {
 public:
  explicit Timeline(const std::string& text) : json_(Json::parse(text)) {
    for (const Json& event : json_["traceEvents"]) Check(event);
    for (const auto& [track, stack] : stacks_) EXPECT_EQ(stack.size(), 0u);
    EXPECT_TRUE(open_async_.empty());
    EXPECT_EQ(flow_begins_, flow_ends_);
    CheckFlowsLieInSlices();
  }

  int Count(const std::string& ph) const {
    const auto at = counts_.find(ph);
    return at == counts_.end() ? 0 : at->second;
  }
  std::vector<Json> Of(const std::string& ph, const std::string& name) const {
    std::vector<Json> found;
    for (const Json& event : json_["traceEvents"]) {
      if (event["ph"] == ph && event.value("name", "") == name) {
        found.push_back(event);
      }
    }
    return found;
  }

 private:
  using Track = std::pair<uint64_t, uint64_t>;

  void Check(const Json& event) {
    const std::string ph = event.at("ph");
    ++counts_[ph];
    const Track track = {event.at("pid").get<uint64_t>(),
                         event.at("tid").get<uint64_t>()};
    EXPECT_GT(track.first, 0u);
    EXPECT_GT(track.second, 0u);
    const double ts = event.at("ts");
    if (ph == "M") {
      EXPECT_TRUE(event.at("args").contains("name") ||
                  event.at("args").contains("sort_index"));
      if (event.at("name") == "thread_name") {
        EXPECT_TRUE(named_.insert(track).second) << event;
      }
      return;
    }
    EXPECT_TRUE(named_.count(track)) << event;
    if (ph == "s") {  // lies in the past: the format allows any order
      EXPECT_LE(ts, last_);
      EXPECT_TRUE(flow_begins_.insert(event.at("id").get<uint64_t>()).second);
      flows_.emplace_back(track, ts);
      return;
    }
    EXPECT_GE(ts, last_) << event;
    last_ = ts;
    if (ph == "B") {
      EXPECT_FALSE(event.at("name").get<std::string>().empty());
      stacks_[track].push_back(ts);
    } else if (ph == "E") {
      ASSERT_FALSE(stacks_[track].empty()) << event;
      slices_.emplace_back(track, stacks_[track].back(), ts);
      stacks_[track].pop_back();
    } else if (ph == "f") {
      EXPECT_EQ(event.at("bp"), "e");
      EXPECT_TRUE(flow_ends_.insert(event.at("id").get<uint64_t>()).second);
      flows_.emplace_back(track, ts);
    } else if (ph == "b") {
      EXPECT_TRUE(open_async_.insert(AsyncId(event)).second) << event;
    } else if (ph == "e") {
      EXPECT_EQ(open_async_.erase(AsyncId(event)), 1u) << event;
    } else if (ph == "i") {
      EXPECT_EQ(event.at("s"), "t");
      EXPECT_FALSE(stacks_[track].empty()) << event;
    } else {
      EXPECT_EQ(ph, "C");
      EXPECT_TRUE(event.at("args").at("ns").is_number());
    }
  }
  static std::string AsyncId(const Json& event) {
    return absl::StrCat(event.at("cat").get<std::string>(), "/",
                        event.at("id").get<std::string>());
  }
  void CheckFlowsLieInSlices() const {
    for (const auto& [track, ts] : flows_) {
      bool found = false;
      for (const auto& [slice, begin, end] : slices_) {
        found = found || (slice == track && begin <= ts && ts <= end);
      }
      EXPECT_TRUE(found) << track.second << " at " << ts;
    }
  }

  const Json json_;
  std::map<std::string, int> counts_;
  std::set<Track> named_;
  std::map<Track, std::vector<double>> stacks_;
  std::vector<std::tuple<Track, double, double>> slices_;
  std::vector<std::pair<Track, double>> flows_;
  std::set<uint64_t> flow_begins_, flow_ends_;
  std::set<std::string> open_async_;
  double last_ = 0;
};

TEST(TraceExportTest, ATimelineFollowsTheTraceEventFormat) {
  const std::string path = ToyTrace().Save("export.async");
  for (const char* time : {"--time=step", "--time=virtual"}) {
    const CliResult r = Export(path, {"--to=perfetto", time});
    EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
    const Timeline timeline(r.out);
    // The spawns of both, and the wake.
    EXPECT_EQ(timeline.Count("s"), 3);
    EXPECT_EQ(timeline.Of("s", "wake").size(), 1u);
    EXPECT_EQ(timeline.Of("i", "sent 1").size(), 1u);
    EXPECT_EQ(timeline.Count("C"), 1);
    // The timer.
    EXPECT_EQ(timeline.Count("b"), 1);
  }
}

TEST(TraceExportTest, AStepIsAMicrosecondOrVirtualTimeIsTheAxis) {
  const std::string path = ToyTrace().Save("export.async");
  const Timeline steps(Export(path, {"--to=perfetto"}).out);
  EXPECT_EQ(steps.Of("i", "sent 1")[0]["ts"], 3.01);
  const Timeline times(Export(path, {"--to=perfetto", "--time=virtual"}).out);
  EXPECT_GE(times.Of("i", "sent 1")[0]["ts"], 100000.0);
  EXPECT_LT(times.Of("i", "sent 1")[0]["ts"], 100001.0);
}

TEST(TraceExportTest, APieceOfATimelineIsWholeInItself) {
  ToyTrace toy;
  toy.extra_steps = 100;
  const std::string path = toy.Save("export_long.async");
  for (int from = 0; from < 30; ++from) {
    const CliResult r =
        Export(path, {"--to=perfetto", absl::StrCat("--from=", from),
                      absl::StrCat("--until=", from + 15)});
    EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
    const Timeline timeline(r.out);
    EXPECT_GT(timeline.Count("B"), 0);
    EXPECT_LT(timeline.Count("B"), 20);
  }
}

TEST(TraceExportTest, FiltersOfATimelineChooseTheMarks) {
  const std::string path = ToyTrace().Save("export.async");
  const Timeline all(Export(path, {"--to=perfetto"}).out);
  const Timeline some(
      Export(path, {"--to=perfetto", "--kind=UserTrace"}).out);
  EXPECT_EQ(some.Count("i"), 1);
  EXPECT_EQ(some.Count("B"), all.Count("B"));
  EXPECT_EQ(some.Count("s"), all.Count("s"));
}

TEST(TraceExportTest, FiltersChooseTheEvents) {
  const std::string path = ToyTrace().Save("export.async");
  const CliResult r =
      Export(path, {"--to=jsonl", "--task=consumer", "--from=5"});
  // Scheduled, blocked, woken, scheduled, completed.
  EXPECT_EQ(LinesOf(r.out).size(), 5u) << r.out;
}

TEST(TraceExportTest, AFileIsNewAndWhole) {
  const std::string path = ToyTrace().Save("export.async");
  const std::string out = WriteBytes("export_out.jsonl", "kept");
  const CliResult refused = Export(path, {out, "--to=jsonl"});
  EXPECT_EQ(refused.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(refused.err, "--force")) << refused.err;
  EXPECT_EQ(ReadBytes(out), "kept");
  EXPECT_EQ(Export(path, {out, "--to=jsonl", "--force"}).out,
            absl::StrCat("wrote ", out, "\n"));
  const CliResult written =
      Export(path, {out, "--to=jsonl", "--force", "--format=json"});
  EXPECT_EQ(written.code, ExitCode::kOk) << written.err;
  EXPECT_EQ(LinesOf(ReadBytes(out)).size(), 18u);
  const Json json = Json::parse(written.out);
  EXPECT_EQ(json["events"], 18);
  EXPECT_EQ(json["output"], out);
  EXPECT_EQ(json["to"], "jsonl");
}

TEST(TraceExportTest, WrongCallsAreUsageErrors) {
  const std::string path = ToyTrace().Save("export.async");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {}, {"--to=xml"}, {"--to=jsonl", "--time=step"},
           {"--to=jsonl", "--format=json"}, {"--to=jsonl", "--force"},
           {"--to=jsonl", "--from=tick:x"}, {"--to=jsonl", "--filter=("}}) {
    const CliResult r = Export(path, words);
    EXPECT_EQ(r.code, ExitCode::kUsage);
    EXPECT_FALSE(r.err.empty());
  }
}

}  // namespace
}  // namespace asupersync::cli
