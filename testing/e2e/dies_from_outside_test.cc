// What a lab test leaves that is ended, or stopped, by somebody else.
#include <fcntl.h>
#include <pty.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
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
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using Json = nlohmann::json;

// The subject, while it runs.
class Child {
 public:
  Child(const Place& place, const std::string& way,
        const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = Words(place, way, more);
    words.insert(words.begin(), SubjectPath());
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::string progress = "DIES_PROGRESS=" + place.progress;
    char* const environment[] = {progress.data(), nullptr};
    pid_ = fork();
    if (pid_ == 0) {
      dup2(open("/dev/null", O_WRONLY), 1);
      dup2(open((place.progress + "_err").c_str(),
                O_WRONLY | O_CREAT | O_TRUNC, 0600),
           2);
      execve(arguments[0], arguments.data(), environment);
      _exit(127);
    }
  }
  ~Child() {
    if (pid_ > 0) End(SIGKILL);
  }
  void WaitUntilStopped() {
    int status = 0;
    EXPECT_EQ(waitpid(pid_, &status, WUNTRACED), pid_);
    EXPECT_TRUE(WIFSTOPPED(status));
  }
  void End(int signal) {
    kill(pid_, signal);
    EXPECT_EQ(waitpid(pid_, nullptr, 0), pid_);
    pid_ = -1;
  }

 private:
  pid_t pid_;
};

TEST(DiesFromOutsideTest, WhileItLivesItIsNotTakenForDead) {
  const Place place;
  Child child(place, "stop");
  child.WaitUntilStopped();
  EXPECT_EQ(RunSomethingElse(place).err, "");
  EXPECT_EQ(ReadJson(place.manifest())["status"], "running");
  // A second process has a folder of its own.
  const auto before = ReadTree(place.folder());
  RunDies(place, "kill");
  EXPECT_EQ(ReadTree(place.folder()), before);
  EXPECT_EQ(ReadJson(place.folder() + "_2/repro_manifest.json")["arguments"],
            Json::array({"kill"}));
  child.End(SIGKILL);
  EXPECT_THAT(LinesWith(RunSomethingElse(place).err, "died in an earlier run"),
              SizeIs(2));
}

TEST(DiesFromOutsideTest, WhileItLivesItIsNotReplayed) {
  const Place place;
  Child child(place, "stop");
  child.WaitUntilStopped();
  const ProcessResult result = Asupersync({"replay", place.manifest()});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("Dies.InTheMiddleOfAStep still runs"));
}

// Behind the end of its trace it goes on by the seed.
TEST(DiesFromOutsideTest, KilledFromOutsideItIsReplayedToItsEnd) {
  const Place place;
  {
    Child child(place, "stop");
    child.WaitUntilStopped();
    child.End(SIGKILL);
  }
  // What stops in a replay stops for ever: another word for it.
  Json json = ReadJson(place.manifest());
  json["arguments"] = Json::array({"passes"});
  WriteFile(place.manifest(), json.dump());
  const ProcessResult result = Asupersync({"replay", place.manifest()});
  EXPECT_EQ(result.exit_status, 0) << result.err;
  EXPECT_THAT(LinesWith(result.out, "replay: prefix; now passed after"),
              ElementsAre(HasSubstr("; recorded was died; ")));
}

// Signals from outside come at any instruction.
TEST(DiesFromOutsideTest, KilledFromOutsideItLeavesAReadablePrefix) {
  constexpr int kFromOutside[] = {SIGKILL, SIGTERM, SIGINT};
  for (int round = 0; round < 51; ++round) {
    const Place place;
    const int signal = kFromOutside[round % 3];
    {
      Child child(place, "forever");
      while (!fs::exists(place.progress) ||
             fs::file_size(place.progress) == 0) {
        usleep(1000);
      }
      usleep(37 * round % 5000);
      child.End(signal);
    }
    const ReplayTrace trace = ReadTrace(place.trace());
    EXPECT_GE(trace.size(), Progress(place)) << round;
    const Json json = ReadJson(place.manifest());
    EXPECT_EQ(json["status"], "running");
    EXPECT_EQ(json["signal"], signal == SIGKILL ? 0 : signal);
    EXPECT_EQ(LinesWith(ReadFile(place.progress + "_err"), "DIED").size(),
              signal == SIGKILL ? 0u : 1u);
    fs::remove_all(place.root);
  }
}

// Ctrl-C: a signal of the kernel's, and not of a process.
TEST(DiesFromOutsideTest, InterruptedOnItsTerminalItSaysSoAndDies) {
  const Place place;
  int terminal = -1;
  const pid_t pid = forkpty(&terminal, nullptr, nullptr, nullptr);
  if (pid == 0) {
    const std::vector<std::string> words = Words(place, "forever");
    const std::string program = SubjectPath();
    setenv("DIES_PROGRESS", place.progress.c_str(), 1);
    execl(program.c_str(), program.c_str(), words[0].c_str(),
          words[1].c_str(), nullptr);
    _exit(127);
  }
  if (pid < 0) GTEST_SKIP() << "there is no terminal to be had";
  while (!fs::exists(place.progress) || fs::file_size(place.progress) == 0) {
    usleep(1000);
  }
  ASSERT_EQ(write(terminal, "\x03", 1), 1);
  std::string shown;
  char some[4096];
  for (ssize_t n; (n = read(terminal, some, sizeof(some))) > 0;) {
    shown.append(some, static_cast<std::size_t>(n));
  }
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGINT) << status;
  EXPECT_THAT(LinesWith(shown, "asupersync: DIED: Dies.InTheMiddleOfAStep by"),
              ElementsAre(HasSubstr(" by signal 2 (SIGINT)")));
  EXPECT_EQ(ReadJson(place.manifest())["signal"], SIGINT);
  EXPECT_GE(ReadTrace(place.trace()).size(), Progress(place));
  close(terminal);
}

// Manifest, log and trace are of one execution, and that is told again.
TEST(DiesFromOutsideTest, KilledInASweepItLeavesThatExecution) {
  for (int round = 0; round < 20; ++round) {
    const Place place;
    {
      Child child(place, "passes", {"--lab_explore=sweep:1000000"});
      while (!fs::exists(place.manifest())) usleep(1000);
      usleep(10'000 + 977 * round);
      child.End(round % 2 == 0 ? SIGKILL : SIGTERM);
    }
    const std::uint64_t seed = ReadTrace(place.trace()).metadata().seed;
    EXPECT_TRUE(ReadJson(place.manifest()).is_object());
    RunSomethingElse(place);
    const Json json = ReadJson(place.manifest());
    EXPECT_EQ(json["status"], "died");
    EXPECT_EQ(json["seed"], seed);
    EXPECT_EQ(ReadTrace(place.trace()).metadata().seed, seed);
    EXPECT_THAT(ReadFile(place.log()),
                HasSubstr(absl::StrCat(" seed=", FormatSeed(seed), " ")));
    fs::remove_all(place.root);
  }
}

}  // namespace
}  // namespace e2e
}  // namespace asupersync
