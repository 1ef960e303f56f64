#include "asupersync/channel/channel_end.h"

#include <source_location>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/fatal.h"
#include "asupersync/base/place.h"

namespace asupersync {
namespace channel_internal {
void ReportMovedFrom(absl::string_view channel, absl::string_view end,
                     std::source_location site) {
  Fatal(absl::StrCat(PlaceOf(site), ": the ", channel, "::", end,
                     " was moved from; use the one that it was moved to"));
}

void ReportSecondSend(absl::string_view channel, absl::string_view end,
                      std::source_location site, std::source_location made_at,
                      std::source_location sent_at) {
  Fatal(absl::StrCat(
      PlaceOf(site), ": ", channel, "::", end, "::Send() on one that ",
      sent_at.line() == 0 ? "was moved from"
                          : absl::StrCat("sent at ", PlaceOf(sent_at)),
      " (made at ", PlaceOf(made_at), "); it sends one message"));
}

}  // namespace channel_internal
}  // namespace asupersync
