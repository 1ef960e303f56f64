#ifndef ASUPERSYNC_TESTING_REPRO_LINES_H_
#define ASUPERSYNC_TESTING_REPRO_LINES_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/testing/test_process.h"

namespace asupersync {
namespace testing_internal {

// `text` as one word of a POSIX shell's command line.
std::string ShellQuoted(absl::string_view text);

// Where a failure's manifest will be for who reads the test's output.
struct ManifestPlace {
  std::string path;  // empty: there is no manifest
  // Not empty: Bazel will pack the folder of artifacts into this file, in
  // which the test has the folder `name`; the manifest will be at `path` once
  // that is unpacked into `unpacked`.
  std::string archive;
  std::string name;
  std::string unpacked;
};

// The execution that is to be repeated.
struct ReproRun {
  std::string test_id;
  std::uint64_t seed = 0;
  bool run_disabled_tests = false;
  bool check_determinism = false;  // that is what failed, or is going on
  // For --lab_chaos; empty: none, or it is the test's own.
  std::string chaos;
  bool resync = false;  // for --lab_replay_mode
  std::string oracles = {};  // for --lab_oracles; empty: as the test asks
};

// What repeats the execution beside the test's name, as words of a shell's
// command line with a space before each: "--lab_seed=0x2a",
// "--lab_chaos=heavy".
std::string RunFlags(const ReproRun& run);
// The same by a manifest, which has the seed and the chaos.
std::string ReplayFlags(const ReproRun& run, absl::string_view manifest);

// Commands that run the test again when pasted into a shell: by its seed, with
// the flags that matter, and, if there is a manifest, by that alone. Under
// Bazel they are Bazel's.
std::vector<std::string> ReproLines(const TestProcess& process,
                                    const ReproRun& run,
                                    const ManifestPlace& manifest);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_REPRO_LINES_H_
