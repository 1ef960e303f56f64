#include "asupersync/lab/violation.h"

#include <ostream>
#include <source_location>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"

namespace asupersync {

std::ostream& operator<<(std::ostream& out, const Violation& violation) {
  return out << violation.oracle << ": " << violation.message;
}

void ViolationLog::Add(Violation violation) {
  std::uint64_t& count = counts_[static_cast<std::size_t>(violation.oracle)];
  if (++count <= kPerOracleMax) violations_.push_back(std::move(violation));
}

void ViolationLog::Clear() {
  if (violations_.empty()) return;
  violations_.clear();
  counts_.fill(0);
}

}  // namespace asupersync
