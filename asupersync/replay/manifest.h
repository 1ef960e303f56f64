// ReproManifest: everything that is needed to run a failed test again, as
// repro_manifest.json beside the failure's other artifacts.
//
//   absl::StatusOr<ReproManifest> manifest = ReadManifest(path);
//   if (!manifest.ok()) return manifest.status();
//   std::string trace = FileBeside(path, manifest->trace_file);
//
// What is wrong with a manifest is told by the code of the error:
//   NotFound            there is no such file
//   InvalidArgument     it is not JSON, or ends too soon, or is too long, or a
//                       field is missing, of another type or of a value that
//                       no writer gives it (below)
//   FailedPrecondition  another schema_version; the text names both
//
// A manifest is data from anywhere. What is read holds:
// 1. `*_file` is empty or the name of an entry of the manifest's own folder: no
//    path, absolute or upwards. Whether the entry is a file is for its reader.
// 2. Nothing that can be part of a command line (test_id, binary, arguments,
//    working_directory, bazel_target) holds a NUL: what is shown is all of it.
// 3. test_id, the hashes, build_id and bazel_target hold no control characters:
//    they are one line.
// 4. status is one of four words, and passed goes with it.
// Everything else that it says is a claim: no field is a reason to execute or
// to write anything.
//
// Determinism: a value; equal manifests have equal JSON, with the fields in
// the order of their declaration.
#ifndef ASUPERSYNC_REPLAY_MANIFEST_H_
#define ASUPERSYNC_REPLAY_MANIFEST_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {

// ReproManifest::status.
inline constexpr char kStatusPassed[] = "passed";
inline constexpr char kStatusFailed[] = "failed";
// Its process is in the middle of it, or died there.
inline constexpr char kStatusRunning[] = "running";
inline constexpr char kStatusDied[] = "died";  // there; that is known

struct ReproManifest {
  static constexpr std::uint64_t kSchemaVersion = 1;
  // Longer files are refused unread.
  static constexpr std::size_t kBytesMax = 1 << 20;

  // The test seed and those derived from it. JSON numbers.
  std::uint64_t seed = 0;
  std::uint64_t schedule_seed = 0;
  std::uint64_t entropy_seed = 0;
  std::uint64_t fault_seed = 0;
  std::uint64_t fuzz_seed = 0;

  std::string scenario_id;  // test_id unless the test has set another
  std::string test_id;      // "Suite.Name"

  // How the program was started. `arguments` are those besides GoogleTest's
  // and --lab_ flags.
  std::string binary;
  std::vector<std::string> arguments;
  std::string working_directory;
  std::string bazel_target;  // empty: not run by Bazel
  std::string build_id;

  std::string status;  // one of the four above
  bool passed = false;
  std::uint64_t signal = 0;  // that the process died by; 0: none, or not known

  std::string config_hash;           // "sha256:<hex>"
  std::string trace_fingerprint;     // "foata64:<16 hex digits>"
  std::string schedule_certificate;  // "0x<16 hex digits>"
  std::string input_digest;          // "sha256:<hex>"; empty: no inputs
  std::vector<std::string> oracle_violations;
  std::string subsystem;
  std::string invariant;
  std::uint64_t steps = 0;
  std::string verdict;  // how the last run ended; empty: nothing was run

  // Files in the manifest's folder; empty: there is none.
  std::string trace_file;
  std::string input_file;
  std::string event_log_file;
  std::string failed_assertions_file;

  // What faults were asked for ("off": none; empty: nothing was run), how often
  // the execution could have had one, and how many it had of each kind.
  std::string chaos;
  std::uint64_t chaos_opportunities = 0;
  std::map<std::string, std::uint64_t> chaos_injected;

  std::vector<std::pair<std::string, std::string>> env_snapshot;
  std::vector<std::string> phases_executed;
  std::string failure_reason;

  // Of a replay: the trace that it followed, how that ended, and the report.
  // Strict mode: "identical", "diverged" or "prefix". Resync mode: "still
  // fails", "fixed", "diverged", "fails now" or "still passes", and how far
  // the trace was followed. Else empty.
  std::string replay_of;
  std::string replay_verdict;
  std::string replay_followed;
  std::string divergence_file;

  friend bool operator==(const ReproManifest&, const ReproManifest&) = default;
};

// Indented JSON, ends with a newline. Text that is not UTF-8 is repaired.
std::string ToJson(const ReproManifest& manifest);

// Reads JSON; `source` is what errors call it. Bounded by the length of
// `json`, whatever it says. Fields that are not known are passed over.
absl::StatusOr<ReproManifest> ParseManifest(absl::string_view json,
                                            absl::string_view source);

absl::StatusOr<ReproManifest> ReadManifest(absl::string_view path);

// `file`, an entry of the folder that holds `path`.
std::string FileBeside(absl::string_view path, absl::string_view file);

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_MANIFEST_H_
