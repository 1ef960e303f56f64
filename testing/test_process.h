#ifndef ASUPERSYNC_TESTING_TEST_PROCESS_H_
#define ASUPERSYNC_TESTING_TEST_PROCESS_H_

#include <string>
#include <utility>
#include <vector>

#include "asupersync/testing/lab_flags.h"

namespace asupersync {
namespace testing_internal {

// Which program this is and where it runs: what a repro manifest and the
// repro lines need to start it again.
struct TestProcess {
  // Absolute, with symbolic links resolved: a path into a Bazel sandbox would
  // be gone when somebody wants to use it.
  std::string binary;
  // As the caller wrote it, for lines that are shown to him.
  std::string invoked_as;
  // Without the program's name, GoogleTest's flags and --lab_ flags.
  std::vector<std::string> arguments;
  // Under Bazel the program's runfiles outside the sandbox.
  std::string working_directory;
  // "//examples/bank:bank_test", or empty: not run by Bazel.
  std::string bazel_target;
  // "xxh64:<hex>" over the linker's build ids of the program and its own
  // shared libraries; empty if they have none.
  std::string build_id;
  // A few variables that may matter, those that are set, in order of name.
  std::vector<std::pair<std::string, std::string>> environment;
};

TestProcess DescribeTestProcess(const std::string& invoked_as,
                                std::vector<std::string> arguments,
                                const GetVariable& get_variable);

// Whether this is the process of a death test, of either style. GoogleTest's
// own InDeathTestChild() does not know one of a test that has asked for
// "threadsafe" itself.
bool IsDeathTestChild();

// Where a file below a sandbox's bazel-out will be when Bazel is done with the
// test: the same path in the execution root that holds `binary`. Other paths
// are returned as they are.
std::string OutsideSandbox(const std::string& path, const std::string& binary);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_TEST_PROCESS_H_
