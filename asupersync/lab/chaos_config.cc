#include "asupersync/lab/chaos_config.h"

#include <cmath>
#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/base/fatal.h"

namespace asupersync {
namespace {

constexpr std::uint32_t kMillion = 1'000'000;

// The names of all kinds, in their order.
std::vector<std::string> KindNames() {
  std::vector<std::string> names;
  for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
    names.push_back(Name(static_cast<ChaosKind>(kind)));
  }
  return names;
}

// Why the config cannot be, or OK.
absl::Status Check(const ChaosConfig& config) {
  // What may come before an operation is decided by one draw.
  const std::uint64_t before = std::uint64_t{config.ppm(ChaosKind::kCancel)} +
                               config.ppm(ChaosKind::kBudget) +
                               config.ppm(ChaosKind::kDelay);
  if (before > kMillion) {
    return absl::InvalidArgumentError(
        "the probabilities of cancel, budget and delay add up to more than 1");
  }
  for (absl::Duration most : {config.delay_max(), config.jitter_max()}) {
    if (most < absl::Nanoseconds(1) || most > absl::Hours(1)) {
      return absl::InvalidArgumentError(
          "delay_max and jitter_max lie between 1ns and 1h");
    }
  }
  return absl::OkStatus();
}

// `config` with one part of its text form.
absl::StatusOr<ChaosConfig> WithPart(const ChaosConfig& config,
                                     absl::string_view part) {
  if (part == "off") return ChaosConfig::Off();
  if (part == "light") return ChaosConfig::Light();
  if (part == "heavy") return ChaosConfig::Heavy();
  const std::vector<absl::string_view> sides = absl::StrSplit(part, '=');
  const absl::Status wrong = absl::InvalidArgumentError(absl::StrCat(
      "\"", part, "\": expected off, light, heavy, KIND=PROBABILITY with one "
      "of ", absl::StrJoin(KindNames(), ", "),
      ", delay_max=DURATION or jitter_max=DURATION"));
  if (sides.size() != 2) return wrong;
  if (sides[0] == "delay_max" || sides[0] == "jitter_max") {
    absl::Duration most;
    if (!absl::ParseDuration(sides[1], &most) ||
        most < absl::Nanoseconds(1) || most > absl::Hours(1)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", part, "\": expected a duration from 1ns to 1h, as 5ms"));
    }
    return sides[0] == "delay_max" ? config.WithDelayMax(most)
                                   : config.WithJitterMax(most);
  }
  for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
    if (sides[0] != Name(static_cast<ChaosKind>(kind))) continue;
    double probability = 0;
    if (sides[1].find_first_not_of("0123456789.") != absl::string_view::npos ||
        !absl::SimpleAtod(sides[1], &probability) || probability > 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", part, "\": expected a probability from 0 to 1"));
    }
    std::vector<std::uint32_t> before = {config.ppm(ChaosKind::kCancel),
                                         config.ppm(ChaosKind::kDelay), 0, 0, 0,
                                         config.ppm(ChaosKind::kBudget), 0};
    before[kind] = static_cast<std::uint32_t>(
        std::llround(probability * kMillion));
    if (before[0] + before[1] + before[5] > kMillion &&
        (kind == 0 || kind == 1 || kind == 5)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "\"", part, "\": the probabilities of cancel, budget and delay add "
          "up to more than 1"));
    }
    return config.With(static_cast<ChaosKind>(kind), probability);
  }
  return wrong;
}

void CheckOrDie(const ChaosConfig& config) {
  if (absl::Status status = Check(config); !status.ok()) {
    Fatal(absl::StrCat("ChaosConfig: ", status.message()));
  }
}

}  // namespace

ChaosConfig ChaosConfig::Light() {
  return ChaosConfig()
      .With(ChaosKind::kCancel, 0.001)
      .With(ChaosKind::kDelay, 0.02)
      .With(ChaosKind::kSpuriousWake, 0.01)
      .With(ChaosKind::kBatchedWake, 0.02)
      .With(ChaosKind::kTimerJitter, 0.05)
      .With(ChaosKind::kIoError, 0.01);
}

ChaosConfig ChaosConfig::Heavy() {
  return ChaosConfig()
      .With(ChaosKind::kCancel, 0.02)
      .With(ChaosKind::kDelay, 0.1)
      .With(ChaosKind::kSpuriousWake, 0.1)
      .With(ChaosKind::kBatchedWake, 0.1)
      .With(ChaosKind::kTimerJitter, 0.2)
      .With(ChaosKind::kBudget, 0.01)
      .With(ChaosKind::kIoError, 0.1)
      .WithDelayMax(absl::Milliseconds(100))
      .WithJitterMax(absl::Milliseconds(100));
}

ChaosConfig ChaosConfig::With(ChaosKind kind, double probability) const {
  if (!(probability >= 0 && probability <= 1)) {
    Fatal(absl::StrCat("ChaosConfig::With(", Name(kind), ", ", probability,
                       "): a probability lies between 0 and 1"));
  }
  ChaosConfig config = *this;
  config.ppm_[static_cast<std::size_t>(kind)] =
      static_cast<std::uint32_t>(std::llround(probability * kMillion));
  CheckOrDie(config);
  return config;
}

ChaosConfig ChaosConfig::WithDelayMax(absl::Duration delay) const {
  ChaosConfig config = *this;
  config.delay_max_ = delay;
  CheckOrDie(config);
  return config;
}

ChaosConfig ChaosConfig::WithJitterMax(absl::Duration jitter) const {
  ChaosConfig config = *this;
  config.jitter_max_ = jitter;
  CheckOrDie(config);
  return config;
}

absl::StatusOr<ChaosConfig> ChaosConfig::Parse(absl::string_view text) {
  ChaosConfig config;
  for (absl::string_view part : absl::StrSplit(text, ',')) {
    absl::StatusOr<ChaosConfig> next = WithPart(config, part);
    if (!next.ok()) return next.status();
    config = *next;
  }
  return config;
}

std::string ChaosConfig::ToString() const {
  if (!enabled()) return "off";
  std::vector<std::string> parts;
  for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
    if (ppm_[kind] == 0) continue;
    std::string digits = absl::StrCat(kMillion + ppm_[kind]);
    digits = absl::StrCat(ppm_[kind] / kMillion, ".", digits.substr(1));
    while (digits.back() == '0') digits.pop_back();
    if (digits.back() == '.') digits.pop_back();
    parts.push_back(
        absl::StrCat(Name(static_cast<ChaosKind>(kind)), "=", digits));
  }
  parts.push_back(absl::StrCat("delay_max=", absl::FormatDuration(delay_max_)));
  parts.push_back(
      absl::StrCat("jitter_max=", absl::FormatDuration(jitter_max_)));
  return absl::StrJoin(parts, ",");
}

bool ChaosConfig::enabled() const {
  for (std::uint32_t ppm : ppm_) {
    if (ppm != 0) return true;
  }
  return false;
}

}  // namespace asupersync
