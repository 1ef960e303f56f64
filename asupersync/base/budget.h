// Budget: what a task may still use: time, steps and cost; and its priority.
//
//   Budget child = parent.Meet(Budget::Unlimited().WithPollQuota(100));
//
// Determinism: values only. The deadline is in nanoseconds of the runtime's
// own clock, never of the machine's.
//
// Invariants: Meet is commutative, associative and idempotent, and Unlimited()
// is its identity. So nesting budgets in any order gives the same limits.
#ifndef ASUPERSYNC_BASE_BUDGET_H_
#define ASUPERSYNC_BASE_BUDGET_H_

#include <algorithm>
#include <cstdint>
#include <ostream>

#include "absl/time/time.h"

namespace asupersync {

struct Budget {
  static constexpr int64_t kNoDeadline = INT64_MAX;
  static constexpr uint32_t kUnlimitedPolls = UINT32_MAX;
  static constexpr uint64_t kUnlimitedCost = UINT64_MAX;
  static constexpr uint8_t kDefaultPriority = 128;

  int64_t deadline_ns = kNoDeadline;      // on the runtime's clock
  uint32_t poll_quota = kUnlimitedPolls;  // steps left
  uint64_t cost_quota = kUnlimitedCost;   // in the program's own units
  uint8_t priority = kDefaultPriority;    // more is sooner

  // No limits, and priority 0: the identity of Meet. A default-constructed
  // Budget has no limits either, but asks for kDefaultPriority.
  static constexpr Budget Unlimited() { return Budget().WithPriority(0); }

  // On the runtime's clock: cx.Now() + absl::Seconds(1).
  Budget WithDeadline(absl::Time time) const {
    return WithDeadlineNs(absl::ToUnixNanos(time));
  }
  constexpr Budget WithDeadlineNs(int64_t ns) const {
    Budget budget = *this;
    budget.deadline_ns = ns;
    return budget;
  }
  constexpr Budget WithPollQuota(uint32_t polls) const {
    Budget budget = *this;
    budget.poll_quota = polls;
    return budget;
  }
  constexpr Budget WithCostQuota(uint64_t cost) const {
    Budget budget = *this;
    budget.cost_quota = cost;
    return budget;
  }
  constexpr Budget WithPriority(uint8_t value) const {
    Budget budget = *this;
    budget.priority = value;
    return budget;
  }

  // Both at once: the tighter of each limit and the higher priority.
  constexpr Budget Meet(const Budget& other) const {
    return Budget{std::min(deadline_ns, other.deadline_ns),
                  std::min(poll_quota, other.poll_quota),
                  std::min(cost_quota, other.cost_quota),
                  std::max(priority, other.priority)};
  }

  // True if nothing is limited, whatever the priority.
  constexpr bool IsUnlimited() const {
    return deadline_ns == kNoDeadline && poll_quota == kUnlimitedPolls &&
           cost_quota == kUnlimitedCost;
  }

  friend constexpr bool operator==(const Budget&, const Budget&) = default;
};

// "Budget{deadline 5ns, polls 3, priority 128}"; what is not limited is left
// out.
std::ostream& operator<<(std::ostream& os, const Budget& budget);

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_BUDGET_H_
