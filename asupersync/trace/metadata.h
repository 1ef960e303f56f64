// What a trace says about the run that it records, apart from its events.
//
// Determinism: nothing here depends on the clock, the machine or the process;
// two runs of one test with one seed have equal metadata. So the program and
// its build are not here; the repro manifest beside the trace names them.
#ifndef ASUPERSYNC_TRACE_METADATA_H_
#define ASUPERSYNC_TRACE_METADATA_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "asupersync/base/seed.h"

namespace asupersync {

// The version of this library, as traces name it.
inline constexpr char kLibraryVersion[] = "0.1.0";

struct TraceMetadata {
  // The test seed and those derived from it (DerivedSeeds).
  uint64_t seed = 0;
  uint64_t schedule_seed = 0;
  uint64_t entropy_seed = 0;
  uint64_t fault_seed = 0;
  uint64_t fuzz_seed = 0;
  DerivedSeeds Seeds() const {
    return {seed, schedule_seed, entropy_seed, fault_seed, fuzz_seed};
  }
  void SetSeeds(const DerivedSeeds& seeds) {
    seed = seeds.test_seed;
    schedule_seed = seeds.schedule;
    entropy_seed = seeds.entropy;
    fault_seed = seeds.fault;
    fuzz_seed = seeds.fuzz;
  }

  // "Suite.Name", or empty outside of a test.
  std::string test_id;
  // "sha256:<hex>" of the configuration below; empty = not known.
  std::string config_hash;
  // The runtime's configuration, in the order of its declaration.
  std::vector<std::pair<std::string, std::string>> config;

  // What was recorded: without them the trace holds no RngValue, no WakerWake
  // and WakerBatchWake, no ObjectAccessed.
  bool rng_recorded = false;
  bool wakers_recorded = false;
  bool accesses_recorded = false;

  // Greater than 0 if recording began in mid-run: the tick of the last step
  // before it, and the certificate at that point.
  uint64_t start_tick = 0;
  uint64_t start_certificate = 0;
  // Greater than 0 if a flight recorder dropped the events before this one,
  // the trace's first. start_tick is then the last step before it, or the one
  // that it is in the middle of; start_certificate is not known and 0.
  uint64_t first_event = 0;

  std::string library_version = kLibraryVersion;

  friend bool operator==(const TraceMetadata&, const TraceMetadata&) = default;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_METADATA_H_
