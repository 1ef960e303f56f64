// RunChild runs a program, waits for it and says how it ended.
//
//   ChildProcess child;
//   child.program = "/path/bank_test";
//   child.arguments = {"--gtest_filter=A.B"};
//   absl::StatusOr<ChildExit> exit = RunChild(child);
//
// No shell is involved: the words arrive as they are. The child shares this
// process's standard streams; it gets the default actions of SIGPIPE and
// SIGXFSZ back.
#ifndef ASUPERSYNC_CLI_CHILD_PROCESS_H_
#define ASUPERSYNC_CLI_CHILD_PROCESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace asupersync::cli {

struct ChildProcess {
  std::string program;                 // absolute path
  std::vector<std::string> arguments;  // without the program's name
  std::string working_directory;       // empty: this process's
  std::vector<std::string> environment;  // "NAME=value"
  bool output_to_error = false;  // its standard output is our standard error
};

struct ChildExit {
  int status = 0;  // of a normal end
  int signal = 0;  // that ended it; 0: it ended normally

  // "exit status 1", "signal 11 (Segmentation fault)".
  std::string ToString() const;
  friend bool operator==(const ChildExit&, const ChildExit&) = default;
};

// NotFound, PermissionDenied, ...: the program cannot be started; names it.
absl::StatusOr<ChildExit> RunChild(const ChildProcess& child);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_CHILD_PROCESS_H_
