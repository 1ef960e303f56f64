#include "asupersync/testing/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kPieceBytesMin = 3;

std::size_t Distance(absl::string_view a, absl::string_view b) {
  // Of the prefixes of `a` that end at, and one and two letters before, the
  // current one: to each prefix of `b`.
  std::vector<std::size_t> row(b.size() + 1), above, above_that;
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    above_that = std::exchange(above, row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1),
                         above[j] + 1, row[j - 1] + 1});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) {
        row[j] = std::min(row[j], above_that[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

}  // namespace

std::string NearestName(absl::string_view prefix, absl::string_view name,
                        const std::vector<absl::string_view>& known) {
  if (name.size() > kNameBytesMax) return "";
  const absl::string_view own = absl::StripPrefix(name, prefix);
  if (own.size() >= kPieceBytesMin) {
    for (absl::string_view candidate : known) {
      if (absl::StrContains(absl::StripPrefix(candidate, prefix), own)) {
        return std::string(candidate);
      }
    }
  }
  std::size_t least = own.size() / 3 + 1;
  absl::string_view nearest;
  for (absl::string_view candidate : known) {
    const std::size_t distance =
        Distance(own, absl::StripPrefix(candidate, prefix));
    if (distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return std::string(nearest);
}

}  // namespace testing_internal
}  // namespace asupersync
