#include "examples/mocked_service/price_client.h"

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"

namespace mocked_service {

using asupersync::Cx;
using asupersync::Task;
using asupersync::Try;

Task<absl::StatusOr<int>> FetchPrice(Cx& cx, PriceService& service,
                                     std::string item) {
  absl::Duration pause = absl::Milliseconds(10);
  for (int attempt = 1;; ++attempt) {
    absl::StatusOr<int> price = co_await service.Fetch(cx, item);
    if (!absl::IsUnavailable(price.status()) || attempt == kAttemptsMax) {
      co_return price;
    }
    cx.Trace(absl::StrCat("busy, waiting ", absl::FormatDuration(pause)));
    co_await Try(cx.Sleep(pause));
    pause *= 2;
  }
}

}  // namespace mocked_service
