#ifndef ASUPERSYNC_CLI_TEST_SHELL_H_
#define ASUPERSYNC_CLI_TEST_SHELL_H_

#include <string>

namespace asupersync::cli {

struct ShellResult {
  int status;  // 128 + n: ended by signal n
  std::string output;
};

// Runs a script in bash and takes what it writes to standard output.
ShellResult RunShell(const std::string& script);

// For the main function of a test whose only argument is a program: its
// absolute path, or "" if there is none.
std::string ProgramArgument(int argc, char** argv);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TEST_SHELL_H_
