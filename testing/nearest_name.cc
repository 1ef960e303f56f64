#include "asupersync/testing/nearest_name.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

#include "absl/strings/match.h"
#include "absl/strings/strip.h"

namespace asupersync {
namespace testing_internal {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kPieceBytesMin = 3;

std::size_t Distance(absl::string_view a, absl::string_view b) {
  // Of the prefix of `a` that was read, to each prefix of `b`.
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
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
