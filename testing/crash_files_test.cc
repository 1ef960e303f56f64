#include "asupersync/testing/crash_files.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "asupersync/asupersync.h"
#include "asupersync/replay/died_run.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/testing/artifacts.h"
#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/test_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

ArtifactsRoot FreshRoot(const std::string& name) {
  const std::string root =
      absl::StrCat(::testing::TempDir(), "/crash_files_test_", name);
  fs::remove_all(root);
  return {root + "/below", ""};
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

std::unique_ptr<CrashFiles> Create(const ArtifactsRoot& root) {
  absl::StatusOr<std::unique_ptr<CrashFiles>> files =
      CrashFiles::Create(root, "A_B");
  EXPECT_TRUE(files.ok()) << files.status();
  return *std::move(files);
}

void Begin(CrashFiles& files, const DerivedSeeds& seeds) {
  ExecutionRecord record;
  record.test_id = "A.B";
  record.seeds = seeds;
  record.has_runtime = true;
  TraceMetadata metadata;
  metadata.test_id = "A.B";
  metadata.seed = seeds.test_seed;
  TestProcess process;
  process.binary = process.invoked_as = "/a_test";
  files.BeginExecution(record, process, metadata);
}

TEST(CrashFilesTest, TheFilesAreThoseOfTheLastExecutionThatBegan) {
  const ArtifactsRoot root = FreshRoot("sweep");
  const std::unique_ptr<CrashFiles> files = Create(root);
  const std::string folder = root.folder + "/A_B";
  const DerivedSeeds all[] = {{1, 2, 3, 4, 5},
                              {~0ull, ~1ull, ~2ull, ~3ull, ~4ull},
                              {0, 0, 0, 0, 12345678901234567890ull}};
  for (const DerivedSeeds& seeds : all) {
    Begin(*files, seeds);
    const auto manifest = ReadManifest(folder + "/repro_manifest.json");
    ASSERT_TRUE(manifest.ok()) << manifest.status();
    EXPECT_EQ(manifest->status, "running");
    EXPECT_EQ(manifest->seed, seeds.test_seed);
    EXPECT_EQ(manifest->schedule_seed, seeds.schedule);
    EXPECT_EQ(manifest->entropy_seed, seeds.entropy);
    EXPECT_EQ(manifest->fault_seed, seeds.fault);
    EXPECT_EQ(manifest->fuzz_seed, seeds.fuzz);
    const std::string log = Read(folder + "/event_log.txt");
    EXPECT_THAT(log, HasSubstr("seed=" + FormatSeed(seeds.test_seed) + " "));
    EXPECT_THAT(log, HasSubstr("fuzz_seed=" + FormatSeed(seeds.fuzz) + "\n"));
    EXPECT_THAT(log, HasSubstr("--lab_seed=0x"));
    auto reader = TraceReader::Open(folder + "/trace.async");
    ASSERT_TRUE(reader.ok()) << reader.status();
    EXPECT_EQ(reader->metadata().seed, seeds.test_seed);
  }
}

TEST(CrashFilesTest, AChildOfForkDoesNotWriteIntoItsParentsFiles) {
  const ArtifactsRoot root = FreshRoot("forked");
  const std::unique_ptr<CrashFiles> files = Create(root);
  const std::string folder = root.folder + "/A_B";
  Begin(*files, {1, 2, 3, 4, 5});
  const std::string manifest = Read(folder + "/repro_manifest.json");
  const std::string log = Read(folder + "/event_log.txt");
  const pid_t child = fork();
  if (child == 0) {
    Begin(*files, {6, 7, 8, 9, 10});
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(Read(folder + "/repro_manifest.json"), manifest);
  EXPECT_EQ(Read(folder + "/event_log.txt"), log);
  EXPECT_EQ(TraceReader::Open(folder + "/trace.async")->metadata().seed, 1u);
}

TEST(CrashFilesTest, NothingIsLeftOfATestWithoutArtifacts) {
  const ArtifactsRoot root = FreshRoot("passed");
  std::unique_ptr<CrashFiles> files = Create(root);
  Begin(*files, {1, 2, 3, 4, 5});
  EXPECT_TRUE(fs::exists(root.folder + "/.running/A_B"));
  files->End("");
  EXPECT_FALSE(fs::exists(fs::path(root.folder).parent_path()));
}

TEST(CrashFilesTest, ATestWhoseArtifactsWereLostHasNotDied) {
  const ArtifactsRoot root = FreshRoot("lost");
  std::unique_ptr<CrashFiles> files = Create(root);
  Begin(*files, {1, 2, 3, 4, 5});
  Begin(*files, {2, 2, 3, 4, 5});
  ExecutionRecord record;
  record.test_id = "A.B";
  record.steps = 12345678901234567890u;
  record.certificate = ~0ull;
  record.fingerprint = 5;
  record.verdict = "quiescent";
  // There is no event: nothing to follow.
  EXPECT_EQ(files->EndWithoutArtifacts(record), "");
  const std::string folder = root.folder + "/A_B";
  EXPECT_FALSE(fs::exists(root.folder + "/.running"));
  const auto manifest = ReadManifest(folder + "/repro_manifest.json");
  ASSERT_TRUE(manifest.ok()) << manifest.status();
  EXPECT_EQ(manifest->status, "failed");
  EXPECT_EQ(manifest->failure_reason,
            "the test failed; its artifacts could not be written");
  EXPECT_EQ(manifest->seed, 2u);
  EXPECT_EQ(manifest->steps, record.steps);
  EXPECT_EQ(manifest->verdict, "quiescent");
  EXPECT_EQ(manifest->schedule_certificate, "0xffffffffffffffff");
  EXPECT_EQ(manifest->trace_fingerprint, "foata64:0000000000000005");
  const std::string log = Read(folder + "/event_log.txt");
  EXPECT_THAT(log, HasSubstr(" outcome=failed\n"));
  EXPECT_THAT(log, HasSubstr("--lab_seed=0x0000000000000002"));
  EXPECT_THAT(log, EndsWith("What happened is in trace.async.\n"));
  const auto finished = FinishDiedRun(folder);
  ASSERT_TRUE(finished.ok()) << finished.status();
  EXPECT_EQ(finished->state, FinishResult::State::kNotRunning);
  files = nullptr;
  EXPECT_TRUE(fs::exists(folder + "/trace.async"));
}

TEST(CrashFilesTest, AFolderThatIsInUseOrHoldsArtifactsIsNotTouched) {
  const ArtifactsRoot root = FreshRoot("second");
  const std::unique_ptr<CrashFiles> first = Create(root);
  EXPECT_EQ(Create(root)->name(), "A_B_2");  // before the manifest
  Begin(*first, {1, 2, 3, 4, 5});
  const std::unique_ptr<CrashFiles> second = Create(root);
  EXPECT_EQ(second->name(), "A_B_2");
  fs::create_directories(root.folder + "/A_B_3");
  std::ofstream(root.folder + "/A_B_3/repro_manifest.json") << "{}";
  EXPECT_EQ(Create(root)->name(), "A_B_4");
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
