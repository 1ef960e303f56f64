#include "asupersync/cli/trace_convert.h"

#include <unistd.h>

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/cli/trace_diff.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

std::string Fresh(const std::string& name) {
  const std::string path = WriteBytes(name, "");
  ::unlink(path.c_str());
  return path;
}

CliResult Convert(const std::string& in, const std::string& out,
                  std::vector<std::string> words) {
  words.push_back(in);
  words.push_back(out);
  return Call(TraceConvertCommand(), words);
}

TEST(TraceConvertTest, EveryFormHoldsTheSameTrace) {
  ToyTrace toy;
  toy.extra_steps = 30000;  // several blocks
  const std::string in = toy.Save("convert.async");
  const ReplayTrace trace = *TraceReader::Open(in)->ReadAll();
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {}, {"--codec=none"}, {"--codec=none", "--layout=columns"},
           {"--layout=rows"}, {"--no-index"}}) {
    const std::string out = Fresh("converted.async");
    const CliResult r = Convert(in, out, words);
    EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
    EXPECT_EQ(r.err, "");
    const ReplayTrace copy = *TraceReader::Open(out)->ReadAll();
    EXPECT_EQ(copy.metadata(), trace.metadata());
    EXPECT_EQ(copy.sites(), trace.sites());
    EXPECT_EQ(copy.summary(), trace.summary());
    // Blocks may begin elsewhere.
    EXPECT_TRUE(std::equal(copy.events().begin(), copy.events().end(),
                           trace.events().begin(), trace.events().end()));
    EXPECT_EQ(Call(TraceDiffCommand(), {in, out}).code, ExitCode::kOk);
  }
}

TEST(TraceConvertTest, ZstdOverColumnsIsSmaller) {
  ToyTrace toy;
  toy.extra_steps = 30000;
  const std::string in = toy.Save("convert.async");
  const std::string plain = Fresh("plain.async");
  const std::string small = Fresh("small.async");
  EXPECT_EQ(Convert(in, plain, {"--codec=none"}).code, ExitCode::kOk);
  const CliResult r = Convert(plain, small, {"--format=json"});
  const nlohmann::json json = nlohmann::json::parse(r.out);
  EXPECT_EQ(json["events"], 90018);
  EXPECT_EQ(json["input_bytes"], ReadBytes(plain).size());
  EXPECT_EQ(json["output_bytes"], ReadBytes(small).size());
  EXPECT_LT(ReadBytes(small).size() * 4, ReadBytes(plain).size());
}

TEST(TraceConvertTest, APrefixStaysOne) {
  const std::string out = Fresh("converted.async");
  const CliResult r = Convert(SaveTruncated("convert_cut.async"), out, {});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(r.err, "without a footer")) << r.err;
  const ReplayTrace copy = *TraceReader::Open(out)->ReadAll();
  EXPECT_FALSE(copy.complete());
  EXPECT_GT(copy.size(), 1000u);
}

TEST(TraceConvertTest, TheInputIsNeverTheOutput) {
  const std::string in = ToyTrace().Save("convert.async");
  const std::string bytes = ReadBytes(in);
  EXPECT_EQ(Convert(in, in, {"--force"}).code, ExitCode::kInput);
  EXPECT_EQ(ReadBytes(in), bytes);
  EXPECT_EQ(Convert(in, Fresh("x"), {"--codec=lz4"}).code, ExitCode::kUsage);
  EXPECT_EQ(Convert(in, "/no/such/folder/x", {}).code, ExitCode::kInput);
}

}  // namespace
}  // namespace asupersync::cli
