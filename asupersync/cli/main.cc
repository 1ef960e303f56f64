// The `asupersync` program: RunCli on the process's arguments and streams.
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "asupersync/cli/cli.h"
#include "asupersync/cli/command.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/fd_output.h"

int main(int argc, char** argv) {
  using asupersync::cli::ExitCode;
  // A reader that goes away (`| head`) makes the next write fail with EPIPE,
  // which ends the work and is no error.
  ::signal(SIGPIPE, SIG_IGN);
  // A file that grows beyond the limit (ulimit -f) is an error, not the end.
  ::signal(SIGXFSZ, SIG_IGN);
  const std::vector<std::string> words(argv + (argc > 0 ? 1 : 0), argv + argc);
  asupersync::cli::FdOutput out(STDOUT_FILENO);
  asupersync::cli::FdOutput err(STDERR_FILENO);
  const asupersync::cli::Output output = {
      out, err, /*json=*/nullptr, /*errors=*/nullptr,
      /*err_is_terminal=*/::isatty(STDERR_FILENO) == 1,
      /*out_is_terminal=*/::isatty(STDOUT_FILENO) == 1};
  ExitCode result = asupersync::cli::RunCli(words, output);
  out.flush();
  const int error_number = out.error_number();
  if (error_number != 0 && error_number != EPIPE) {
    asupersync::cli::PrintError(
        output, std::string("cannot write the output: ") +
                    ::strerror(error_number));
    result = ExitCode::kInput;
  }
  return static_cast<int>(result);
}
