// The artifacts of one test: its repro manifest and what that names, as far as
// it can be read.
//
//   absl::StatusOr<TestArtifacts> test = ReadArtifacts(path);
//   for (const std::string& problem : test->problems) ...
//
// The files may come from anybody: they are read, with bounds, and never
// trusted.
//
// Determinism: functions of the files.
#ifndef ASUPERSYNC_CLI_TEST_ARTIFACTS_H_
#define ASUPERSYNC_CLI_TEST_ARTIFACTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "asupersync/replay/manifest.h"

namespace asupersync::cli {

struct FailedAssertion {
  std::string file;
  uint64_t line = 0;
  std::string message;
  // Where in the execution; nullopt or empty: not known.
  std::optional<uint64_t> tick;
  std::optional<uint64_t> event;
  std::string task;
};

struct DivergenceSummary {
  std::string file;
  std::string category;
  uint64_t index = 0;
  std::string expected;
  std::string actual;
  std::string likely_cause;
};

struct TestArtifacts {
  std::string path;  // of the manifest
  ReproManifest manifest;
  std::vector<FailedAssertion> assertions;
  std::optional<DivergenceSummary> divergence;
  // The file of the trace; empty: the manifest names none.
  std::string trace;
  // A line for each file that is missing or not what it should be.
  std::vector<std::string> problems;
};

// The errors of ReadManifest(). What is wrong with another file is a problem.
absl::StatusOr<TestArtifacts> ReadArtifacts(const std::string& path);

// Lines that run the test again when pasted into a shell, the best first.
std::vector<std::string> ReproLines(const TestArtifacts& test);

}  // namespace asupersync::cli

#endif  // ASUPERSYNC_CLI_TEST_ARTIFACTS_H_
