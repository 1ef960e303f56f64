#ifndef ASUPERSYNC_TESTING_NEAREST_NAME_H_
#define ASUPERSYNC_TESTING_NEAREST_NAME_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace asupersync {
namespace testing_internal {

// The one of `known` that `name` was probably meant to be: the first that has
// all of it in one piece, else the first of those with the fewest letters to
// insert, remove, change or swap with the next (optimal string alignment, a
// restricted Damerau-Levenshtein distance). Empty if more than a third of its
// letters would have to be. `prefix`, which all of them have, does not count.
// O(length of `name` x length of all); of a name beyond 200 bytes empty.
std::string NearestName(absl::string_view prefix, absl::string_view name,
                        const std::vector<absl::string_view>& known);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_NEAREST_NAME_H_
