#include "asupersync/replay/manifest.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <string>

#include "absl/status/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

ReproManifest Example() {
  ReproManifest manifest;
  manifest.seed = UINT64_MAX;
  manifest.schedule_seed = 1;
  manifest.entropy_seed = 2;
  manifest.fault_seed = 3;
  manifest.fuzz_seed = 4;
  manifest.scenario_id = "cancel_request";
  manifest.test_id = "Suite.Name/1";
  manifest.binary = "/a/b c";
  manifest.arguments = {"--x", "y \"z\""};
  manifest.working_directory = "/w";
  manifest.bazel_target = "//a:b";
  manifest.build_id = "xxh64:1";
  manifest.status = "failed";
  manifest.config_hash = "sha256:0";
  manifest.trace_fingerprint = "foata64:0";
  manifest.schedule_certificate = "0x0";
  manifest.oracle_violations = {"deadlock"};
  manifest.steps = 12;
  manifest.trace_file = "trace.async";
  manifest.chaos = "cancel=0.1,delay_max=1ms,jitter_max=1ms";
  manifest.chaos_opportunities = 340;
  manifest.chaos_injected = {{"cancel", 2}};
  manifest.env_snapshot = {{"ASUPERSYNC_SEED", "42"}};
  manifest.phases_executed = {"setup", "run"};
  manifest.failure_reason = "line\nline";
  return manifest;
}

absl::Status ErrorOf(const std::string& json) {
  return ParseManifest(json, "m.json").status();
}

// Example() with one field changed; "null" takes the field away.
std::string With(const char* name, const nlohmann::json& value) {
  auto json = nlohmann::json::parse(ToJson(Example()));
  if (value.is_null()) {
    json.erase(name);
  } else {
    json[name] = value;
  }
  return json.dump();
}

TEST(ManifestTest, SurvivesWritingAndReading) {
  const absl::StatusOr<ReproManifest> read =
      ParseManifest(ToJson(Example()), "m.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(*read, Example());
}

TEST(ManifestTest, SeedsAreJsonNumbers) {
  EXPECT_THAT(ToJson(Example()), HasSubstr("\"seed\": 18446744073709551615,"));
}

TEST(ManifestTest, FieldsThatAReplayDoesNotNeedMayBeMissing) {
  EXPECT_TRUE(ErrorOf(With("subsystem", nullptr)).ok());
  EXPECT_TRUE(ErrorOf(With("replay_of", nullptr)).ok());
  EXPECT_TRUE(ErrorOf(With("chaos_injected", nullptr)).ok());
}

TEST(ManifestTest, UnknownFieldsArePassedOver) {
  EXPECT_TRUE(ErrorOf(With("of_a_later_version", 1)).ok());
}

TEST(ManifestTest, AnotherSchemaIsAFailedPreconditionThatNamesBoth) {
  const absl::Status status = ErrorOf(With("schema_version", 2));
  EXPECT_TRUE(absl::IsFailedPrecondition(status));
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("m.json"), HasSubstr("schema_version 2"),
                    HasSubstr("reads 1")));
}

TEST(ManifestTest, MissingAndMistypedFieldsAreNamed) {
  EXPECT_THAT(std::string(ErrorOf(With("test_id", nullptr)).message()),
              HasSubstr("the field test_id is missing"));
  EXPECT_THAT(std::string(ErrorOf(With("schema_version", nullptr)).message()),
              HasSubstr("schema_version is missing"));
  for (const nlohmann::json& seed :
       {nlohmann::json(-1), nlohmann::json(1.5), nlohmann::json("42"),
        nlohmann::json::array()}) {
    EXPECT_THAT(std::string(ErrorOf(With("seed", seed)).message()),
                HasSubstr("the field seed is not a number"));
  }
  EXPECT_FALSE(ErrorOf(With("passed", 1)).ok());
  EXPECT_FALSE(ErrorOf(With("arguments", {1, 2})).ok());
  EXPECT_FALSE(ErrorOf(With("env_snapshot", {{"a", "b", "c"}})).ok());
  EXPECT_FALSE(ErrorOf(With("test_id", nlohmann::json::object())).ok());
  EXPECT_FALSE(ErrorOf(With("chaos_injected", {{"cancel", "2"}})).ok());
  EXPECT_FALSE(ErrorOf(With("chaos_injected", 2)).ok());
}

TEST(ManifestTest, FilesAreEntriesOfTheManifestsFolder) {
  for (const char* field : {"trace_file", "input_file", "event_log_file",
                            "failed_assertions_file", "divergence_file"}) {
    for (const std::string& value :
         {std::string("/etc/passwd"), std::string("../trace.async"),
          std::string("a/b"), std::string(".."), std::string("."),
          std::string("a\nb"), std::string("a\0b", 3),
          std::string(256, 'a')}) {
      EXPECT_THAT(std::string(ErrorOf(With(field, value)).message()),
                  HasSubstr(std::string("the field ") + field +
                            " is not the name of a file"))
          << value;
    }
    EXPECT_TRUE(ErrorOf(With(field, "..a $(b)")).ok());
    EXPECT_TRUE(ErrorOf(With(field, "")).ok());
  }
}

