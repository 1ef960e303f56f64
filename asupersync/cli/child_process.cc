#include "asupersync/cli/child_process.h"

#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace asupersync::cli {
namespace {

// What posix_spawn() and execve() take; the strings outlive it.
std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  pointers.reserve(strings.size() + 1);
  for (const std::string& s : strings) {
    pointers.push_back(const_cast<char*>(s.c_str()));
  }
  pointers.push_back(nullptr);
  return pointers;
}

// Returns an errno.
int Spawn(const ChildProcess& child, pid_t* pid) {
  std::vector<std::string> words = {child.program};
  words.insert(words.end(), child.arguments.begin(), child.arguments.end());

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  if (!child.working_directory.empty()) {
    posix_spawn_file_actions_addchdir_np(&actions,
                                         child.working_directory.c_str());
  }
  if (child.output_to_error) {
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t to_default;
  sigemptyset(&to_default);
  sigaddset(&to_default, SIGPIPE);
  sigaddset(&to_default, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &to_default);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);

  const int error_number =
      posix_spawn(pid, child.program.c_str(), &actions, &attributes,
                  Pointers(words).data(), Pointers(child.environment).data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&actions);
  return error_number;
}

}  // namespace

std::string ChildExit::ToString() const {
  if (signal == 0) return absl::StrCat("exit status ", status);
  return absl::StrCat("signal ", signal, " (", ::strsignal(signal), ")");
}

absl::StatusOr<ChildExit> RunChild(const ChildProcess& child) {
  pid_t pid = 0;
  if (const int error_number = Spawn(child, &pid); error_number != 0) {
    return absl::ErrnoToStatus(error_number,
                               absl::StrCat("cannot run ", child.program));
  }
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) {
      return absl::ErrnoToStatus(errno,
                                 absl::StrCat("lost sight of ", child.program));
    }
  }
  ChildExit exit;
  if (WIFSIGNALED(status)) {
    exit.signal = WTERMSIG(status);
  } else {
    exit.status = WEXITSTATUS(status);
  }
  return exit;
}

}  // namespace asupersync::cli
