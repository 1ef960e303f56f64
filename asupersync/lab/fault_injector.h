#ifndef ASUPERSYNC_LAB_FAULT_INJECTOR_H_
#define ASUPERSYNC_LAB_FAULT_INJECTOR_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "asupersync/choice/choice_source.h"
#include "asupersync/lab/chaos_config.h"

namespace asupersync {

// What was injected in one execution, of how many opportunities: decisions
// that could have injected something, which a replay takes from its trace.
struct ChaosStats {
  std::array<std::uint64_t, kChaosKindCount> injected = {};
  std::uint64_t opportunities = 0;

  std::uint64_t total() const;
  // "12 of 340: cancel 2, delay 10"; "0 of 340".
  std::string ToString() const;
  void Add(const ChaosStats& other);
};

// One thing to inject.
struct Fault {
  ChaosKind kind = ChaosKind::kDelay;
  std::uint64_t amount = 0;  // nanoseconds of a delay or jitter, or which error

  friend bool operator==(const Fault&, const Fault&) = default;
};

// Decides about faults: turns the values of a task's fault stream into what a
// ChaosConfig says, and counts. Knows nothing of tasks.
//
// Determinism: a function of the config and the value. kNoFault gives none.
class FaultInjector {
 public:
  explicit FaultInjector(const ChaosConfig& config) : config_(config) {}

  bool Injects(ChaosKind kind) const { return config_.ppm(kind) != 0; }

  // A task is about to attempt an operation: cancel, budget or delay. The
  // first two only with `may_end`.
  std::optional<Fault> BeforeOperation(std::uint64_t value, bool may_end);
  // One kind alone.
  std::optional<Fault> Decide(ChaosKind kind, std::uint64_t value);

  const ChaosStats& stats() const { return stats_; }
  void Reset() { stats_ = ChaosStats(); }

 private:
  Fault Count(ChaosKind kind, std::uint64_t value);

  ChaosConfig config_;
  ChaosStats stats_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_FAULT_INJECTOR_H_
