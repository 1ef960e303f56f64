// Stands for a test program that is replayed: reads the flags that `asupersync
// replay` gives and leaves the repro manifest that its own argument asks for.
//
//   --as=identical | diverged | other_certificate | passed
//   --as=other_build | own_build (identical, but of other builds)
//   --as=silent (leaves nothing) | refuses (exit status 2) | crash (SIGABRT)
//
// Says on standard output where and how it was called.
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/strings/string_view.h"
#include "asupersync/replay/manifest.h"

namespace {

// What `--name=value` gives; the last one counts.
std::string Flag(int argc, char** argv, const std::string& name) {
  std::string value;
  for (int i = 1; i < argc; ++i) {
    absl::string_view word = argv[i];
    if (absl::ConsumePrefix(&word, absl::StrCat("--", name, "="))) {
      value = std::string(word);
    }
  }
  return value;
}

void Leave(asupersync::ReproManifest manifest, const std::string& as,
           const std::string& trace, const std::string& artifacts) {
  manifest.replay_of = trace;
  manifest.replay_verdict = "identical";
  if (as == "diverged") {
    manifest.replay_verdict = "diverged";
    manifest.divergence_file = "divergence.json";
    manifest.steps = 2;
  } else if (as == "other_certificate") {
    manifest.schedule_certificate = "0x00000000000000ff";
  } else if (as == "passed") {
    manifest.status = "passed";
    manifest.passed = true;
  } else if (as == "own_build") {
    manifest.build_id = "xxh64:00000000000000cc";
  } else if (as == "other_build") {
    manifest.build_id = "xxh64:00000000000000bb";
  }
  const std::string folder = artifacts + "/Toy_Sends";
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/repro_manifest.json") << ToJson(manifest);
}

}  // namespace

int main(int argc, char** argv) {
  std::printf("subject in %s\n", std::filesystem::current_path().c_str());
  for (int i = 1; i < argc; ++i) std::printf("argument %s\n", argv[i]);
  for (char** at = environ; *at != nullptr; ++at) {
    const absl::string_view variable = *at;
    if (absl::StartsWith(variable, "GTEST_") ||
        absl::StartsWith(variable, "ASUPERSYNC_") ||
        absl::StartsWith(variable, "CI_SEED")) {
      std::printf("variable %s\n", *at);
    }
  }
  // As every lab test does: by this name it is known as one.
  if (std::getenv("ASUPERSYNC_TEST_ARTIFACTS_DIR") != nullptr) return 4;
  std::fflush(stdout);
  const std::string as = Flag(argc, argv, "as");
  if (as == "crash") std::abort();
  if (as == "refuses") return 2;
  if (as == "silent") return 0;
  const std::string path = Flag(argc, argv, "lab_replay");
  const absl::StatusOr<asupersync::ReproManifest> manifest =
      asupersync::ReadManifest(path);
  if (!manifest.ok() ||
      Flag(argc, argv, "gtest_filter") != manifest->test_id ||
      Flag(argc, argv, "lab_artifacts") != "always") {
    std::printf("called wrongly\n");
    return 3;
  }
  Leave(*manifest, as, asupersync::FileBeside(path, manifest->trace_file),
        Flag(argc, argv, "lab_artifacts_dir"));
  return as == "passed" ? 0 : 1;
}
