#ifndef ASUPERSYNC_TESTING_OWN_PROCESS_H_
#define ASUPERSYNC_TESTING_OWN_PROCESS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace testing_internal {

// The file of this program.
std::string OwnPath();

// How a run of this program ended.
struct OwnRun {
  int exit_status = -1;  // meaningless if a signal ended it
  int signal = 0;        // 0: none
  std::string output;    // standard output and error
};

// Whether a child that replays may inherit the variable of this name: not what
// chooses tests, seeds or explorations, nor what names files of this run's.
bool IsInherited(absl::string_view variable);

// Runs this program with these arguments to its end, in this working directory
// and environment but for what is not IsInherited(). What it prints goes
// through the file `output_path`. Internal or another code of errno: it cannot
// be started, or its output not be read.
absl::StatusOr<OwnRun> RunOwnProgram(const std::vector<std::string>& arguments,
                                     const std::string& output_path);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_OWN_PROCESS_H_
