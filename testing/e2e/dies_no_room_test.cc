// What a lab test leaves that fails or dies where there is no room for it.
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/asupersync.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/dies_place.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ContainsRegex;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;
using Json = nlohmann::json;

// A file system of the test's own, of `size`, at `folder`, which is gone when
// the command ends: what is left there is copied to `folder`_left.
ProcessResult RunOnSmallDisk(const std::string& folder, const std::string& size,
                             std::vector<std::string> command) {
  std::vector<std::string> words = {"/usr/bin/unshare"};
  // Without a user namespace it is for root alone.
  words.push_back(geteuid() == 0 ? "-m" : "-Urm");
  for (const char* word :
       {"/bin/sh", "-c",
        "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" || exit 77; disk=$2;"
        "shift 2; \"$@\"; status=$?; cp -r \"$disk\" \"${disk}_left\";"
        "exit $status",
        "sh"}) {
    words.push_back(word);
  }
  words.push_back(size);
  words.push_back(folder);
  words.insert(words.end(), command.begin(), command.end());
  return RunProcess(words, {{"PATH", "/usr/bin:/bin:/usr/sbin:/sbin"}}, "/");
}

class FullDiskTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const ProcessResult probe = RunOnSmallDisk(disk_, "1m", {"/bin/true"});
    if (probe.exit_status != 0) {
      GTEST_SKIP() << "no file system can be mounted here: " << probe.err;
    }
    fs::remove_all(left_.root);
  }
  // `words` on a disk of `size`.
  ProcessResult Run(const std::string& size,
                    const std::vector<std::string>& words) {
    std::vector<std::string> command = {SubjectPath(),
                                        "--lab_artifacts_dir=" + disk_};
    command.insert(command.end(), words.begin(), words.end());
    return RunOnSmallDisk(disk_, size, command);
  }

  const std::string disk_ = FreshFolder();
  Place left_ = {disk_ + "_left", ""};
};

TEST_F(FullDiskTest, ATestThatDiesThereLeavesWhatThereWasRoomFor) {
  const ProcessResult result = Run("700k", {"full"});
  EXPECT_EQ(result.exit_status, 128 + SIGABRT) << result.err;
  EXPECT_THAT(LinesWith(result.err, "goes on in memory"),
              ElementsAre(HasSubstr("No space left on device")));
  const ReplayTrace trace = ReadTrace(left_.trace());
  EXPECT_GT(trace.size(), 300u);
  EXPECT_EQ(trace.limit(), RecordingLimit::kNoRoom);
  EXPECT_EQ(ReadJson(left_.manifest())["status"], "running");
  EXPECT_EQ(ReadJson(left_.manifest())["signal"], SIGABRT);
  EXPECT_THAT(LinesWith(result.err, "asupersync: DIED:"), SizeIs(1));
}

// Whatever there is no room for: blocks, the first block, the header, a file.
// What it prints can be replayed.
TEST_F(FullDiskTest, ATestThatFailsThereTellsItsFailure) {
  int replayed = 0;
  for (const char* size :
       {"2m", "700k", "300k", "200k", "40k", "16k", "8k", "4k"}) {
    for (const char* recording : {"all", "flight"}) {
      SCOPED_TRACE(absl::StrCat(size, " ", recording));
      std::vector<std::string> words = {"fill"};
      if (std::string(recording) == "flight") words.push_back(recording);
      const ProcessResult result = Run(size, words);
      EXPECT_EQ(result.exit_status, 1) << result.err;
      EXPECT_THAT(result.out,
                  AllOf(HasSubstr("its own failure"),
                        HasSubstr("TEST FAILURE - reproduce with seed"),
                        HasSubstr("--lab_seed=0x123456789abcdef0")));
      EXPECT_THAT(result.err, HasSubstr("No space left on device"));
      EXPECT_THAT(result.err, Not(HasSubstr("DIED")));
      // It has failed, and not died, as far as anything says so.
      EXPECT_THAT(RunSomethingElse(left_).err,
                  Not(HasSubstr("died in an earlier run")));
      const std::string replay = "--lab_replay=" + disk_;
      const std::vector<std::string> lines = LinesWith(result.out, replay);
      if (!lines.empty()) {
        ++replayed;
        const std::size_t at = lines[0].find(replay) + replay.size();
        const std::string file =
            left_.root + lines[0].substr(at, lines[0].find(' ', at) - at);
        words.insert(words.begin(), {"--lab_replay=" + file,
                                     "--lab_artifacts_dir=" + FreshFolder()});
        const ProcessResult again = RunSubject(words);
        EXPECT_EQ(again.exit_status, 1) << again.err;
        EXPECT_THAT(again.out,
                    ContainsRegex("REPLAY (IDENTICAL|PREFIX): "));
      }
      fs::remove_all(left_.root);
    }
  }
  EXPECT_GE(replayed, 4);
}

