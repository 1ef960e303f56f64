#include "asupersync/base/ids.h"

#include <cstdint>
#include <ostream>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace asupersync {
namespace internal_ids {

void PrintIdentity(std::ostream& os, absl::string_view name, uint64_t raw) {
  if (raw == 0) {
    os << absl::StrCat(name, ":none");
  } else {
    os << absl::StrCat(name, ":", absl::Hex(raw, absl::kZeroPad16));
  }
}

}  // namespace internal_ids
}  // namespace asupersync
