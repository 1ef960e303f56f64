#include "testing/e2e/dies_place.h"

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace e2e {

namespace fs = std::filesystem;

bool Place::marked(const std::string& name) const {
  return fs::exists(root + "/.running/" + name);
}

std::vector<std::string> Words(const Place& place, const std::string& way,
                               const std::vector<std::string>& more) {
  std::vector<std::string> words = {"--lab_artifacts_dir=" + place.root};
  words.insert(words.end(), more.begin(), more.end());
  words.push_back(way);
  return words;
}

ProcessResult RunDies(const Place& place, const std::string& way,
                      const std::vector<std::string>& more) {
  return RunSubject(Words(place, way, more),
                    {{"DIES_PROGRESS", place.progress}});
}

// A start of the same program that makes no lab test.
ProcessResult RunSomethingElse(const Place& place) {
  return RunDies(place, "passes", {"--gtest_filter=Other.Passes"});
}

std::uint64_t Progress(const Place& place) {
  std::uint64_t events = 0;
  EXPECT_TRUE(absl::SimpleAtoi(ReadFile(place.progress), &events));
  return events;
}

ReplayTrace ReadTrace(const std::string& path) {
  absl::StatusOr<TraceReader> reader = TraceReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  if (!reader.ok()) return ReplayTrace();
  absl::StatusOr<ReplayTrace> trace = reader->ReadAll();
  EXPECT_TRUE(trace.ok()) << trace.status();
  return trace.ok() ? *std::move(trace) : ReplayTrace();
}

std::vector<EventRecord> All(const ReplayTrace& trace) {
  return {trace.events().begin(), trace.events().end()};
}

std::string LastText(const ReplayTrace& trace) {
  return trace.empty() ? "" : ToString(trace.At(trace.size() - 1)->event);
}

ProcessResult Asupersync(const std::vector<std::string>& words) {
  std::vector<std::string> command = {
      fs::absolute(std::getenv("ASUPERSYNC")).string()};
  command.insert(command.end(), words.begin(), words.end());
  return RunProcess(command, {}, "/");
}

}  // namespace e2e
}  // namespace asupersync
