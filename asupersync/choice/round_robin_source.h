// RoundRobinChoiceSource: the task that has waited longest makes the next step.
//
//   RoundRobinChoiceSource source(seeds);
//
// Determinism: kSchedule goes to the least recently scheduled candidate; those
// never scheduled come first, and among them the lowest compact number. Every
// other choice is the first candidate. Only draws, which are SeededDraws,
// depend on the seeds.
#ifndef ASUPERSYNC_CHOICE_ROUND_ROBIN_SOURCE_H_
#define ASUPERSYNC_CHOICE_ROUND_ROBIN_SOURCE_H_

#include <cstdint>

#include "absl/container/flat_hash_map.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/seeded_draws.h"

namespace asupersync {

class RoundRobinChoiceSource final : public ChoiceSource {
 public:
  explicit RoundRobinChoiceSource(const DerivedSeeds& seeds) : draws_(seeds) {}

  // O(count) for kSchedule. Remembers every task that it has scheduled.
  uint32_t Choose(ChoiceKind kind, uint32_t count,
                  const CandidateView& candidates) override;
  uint64_t Draw(DrawPurpose purpose, uint64_t stream,
                uint64_t index) override {
    return draws_.Value(purpose, stream, index);
  }
  void Reset(const DerivedSeeds& seeds) override;

 private:
  uint64_t steps_ = 0;
  // The step, from 1, that a task made last, by identity. Never iterated over.
  absl::flat_hash_map<uint64_t, uint64_t> last_step_;
  SeededDraws draws_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_CHOICE_ROUND_ROBIN_SOURCE_H_
