#include "asupersync/testing/own_process.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstddef>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace asupersync {
namespace testing_internal {
namespace {

std::vector<char*> Pointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

std::vector<std::string> InheritedEnvironment() {
  std::vector<std::string> environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    if (IsInherited(text.substr(0, text.find('=')))) {
      environment.push_back(text);
    }
  }
  return environment;
}

}  // namespace

std::string OwnPath() {
  char path[PATH_MAX];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof(path));
  return size <= 0 ? "" : std::string(path, static_cast<std::size_t>(size));
}

bool IsInherited(absl::string_view variable) {
  constexpr absl::string_view kOfThisRun[] = {
      "TESTBRIDGE_TEST_ONLY", "TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS",
      "TEST_SHARD_STATUS_FILE", "TEST_PREMATURE_EXIT_FILE", "XML_OUTPUT_FILE",
      "CI_SEED", "ASUPERSYNC_SEED", "ASUPERSYNC_REPLAY",
      "ASUPERSYNC_REPLAY_MODE", "ASUPERSYNC_EXPLORE", "ASUPERSYNC_CHAOS",
      "ASUPERSYNC_LAB_CHECK_DETERMINISM"};
  for (absl::string_view name : kOfThisRun) {
    if (variable == name) return false;
  }
  return !absl::StartsWith(variable, "GTEST_");
}

absl::StatusOr<OwnRun> RunOwnProgram(const std::vector<std::string>& arguments,
                                     const std::string& output_path) {
  std::vector<std::string> command = {OwnPath()};
  command.insert(command.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = InheritedEnvironment();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO,
                                   output_path.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND,
                                   0644);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = 0;
  const int error =
      posix_spawn(&child, command[0].c_str(), &actions, nullptr,
                  Pointers(command).data(), Pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    return absl::ErrnoToStatus(
        error, absl::StrCat("cannot run ", command[0], " with its output in ",
                            output_path));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return absl::ErrnoToStatus(errno, "waitpid");
  }
  OwnRun run;
  if (WIFSIGNALED(status)) run.signal = WTERMSIG(status);
  if (WIFEXITED(status)) run.exit_status = WEXITSTATUS(status);
  std::ifstream output(output_path, std::ios::binary);
  if (!output) {
    return absl::InternalError(absl::StrCat("cannot read ", output_path));
  }
  run.output.assign(std::istreambuf_iterator<char>(output),
                    std::istreambuf_iterator<char>());
  return run;
}

}  // namespace testing_internal
}  // namespace asupersync
