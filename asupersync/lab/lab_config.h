#ifndef ASUPERSYNC_LAB_LAB_CONFIG_H_
#define ASUPERSYNC_LAB_LAB_CONFIG_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "asupersync/base/seed.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/lab/oracle_table.h"
#include "asupersync/trace/recorder_config.h"

namespace asupersync {

// When a task gives way to others.
enum class YieldPolicy : std::uint8_t {
  // Before every operation: one step is one operation and the local code up
  // to the next one. Finds the most interleavings.
  kEveryOperation = 0,
  // Only where it has to wait, as in production.
  kWhenBlocked = 1,
};

// Which runnable tasks the next one is chosen from.
enum class LanePolicy : std::uint8_t {
  // Those that were cancelled (at most 16 in a row), else those with the
  // earliest deadline (at most 64 in a row), else the rest.
  kOrdered = 0,
  // All of them.
  kAny = 1,
};

// Everything that a lab execution depends on besides the program.
//
//   LabRuntime runtime(LabConfig(42).WithDefaultReplayRecording());
//
// A plain value; each With function returns a changed copy.
class LabConfig {
 public:
  static constexpr std::uint64_t kDefaultStepsMax = 10'000'000;
  static constexpr std::uint64_t kDefaultIdleSteps = 50'000;

  // Derives every seed from `test_seed` and the test's name.
  explicit LabConfig(std::uint64_t test_seed = kDefaultTestSeed,
                     absl::string_view test_id = "");

  LabConfig WithSeeds(const DerivedSeeds& seeds) const;
  LabConfig WithYieldPolicy(YieldPolicy policy) const;
  LabConfig WithLanePolicy(LanePolicy policy) const;
  // A run ends with RunVerdict::kStepLimit after this many steps.
  LabConfig WithStepLimit(std::uint64_t steps_max) const;
  LabConfig WithReplayRecording(const RecorderConfig& recording) const;
  LabConfig WithDefaultReplayRecording() const;
  // Which oracles watch; by default all of them.
  LabConfig WithOracles(OracleSelection oracles) const;
  // Without the one of this name. REQUIRES: there is one; else aborts and says
  // which there are.
  LabConfig WithoutOracle(absl::string_view name) const;
  // What is injected; by default nothing.
  LabConfig WithChaos(const ChaosConfig& chaos) const;
  // A task is idle for too long when it has not run for this many steps for
  // each live task: for the oracles "futurelock" and "starvation".
  LabConfig WithIdleSteps(std::uint64_t steps_per_task) const;

  const DerivedSeeds& seeds() const { return seeds_; }
  const std::string& test_id() const { return test_id_; }
  YieldPolicy yield_policy() const { return yield_policy_; }
  LanePolicy lane_policy() const { return lane_policy_; }
  std::uint64_t steps_max() const { return steps_max_; }
  const RecorderConfig& recording() const { return recording_; }
  OracleSelection oracles() const { return oracles_; }
  const ChaosConfig& chaos() const { return chaos_; }
  std::uint64_t idle_steps() const { return idle_steps_; }

  // What a replay must agree on beside the seeds, as (name, value) in a fixed
  // order.
  std::vector<std::pair<std::string, std::string>> Settings() const;
  // "sha256:<hex>" of Settings(). Again for equal ones, on one thread, it costs
  // a comparison.
  std::string Hash() const;

 private:
  // All that Settings() depend on.
  struct Hashed {
    YieldPolicy yield_policy;
    LanePolicy lane_policy;
    std::uint64_t steps_max;
    ChaosConfig chaos;
    bool record_rng;
    bool record_wakers;
    bool record_accesses;
    friend bool operator==(const Hashed&, const Hashed&) = default;
  };
  Hashed WhatIsHashed() const;

  DerivedSeeds seeds_;
  std::string test_id_;
  YieldPolicy yield_policy_ = YieldPolicy::kEveryOperation;
  LanePolicy lane_policy_ = LanePolicy::kOrdered;
  std::uint64_t steps_max_ = kDefaultStepsMax;
  RecorderConfig recording_;
  OracleSelection oracles_ = OracleSelection::All();
  ChaosConfig chaos_;
  std::uint64_t idle_steps_ = kDefaultIdleSteps;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_LAB_CONFIG_H_
