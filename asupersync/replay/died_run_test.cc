#include "asupersync/replay/died_run.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/seed.h"
#include "asupersync/replay/manifest.h"
#include "asupersync/replay/mapped_trace_file.h"
#include "asupersync/replay/trace_reader.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/replay_trace.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

namespace fs = std::filesystem;

std::string FreshRoot() {
  static int made = 0;
  const std::string root = absl::StrCat(::testing::TempDir(), "/died_run_",
                                        getpid(), "_", ++made);
  fs::create_directories(root + "/.running");
  return root;
}

void Write(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

ReproManifest Manifest(const std::string& status) {
  ReproManifest manifest;
  manifest.seed = 1;
  manifest.test_id = "A.B";
  manifest.status = status;
  manifest.signal = 11;
  manifest.trace_file = kTraceFileName;
  return manifest;
}

// What a process leaves that has recorded `steps` steps with seed 2.
std::string MakeRun(const std::string& root, const std::string& name,
                    int steps) {
  const std::string folder = root + "/" + name;
  fs::create_directories(folder);
  Write(root + "/.running/" + name, "");
  Write(folder + "/" + kManifestFileName, ToJson(Manifest("running")));
  Write(folder + "/" + kEventLogFileName,
        "test_id=A.B outcome=running\nadvice\n== not finished: dead\n");
  auto file =
      MappedTraceFile::Create(folder + "/" + kTraceFileName, nullptr);
  Recorder recorder(RecorderConfig::Enabled().WithStorage(*file));
  TraceMetadata metadata;
  metadata.seed = 2;
  metadata.test_id = "A.B";
  EXPECT_TRUE((*file)->Begin(metadata).ok());
  for (int tick = 1; tick <= steps; ++tick) {
    recorder.Record(TaskScheduled{CompactTaskId(1), uint64_t(tick)}, SiteId());
  }
  // The file as it is in the middle, not what the recorder closes in the end.
  fs::copy_file(folder + "/" + kTraceFileName, folder + "/copy");
  fs::rename(folder + "/copy", folder + "/" + kTraceFileName);
  return folder;
}

ReproManifest ManifestIn(const std::string& folder) {
  auto manifest = ReadManifest(folder + "/" + kManifestFileName);
  EXPECT_TRUE(manifest.ok()) << manifest.status();
  return manifest.ok() ? *manifest : ReproManifest();
}

TEST(DiedRunTest, BecomesOrdinaryArtifacts) {
  const std::string root = FreshRoot();
  const std::string folder = MakeRun(root, "A_B", 7);
  const FinishedRuns runs = FinishDiedRuns(root);
  ASSERT_EQ(runs.finished.size(), 1u);
  EXPECT_EQ(runs.finished[0].ToString(),
            absl::StrCat("A.B died in an earlier run by signal 11 (SIGSEGV); 7 "
                         "events, up to step 7, were recovered: ",
                         folder, "/event_log.txt"));
  const ReproManifest manifest = ManifestIn(folder);
  EXPECT_EQ(manifest.status, "died");
  EXPECT_EQ(manifest.steps, 7u);
  EXPECT_EQ(manifest.seed, 2u) << "is that of the trace";
  EXPECT_EQ(manifest.failure_reason,
            "the process died by signal 11 (SIGSEGV) in or after step 7, after "
            "event #6");
  const std::string log = Read(folder + "/" + kEventLogFileName);
  EXPECT_TRUE(absl::StartsWith(
      log, "test_id=A.B outcome=died\nadvice\ndied: the process died by"))
      << log;
  EXPECT_TRUE(absl::StrContains(log, "#6 tick=7 t=0 TaskScheduled task=T1"))
      << log;
  EXPECT_FALSE(absl::StrContains(log, "not finished"));
  auto reader = TraceReader::Open(folder + "/" + kTraceFileName);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(reader->ReadAll()->size(), 7u);
  EXPECT_LT(fs::file_size(folder + "/" + kTraceFileName), 1000u);
  EXPECT_FALSE(fs::exists(root + "/.running"));
  EXPECT_TRUE(FinishDiedRuns(root).finished.empty());
}

TEST(DiedRunTest, ALogOfTheExecutionBeforeIsNotTold) {
  for (const uint64_t seed : {1, 2}) {
    const std::string root = FreshRoot();
    const std::string folder = MakeRun(root, "A_B", 0);
    Write(folder + "/" + kEventLogFileName,
          absl::StrCat("test_id=A.B seed=", FormatSeed(seed),
                       " outcome=running\nto repeat it: --lab_seed=",
                       FormatSeed(seed), "\n== not finished: dead\n"));
    EXPECT_EQ(FinishDiedRuns(root).finished.size(), 1u);
    const std::string log = Read(folder + "/" + kEventLogFileName);
    EXPECT_TRUE(absl::StartsWith(
        log, "test_id=A.B seed=0x0000000000000002 outcome=died\n"))
        << log;
    EXPECT_EQ(absl::StrContains(log, "to repeat it"), seed == 2) << log;
    EXPECT_FALSE(absl::StrContains(log, FormatSeed(1))) << log;
  }
}

TEST(DiedRunTest, IsLeftAloneWhileItsProcessLives) {
  const std::string root = FreshRoot();
  const std::string folder = MakeRun(root, "A_B", 7);
  const int lock =
      open((folder + "/" + kTraceFileName).c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(flock(lock, LOCK_EX), 0);
  EXPECT_TRUE(FinishDiedRuns(root).finished.empty());
  EXPECT_EQ(ManifestIn(folder).status, "running");
  EXPECT_TRUE(fs::exists(root + "/.running/A_B"));
  close(lock);
  EXPECT_EQ(FinishDiedRuns(root).finished.size(), 1u);
}

TEST(DiedRunTest, ArtifactsThatItHadBegunToWriteGoWithItsMark) {
  const std::string root = FreshRoot();
  MakeRun(root, "A_B", 7);
  const std::string begun = root + "/" + NewArtifactsName("A_B");
  const std::string others = root + "/" + NewArtifactsName("A_B_2");
  for (const std::string& folder : {begun, others}) {
    fs::create_directories(folder);
    Write(folder + "/" + kTraceFileName, "half");
  }
  EXPECT_EQ(FinishDiedRuns(root).finished.size(), 1u);
  EXPECT_FALSE(fs::exists(begun));
  EXPECT_TRUE(fs::exists(others));
}

TEST(DiedRunTest, RunsThatEndedLoseTheirMarkAndNothingElse) {
  const std::string root = FreshRoot();
  const std::string folder = MakeRun(root, "A_B", 7);
  const std::string ended = ToJson(Manifest("failed"));
  Write(folder + "/" + kManifestFileName, ended);
  Write(root + "/.running/Gone", "");
  EXPECT_TRUE(FinishDiedRuns(root).finished.empty());
  EXPECT_EQ(Read(folder + "/" + kManifestFileName), ended);
  EXPECT_FALSE(fs::exists(root + "/.running"));
}

TEST(DiedRunTest, AStartSpendsNoMoreThanItIsAllowed) {
  const std::string root = FreshRoot();
  for (const char* name : {"A", "B", "C"}) MakeRun(root, name, 3);
  EXPECT_EQ(FinishDiedRuns(root, 2).finished.size(), 2u);
  const FinishedRuns runs = FinishDiedRuns(root, 2, /*trace_bytes_max=*/10);
  EXPECT_TRUE(runs.finished.empty());
  ASSERT_EQ(runs.too_large.size(), 1u);
  EXPECT_EQ(runs.too_large[0], root + "/C");
  EXPECT_EQ(FinishDiedRuns(root, 2).finished.size(), 1u);
}

TEST(DiedRunTest, WhatCannotBeReadIsAnErrorOrNamed) {
  const std::string root = FreshRoot();
  const std::string bad_manifest = MakeRun(root, "A", 3);
  Write(bad_manifest + "/" + kManifestFileName, "{");
  const std::string bad_trace = MakeRun(root, "B", 3);
  Write(bad_trace + "/" + kTraceFileName, "no trace");
  const FinishedRuns runs = FinishDiedRuns(root);
  ASSERT_EQ(runs.errors.size(), 1u);
  EXPECT_TRUE(absl::StrContains(runs.errors[0].message(), bad_manifest));
  ASSERT_EQ(runs.finished.size(), 1u);
  EXPECT_FALSE(runs.finished[0].has_trace);
  EXPECT_EQ(ManifestIn(bad_trace).trace_file, "");
  EXPECT_EQ(Read(bad_trace + "/" + kTraceFileName), "no trace");
}

TEST(DiedRunTest, ALinkOutOfTheFolderIsNotFollowed) {
  const std::string elsewhere = FreshRoot();
  const std::string folder = MakeRun(elsewhere, "A", 3);
  const std::string root = FreshRoot();
  fs::create_directory_symlink(folder, root + "/A");
  Write(root + "/.running/A", "");
  EXPECT_TRUE(FinishDiedRuns(root).finished.empty());
  EXPECT_EQ(ManifestIn(folder).status, "running");
}

}  // namespace
}  // namespace asupersync
