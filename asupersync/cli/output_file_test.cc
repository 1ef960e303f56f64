#include "asupersync/cli/output_file.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <system_error>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gtest/gtest.h"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;

class OutputFileTest : public ::testing::Test {
 protected:
  OutputFileTest() {
    std::string pattern = ::testing::TempDir() + "/out-XXXXXX";
    folder_ = ::mkdtemp(pattern.data());
  }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const {
    return folder_ + "/" + name;
  }
  static std::string Read(const std::string& path) {
    std::ifstream in(path);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  static absl::Status Write(const std::string& path, bool force,
                            int error_number = 0) {
    absl::StatusOr<OutputFile> file = OutputFile::Create(path, {}, force);
    if (!file.ok()) return file.status();
    EXPECT_EQ(::write(file->fd(), "new", 3), 3);
    return file->Commit(error_number);
  }
  size_t FilesThere() const {
    return std::distance(fs::directory_iterator(folder_),
                         fs::directory_iterator());
  }

  std::string folder_;
};

TEST_F(OutputFileTest, AppearsWhenItIsWhole) {
  absl::StatusOr<OutputFile> file =
      OutputFile::Create(Path("a"), {}, /*force=*/false);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_FALSE(fs::exists(Path("a")));
  EXPECT_EQ(::write(file->fd(), "new", 3), 3);
  EXPECT_TRUE(file->Commit().ok());
  EXPECT_EQ(Read(Path("a")), "new");
  EXPECT_EQ(FilesThere(), 1u);
}

TEST_F(OutputFileTest, HasTheUsualRights) {
  const mode_t mask = ::umask(022);
  EXPECT_TRUE(Write(Path("a"), false).ok());
  ::umask(mask);
  struct stat there;
  ASSERT_EQ(::stat(Path("a").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0644u);
}

TEST_F(OutputFileTest, LeavesNothingWhenWritingFailed) {
  const absl::Status status = Write(Path("a"), false, ENOSPC);
  EXPECT_FALSE(status.ok());
  EXPECT_EQ(FilesThere(), 0u);
}

TEST_F(OutputFileTest, ReplacesOnlyByForce) {
  std::ofstream(Path("a")) << "old";
  EXPECT_TRUE(absl::IsAlreadyExists(Write(Path("a"), false)));
  EXPECT_EQ(Read(Path("a")), "old");
  EXPECT_TRUE(Write(Path("a"), true).ok());
  EXPECT_EQ(Read(Path("a")), "new");
}

TEST_F(OutputFileTest, DoesNotReplaceWhatCameIntoBeingMeanwhile) {
  absl::StatusOr<OutputFile> file = OutputFile::Create(Path("a"), {}, false);
  ASSERT_TRUE(file.ok());
  std::ofstream(Path("a")) << "other";
  EXPECT_TRUE(absl::IsAlreadyExists(file->Commit()));
  EXPECT_EQ(Read(Path("a")), "other");
}

TEST_F(OutputFileTest, NeverReplacesAnInputUnderAnyName) {
  std::ofstream(Path("in")) << "old";
  fs::create_symlink("in", Path("link"));
  fs::create_hard_link(Path("in"), Path("hard"));
  for (const char* name : {"in", "link", "hard", "./in"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        OutputFile::Create(Path(name), {Path("in")}, true).status()))
        << name;
  }
}

TEST_F(OutputFileTest, WhatCannotBeReplacedIsNamed) {
  EXPECT_TRUE(absl::IsInvalidArgument(Write(folder_, true)));
  EXPECT_TRUE(absl::IsInvalidArgument(Write("/dev/full", true)));
  EXPECT_TRUE(absl::IsAlreadyExists(Write("/dev/full", false)));
  EXPECT_TRUE(absl::IsNotFound(Write(Path("no/such"), false)));
}

}  // namespace
}  // namespace asupersync::cli
