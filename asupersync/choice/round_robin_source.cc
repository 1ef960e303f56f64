#include "asupersync/choice/round_robin_source.h"

#include <cstdint>
#include <utility>

#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"

namespace asupersync {

uint32_t RoundRobinChoiceSource::Choose(ChoiceKind kind, uint32_t count,
                                        const CandidateView& candidates) {
  if (kind != ChoiceKind::kSchedule) return 0;
  // (last step, compact number) of a candidate; 0 if it made no step yet.
  auto rank = [&](const Candidate& candidate) {
    const auto it = last_step_.find(candidate.identity);
    return std::pair<uint64_t, uint64_t>(
        it == last_step_.end() ? 0 : it->second, candidate.compact);
  };
  uint32_t best = 0;
  Candidate best_candidate = candidates.At(0);
  auto best_rank = rank(best_candidate);
  for (uint32_t i = 1; i < count; ++i) {
    const Candidate candidate = candidates.At(i);
    const auto candidate_rank = rank(candidate);
    if (candidate_rank < best_rank) {
      best = i;
      best_candidate = candidate;
      best_rank = candidate_rank;
    }
  }
  last_step_[best_candidate.identity] = ++steps_;
  return best;
}

void RoundRobinChoiceSource::Reset(const DerivedSeeds& seeds) {
  steps_ = 0;
  last_step_.clear();
  draws_ = SeededDraws(seeds);
}

}  // namespace asupersync
