#include "asupersync/replay/preconditions.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"

namespace asupersync {
namespace {

using Config = std::vector<std::pair<std::string, std::string>>;

const std::string* Find(const Config& config, absl::string_view key) {
  for (const auto& [name, value] : config) {
    if (name == key) return &value;
  }
  return nullptr;
}

void CompareConfig(const Config& trace, const Config& now,
                   std::vector<std::string>* differences) {
  const auto text = [](const std::string* value) {
    return value == nullptr ? std::string("absent") : *value;
  };
  for (const auto& [key, value] : trace) {
    const std::string* other = Find(now, key);
    if (other == nullptr || *other != value) {
      differences->push_back(absl::StrCat("config ", key, " is ", value,
                                          " in the trace, ", text(other),
                                          " now"));
    }
  }
  for (const auto& [key, value] : now) {
    if (Find(trace, key) == nullptr) {
      differences->push_back(absl::StrCat(
          "config ", key, " is absent in the trace, ", value, " now"));
    }
  }
}

}  // namespace

std::vector<std::string> PreconditionDifferences(
    const TraceMetadata& trace, const ReplayExpectation& now) {
  std::vector<std::string> differences;
  const auto compare = [&](absl::string_view what, const std::string& recorded,
                           const std::string& actual) {
    if (recorded.empty() || actual.empty() || recorded == actual) return;
    differences.push_back(absl::StrCat(what, " is ", recorded,
                                       " in the trace, ", actual, " now"));
  };
  compare("asupersync", trace.library_version, now.library_version);
  compare("test", trace.test_id, now.test_id);
  if (now.seed.has_value() && *now.seed != trace.seed) {
    differences.push_back(absl::StrCat("seed is ", FormatSeed(trace.seed),
                                       " in the trace, ", FormatSeed(*now.seed),
                                       " now"));
  }
  const size_t before = differences.size();
  if (!trace.config.empty() && !now.config.empty()) {
    CompareConfig(trace.config, now.config, &differences);
  }
  if (differences.size() == before) {
    compare("config hash", trace.config_hash, now.config_hash);
  }
  return differences;
}

absl::Status CheckPreconditions(const TraceMetadata& trace,
                                const ReplayExpectation& now) {
  const std::vector<std::string> differences =
      PreconditionDifferences(trace, now);
  if (differences.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "cannot replay the trace: ", absl::StrJoin(differences, "; "),
      "; replay it with the recorded values, or record it again"));
}

RecorderConfig RecorderConfigOf(const TraceMetadata& trace) {
  return RecorderConfig::Enabled()
      .WithRng(trace.rng_recorded)
      .WithWakers(trace.wakers_recorded)
      .WithAccesses(trace.accesses_recorded);
}

}  // namespace asupersync