TEST(ManifestTest, WhatIsOneLineHasNoControlCharacters) {
  for (const char* field :
       {"test_id", "build_id", "config_hash", "trace_fingerprint",
        "schedule_certificate", "bazel_target"}) {
    EXPECT_THAT(std::string(ErrorOf(With(field, "a\x1b[2J")).message()),
                HasSubstr(std::string("the field ") + field + " is not text"));
  }
  EXPECT_TRUE(ErrorOf(With("failure_reason", "a\x1b[2J")).ok());
}

TEST(ManifestTest, TheStatusIsOneOfFourWords) {
  for (const char* word : {"failed", "running", "died"}) {
    EXPECT_TRUE(ErrorOf(With("status", word)).ok()) << word;
  }
  for (const char* word : {"", "bogus", "Failed", "failed ", "a\x1b[2J"}) {
    EXPECT_THAT(std::string(ErrorOf(With("status", word)).message()),
                HasSubstr("the field status is not one of \"passed\", "
                          "\"failed\", \"running\" and \"died\""))
        << word;
  }
}

TEST(ManifestTest, StatusAndPassedGoTogether) {
  EXPECT_THAT(std::string(ErrorOf(With("passed", true)).message()),
              HasSubstr("the field passed is true, the field status is "
                        "\"failed\""));
  EXPECT_THAT(std::string(ErrorOf(With("status", "passed")).message()),
              HasSubstr("the field passed is false"));
}

TEST(ManifestTest, NoPartOfACommandLineHoldsANul) {
  const std::string nul("/a\0b", 4);
  EXPECT_FALSE(ErrorOf(With("binary", nul)).ok());
  EXPECT_FALSE(ErrorOf(With("working_directory", nul)).ok());
  EXPECT_FALSE(ErrorOf(With("arguments", {"x", nul})).ok());
  EXPECT_TRUE(ErrorOf(With("arguments", {"x\ny"})).ok());
}

TEST(ManifestTest, EveryTruncationIsAnError) {
  const std::string whole = ToJson(Example());
  for (std::size_t size = 0; size + 2 < whole.size(); ++size) {
    EXPECT_TRUE(absl::IsInvalidArgument(ErrorOf(whole.substr(0, size))))
        << size;
  }
}

TEST(ManifestTest, EveryFlippedByteIsReadOrRefused) {
  const std::string whole = ToJson(Example());
  for (std::size_t at = 0; at < whole.size(); ++at) {
    for (int bit : {0x01, 0x20, 0x80}) {
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ bit);
      (void)ErrorOf(flipped);  // Returns, whatever it returns.
    }
  }
}

TEST(ManifestTest, OtherFilesAreRefused) {
  for (const std::string& text :
       {std::string(""), std::string("[]"), std::string("42"),
        std::string("ASYNCTRC\1\0", 10), std::string("{}"),
        std::string(200'000, '['), std::string(100'000, '{')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ErrorOf(text))) << text.substr(0, 20);
  }
}

TEST(ManifestTest, LongFilesAreRefusedUnread) {
  const std::string path = ::testing::TempDir() + "/long.json";
  std::ofstream(path) << std::string(ReproManifest::kBytesMax + 1, ' ');
  const absl::Status status = ReadManifest(path).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("longer than"));
}

TEST(ManifestTest, AMissingFileIsNotFound) {
  EXPECT_TRUE(absl::IsNotFound(ReadManifest("/none/m.json").status()));
  EXPECT_TRUE(
      absl::IsInvalidArgument(ReadManifest(::testing::TempDir()).status()));
}

TEST(ManifestTest, APipeIsNotWaitedFor) {
  const std::string pipe = ::testing::TempDir() + "/manifest_pipe";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_TRUE(absl::IsInvalidArgument(ReadManifest(pipe).status()));
  unlink(pipe.c_str());
}

TEST(ManifestTest, TextThatIsNotUtf8IsRepaired) {
  ReproManifest manifest = Example();
  manifest.failure_reason = "a\xff";
  const absl::StatusOr<ReproManifest> read =
      ParseManifest(ToJson(manifest), "m.json");
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->failure_reason, "a\xef\xbf\xbd");
}

TEST(ManifestTest, FilesAreFoundBesideTheManifest) {
  EXPECT_EQ(FileBeside("/a/m.json", "trace.async"), "/a/trace.async");
  EXPECT_EQ(FileBeside("m.json", "trace.async"), "trace.async");
}

}  // namespace
}  // namespace asupersync
