#include "asupersync/cli/test_shell.h"

#include <stdlib.h>
#include <sys/wait.h>

#include <cstdio>
#include <string>

#include "asupersync/cli/quoting.h"

namespace asupersync::cli {

ShellResult RunShell(const std::string& script) {
  std::FILE* const pipe =
      ::popen(ShellQuote({"/bin/bash", "-c", script}).c_str(), "r");
  std::string output;
  char buffer[4096];
  while (const size_t n = std::fread(buffer, 1, sizeof(buffer), pipe)) {
    output.append(buffer, n);
  }
  const int status = ::pclose(pipe);
  return {WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status),
          output};
}

std::string ProgramArgument(int argc, char** argv) {
  char* const path = argc == 2 ? ::realpath(argv[1], nullptr) : nullptr;
  if (path == nullptr) return "";
  std::string program = path;
  ::free(path);
  return program;
}

}  // namespace asupersync::cli
