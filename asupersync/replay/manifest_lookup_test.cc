#include "asupersync/replay/manifest_lookup.h"

#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/replay/manifest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class ManifestLookupTest : public ::testing::Test {
 protected:
  ManifestLookupTest() {
    std::string pattern = ::testing::TempDir() + "/lookup-XXXXXX";
    root_ = ::mkdtemp(pattern.data());
  }
  ~ManifestLookupTest() override { fs::remove_all(root_); }

  std::string Write(const std::string& name, const std::string& text) {
    const fs::path path = fs::path(root_) / name;
    fs::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path;
  }
  // That names trace.async.
  std::string WriteManifest(const std::string& folder) {
    ReproManifest manifest;
    manifest.status = kStatusFailed;
    manifest.trace_file = "trace.async";
    return Write(folder + "/repro_manifest.json", ToJson(manifest));
  }
  std::string ErrorOf(const std::string& path) {
    const absl::StatusOr<std::string> found = FindManifest(path);
    return found.ok() ? "found " + *found
                      : std::string(found.status().message());
  }

  std::string root_;
};

TEST_F(ManifestLookupTest, AFileIsTakenAsItIs) {
  const std::string path = Write("any.json", "hello");
  EXPECT_EQ(FindManifest(path).value(), path);
  EXPECT_EQ(FindManifest("/no/such").value(), "/no/such");
}

TEST_F(ManifestLookupTest, AFolderStandsForItsManifest) {
  const std::string manifest = WriteManifest("test");
  EXPECT_EQ(FindManifest(root_ + "/test").value(), manifest);
  EXPECT_EQ(FindManifest(root_).value(), manifest);
  EXPECT_TRUE(fs::equivalent(FindManifest(root_ + "/test/").value(), manifest));
}

TEST_F(ManifestLookupTest, OfSeveralTestsNoneIsTaken) {
  for (const char* name : {"d", "b", "a", "c"}) WriteManifest(name);
  EXPECT_EQ(FindManifests(root_).value().size(), 4u);
  EXPECT_EQ(FindManifests(root_).value()[0], root_ + "/a/repro_manifest.json");
  EXPECT_TRUE(absl::IsInvalidArgument(FindManifest(root_).status()));
  EXPECT_THAT(ErrorOf(root_),
              AllOf(HasSubstr("the artifacts of 4 tests; give one of them: " +
                              root_ + "/a/repro_manifest.json, "),
                    Not(HasSubstr("/d/"))));
}

TEST_F(ManifestLookupTest, ATraceStandsForTheManifestThatNamesIt) {
  const std::string trace = Write("test/trace.async", "ASYNCTRC...");
  EXPECT_TRUE(IsTraceFile(trace));
  EXPECT_THAT(ErrorOf(trace), HasSubstr("asupersync trace info"));
  const std::string manifest = WriteManifest("test");
  EXPECT_THAT(FindManifests(trace).value(), ElementsAre(manifest));
  const std::string other = Write("test/other.async", "ASYNCTRC...");
  EXPECT_THAT(ErrorOf(other), HasSubstr("beside it is of this trace"));
  Write("test/repro_manifest.json", "{}");
  EXPECT_THAT(ErrorOf(trace), HasSubstr("schema_version is missing"));
}

TEST_F(ManifestLookupTest, WhatIsNoTraceIsNotWaitedFor) {
  EXPECT_FALSE(IsTraceFile(Write("short", "ASYNC")));
  EXPECT_FALSE(IsTraceFile(root_));
  EXPECT_FALSE(IsTraceFile("/no/such"));
  const std::string pipe = root_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_FALSE(IsTraceFile(pipe));
}

TEST_F(ManifestLookupTest, AnEmptyFolderHasNone) {
  EXPECT_THAT(ErrorOf(root_), HasSubstr("no repro_manifest.json in " + root_));
  EXPECT_TRUE(absl::IsNotFound(FindManifest(root_).status()));
}

}  // namespace
}  // namespace asupersync
