#include "asupersync/lab/due_timers.h"

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/base/optimization.h"

namespace asupersync {

std::vector<Timer*>* DueTimers::Refill() {
  indexed_ = false;
  by_number_.clear();
  return &timers_;
}

Timer& DueTimers::Take(std::uint32_t index) {
  Timer& taken = *timers_[index];
  Timer* last = timers_.back();
  timers_[index] = last;
  timers_.pop_back();
  if (ABSL_PREDICT_FALSE(indexed_)) {
    by_number_[last->id()] = index;
    by_number_.erase(taken.id());
  }
  return taken;
}

Candidate DueTimers::At(std::uint32_t index) const {
  const Timer& timer = *timers_[index];
  return Candidate{timer.Identity().AsRaw(), timer.id(), Lane::kTimed};
}

std::optional<std::uint32_t> DueTimers::IndexOf(std::uint64_t id) const {
  if (!indexed_) {
    indexed_ = true;
    for (std::uint32_t i = 0; i < size(); ++i) {
      by_number_[timers_[i]->id()] = i;
    }
  }
  const auto found = by_number_.find(id);
  if (found == by_number_.end()) return std::nullopt;
  return found->second;
}

}  // namespace asupersync
