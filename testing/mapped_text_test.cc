#include "asupersync/testing/mapped_text.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

std::string FileWith(const std::string& name, const std::string& bytes) {
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/mapped_text_", getpid(), name);
  std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
  return path;
}

std::string Read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

TEST(MappedTextTest, WhatIsStoredIsInTheFileAtOnce) {
  const std::string path = FileWith("at_once", "seed 1, seed 2\n");
  absl::StatusOr<MappedText> text = MappedText::Open(path);
  ASSERT_TRUE(text.ok()) << text.status();
  ASSERT_EQ(text->size(), 15u);
  text->memory()[12 + 1] = '7';
  EXPECT_EQ(Read(path), "seed 1, seed 7\n");
}

TEST(MappedTextTest, WhatAKilledProcessHasStoredIsInTheFile) {
  const std::string path = FileWith("killed", "seed 1\n");
  const pid_t child = fork();
  if (child == 0) {
    absl::StatusOr<MappedText> text = MappedText::Open(path);
    if (!text.ok()) _exit(1);
    text->memory()[5] = '9';
    kill(getpid(), SIGKILL);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(Read(path), "seed 9\n");
}

TEST(MappedTextTest, ItsFileIsWhereItWasMovedTo) {
  const std::string path = FileWith("moved", "a");
  absl::StatusOr<MappedText> opened = MappedText::Open(path);
  ASSERT_TRUE(opened.ok()) << opened.status();
  MappedText text;
  EXPECT_EQ(text.memory(), nullptr);
  EXPECT_EQ(text.fd(), -1);
  text = *std::move(opened);
  *text.memory() = 'b';
  EXPECT_EQ(Read(path), "b");
  EXPECT_EQ(pwrite(text.fd(), "c", 1, 0), 1);
  EXPECT_EQ(*text.memory(), 'c');
  text = MappedText();
  EXPECT_EQ(text.memory(), nullptr);
  EXPECT_EQ(Read(path), "c");
}

TEST(MappedTextTest, AFileThatCannotBeMappedIsNamed) {
  const std::string empty = FileWith("empty", "");
  const absl::StatusOr<MappedText> text = MappedText::Open(empty);
  EXPECT_TRUE(absl::IsFailedPrecondition(text.status())) << text.status();
  EXPECT_TRUE(absl::StrContains(text.status().message(), empty));
  const absl::Status none = MappedText::Open(empty + "_none").status();
  EXPECT_TRUE(absl::IsNotFound(none)) << none;
  EXPECT_TRUE(absl::StrContains(none.message(), empty + "_none"));
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