// The trace fits, the log of so many events does not.
TEST_F(FullDiskTest, AWholeTraceIsReplayedWithoutTheRest) {
  const ProcessResult result = Run("200k", {"fails", "long"});
  EXPECT_EQ(result.exit_status, 1) << result.err;
  EXPECT_THAT(LinesWith(result.out, ", not complete: "), SizeIs(1));
  EXPECT_THAT(LinesWith(result.out, "--lab_replay=" + disk_ + "/" + kName +
                                        "/repro_manifest.json"),
              SizeIs(2));
  EXPECT_TRUE(ReadTrace(left_.trace()).complete());
  const Json json = ReadJson(left_.manifest());
  EXPECT_EQ(json["status"], "failed");
  EXPECT_GT(json["steps"], 10'000);
  EXPECT_EQ(json["verdict"], "quiescent");
  const ProcessResult replay = Asupersync({"replay", left_.manifest()});
  EXPECT_EQ(replay.exit_status, 10) << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("replay identical: "));
}

// Two failures, the second on a disk that somebody has filled.
TEST_F(FullDiskTest, WhatAnEarlierRunHasLeftStays) {
  const std::string kept = FreshFolder();
  const ProcessResult result = RunOnSmallDisk(
      disk_, "4m",
      {"/bin/sh", "-c",
       "\"$1\" --lab_artifacts_dir=\"$2\" fails; cp -r \"$2\"/. \"$3\";"
       "head -c 9m /dev/zero > \"$2\"/fill;"
       "\"$1\" --lab_artifacts_dir=\"$2\" fails",
       "sh", SubjectPath(), disk_, kept});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(LinesWith(result.out, "no artifacts: "), SizeIs(1));
  const auto before = ReadTree(kept);
  EXPECT_THAT(before, SizeIs(5));
  fs::remove(left_.root + "/fill");
  EXPECT_EQ(ReadTree(left_.root), before);
  EXPECT_FALSE(fs::exists(left_.root + "/.running"));
}

// --- ulimit -f

// What it prints goes to pipes, which have no limit.
ProcessResult RunWithFileLimit(const std::string& blocks, const Place& place,
                               const std::string& way) {
  return RunProcess({"/bin/bash", "-o", "pipefail", "-c",
                     "{ (ulimit -S -f \"$0\"; exec \"$@\") 2>&1 1>&3 3>&- |"
                     " cat >&2; } 3>&1 | cat",
                     blocks, SubjectPath(), "--lab_artifacts_dir=" + place.root,
                     way},
                    {{"PATH", "/usr/bin:/bin"}}, "/");
}

TEST(FileLimitTest, APassingTestPasses) {
  for (const char* blocks : {"0", "1", "8", "128"}) {
    const Place place;
    const ProcessResult result = RunWithFileLimit(blocks, place, "passes");
    EXPECT_EQ(result.exit_status, 0) << blocks << result.err;
    EXPECT_TRUE(fs::is_empty(place.root)) << blocks;
  }
}

TEST(FileLimitTest, AFailingTestTellsItsFailure) {
  for (const char* blocks : {"0", "1", "8", "16", "64", "128", "600"}) {
    const Place place;
    const ProcessResult result = RunWithFileLimit(blocks, place, "fails");
    EXPECT_EQ(result.exit_status, 1) << blocks << result.err;
    EXPECT_THAT(result.err, Not(HasSubstr("DIED"))) << blocks;
    EXPECT_THAT(result.out,
                AllOf(HasSubstr("its own failure"),
                      HasSubstr("--lab_seed=0x123456789abcdef0")))
        << blocks;
  }
}

TEST(FileLimitTest, ATestThatDiesDiesByItsOwnSignal) {
  for (const char* blocks : {"0", "1", "8", "128"}) {
    const Place place;
    const ProcessResult result = RunWithFileLimit(blocks, place, "abort");
    EXPECT_EQ(result.exit_status, 128 + SIGABRT) << blocks << result.err;
    EXPECT_THAT(LinesWith(result.err, "DIED: "), SizeIs(1)) << blocks;
    // Only what is there is named.
    EXPECT_EQ(LinesWith(result.err, "--lab_replay=").empty(),
              !fs::exists(place.manifest()))
        << blocks;
  }
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
