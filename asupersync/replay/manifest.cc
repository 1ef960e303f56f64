#include "asupersync/replay/manifest.h"

#include <limits.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <iterator>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace asupersync {
namespace {

using Json = nlohmann::ordered_json;

constexpr char kWhatToDo[] =
    "; expected a repro_manifest.json as a failing lab test leaves it";

// The fields in their order, once for writing and for reading. Every field
// after the ones that a replay needs may be missing.
template <class Manifest, class Visitor>
void VisitFields(Manifest& m, Visitor&& visit) {
  constexpr bool kRequired = true;
  visit("seed", m.seed, kRequired);
  visit("schedule_seed", m.schedule_seed, kRequired);
  visit("entropy_seed", m.entropy_seed, kRequired);
  visit("fault_seed", m.fault_seed, kRequired);
  visit("fuzz_seed", m.fuzz_seed, kRequired);
  visit("scenario_id", m.scenario_id, kRequired);
  visit("test_id", m.test_id, kRequired);
  visit("binary", m.binary, kRequired);
  visit("arguments", m.arguments, kRequired);
  visit("working_directory", m.working_directory, kRequired);
  visit("bazel_target", m.bazel_target, !kRequired);
  visit("build_id", m.build_id, !kRequired);
  visit("status", m.status, kRequired);
  visit("passed", m.passed, kRequired);
  visit("signal", m.signal, !kRequired);
  visit("config_hash", m.config_hash, kRequired);
  visit("trace_fingerprint", m.trace_fingerprint, kRequired);
  visit("schedule_certificate", m.schedule_certificate, kRequired);
  visit("input_digest", m.input_digest, !kRequired);
  visit("oracle_violations", m.oracle_violations, !kRequired);
  visit("subsystem", m.subsystem, !kRequired);
  visit("invariant", m.invariant, !kRequired);
  visit("steps", m.steps, kRequired);
  visit("verdict", m.verdict, !kRequired);
  visit("trace_file", m.trace_file, kRequired);
  visit("input_file", m.input_file, !kRequired);
  visit("event_log_file", m.event_log_file, !kRequired);
  visit("failed_assertions_file", m.failed_assertions_file, !kRequired);
  visit("chaos", m.chaos, !kRequired);
  visit("chaos_opportunities", m.chaos_opportunities, !kRequired);
  visit("chaos_injected", m.chaos_injected, !kRequired);
  visit("env_snapshot", m.env_snapshot, !kRequired);
  visit("phases_executed", m.phases_executed, !kRequired);
  visit("failure_reason", m.failure_reason, !kRequired);
  visit("replay_of", m.replay_of, !kRequired);
  visit("replay_verdict", m.replay_verdict, !kRequired);
  visit("replay_followed", m.replay_followed, !kRequired);
  visit("divergence_file", m.divergence_file, !kRequired);
}

// Each Read stores a value of the right type, or says what was expected.
const char* Read(const Json& json, std::uint64_t* value) {
  if (!json.is_number_unsigned()) return "a number from 0 to 2^64-1";
  *value = json.get<std::uint64_t>();
  return nullptr;
}
const char* Read(const Json& json, bool* value) {
  if (!json.is_boolean()) return "true or false";
  *value = json.get<bool>();
  return nullptr;
}
const char* Read(const Json& json, std::string* value) {
  if (!json.is_string()) return "a string";
  *value = json.get<std::string>();
  return nullptr;
}
const char* Read(const Json& json, std::vector<std::string>* value) {
  constexpr const char* kExpected = "a list of strings";
  if (!json.is_array()) return kExpected;
  for (const Json& element : json) {
    if (Read(element, &value->emplace_back()) != nullptr) return kExpected;
  }
  return nullptr;
}
const char* Read(const Json& json,
                 std::vector<std::pair<std::string, std::string>>* value) {
  constexpr const char* kExpected = "a list of pairs of strings";
  if (!json.is_array()) return kExpected;
  for (const Json& element : json) {
    auto& [name, text] = value->emplace_back();
    if (!element.is_array() || element.size() != 2 ||
        Read(element[0], &name) != nullptr ||
        Read(element[1], &text) != nullptr) {
      return kExpected;
    }
  }
  return nullptr;
}

const char* Read(const Json& json,
                 std::map<std::string, std::uint64_t>* value) {
  constexpr const char* kExpected = "an object of numbers from 0 to 2^64-1";
  if (!json.is_object()) return kExpected;
  for (const auto& [name, number] : json.items()) {
    if (Read(number, &(*value)[name]) != nullptr) return kExpected;
  }
  return nullptr;
}

bool HasControl(absl::string_view text) {
  for (char c : text) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return true;
  }
  return false;
}

bool HasNul(absl::string_view text) { return absl::StrContains(text, '\0'); }

bool IsOneLine(absl::string_view field) {
  constexpr absl::string_view kOneLine[] = {
      "test_id",           "build_id",             "config_hash",
      "trace_fingerprint", "schedule_certificate", "bazel_target"};
  return std::find(std::begin(kOneLine), std::end(kOneLine), field) !=
         std::end(kOneLine);
}

