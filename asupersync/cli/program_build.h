// What can be known of a test program without running it.
//
//   absl::StatusOr<ProgramBuild> build = DescribeProgram("/path/bank_test",
//                                                        environment);
//   if (build.ok() && build->build_id == manifest.build_id) ...
//
// The build id is that which a test program finds of itself and writes into
// its manifests and traces (testing/test_process.cc): the hash of the GNU build
// ids of the program and of the shared libraries that it loads, in the order
// of loading, but for those of the system (below /lib and /usr).
//
// Nothing is executed. The file's numbers are checked before they are used.
//
// Determinism: a function of the files and of LD_LIBRARY_PATH and LD_PRELOAD.
#ifndef ASUPERSYNC_CLI_PROGRAM_BUILD_H_
#define ASUPERSYNC_CLI_PROGRAM_BUILD_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace asupersync::cli {

struct ProgramBuild {
  // "xxh64:<hex>"; "": it has none. nullopt: cannot be known, see `why`.
  std::optional<std::string> build_id;
  std::string why;
  // Whether the lab's flags are built into it or its libraries.
  bool is_lab_test = false;
};

// `environment` is that which the program will have ("NAME=value"). Errors are
// those of opening or reading `path`.
absl::StatusOr<ProgramBuild> DescribeProgram(
    const std::string& path, const std::vector<std::string>& environment);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_PROGRAM_BUILD_H_
