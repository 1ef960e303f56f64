#include "asupersync/cli/trace_recover.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "asupersync/replay/atomic_file.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/mapped_trace_file.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/metadata.h"
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

TEST(TraceRecoverTest, APrefixIsSavedAndSaysSo) {
  for (const std::string& damaged :
       {SaveTruncated("recover_cut.async"), SaveDamaged("recover_bad.async")}) {
    const std::string before = ReadBytes(damaged);
    const std::string out = Fresh("recovered.async");
    const CliResult r =
        Call(TraceRecoverCommand(), {damaged, out, "--format=json"});
    EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
    const nlohmann::json json = nlohmann::json::parse(r.out);
    EXPECT_EQ(json["whole"], false);
    EXPECT_FALSE(json["lost"].get<std::string>().empty());
    const ReplayTrace trace = *TraceReader::Open(out)->ReadAll();
    EXPECT_EQ(json["events"], trace.size());
    EXPECT_GT(trace.size(), 1000u);
    EXPECT_FALSE(trace.complete());
    EXPECT_EQ(ReadBytes(damaged), before);
  }
}

TEST(TraceRecoverTest, AWholeTraceIsCopied) {
  const std::string path = ToyTrace().Save("recover_whole.async");
  const std::string out = Fresh("recovered.async");
  const CliResult r = Call(TraceRecoverCommand(), {path, out});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  EXPECT_TRUE(absl::StrContains(r.out, "nothing is lost")) << r.out;
  const ReplayTrace copy = *TraceReader::Open(out)->ReadAll();
  EXPECT_TRUE(copy == *TraceReader::Open(path)->ReadAll());
  EXPECT_TRUE(copy.complete());
}

TEST(TraceRecoverTest, NothingIsOverwrittenUnasked) {
  const std::string path = ToyTrace().Save("recover_whole.async");
  const std::string there = WriteBytes("recover_there", "kept");
  EXPECT_EQ(Call(TraceRecoverCommand(), {path, there}).code, ExitCode::kInput);
  EXPECT_EQ(ReadBytes(there), "kept");
  const std::string bytes = ReadBytes(path);
  const CliResult own = Call(TraceRecoverCommand(), {path, path, "--force"});
  EXPECT_EQ(own.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(own.err, "is the input itself")) << own.err;
  EXPECT_EQ(ReadBytes(path), bytes);
  EXPECT_EQ(Call(TraceRecoverCommand(), {path, there, "--force"}).code,
            ExitCode::kOk);
  EXPECT_EQ(TraceReader::Open(there)->ReadAll()->size(), 18u);
}

TEST(TraceRecoverTest, AFileThatIsNoTraceLeavesNothing) {
  const std::string out = Fresh("recovered.async");
  const CliResult r =
      Call(TraceRecoverCommand(), {WriteBytes("foreign", "hello there"), out});
  EXPECT_EQ(r.code, ExitCode::kInput);
  EXPECT_NE(::access(out.c_str(), F_OK), 0);
}

// A folder of artifacts whose test died.
TEST(TraceRecoverTest, AFolderGetsWhatItsProcessCouldNotWrite) {
  const std::string folder = Fresh("recover_folder");
  std::filesystem::create_directories(folder);
  ReproManifest manifest;
  manifest.test_id = "Toy.Test";
  manifest.status = "running";
  manifest.trace_file = "trace.async";
  TraceMetadata metadata;
  metadata.test_id = manifest.test_id;
  {
    auto file = MappedTraceFile::Create(folder + "/trace.async", nullptr);
    ASSERT_TRUE(file.ok() && (*file)->Begin(metadata).ok());
    EXPECT_TRUE(WriteFileAtomically(folder + "/repro_manifest.json",
                                    ToJson(manifest))
                    .ok());
    const CliResult lives = Call(TraceRecoverCommand(), {folder});
    EXPECT_EQ(lives.code, ExitCode::kOk);
    EXPECT_EQ(lives.out, absl::StrCat("no test has died in ", folder,
                                      "\nthe test of ", folder,
                                      " still runs\n"));
    const nlohmann::json above = nlohmann::json::parse(
        Call(TraceRecoverCommand(),
             {std::filesystem::path(folder).parent_path(), "--format=json"})
            .out);
    EXPECT_EQ(above["running"], nlohmann::json({folder}));
  }
  const CliResult r = Call(TraceRecoverCommand(), {folder, "--format=json"});
  EXPECT_EQ(r.code, ExitCode::kOk) << r.err;
  const nlohmann::json json = nlohmann::json::parse(r.out)["finished"];
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["folder"], folder);
  EXPECT_EQ(json[0]["test_id"], "Toy.Test");
  EXPECT_EQ(json[0]["events"], 0);
  EXPECT_EQ(ReadManifest(folder + "/repro_manifest.json")->status, "died");
}

// Its process was killed behind the trace and before the manifest.
TEST(TraceRecoverTest, ATraceWithoutAManifestIsNamed) {
  const std::string root = Fresh("recover_root");
  const std::string folder = root + "/Toy_Test";
  std::filesystem::create_directories(folder);
  const std::string trace = folder + "/trace.async";
  std::filesystem::copy_file(ToyTrace().Save("recover_whole.async"), trace);
  for (const std::string& where : {root, folder}) {
    const CliResult r = Call(TraceRecoverCommand(), {where});
    EXPECT_EQ(r.code, ExitCode::kOk);
    EXPECT_TRUE(absl::StrContains(r.out, trace + " has no manifest: "))
        << r.out;
  }
}

TEST(TraceRecoverTest, OnlyAFolderGoesWithoutOut) {
  const CliResult missing = Call(TraceRecoverCommand(), {"/no/such"});
  EXPECT_EQ(missing.code, ExitCode::kInput);
  EXPECT_TRUE(absl::StrContains(missing.err, "/no/such is not there"))
      << missing.err;
  const std::string path = ToyTrace().Save("recover_whole.async");
  const CliResult r = Call(TraceRecoverCommand(), {path});
  EXPECT_EQ(r.code, ExitCode::kUsage);
  EXPECT_TRUE(absl::StrContains(r.err, "OUT is missing")) << r.err;
}

}  // namespace
}  // namespace asupersync::cli
