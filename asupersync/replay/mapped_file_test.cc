#include "asupersync/replay/mapped_file.h"

#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

constexpr size_t kPlaceBytes = 5'000;

std::string FreshPath() {
  static int made = 0;
  const std::string path =
      absl::StrCat(::testing::TempDir(), "/mapped_file_", getpid(), "_",
                   ++made);
  std::filesystem::remove(path);
  return path;
}

std::string Bytes(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string((std::istreambuf_iterator<char>(file)),
                     std::istreambuf_iterator<char>());
}

TEST(MappedFileTest, APlaceIsThereWhereverItBegins) {
  const std::string path = FreshPath();
  MappedFile file(path, kPlaceBytes);
  ASSERT_TRUE(file.Open().ok());
  constexpr uint64_t kEnd = 3'000'000;  // in several segments
  for (uint64_t at = 0; at < kEnd; at += 1'777) {
    const absl::StatusOr<uint8_t*> place = file.Place(at);
    ASSERT_TRUE(place.ok()) << place.status();
    // All of it can be written; what is not is zero.
    EXPECT_EQ((*place)[kPlaceBytes - 1], 0);
    std::memset(*place, static_cast<int>(1 + at % 255), 1'777);
  }
  const std::string bytes = Bytes(path);
  ASSERT_GE(bytes.size(), kEnd);
  EXPECT_EQ(bytes.size(), file.allocated());
  for (uint64_t at = 0; at < kEnd; at += 1'777) {
    EXPECT_EQ(file.At(at, kPlaceBytes)[0], 1 + at % 255);
    EXPECT_EQ(static_cast<uint8_t>(bytes[at + 1'776]), 1 + at % 255);
  }
  EXPECT_EQ(*file.Place(0), file.At(0, kPlaceBytes)) << "also back there";
  EXPECT_EQ(file.At(2 * kEnd, 1), nullptr);
}

TEST(MappedFileTest, WhatIsZeroedIsZeroAcrossSegments) {
  const std::string path = FreshPath();
  MappedFile file(path, kPlaceBytes);
  ASSERT_TRUE(file.Open().ok());
  constexpr uint64_t kEnd = 600'000;
  for (uint64_t at = 0; at < kEnd; at += kPlaceBytes) {
    std::memset(*file.Place(at), 7, kPlaceBytes);
  }
  file.Zero(10, kEnd - 10);
  const std::string bytes = Bytes(path);
  EXPECT_EQ(bytes.find_first_not_of('\7'), 10u);
  EXPECT_EQ(bytes.find_first_not_of('\0', 10), kEnd - 10);
}

TEST(MappedFileTest, WhatWasInAFileIsGoneWhenItGetsRoom) {
  const std::string path = FreshPath();
  std::ofstream(path) << std::string(100'000, 'x');
  MappedFile file(path, kPlaceBytes);
  ASSERT_TRUE(file.Open().ok());
  EXPECT_EQ(Bytes(path).size(), 100'000u);
  ASSERT_TRUE(file.Allocate(3).ok());
  EXPECT_EQ(Bytes(path), std::string(3, '\0'));
  ASSERT_TRUE(file.Write("abc", 0).ok());
  EXPECT_EQ(Bytes(path), "abc");
}

TEST(MappedFileTest, AnErrorNamesTheFileAndTheReason) {
  MappedFile nowhere("/nowhere/file", kPlaceBytes);
  const absl::Status status = nowhere.Open();
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "/nowhere/file")) << status;
  const std::string path = FreshPath();
  MappedFile file(path, kPlaceBytes);
  ASSERT_TRUE(file.Open().ok());
  MappedFile second(path, kPlaceBytes);
  EXPECT_TRUE(absl::IsResourceExhausted(second.Open()));
  file.Close();
  EXPECT_TRUE(second.Open().ok());
}

TEST(MappedFileTest, AfterCloseItCanServeAnotherFile) {
  const std::string path = FreshPath();
  const std::string other = FreshPath();
  MappedFile file(path, kPlaceBytes);
  ASSERT_TRUE(file.Open().ok());
  **file.Place(0) = 1;
  file.Close();
  EXPECT_FALSE(file.is_open());
  EXPECT_FALSE(file.Place(0).ok());
  ASSERT_TRUE(file.Open(other).ok());
  **file.Place(0) = 2;
  EXPECT_EQ(Bytes(path)[0], 1);
  EXPECT_EQ(Bytes(other)[0], 2);
}

}  // namespace
}  // namespace asupersync
