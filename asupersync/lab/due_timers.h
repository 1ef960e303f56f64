#ifndef ASUPERSYNC_LAB_DUE_TIMERS_H_
#define ASUPERSYNC_LAB_DUE_TIMERS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/task/timer.h"

namespace asupersync {

// The timers that are due together and have not fired yet, and the candidates
// of a timer choice.
//
// Determinism: the order is a function of the calls.
class DueTimers final : public CandidateView {
 public:
  bool empty() const { return timers_.empty(); }
  std::uint32_t size() const {
    return static_cast<std::uint32_t>(timers_.size());
  }

  // To be filled while empty(); see TimerQueue::TakeDue().
  std::vector<Timer*>* Refill();

  // Takes the timer at `index` out; the last one comes into its place. O(1).
  Timer& Take(std::uint32_t index);

  Candidate At(std::uint32_t index) const override;
  // O(1), after a first call of O(n).
  std::optional<std::uint32_t> IndexOf(std::uint64_t id) const override;

 private:
  std::vector<Timer*> timers_;
  // By number, for replay, which looks timers up by name. Kept only after the
  // first look-up.
  mutable bool indexed_ = false;
  mutable absl::flat_hash_map<std::uint64_t, std::uint32_t> by_number_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_DUE_TIMERS_H_
