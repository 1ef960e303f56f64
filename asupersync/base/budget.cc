#include "asupersync/base/budget.h"

#include <ostream>

namespace asupersync {

std::ostream& operator<<(std::ostream& os, const Budget& budget) {
  os << "Budget{";
  if (budget.deadline_ns != Budget::kNoDeadline) {
    os << "deadline " << budget.deadline_ns << "ns, ";
  }
  if (budget.poll_quota != Budget::kUnlimitedPolls) {
    os << "polls " << budget.poll_quota << ", ";
  }
  if (budget.cost_quota != Budget::kUnlimitedCost) {
    os << "cost " << budget.cost_quota << ", ";
  }
  return os << "priority " << int{budget.priority} << "}";
}

}  // namespace asupersync
