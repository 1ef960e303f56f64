#include "asupersync/base/place.h"

#include <source_location>
#include <string>

#include "absl/strings/str_cat.h"

namespace asupersync {

std::string PlaceOf(const std::source_location& where) {
  return absl::StrCat(where.file_name(), ":", where.line());
}

}  // namespace asupersync
