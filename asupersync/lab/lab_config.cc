#include "asupersync/lab/lab_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/lab/memory_shaper.h"
#include "asupersync/lab/oracle_table.h"
#include "openssl/sha.h"

namespace asupersync {

LabConfig::LabConfig(std::uint64_t test_seed, absl::string_view test_id)
    : seeds_(DeriveSeeds(test_seed, test_id)), test_id_(test_id) {}

LabConfig LabConfig::WithSeeds(const DerivedSeeds& seeds) const {
  LabConfig config = *this;
  config.seeds_ = seeds;
  return config;
}

LabConfig LabConfig::WithYieldPolicy(YieldPolicy policy) const {
  LabConfig config = *this;
  config.yield_policy_ = policy;
  return config;
}

LabConfig LabConfig::WithLanePolicy(LanePolicy policy) const {
  LabConfig config = *this;
  config.lane_policy_ = policy;
  return config;
}

LabConfig LabConfig::WithStepLimit(std::uint64_t steps_max) const {
  LabConfig config = *this;
  config.steps_max_ = steps_max;
  return config;
}

LabConfig LabConfig::WithReplayRecording(
    const RecorderConfig& recording) const {
  LabConfig config = *this;
  config.recording_ = recording;
  return config;
}

LabConfig LabConfig::WithDefaultReplayRecording() const {
  return WithReplayRecording(RecorderConfig::Enabled());
}

LabConfig LabConfig::WithOracles(OracleSelection oracles) const {
  LabConfig config = *this;
  config.oracles_ = oracles;
  return config;
}

LabConfig LabConfig::WithoutOracle(absl::string_view name) const {
  const absl::StatusOr<OracleSelection> one = OracleSelection::Parse(name);
  const std::optional<OracleId> oracle = FindOracle(name);
  if (!oracle.has_value()) {
    Fatal(absl::StrCat("LabConfig::WithoutOracle(\"", name, "\"): ",
                       one.ok() ? "give the name of one oracle"
                                : one.status().message()));
  }
  return WithOracles(oracles_.Without(*oracle));
}

LabConfig LabConfig::WithChaos(const ChaosConfig& chaos) const {
  LabConfig config = *this;
  config.chaos_ = chaos;
  return config;
}

LabConfig LabConfig::WithIdleSteps(std::uint64_t steps_per_task) const {
  LabConfig config = *this;
  config.idle_steps_ = steps_per_task;
  return config;
}

LabConfig::Hashed LabConfig::WhatIsHashed() const {
  return {yield_policy_,           lane_policy_,
          steps_max_,              chaos_,
          recording_.record_rng,   recording_.record_wakers,
          recording_.record_accesses};
}

std::vector<std::pair<std::string, std::string>> LabConfig::Settings() const {
  const Hashed of = WhatIsHashed();
  return {
      {"yield_policy", of.yield_policy == YieldPolicy::kEveryOperation
                           ? "every_operation"
                           : "when_blocked"},
      {"lane_policy",
       of.lane_policy == LanePolicy::kOrdered ? "ordered" : "any"},
      {"steps_max", absl::StrCat(of.steps_max)},
      {"chaos", of.chaos.ToString()},
      {"record_rng", of.record_rng ? "yes" : "no"},
      {"record_wakers", of.record_wakers ? "yes" : "no"},
      {"record_accesses", of.record_accesses ? "yes" : "no"},
  };
}

std::string LabConfig::Hash() const {
  // Of the settings that this thread hashed last: the executions of a sweep
  // have the same ones.
  struct Memo {
    Hashed settings;
    char hex[2 * SHA256_DIGEST_LENGTH];
  };
  static thread_local std::optional<Memo> memo;
  const Hashed settings = WhatIsHashed();
  if (!memo.has_value() || memo->settings != settings) {
    // No execution's addresses may depend on whether it was the first.
    const MemoryShaper::Pause pause;
    std::string text;
    for (const auto& [name, value] : Settings()) {
      absl::StrAppend(&text, name, "=", value, "\n");
    }
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
           digest);
    const std::string hex = absl::BytesToHexString(absl::string_view(
        reinterpret_cast<const char*>(digest), sizeof(digest)));
    memo.emplace().settings = settings;
    hex.copy(memo->hex, sizeof(memo->hex));
  }
  return absl::StrCat("sha256:",
                      absl::string_view(memo->hex, sizeof(memo->hex)));
}

}  // namespace asupersync
