#include "asupersync/replay/atomic_file.h"

#include <sys/resource.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

namespace fs = std::filesystem;

std::string FreshFolder(const std::string& name) {
  const std::string folder =
      absl::StrCat(::testing::TempDir(), "/atomic_file_test_", name);
  fs::remove_all(folder);
  fs::create_directories(folder);
  return folder;
}

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

// Among files from somebody else one may have the temporary name.
TEST(WriteFileAtomicallyTest, FollowsNoLink) {
  const std::string folder = FreshFolder("link");
  const std::string path = folder + "/file";
  std::ofstream(folder + "/precious") << "precious";
  fs::create_symlink("precious", path);
  fs::create_symlink("precious",
                     absl::StrCat(path, ".", ::getpid(), ".tmp"));
  ASSERT_TRUE(WriteFileAtomically(path, "new").ok());
  EXPECT_EQ(ReadFile(folder + "/precious"), "precious");
  EXPECT_EQ(ReadFile(path), "new");
  EXPECT_FALSE(fs::is_symlink(path));
}

TEST(WriteFileAtomicallyTest, ReplacesTheFileAndLeavesNothingElse) {
  const std::string folder = FreshFolder("atomic");
  const std::string path = folder + "/file";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  ASSERT_TRUE(WriteFileAtomically(path, std::string("n\0w", 3)).ok());
  EXPECT_EQ(ReadFile(path), std::string("n\0w", 3));
  EXPECT_EQ(std::distance(fs::directory_iterator(folder),
                          fs::directory_iterator()),
            1);
}

// By default the kernel would also end the program.
TEST(WriteFileAtomicallyTest, BeyondTheLimitOfAFileTheOldOneStays) {
  const std::string path = FreshFolder("limit") + "/file";
  ASSERT_TRUE(WriteFileAtomically(path, "old").ok());
  rlimit before;
  getrlimit(RLIMIT_FSIZE, &before);
  const rlimit small = {100, before.rlim_max};
  setrlimit(RLIMIT_FSIZE, &small);
  const absl::Status status = WriteFileAtomically(path, std::string(101, 'x'));
  setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_TRUE(absl::StrContains(status.message(), "File too large")) << status;
  EXPECT_EQ(ReadFile(path), "old");
}

TEST(WriteFileAtomicallyTest, AnErrorNamesPathAndReason) {
  const std::string path = FreshFolder("error") + "/none/file";
  const std::string message(WriteFileAtomically(path, "x").message());
  EXPECT_TRUE(absl::StrContains(message, path)) << message;
  EXPECT_TRUE(absl::StrContains(message, "No such file")) << message;
}

}  // namespace
}  // namespace asupersync