// What is wrong with the value of a field, or null.
const char* Check(absl::string_view name, const std::string& value) {
  if (absl::EndsWith(name, "_file")) {
    const bool is_entry = value != "." && value != ".." &&
                          value.size() <= NAME_MAX &&
                          !absl::StrContains(value, '/') && !HasControl(value);
    return is_entry ? nullptr : "the name of a file in the manifest's folder";
  }
  if (name == "status") {
    const bool is_known = value == kStatusPassed || value == kStatusFailed ||
                          value == kStatusRunning || value == kStatusDied;
    return is_known ? nullptr
                    : "one of \"passed\", \"failed\", \"running\" and \"died\"";
  }
  if (IsOneLine(name) && HasControl(value)) {
    return "text without control characters";
  }
  const bool in_command = name == "binary" || name == "working_directory";
  if (in_command && HasNul(value)) return "text without NUL";
  return nullptr;
}
const char* Check(absl::string_view name,
                  const std::vector<std::string>& values) {
  if (name != "arguments") return nullptr;
  return std::any_of(values.begin(), values.end(), HasNul)
             ? "a list of texts without NUL"
             : nullptr;
}
template <class Value>
const char* Check(absl::string_view, const Value&) {
  return nullptr;
}

absl::Status Unusable(absl::string_view source, absl::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(source, ": ", what, kWhatToDo));
}

absl::Status CheckVersion(const Json& json, absl::string_view source) {
  const auto found = json.find("schema_version");
  if (found == json.end()) {
    return Unusable(source, "the field schema_version is missing");
  }
  std::uint64_t version = 0;
  if (const char* expected = Read(*found, &version)) {
    return Unusable(source,
                    absl::StrCat("schema_version is not ", expected));
  }
  if (version == ReproManifest::kSchemaVersion) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      source, ": the manifest has schema_version ", version,
      ", this program reads ", ReproManifest::kSchemaVersion,
      "; replay it with the version of asupersync that wrote it"));
}

}  // namespace

std::string ToJson(const ReproManifest& manifest) {
  Json json;
  json["schema_version"] = ReproManifest::kSchemaVersion;
  VisitFields(manifest, [&](const char* name, const auto& value, bool) {
    json[name] = value;
  });
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

absl::StatusOr<ReproManifest> ParseManifest(absl::string_view text,
                                            absl::string_view source) {
  if (text.size() > ReproManifest::kBytesMax) {
    return Unusable(source, absl::StrCat("it is longer than ",
                                         ReproManifest::kBytesMax, " bytes"));
  }
  const Json json = Json::parse(text.begin(), text.end(), nullptr,
                                /*allow_exceptions=*/false);
  if (json.is_discarded()) {
    return Unusable(source, absl::StrCat("its ", text.size(),
                                         " bytes are not whole JSON"));
  }
  if (!json.is_object()) return Unusable(source, "it is not a JSON object");
  if (absl::Status status = CheckVersion(json, source); !status.ok()) {
    return status;
  }
  ReproManifest manifest;
  absl::Status status;
  VisitFields(manifest, [&](const char* name, auto& value, bool required) {
    if (!status.ok()) return;
    const auto found = json.find(name);
    if (found == json.end()) {
      if (required) {
        status =
            Unusable(source, absl::StrCat("the field ", name, " is missing"));
      }
    } else if (const char* expected = Read(*found, &value)) {
      status = Unusable(source,
                        absl::StrCat("the field ", name, " is not ", expected));
    } else if (const char* wanted = Check(name, value)) {
      status = Unusable(source,
                        absl::StrCat("the field ", name, " is not ", wanted));
    }
  });
  if (!status.ok()) return status;
  if (manifest.passed != (manifest.status == kStatusPassed)) {
    return Unusable(source, absl::StrCat("the field passed is ",
                                         manifest.passed ? "true" : "false",
                                         ", the field status is \"",
                                         manifest.status, "\""));
  }
  return manifest;
}

absl::StatusOr<ReproManifest> ReadManifest(absl::string_view path) {
  const std::string name(path);
  std::error_code error;
  if (std::filesystem::is_directory(name, error)) {
    return Unusable(path, "it is a folder");
  }
  // Opening a pipe would wait for whoever writes to it.
  if (std::filesystem::exists(name, error) &&
      !std::filesystem::is_regular_file(name, error)) {
    return Unusable(path, "it is not a regular file");
  }
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(
      std::fopen(name.c_str(), "rb"), &std::fclose);
  if (file == nullptr) {
    return absl::ErrnoToStatus(
        errno, absl::StrCat(path, ": cannot read the manifest", kWhatToDo));
  }
  // One byte more than allowed, to see that there is more.
  std::string text(ReproManifest::kBytesMax + 1, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), file.get()));
  if (std::ferror(file.get()) != 0) {
    return absl::DataLossError(
        absl::StrCat(path, ": reading the manifest failed"));
  }
  return ParseManifest(text, path);
}

std::string FileBeside(absl::string_view path, absl::string_view file) {
  const std::filesystem::path folder =
      std::filesystem::path(std::string(path)).parent_path();
  return (folder / std::string(file)).string();
}

}  // namespace asupersync
