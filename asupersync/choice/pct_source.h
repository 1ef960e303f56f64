// PctChoiceSource: schedules by random priorities with a few random changes,
// which finds a bug of depth d with a known probability in every execution.
//
//   PctChoiceSource source(seeds, /*depth=*/3, /*expected_steps=*/200);
//
// Source: Burckhardt, Kothari, Musuvathi, Nagarakatte, "A Randomized Scheduler
// with Probabilistic Guarantees of Finding Bugs", ASPLOS 2010, section 3. Every
// task has a random priority; the candidate of the highest priority makes each
// step. After each of d-1 random steps out of the k expected ones, the task
// that made it falls below all others. With n tasks, a bug of depth d (one that
// needs d ordering constraints) is found with probability at least
// 1 / (n k^(d-1)).
//
// One addition: an execution that goes on after step k, of which the theorem
// says nothing, is scheduled uniformly from there, so that a task that waits by
// yielding in a loop cannot starve the task that it waits for.
//
// Determinism: a task's first priority is a hash of (seeds.schedule, the task's
// identity), so it does not depend on when the task arrives. Change points and
// choices other than kSchedule, which are uniform, come from one xoshiro256++
// sequence seeded with seeds.schedule. Draws are SeededDraws.
#ifndef ASUPERSYNC_CHOICE_PCT_SOURCE_H_
#define ASUPERSYNC_CHOICE_PCT_SOURCE_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "asupersync/base/prng.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/seeded_draws.h"

namespace asupersync {

class PctChoiceSource final : public ChoiceSource {
 public:
  // `depth` is the d and `expected_steps` the k of the theorem: the number of
  // kSchedule choices in an execution. A k too high only lowers the
  // probability. REQUIRES: depth >= 1, expected_steps >= 1, else aborts.
  PctChoiceSource(const DerivedSeeds& seeds, uint32_t depth,
                  uint64_t expected_steps);

  // O(count * depth) for kSchedule.
  uint32_t Choose(ChoiceKind kind, uint32_t count,
                  const CandidateView& candidates) override;
  uint64_t Draw(DrawPurpose purpose, uint64_t stream,
                uint64_t index) override {
    return draws_.Value(purpose, stream, index);
  }
  void Reset(const DerivedSeeds& seeds) override;

 private:
  struct Lowered {
    uint64_t identity;
    uint64_t priority;
  };

  uint64_t PriorityOf(uint64_t identity) const;
  void Lower(uint64_t identity, uint64_t priority);

  const uint32_t depth_;
  const uint64_t expected_steps_;
  uint64_t priority_seed_ = 0;
  uint64_t steps_ = 0;  // kSchedule choices so far
  Prng uniform_;
  SeededDraws draws_;
  // The steps, counted from 1, after which a priority falls; in the order that
  // they were drawn in. The i-th of them, from 1, lowers to depth - i.
  std::vector<uint64_t> change_points_;
  // Tasks whose priority has fallen: at most depth - 1.
  std::vector<Lowered> lowered_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_CHOICE_PCT_SOURCE_H_
