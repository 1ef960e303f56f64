// A manifest is data: whatever one says, `asupersync replay`, `asupersync
// report`, `asupersync trace html` and a program with --lab_replay execute and
// write nothing that they were not asked for. Every text below would leave a
// file in the trap if it were obeyed.
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

namespace fs = std::filesystem;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;
using Strings = std::vector<std::string>;

// Every entry below the folder, whatever it is, by its path from there.
std::set<std::string> Entries(const std::string& folder) {
  std::set<std::string> entries;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(folder)) {
    entries.insert(fs::relative(entry.path().parent_path(), folder) /
                   entry.path().filename());
  }
  return entries;
}

class HostileManifestTest : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = FreshFolder();
    trap_ = root_ + "/trap";
    fs::create_directory(trap_);
    RunSubject({"--gtest_filter=Race.ArrivesInOrder",
                "--lab_artifacts_dir=" + root_ + "/artifacts"});
    folder_ = root_ + "/artifacts/Race_ArrivesInOrder";
    manifest_ = folder_ + "/repro_manifest.json";
    original_ = ReadJson(manifest_);
    ASSERT_EQ(original_["trace_file"], "trace.async");
  }

  // Runs in the trap, so that a relative path leads there as well.
  ProcessResult Cli(Strings words) {
    words.insert(words.begin(), fs::absolute(std::getenv("CLI")).string());
    return RunProcess(words, {{"TMPDIR", scratch_}}, trap_);
  }

  ProcessResult Replay(const Strings& rest = {}) {
    Strings words = {"replay", manifest_};
    words.insert(words.end(), rest.begin(), rest.end());
    return Cli(words);
  }

  void Write(const Json& json) { WriteFile(manifest_, json.dump()); }
  Json With(const char* field, const Json& value) const {
    Json json = original_;
    json[field] = value;
    return json;
  }

  // What would make a file in the trap if a shell, GoogleTest or a file system
  // took it for more than text.
  Strings Texts() const {
    const std::string touch = "/usr/bin/touch " + trap_ + "/sprung";
    return {"$(" + touch + ")",
            "`" + touch + "`",
            "'; " + touch + "; '",
            "\"; " + touch + "; \"",
            "a\n" + touch + "\n",
            "../../trap/sprung",
            trap_ + "/sprung",
            "--gtest_output=xml:" + trap_ + "/sprung.xml",
            "--lab_artifacts_dir=" + trap_,
            "\x1b]0;" + touch + "\x07",
            std::string("Race.ArrivesInOrder\0/../../trap/sprung", 39),
            "*",
            "/dev/zero",
            std::string(900'000, 'A')};
  }

  // Refused: exit status 2, one line of bounded length, nothing run.
  void ExpectRefused(const ProcessResult& result, const std::string& what) {
    EXPECT_EQ(result.exit_status, 2) << what << result.out;
    EXPECT_EQ(result.err.find('\n'), result.err.size() - 1)
        << what << result.err.substr(0, 5000);
    EXPECT_THAT(result.err, Not(HasSubstr("\x1b"))) << what;
    EXPECT_THAT(result.out, Not(HasSubstr("[ RUN"))) << what;
  }

  // Nothing is anywhere but what replays leave where they said.
  void ExpectNothingElse(const std::set<std::string>& before,
                         const std::string& what) {
    EXPECT_EQ(Entries(root_), before) << what;
    for (const std::string& entry : Entries(scratch_)) {
      EXPECT_THAT(entry, HasSubstr("asupersync-replay-")) << what;
    }
    for (const auto& entry : fs::directory_iterator(scratch_)) {
      fs::remove_all(entry);
    }
  }

  const std::string scratch_ = FreshFolder();
  std::string root_, trap_, folder_, manifest_;
  Json original_;
};

// Else the tests below could not fail.
TEST_F(HostileManifestTest, TheTrapSpringsIfAsked) {
  EXPECT_EQ(
      Replay({"--", "--gtest_output=xml:" + trap_ + "/asked.xml"}).exit_status,
      10);
  EXPECT_TRUE(fs::exists(trap_ + "/asked.xml"));
  // GoogleTest heeds its flags behind a "--".
  RunSubject({"--gtest_filter=None.*", "--",
              "--gtest_output=xml:" + trap_ + "/behind.xml"});
  EXPECT_TRUE(fs::exists(trap_ + "/behind.xml"));
}

TEST_F(HostileManifestTest, NoFieldIsObeyed) {
  for (const char* field :
       {"trace_file", "test_id", "binary", "build_id", "bazel_target",
        "event_log_file", "failed_assertions_file", "divergence_file",
        "input_file", "status", "config_hash"}) {
    for (const std::string& text : Texts()) {
      Write(With(field, text));
      const auto before = Entries(root_);
      const std::string what =
          field + (" = " + Json(text.substr(0, 80)).dump());
      const ProcessResult result = Replay();
      const bool decides = field == std::string("trace_file") ||
                           field == std::string("test_id") ||
                           field == std::string("binary") ||
                           field == std::string("build_id") ||
                           field == std::string("status") ||
                           field == std::string("config_hash");
      if (decides) ExpectRefused(result, what);
      EXPECT_THAT(result.exit_status, AnyOf(2, 10)) << what << result.err;
      EXPECT_THAT(Cli({"report", manifest_}).exit_status, AnyOf(0, 2, 10))
          << what;
      ExpectNothingElse(before, what);
    }
  }
}

// A replay in spite of the build id is asked for; the rest is not.
TEST_F(HostileManifestTest, AllowingAnotherBuildAllowsNothingElse) {
  for (const char* field : {"binary", "trace_file", "test_id"}) {
    for (const std::string& text : Texts()) {
      Write(With(field, text));
      const auto before = Entries(root_);
      const std::string what =
          field + (" = " + Json(text.substr(0, 80)).dump());
      ExpectRefused(Replay({"--allow-other-build"}), what);
      ExpectNothingElse(before, what);
    }
  }
}

TEST_F(HostileManifestTest, ProgramsThatAreNoLabTestsAreNotRun) {
  for (const char* program : {"/bin/touch", "/bin/sh", "/usr/bin/env"}) {
    Json json = With("binary", program);
    json["arguments"] = {trap_ + "/sprung"};
    Write(json);
    const auto before = Entries(root_);
    ExpectRefused(Replay({"--allow-other-build"}), program);
    ExpectNothingElse(before, program);
  }
}

TEST_F(HostileManifestTest, ArgumentsReachTheTestAsTheyAreAndDirectNothing) {
  for (const std::string& text : Texts()) {
    for (const Strings& arguments :
         {Strings{text}, Strings{"--", text}, Strings{"--x", "--", text}}) {
      Write(With("arguments", arguments));
      const auto before = Entries(root_);
      const std::string what =
          Json(text.substr(0, 80)).dump() + " of " +
          std::to_string(arguments.size());
      const ProcessResult result = Replay();
      EXPECT_THAT(result.exit_status, AnyOf(2, 10)) << what << result.err;
      ExpectNothingElse(before, what);
    }
  }
}

TEST_F(HostileManifestTest, TheWorkingDirectoryIsOneOrIsPassedOver) {
  for (const std::string& text : Texts()) {
    Write(With("working_directory", text));
    const auto before = Entries(root_);
    const ProcessResult result = Replay();
    EXPECT_THAT(result.exit_status, AnyOf(2, 10)) << text << result.err;
    ExpectNothingElse(before, text.substr(0, 80));
  }
}

// The commands that are shown are pasted by somebody.
TEST_F(HostileManifestTest, CommandsThatAreShownDoNothingElseInAShell) {
  for (const std::string& whole : Texts()) {
    if (whole.find('\0') != std::string::npos) continue;  // refused
    const std::string text = whole.substr(0, 400'000);
    Json json = With("arguments", {text, "--", text});
    json["bazel_target"] = text.substr(0, 200);
    json["test_id"] = text.substr(0, 200);
    Write(json);
    Strings lines = LinesWith(Cli({"report", manifest_}).out, "--");
    json["test_id"] = original_["test_id"];
    json["bazel_target"] = "";
    Write(json);
    for (std::string& line : LinesWith(Cli({"report", manifest_}).out, "--")) {
      lines.push_back(std::move(line));
    }
    for (std::string& line : LinesWith(Replay().out, "command: ")) {
      lines.push_back(line.substr(9));
    }
    ASSERT_GE(lines.size(), 2u) << text.substr(0, 80);
    for (const std::string& line : lines) {
      ASSERT_THAT(line, Not(HasSubstr("\x1b")));
      const auto before = Entries(root_);
      WriteFile(scratch_ + "/pasted", line + "\n");
      RunProcess({"/bin/bash", scratch_ + "/pasted"},
                 {{"PATH", "/nowhere"},
                  {"ASUPERSYNC_TEST_ARTIFACTS_DIR", scratch_ + "/own"}},
                 "/");
      EXPECT_EQ(Entries(root_), before) << line.substr(0, 300);
    }
    for (const auto& entry : fs::directory_iterator(scratch_)) {
      fs::remove_all(entry);
    }
  }
}

TEST_F(HostileManifestTest, LabReplayObeysNoFieldEither) {
  for (const char* field :
       {"trace_file", "test_id", "binary", "working_directory", "build_id",
        "event_log_file", "scenario_id"}) {
    for (const std::string& text : Texts()) {
      Write(With(field, text));
      const auto before = Entries(root_);
      const std::string what =
          field + (" = " + Json(text.substr(0, 80)).dump());
      const ProcessResult result =
          RunSubject({"--lab_replay=" + manifest_,
                      "--lab_artifacts_dir=" + scratch_},
                     {{"TMPDIR", scratch_}}, trap_);
      EXPECT_THAT(result.exit_status, AnyOf(1, 2)) << what;
      if (field == std::string("trace_file") ||
          field == std::string("test_id")) {
        ExpectRefused(result, what);
      }
      EXPECT_THAT(result.out + result.err, Not(HasSubstr("\x1b"))) << what;
      EXPECT_EQ(Entries(root_), before) << what;
    }
  }
}

// Even a whole trace of this very run.
TEST_F(HostileManifestTest, ATraceInAnotherFolderIsNotRead) {
  fs::copy(folder_ + "/trace.async", trap_ + "/trace.async");
  for (const std::string& path :
       {trap_ + "/trace.async", std::string("../../trap/trace.async"),
        std::string("./trace.async")}) {
    Write(With("trace_file", path));
    const auto before = Entries(root_);
    ExpectRefused(Replay(), path);
    ExpectRefused(RunSubject({"--lab_replay=" + manifest_,
                              "--lab_artifacts_dir=" + scratch_}),
                  path);
    EXPECT_EQ(Cli({"report", manifest_}).exit_status, 2) << path;
    ExpectNothingElse(before, path);
  }
}

// One entry of the folder that is no plain file; neither is opened for long.
TEST_F(HostileManifestTest, WhatIsNoFileIsNotWaitedFor) {
  const std::string trace = folder_ + "/other.async";
  Write(With("trace_file", "other.async"));
  const auto refused = [&](const std::string& what) {
    const auto before = Entries(root_);
    ExpectRefused(Replay(), what);
    ExpectRefused(RunSubject({"--lab_replay=" + manifest_,
                              "--lab_artifacts_dir=" + scratch_}),
                  what);
    EXPECT_EQ(Cli({"trace", "verify", trace}).exit_status, 2) << what;
    EXPECT_THAT(Cli({"report", folder_}).exit_status, AnyOf(0, 2, 10)) << what;
    ExpectNothingElse(before, what);
    unlink(trace.c_str());
  };
  ASSERT_EQ(mkfifo(trace.c_str(), 0600), 0);
  refused("a pipe");
  for (const char* target : {"/dev/zero", "/dev/tty", "/etc/passwd",
                             "/proc/self/mem", "other.async", "/"}) {
    ASSERT_EQ(symlink(target, trace.c_str()), 0);
    refused(std::string("a link to ") + target);
  }
  fs::create_directory(trace);
  ExpectRefused(Replay(), "a folder");
}

// Bazel's folders are full of links to files.
TEST_F(HostileManifestTest, ALinkToTheTraceIsTheTrace) {
  fs::rename(folder_ + "/trace.async", root_ + "/elsewhere.async");
  fs::create_symlink(root_ + "/elsewhere.async", folder_ + "/trace.async");
  const auto before = Entries(root_);
  EXPECT_EQ(Replay().exit_status, 10);
  ExpectNothingElse(before, "a link");
}

TEST_F(HostileManifestTest, AManifestThatIsNoFileIsNotWaitedFor) {
  fs::remove(manifest_);
  ASSERT_EQ(mkfifo(manifest_.c_str(), 0600), 0);
  const auto refused = [&](const std::string& path) {
    ExpectRefused(Cli({"replay", path}), path);
    ExpectRefused(RunSubject({"--lab_replay=" + path,
                              "--lab_artifacts_dir=" + scratch_}),
                  path);
    EXPECT_EQ(Cli({"report", path}).exit_status, 2) << path;
    ExpectRefused(Cli({"trace", "html", folder_ + "/trace.async", "--manifest",
                       path, "--out", scratch_ + "/page.html"}),
                  path);
  };
  for (const std::string& path :
       {manifest_, std::string("/dev/zero"), std::string("/dev/tty"),
        std::string("/"), std::string("/proc/self/mem")}) {
    refused(path);
  }
  // Among the artifacts that a new run finds there.
  EXPECT_EQ(RunSubject({"--gtest_filter=Race.ArrivesInOrder",
                        "--lab_artifacts_dir=" + root_ + "/artifacts"})
                .exit_status,
            1);
}

TEST_F(HostileManifestTest, APageSaysItsTextsAndRunsNone) {
  const std::string markup = "</script><script>alert(1)</script><img src=x "
                             "onerror=alert(2)>";
  for (const char* field : {"failure_reason", "test_id", "verdict",
                            "bazel_target", "oracle_violations"}) {
    Write(With(field, field == std::string("oracle_violations")
                          ? Json(Strings{markup})
                          : Json(markup)));
    const std::string page = scratch_ + "/page.html";
    ASSERT_EQ(Cli({"trace", "html", folder_ + "/trace.async", "--force",
                   "--out", page})
                  .exit_status,
              0);
    const std::string html = ReadFile(page);
    EXPECT_THAT(html, Not(HasSubstr("alert(1)<"))) << field;
    EXPECT_THAT(html, Not(HasSubstr("<img src=x"))) << field;
  }
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
