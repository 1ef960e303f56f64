#include "asupersync/combinator/failures.h"

#include <source_location>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/place.h"
#include "asupersync/base/reported_error.h"

namespace asupersync {
namespace combinator_internal {

absl::Status Failures::ToStatus(absl::string_view what,
                                std::source_location site) const {
  absl::StatusCode code = absl::StatusCode::kAborted;
  bool has_code = false;
  bool reported = false;
  std::string text = absl::StrCat(PlaceOf(site), ": ", what);
  const char* separator = ": ";
  for (const auto& [branch, error] : errors_) {
    absl::StrAppend(&text, separator, "[", branch, "] ",
                    absl::StatusCodeToString(error.code()), ": ",
                    error.message());
    separator = "; ";
    reported |= IsReported(error);
    if (has_code || absl::IsCancelled(error)) continue;
    code = error.code();
    has_code = true;
  }
  absl::Status all(code, text);
  return reported ? MarkReported(std::move(all)) : all;
}

}  // namespace combinator_internal
}  // namespace asupersync
