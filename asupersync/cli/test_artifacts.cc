#include "asupersync/cli/test_artifacts.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/quoting.h"
#include "asupersync/cli/replay_launch.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uintmax_t kJsonBytesMax = 16 << 20;

bool IsFile(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

absl::StatusOr<Json> ReadJson(const std::string& path) {
  std::error_code error;
  if (!fs::exists(path, error)) {
    return absl::NotFoundError(absl::StrCat(path, " is missing"));
  }
  const std::uintmax_t size = fs::file_size(path, error);
  if (error || size > kJsonBytesMax || !IsFile(path)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is no file of at most 16 MiB"));
  }
  std::ifstream in(path, std::ios::binary);
  std::string text(size, '\0');
  in.read(text.data(), static_cast<std::streamsize>(size));
  text.resize(static_cast<size_t>(in.gcount()));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_object()) return json;
  return absl::InvalidArgumentError(absl::StrCat(path, " is no JSON object"));
}

// What is there and of this type; else what stands for nothing.
std::string Text(const Json& object, const char* field) {
  const auto at = object.find(field);
  return at != object.end() && at->is_string() ? at->get<std::string>() : "";
}
std::optional<uint64_t> Number(const Json& object, const char* field) {
  const auto at = object.find(field);
  if (at == object.end() || !at->is_number_unsigned()) return std::nullopt;
  return at->get<uint64_t>();
}

void ReadAssertions(const std::string& path, TestArtifacts* test) {
  const absl::StatusOr<Json> json = ReadJson(path);
  if (!json.ok()) {
    test->problems.emplace_back(json.status().message());
    return;
  }
  const auto list = json->find("failed_assertions");
  if (list == json->end() || !list->is_array()) {
    test->problems.push_back(
        absl::StrCat(path, " has no array \"failed_assertions\""));
    return;
  }
  for (const Json& entry : *list) {
    if (!entry.is_object()) continue;
    FailedAssertion assertion;
    assertion.file = Text(entry, "file");
    assertion.line = Number(entry, "line").value_or(0);
    assertion.message = Text(entry, "message");
    assertion.tick = Number(entry, "tick");
    assertion.event = Number(entry, "event_index");
    assertion.task = Text(entry, "task");
    test->assertions.push_back(std::move(assertion));
  }
}

void ReadDivergence(const std::string& path, TestArtifacts* test) {
  const absl::StatusOr<Json> json = ReadJson(path);
  if (!json.ok()) {
    test->problems.emplace_back(json.status().message());
    return;
  }
  DivergenceSummary divergence;
  divergence.file = path;
  divergence.category = Text(*json, "category");
  divergence.index = Number(*json, "index").value_or(0);
  divergence.expected = Text(*json, "expected");
  divergence.actual = Text(*json, "actual");
  divergence.likely_cause = Text(*json, "likely_cause");
  test->divergence = std::move(divergence);
}

}  // namespace

absl::StatusOr<TestArtifacts> ReadArtifacts(const std::string& path) {
  absl::StatusOr<ReproManifest> manifest = ReadManifest(path);
  if (!manifest.ok()) return manifest.status();
  TestArtifacts test;
  test.path = path;
  test.manifest = *std::move(manifest);
  const ReproManifest& m = test.manifest;
  if (!m.failed_assertions_file.empty()) {
    ReadAssertions(FileBeside(path, m.failed_assertions_file), &test);
  }
  if (!m.divergence_file.empty()) {
    ReadDivergence(FileBeside(path, m.divergence_file), &test);
  }
  if (!m.trace_file.empty()) test.trace = FileBeside(path, m.trace_file);
  return test;
}

std::vector<std::string> ReproLines(const TestArtifacts& test) {
  const ReproManifest& m = test.manifest;
  std::vector<std::string> lines;
  if (!m.trace_file.empty()) {
    lines.push_back(ShellQuote({"asupersync", "replay", test.path}));
  }
  // A seed alone does not bring injected faults back.
  if (!m.chaos.empty() && m.chaos != "off") return lines;
  const std::string seed = FormatSeed(m.seed);
  if (IsBazelLabel(m.bazel_target)) {
    lines.push_back(ShellQuote({"bazel", "test", m.bazel_target,
                                absl::StrCat("--test_filter=", m.test_id),
                                "--test_env=ASUPERSYNC_SEED=" + seed}));
  }
  if (!m.binary.empty()) {
    std::vector<std::string> words = {
        fs::path(m.working_directory) / m.binary,
        absl::StrCat("--gtest_filter=", m.test_id),
        "--lab_seed=" + seed};
    if (absl::StrContains(m.test_id, "DISABLED_")) {
      words.push_back("--gtest_also_run_disabled_tests");
    }
    for (std::string& own : OwnArguments(m)) words.push_back(std::move(own));
    lines.push_back(ShellQuote(words));
  }
  return lines;
}

}  // namespace asupersync::cli
