// Runs a test that is expected to fail under some seeds, as somebody would who
// looks for the bug and then pastes what the failure says:
//
//   driver SUBJECT SUITE.NAME TEXT
//
// SUBJECT is the test's binary; TEXT is what its failure must say. See
// failing_example_test() in example_test.bzl.

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

extern char** environ;

namespace {

using ::testing::HasSubstr;

std::string subject, test_id, expected_text;

struct RunOutput {
  int exit_code = -1;
  std::string text;

  // The line that holds `part`, or "".
  std::string LineWith(absl::string_view part) const {
    for (absl::string_view line : absl::StrSplit(text, '\n')) {
      if (absl::StrContains(line, part)) return std::string(line);
    }
    return "";
  }
};

// Runs a line of shell whose artifacts go to a folder of that name.
RunOutput RunInShell(const std::string& line, const std::string& artifacts) {
  const std::string folder = absl::StrCat(::testing::TempDir(), artifacts);
  setenv("ASUPERSYNC_TEST_ARTIFACTS_DIR", folder.c_str(), 1);
  RunOutput output;
  std::FILE* pipe = popen(absl::StrCat(line, " 2>&1").c_str(), "r");
  if (pipe == nullptr) return output;
  char buffer[4096];
  while (std::size_t n = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.text.append(buffer, n);
  }
  const int status = pclose(pipe);
  if (WIFEXITED(status)) output.exit_code = WEXITSTATUS(status);
  return output;
}

TEST(FailingTestDriver, SweepFindsAFailureWhoseReproLinesWork) {
  const RunOutput sweep =
      RunInShell(absl::StrCat(subject, " --gtest_filter=", test_id,
                              " --lab_explore=sweep:1000"),
                 "sweep");
  ASSERT_EQ(sweep.exit_code, 1) << sweep.text;
  EXPECT_THAT(sweep.text, HasSubstr(expected_text));
  const std::string failure = sweep.LineWith("reproduce with seed 0x");
  ASSERT_NE(failure, "") << sweep.text;
  std::printf("%s\n", sweep.LineWith("[  SWEEP   ]").c_str());

  // The same seed fails in the same way...
  const std::string by_seed = sweep.LineWith(" --lab_seed=");
  ASSERT_NE(by_seed, "") << sweep.text;
  const RunOutput again = RunInShell(by_seed, "by_seed");
  EXPECT_EQ(again.exit_code, 1) << again.text;
  EXPECT_THAT(again.text, HasSubstr(expected_text));
  EXPECT_THAT(again.text, HasSubstr(failure));

  // ... and the recorded run goes the same way step by step.
  const std::string by_manifest = sweep.LineWith(" --lab_replay=");
  ASSERT_NE(by_manifest, "") << sweep.text;
  const RunOutput replay = RunInShell(by_manifest, "by_manifest");
  EXPECT_EQ(replay.exit_code, 1) << replay.text;
  EXPECT_THAT(replay.text, HasSubstr("REPLAY IDENTICAL"));
  EXPECT_THAT(replay.text, HasSubstr("the recorded failure was reproduced"));
  EXPECT_THAT(replay.text, HasSubstr(expected_text));
}

// What a test runner has told this test must not reach the subject.
void ForgetTestRunner() {
  std::vector<std::string> names;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const absl::string_view text = *variable;
    for (absl::string_view prefix :
         {"TEST", "GTEST_", "XML_OUTPUT_FILE", "ASUPERSYNC_", "CI_SEED"}) {
      if (absl::StartsWith(text, prefix)) {
        names.emplace_back(text.substr(0, text.find('=')));
      }
    }
  }
  for (const std::string& name : names) {
    if (name != "TEST_TMPDIR") unsetenv(name.c_str());
  }
}

}  // namespace

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (argc != 4) {
    std::fprintf(stderr, "usage: %s SUBJECT SUITE.NAME TEXT\n", argv[0]);
    return 2;
  }
  subject = argv[1];
  test_id = argv[2];
  expected_text = argv[3];
  ForgetTestRunner();
  return RUN_ALL_TESTS();
}
