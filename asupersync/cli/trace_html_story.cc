#include "asupersync/cli/trace_html_story.h"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/replay_launch.h"
#include "asupersync/replay/manifest.h"

namespace asupersync::cli {
namespace {

using Json = nlohmann::ordered_json;

// Longer files are refused unread; so many assertions are shown.
constexpr size_t kFileBytesMax = 4 << 20;
constexpr size_t kShownMax = 1000;

std::string FileName(absl::string_view path) {
  return std::string(path.substr(path.rfind('/') + 1));
}

// The JSON object in the file; null if there is no file. What is wrong with a
// file that is there is added to `notes`.
Json ReadObject(const std::string& path, std::vector<std::string>* notes) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return nullptr;
  const auto unusable = [&](absl::string_view what) {
    notes->push_back(absl::StrCat(path, ": ", what, "; it is left out"));
    return Json(nullptr);
  };
  const auto size = std::filesystem::file_size(path, error);
  if (error) return unusable("cannot be read");
  if (size > kFileBytesMax) return unusable("is too long");
  std::ifstream file(path, std::ios::binary);
  std::string bytes(size, '\0');
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  bytes.resize(static_cast<size_t>(file.gcount()));
  // Deep nesting would only be deep recursion.
  int depth = 0;
  const auto shallow = [&depth](int, Json::parse_event_t event, Json&) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) ++depth;
    if (event == Event::object_end || event == Event::array_end) --depth;
    return depth <= 8;
  };
  Json json = Json::parse(bytes, shallow, /*allow_exceptions=*/false);
  if (!json.is_object()) return unusable("is not a JSON object");
  return json;
}

std::string TextOf(const Json& object, const char* field) {
  const auto found = object.find(field);
  return found != object.end() && found->is_string()
             ? found->get<std::string>()
             : std::string();
}

Json NumberOf(const Json& object, const char* field) {
  const auto found = object.find(field);
  if (found == object.end() || !found->is_number_unsigned()) return nullptr;
  return *found;
}

Json AssertionsOf(const Json& file) {
  Json shown = Json::array();
  if (!file.is_object()) return shown;
  const auto list = file.find("failed_assertions");
  if (list == file.end() || !list->is_array()) return shown;
  for (const Json& failure : *list) {
    if (!failure.is_object()) continue;
    if (shown.size() == kShownMax) break;
    shown.push_back({{"file", TextOf(failure, "file")},
                     {"line", NumberOf(failure, "line")},
                     {"message", TextOf(failure, "message")},
                     {"tick", NumberOf(failure, "tick")},
                     {"event", NumberOf(failure, "event_index")},
                     {"task", TextOf(failure, "task")}});
  }
  return shown;
}

Json DivergenceOf(const Json& report) {
  if (!report.is_object() || NumberOf(report, "index").is_null()) {
    return nullptr;
  }
  return {{"index", NumberOf(report, "index")},
          {"category", TextOf(report, "category")},
          {"expected", TextOf(report, "expected")},
          {"actual", TextOf(report, "actual")},
          {"expected_site", TextOf(report, "expected_site")},
          {"actual_site", TextOf(report, "actual_site")},
          {"likely_cause", TextOf(report, "likely_cause")}};
}

Json Commands(const ReproManifest& manifest, const std::string& path) {
  Json commands = Json::array();
  if (IsBazelLabel(manifest.bazel_target)) {
    commands.push_back(ShellQuote(
        {"bazel", "test", manifest.bazel_target,
         absl::StrCat("--test_filter=", manifest.test_id),
         absl::StrCat("--test_env=ASUPERSYNC_SEED=",
                      FormatSeed(manifest.seed))}));
  }
  commands.push_back(ShellQuote({"asupersync", "replay", path}));
  return commands;
}

void AddManifest(const ReproManifest& manifest, const std::string& path,
                 Json* json) {
  (*json)["verdict"] = manifest.verdict;
  (*json)["status"] = manifest.status;
  (*json)["reason"] = manifest.failure_reason;
  (*json)["passed"] = manifest.passed;
  (*json)["certificate"] = manifest.schedule_certificate;
  (*json)["fingerprint"] = manifest.trace_fingerprint;
  (*json)["chaos"] = manifest.chaos;
  (*json)["commands"] = Commands(manifest, path);
  Json violations = Json::array();
  for (const std::string& violation : manifest.oracle_violations) {
    if (violations.size() == kShownMax) break;
    violations.push_back(violation);
  }
  (*json)["violations"] = std::move(violations);
}

}  // namespace

absl::StatusOr<TraceStory> ReadTraceStory(
    const std::string& trace, const std::optional<std::string>& manifest) {
  TraceStory story;
  story.json = {{"passed", nullptr},         {"verdict", ""},
                {"status", ""},              {"reason", ""},
                {"certificate", ""},         {"fingerprint", ""},
                {"chaos", ""},               {"commands", Json::array()},
                {"violations", Json::array()}};
  const std::string path =
      manifest.value_or(FileBeside(trace, "repro_manifest.json"));
  const absl::StatusOr<ReproManifest> read = ReadManifest(path);
  if (manifest.has_value() && !read.ok()) return read.status();
  if (!read.ok() && !absl::IsNotFound(read.status())) {
    story.notes.push_back(absl::StrCat(read.status().message(),
                                       "; it is left out"));
  }
  const bool is_ours =
      read.ok() && (manifest.has_value() ||
                    read->trace_file == FileName(trace));
  std::string assertions = "failed_assertions.json";
  std::string divergence = "divergence.json";
  if (is_ours) {
    AddManifest(*read, path, &story.json);
    assertions = read->failed_assertions_file;
    divergence = read->divergence_file;
  } else if (read.ok()) {
    // Beside it, but about another trace: so are the other files.
    assertions = divergence = "";
  }
  const auto object = [&](const std::string& name) {
    return name.empty() ? Json(nullptr)
                        : ReadObject(FileBeside(path, name), &story.notes);
  };
  story.json["assertions"] = AssertionsOf(object(assertions));
  story.json["divergence"] = DivergenceOf(object(divergence));
  return story;
}

}  // namespace asupersync::cli
