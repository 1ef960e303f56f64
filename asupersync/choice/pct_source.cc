#include "asupersync/choice/pct_source.h"

#include <cstddef>
#include <cstdint>

#include "absl/base/internal/raw_logging.h"
#include "asupersync/base/seed.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/choice/choice_source.h"

namespace asupersync {
namespace {

// First priorities have this bit, so they are above all lowered ones.
constexpr uint64_t kFirstPriority = uint64_t{1} << 63;

}  // namespace

PctChoiceSource::PctChoiceSource(const DerivedSeeds& seeds, uint32_t depth,
                                 uint64_t expected_steps)
    : depth_(depth),
      expected_steps_(expected_steps),
      uniform_(seeds.schedule),
      draws_(seeds) {
  ABSL_RAW_CHECK(depth >= 1, "PctChoiceSource needs a depth of at least 1");
  ABSL_RAW_CHECK(expected_steps >= 1,
                 "PctChoiceSource needs at least 1 expected step");
  Reset(seeds);
}

void PctChoiceSource::Reset(const DerivedSeeds& seeds) {
  priority_seed_ = seeds.schedule;
  steps_ = 0;
  uniform_.Reseed(seeds.schedule);
  draws_ = SeededDraws(seeds);
  change_points_.clear();
  lowered_.clear();
  for (uint32_t i = 1; i < depth_; ++i) {
    change_points_.push_back(1 + uniform_.Below(expected_steps_));
  }
}

uint64_t PctChoiceSource::PriorityOf(uint64_t identity) const {
  for (const Lowered& lowered : lowered_) {
    if (lowered.identity == identity) return lowered.priority;
  }
  return HashCombine(priority_seed_, identity) | kFirstPriority;
}

void PctChoiceSource::Lower(uint64_t identity, uint64_t priority) {
  for (Lowered& lowered : lowered_) {
    if (lowered.identity == identity) {
      lowered.priority = priority;
      return;
    }
  }
  lowered_.push_back(Lowered{identity, priority});
}

uint32_t PctChoiceSource::Choose(ChoiceKind kind, uint32_t count,
                                 const CandidateView& candidates) {
  const bool by_priority =
      kind == ChoiceKind::kSchedule && ++steps_ <= expected_steps_;
  if (!by_priority) {
    return count <= 1 ? 0 : static_cast<uint32_t>(uniform_.Below(count));
  }
  uint32_t best = 0;
  uint64_t best_identity = candidates.At(0).identity;
  uint64_t best_priority = PriorityOf(best_identity);
  for (uint32_t i = 1; i < count; ++i) {
    const uint64_t identity = candidates.At(i).identity;
    const uint64_t priority = PriorityOf(identity);
    // Equal priorities are hash collisions; the position must not decide.
    if (priority > best_priority ||
        (priority == best_priority && identity < best_identity)) {
      best = i;
      best_identity = identity;
      best_priority = priority;
    }
  }
  for (size_t i = 0; i < change_points_.size(); ++i) {
    if (change_points_[i] == steps_) Lower(best_identity, depth_ - (i + 1));
  }
  return best;
}

}  // namespace asupersync
