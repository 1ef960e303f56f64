#ifndef ASUPERSYNC_TESTING_REGRESSION_TRACES_H_
#define ASUPERSYNC_TESTING_REGRESSION_TRACES_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

// LAB_REGRESSION_TRACES: recorded failures that must not come back.
//
//   // next to the lab tests that the traces were recorded with:
//   LAB_REGRESSION_TRACES("testdata/traces/*.async");
//
// makes one GoogleTest case of each file, in the order of their names:
// RegressionTraces.<file's name>. A case runs this program once more, with
// --lab_replay=<the file> --lab_replay_mode=resync: the lab test that left the
// trace is driven along it as far as that still fits the program, and the case
//   passes  if the test passes: "fixed", or "diverged" if less than half of
//           the trace could be followed, which is said but is no failure;
//   fails   if the test fails ("still fails"), also by the death of its
//           program, or if the trace cannot be replayed: not readable, or of a
//           test that is not in this program.
// How far the trace was followed is printed and is an XML property.
//
// A trace is the file trace.async among the artifacts of a failure; copy it
// below testdata/ under a name that says what failed, and list it as `data` of
// the test.
//
// The pattern is one of glob(7). A relative one starts in the folder of the
// source file, wherever that is found: from the working directory, in Bazel's
// runfiles, in the workspace of `bazel run`, or where it was compiled. A
// pattern without a match is a case that fails.
#define LAB_REGRESSION_TRACES(pattern)                                      \
  [[maybe_unused]] static const int GTEST_CONCAT_TOKEN_(                    \
      asupersync_regression_traces_, __LINE__) =                            \
      ::asupersync::testing_internal::RegisterRegressionTraces(pattern,     \
                                                               __FILE__,    \
                                                               __LINE__)

namespace asupersync {
namespace testing_internal {

// What a pattern matches.
struct TraceFiles {
  std::vector<std::string> paths;    // absolute, sorted
  std::vector<std::string> searched;  // patterns tried, if there are no paths
};

// The matches below the first of `folders` that has any.
TraceFiles FindTraceFiles(absl::string_view pattern,
                          const std::vector<std::string>& folders);

// The names of the cases: the files' without folder and extension, of letters,
// digits and "_"; equal ones are numbered.
std::vector<std::string> RegressionCaseNames(
    const std::vector<std::string>& paths);

// See LAB_REGRESSION_TRACES. Returns how many cases there are.
int RegisterRegressionTraces(const char* pattern, const char* file, int line);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_REGRESSION_TRACES_H_
