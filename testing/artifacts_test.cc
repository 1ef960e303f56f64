#include "asupersync/testing/artifacts.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

std::string FreshFolder(const std::string& name) {
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/artifacts_test_", name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

GetVariable From(std::map<std::string, std::string> variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

ExecutionRecord Record(const std::string& test_id) {
  ExecutionRecord record;
  record.test_id = test_id;
  record.inputs = "abc";
  return record;
}

TEST(SanitizedTestIdTest, KeepsLettersAndDigitsOnly) {
  EXPECT_EQ(SanitizedTestId("All/P.A_b/1"), "All_P_A_b_1");
  EXPECT_EQ(SanitizedTestId("../x"), "___x");
}

TEST(ArtifactsRootTest, TheFlagBeatsBazelBeatsTheTemporaryFolder) {
  TestProcess process;
  process.binary = "/base/execroot/ws/bazel-out/k8/bin/t";
  const GetVariable bazel =
      From({{"TEST_UNDECLARED_OUTPUTS_DIR", "/box/bazel-out/logs/outs"},
            {"PATH", FreshFolder("no_zip")},
            {"TMPDIR", "/t"}});
  LabFlags flags;
  // Without a zip program Bazel would drop what is in its folder.
  EXPECT_THAT(ChooseArtifactsRoot(flags, process, bazel).folder,
              HasSubstr("/t/asupersync_artifacts_"));
  const std::string tools = FreshFolder("zip");
  std::ofstream(tools + "/zip") << "";
  fs::permissions(tools + "/zip", fs::perms::owner_all);
  const GetVariable with_zip =
      From({{"TEST_UNDECLARED_OUTPUTS_DIR", "/box/bazel-out/logs/outs"},
            {"PATH", "/nowhere:" + tools}});
  const ArtifactsRoot root = ChooseArtifactsRoot(flags, process, with_zip);
  EXPECT_EQ(root.folder, "/box/bazel-out/logs/outs");
  EXPECT_EQ(root.archive, "/base/execroot/ws/bazel-out/logs/outs/outputs.zip");
  flags.artifacts_dir = "/flag/../dir";
  EXPECT_EQ(ChooseArtifactsRoot(flags, process, with_zip).folder, "/dir");
  EXPECT_EQ(ChooseArtifactsRoot(flags, process, with_zip).archive, "");
}

TEST(WriteArtifactsTest, ADigestOfTheInputsIsInTheManifest) {
  const ArtifactsRoot root{FreshFolder("digest"), ""};
  const auto written = WriteArtifacts(Record("S.N"), false, {}, root, "");
  ASSERT_TRUE(written.ok()) << written.status();
  const auto manifest = ReadManifest(written->manifest);
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->input_digest,
            "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
            "f20015ad");
  EXPECT_EQ(manifest->status, "failed");
  EXPECT_EQ(manifest->scenario_id, "S.N");
}

TEST(WriteArtifactsTest, AReplayNeverReplacesWhatWasNone) {
  const ArtifactsRoot root{FreshFolder("replay"), ""};
  const auto run = WriteArtifacts(Record("S.N"), false, {}, root, "");
  ASSERT_TRUE(run.ok());
  ExecutionRecord record = Record("S.N");
  record.replay.emplace().replay_of = "/x/trace.async";
  const auto same =
      WriteArtifacts(record, false, {}, root, run->folder);
  ASSERT_TRUE(same.ok());
  EXPECT_EQ(same->name, "S_N_replay");
  // Also when it followed a recording that lies elsewhere.
  const auto elsewhere =
      WriteArtifacts(record, false, {}, root, FreshFolder("elsewhere"));
  ASSERT_TRUE(elsewhere.ok());
  EXPECT_EQ(elsewhere->name, "S_N_replay");
  // The replay of a replay does not replace the one that it followed.
  const auto twice = WriteArtifacts(record, false, {}, root, same->folder);
  ASSERT_TRUE(twice.ok());
  EXPECT_EQ(twice->name, "S_N_replay_replay");
}

TEST(WriteArtifactsTest, AnUnwritableFolderIsOneLineWithAWayOut) {
  const std::string file = FreshFolder("unwritable") + "/file";
  std::ofstream(file) << "kept";
  const auto written =
      WriteArtifacts(Record("S.N"), false, {}, {file + "/x", ""}, "");
  ASSERT_FALSE(written.ok());
  const std::string message(written.status().message());
  EXPECT_THAT(message, AllOf(HasSubstr(file), HasSubstr("Not a directory"),
                             HasSubstr("--lab_artifacts_dir")));
  EXPECT_EQ(message.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
