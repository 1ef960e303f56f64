// RandomChoiceSource: every choice uniform among the candidates, from a seed.
//
//   RandomChoiceSource source(DeriveSeeds(test_seed, "Bank.Transfer"));
//
// Determinism: the choices are the values of one xoshiro256++ sequence seeded
// with seeds.schedule, in the order in which they are asked for, without bias.
// The kind of choice does not matter. A choice of one consumes nothing, so it
// does not matter whether it is asked for. Draws are SeededDraws.
#ifndef ASUPERSYNC_CHOICE_RANDOM_SOURCE_H_
#define ASUPERSYNC_CHOICE_RANDOM_SOURCE_H_

#include <cstdint>

#include "asupersync/base/prng.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/seeded_draws.h"

namespace asupersync {

class RandomChoiceSource final : public ChoiceSource {
 public:
  explicit RandomChoiceSource(const DerivedSeeds& seeds)
      : schedule_(seeds.schedule), draws_(seeds) {}

  uint32_t Choose(ChoiceKind, uint32_t count, const CandidateView&) override {
    if (count <= 1) return 0;
    return static_cast<uint32_t>(schedule_.Below(count));
  }
  // A guess, from no more than the sequence, at what the choice `ahead` from
  // now will be (0: the next one), if it has `count` candidates. Does not
  // change anything.
  uint32_t Guess(uint32_t ahead, uint32_t count) const {
    Prng copy = schedule_;
    for (uint32_t i = 0; i < ahead; ++i) copy.Next();
    return static_cast<uint32_t>(copy.Below(count));
  }

  uint64_t Draw(DrawPurpose purpose, uint64_t stream,
                uint64_t index) override {
    return draws_.Value(purpose, stream, index);
  }
  void Reset(const DerivedSeeds& seeds) override {
    schedule_.Reseed(seeds.schedule);
    draws_ = SeededDraws(seeds);
  }

 private:
  Prng schedule_;
  SeededDraws draws_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_CHOICE_RANDOM_SOURCE_H_
