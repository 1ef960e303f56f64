// Every printed line works when it is pasted into a shell.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "testing/e2e/subject_process.h"

namespace asupersync {
namespace e2e {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::StartsWith;

ProcessResult Paste(const std::string& line, const std::string& temporary) {
  return RunProcess({"/bin/sh", "-c", line},
                    {{"PATH", "/usr/bin:/bin"}, {"TMPDIR", temporary}}, "/");
}

// What identifies the execution that a failure is of.
std::vector<std::string> Certificates(const std::string& output) {
  return LinesWith(output, "certificate=0x");
}

TEST(FailureLinesTest, BothLinesRepeatTheFailure) {
  for (const char* test :
       {"Race.ArrivesInOrder", "Race.ClassicForm", "Race.Swept",
        "All/Parameters.AreSmall/1", "End.InADeadlock"}) {
    // A folder whose name a shell would take apart.
    const std::string root = FreshFolder() + "/it's $HOME; \"x\"";
    const ProcessResult first =
        RunSubject({absl::StrCat("--gtest_filter=", test), "--own=a b"},
                   {{"TMPDIR", root}});
    ASSERT_EQ(first.exit_status, 1);
    std::vector<std::string> lines =
        LinesWith(first.out, absl::StrCat("--gtest_filter=", test));
    ASSERT_THAT(lines, SizeIs(3));
    EXPECT_THAT(lines[0], HasSubstr("--lab_seed=0x"));
    EXPECT_THAT(lines[1], HasSubstr("--lab_replay="));
    // The third is the second in the debugger, and says so without one.
    const std::string kDebugger = "gdb --args ";
    ASSERT_THAT(lines[2], ::testing::StartsWith(kDebugger));
    lines[2] = lines[2].substr(kDebugger.size());
    EXPECT_THAT(Paste(lines[2], FreshFolder()).out,
                HasSubstr("but no debugger is attached"));
    for (const std::string& line : lines) {
      const ProcessResult again = Paste(line, FreshFolder());
      EXPECT_EQ(again.exit_status, 1) << line << again.err;
      EXPECT_EQ(Certificates(again.out), Certificates(first.out)) << line;
    }
  }
}

TEST(FailureLinesTest, TheBlockBeginsWithTheSeed) {
  const ProcessResult result =
      RunSubject({"--gtest_filter=Race.Swept",
                  "--lab_artifacts_dir=" + FreshFolder()});
  EXPECT_THAT(LinesWith(result.out, "TEST FAILURE"),
              ElementsAre("TEST FAILURE - reproduce with seed "
                          "0x869BC031F2569205"));
  EXPECT_THAT(LinesWith(result.out, "test_seed=0x869bc031f2569205"),
              SizeIs(1));
}

TEST(FailureLinesTest, UnderBazelTheLinesAreBazels) {
  const std::string root = FreshFolder();
  const ProcessResult result = RunSubject(
      {"--gtest_filter=Race.ArrivesInOrder", "--lab_artifacts_dir=" + root},
      {{"TEST_TARGET", "//examples/bank:bank_test"},
       {"ASUPERSYNC_SEED", "0x123456789abcdef0"}});
  EXPECT_THAT(
      LinesWith(result.out, "bazel "),
      ElementsAre(
          "bazel test //examples/bank:bank_test "
          "--test_filter=Race.ArrivesInOrder "
          "--test_env=ASUPERSYNC_SEED=0x123456789abcdef0",
          absl::StrCat("bazel run //examples/bank:bank_test -- "
                       "--gtest_filter=Race.ArrivesInOrder --lab_replay=",
                       root, "/Race_ArrivesInOrder/repro_manifest.json"),
          ::testing::StartsWith(
              "bazel run -c dbg --run_under='gdb --args' "
              "//examples/bank:bank_test -- --gtest_filter=Race.ArrivesInOrder "
              "--lab_seed=0x123456789abcdef0 --lab_break_at=tick:")));
}

// Bazel packs the undeclared outputs and removes the folder. Here a stand-in
// for `bazel` runs the subject with what follows "--".
TEST(FailureLinesTest, UnderBazelTheManifestIsTakenOutOfTheArchive) {
  const std::string outputs = FreshFolder();
  const std::string temporary = FreshFolder();
  const std::string tools = FreshFolder();
  WriteFile(tools + "/bazel",
            absl::StrCat("#!/bin/sh\n[ \"$1\" = run ] || exit 99\nshift 3\n"
                         "exec ",
                         SubjectPath(), " \"$@\"\n"));
  std::filesystem::permissions(tools + "/bazel",
                               std::filesystem::perms::owner_all);
  for (const char* tool : {"zip", "unzip"}) {
    if (std::filesystem::exists(absl::StrCat("/usr/bin/", tool))) continue;
    GTEST_SKIP() << "there is no " << tool << " here";
  }
  const ProcessResult first =
      RunSubject({"--gtest_filter=Race.ArrivesInOrder"},
                 {{"TEST_TARGET", "//examples/bank:bank_test"},
                  {"TEST_UNDECLARED_OUTPUTS_DIR", outputs},
                  {"PATH", "/usr/bin:/bin"},
                  {"TMPDIR", temporary}});
  const std::vector<std::string> lines = LinesWith(first.out, "--lab_replay=");
  ASSERT_THAT(lines, ElementsAre(StartsWith("mkdir -p " + temporary)));
  EXPECT_EQ(RunProcess({"/usr/bin/zip", "-qrm", outputs + "/outputs.zip",
                        "Race_ArrivesInOrder"},
                       {}, outputs)
                .exit_status,
            0);
  for (int i = 0; i < 2; ++i) {
    const ProcessResult again =
        RunProcess({"/bin/sh", "-c", lines[0]},
                   {{"PATH", tools + ":/usr/bin:/bin"},
                    {"TMPDIR", temporary}},
                   "/");
    EXPECT_EQ(again.exit_status, 1) << again.err;
    EXPECT_THAT(again.out, HasSubstr("REPLAY IDENTICAL"));
    // The next `bazel run` has removed it.
    std::filesystem::remove(outputs + "/outputs.zip");
  }
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
