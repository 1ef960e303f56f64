// SeededDraws: the random values of tasks, shared by the choice sources that
// make theirs up from a seed.
//
//   SeededDraws draws(seeds);
//   uint64_t value = draws.Value(purpose, task_identity, index);
//
// Determinism: a value is a function of (seeds, purpose, stream, index). It
// does not depend on which values were asked for before, so neither on the
// schedule.
//
// Lifetime: a value of 16 bytes.
#ifndef ASUPERSYNC_CHOICE_SEEDED_DRAWS_H_
#define ASUPERSYNC_CHOICE_SEEDED_DRAWS_H_

#include <cstdint>

#include "asupersync/base/prng.h"
#include "asupersync/base/seed.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/choice/choice_source.h"

namespace asupersync {

class SeededDraws {
 public:
  explicit SeededDraws(const DerivedSeeds& seeds)
      : entropy_(seeds.entropy), fault_(seeds.fault) {}

  // Value `index` of the SplitMix64 stream whose key is the hash of (seed of
  // the purpose, stream). About 10 ns, whatever the index.
  uint64_t Value(DrawPurpose purpose, uint64_t stream, uint64_t index) const {
    const uint64_t seed = purpose == DrawPurpose::kEntropy ? entropy_ : fault_;
    return StreamValue(HashCombine(seed, stream), index);
  }

 private:
  uint64_t entropy_;
  uint64_t fault_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_CHOICE_SEEDED_DRAWS_H_
