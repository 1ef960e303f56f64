#include "asupersync/lab/fault_injector.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"

namespace asupersync {
namespace {

// The upper half of a value as a number of millionths, the lower half as a
// number up to `most`, from 1.
std::uint32_t Millionths(std::uint64_t value) {
  return static_cast<std::uint32_t>(((value >> 32) * 1'000'000) >> 32);
}

std::uint64_t UpTo(std::uint64_t value, absl::Duration most) {
  const auto bound =
      static_cast<unsigned __int128>(absl::ToInt64Nanoseconds(most));
  return static_cast<std::uint64_t>(((value & 0xffffffff) * bound) >> 32) + 1;
}

}  // namespace

std::uint64_t ChaosStats::total() const {
  std::uint64_t sum = 0;
  for (std::uint64_t count : injected) sum += count;
  return sum;
}

std::string ChaosStats::ToString() const {
  std::string text = absl::StrCat(total(), " of ", opportunities);
  const char* separator = ": ";
  for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
    if (injected[kind] == 0) continue;
    absl::StrAppend(&text, separator, Name(static_cast<ChaosKind>(kind)), " ",
                    injected[kind]);
    separator = ", ";
  }
  return text;
}

void ChaosStats::Add(const ChaosStats& other) {
  opportunities += other.opportunities;
  for (std::size_t kind = 0; kind < kChaosKindCount; ++kind) {
    injected[kind] += other.injected[kind];
  }
}

Fault FaultInjector::Count(ChaosKind kind, std::uint64_t value) {
  ++stats_.injected[static_cast<std::size_t>(kind)];
  switch (kind) {
    case ChaosKind::kDelay:
      return {kind, UpTo(value, config_.delay_max())};
    case ChaosKind::kTimerJitter:
      return {kind, UpTo(value, config_.jitter_max())};
    default:
      return {kind, value & 0xff};
  }
}

std::optional<Fault> FaultInjector::BeforeOperation(std::uint64_t value,
                                                    bool may_end) {
  const bool may_hit =
      Injects(ChaosKind::kDelay) ||
      (may_end && (Injects(ChaosKind::kCancel) || Injects(ChaosKind::kBudget)));
  if (!may_hit) return std::nullopt;
  ++stats_.opportunities;
  if (value == kNoFault) return std::nullopt;
  std::uint32_t at = Millionths(value);
  for (ChaosKind kind :
       {ChaosKind::kCancel, ChaosKind::kBudget, ChaosKind::kDelay}) {
    if (at >= config_.ppm(kind)) {
      at -= config_.ppm(kind);
      continue;
    }
    if (kind != ChaosKind::kDelay && !may_end) return std::nullopt;
    return Count(kind, value);
  }
  return std::nullopt;
}

std::optional<Fault> FaultInjector::Decide(ChaosKind kind,
                                           std::uint64_t value) {
  ++stats_.opportunities;
  if (value == kNoFault || Millionths(value) >= config_.ppm(kind)) {
    return std::nullopt;
  }
  return Count(kind, value);
}

}  // namespace asupersync
