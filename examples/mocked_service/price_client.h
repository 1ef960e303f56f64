#ifndef ASUPERSYNC_EXAMPLES_MOCKED_SERVICE_PRICE_CLIENT_H_
#define ASUPERSYNC_EXAMPLES_MOCKED_SERVICE_PRICE_CLIENT_H_

#include <string>

#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

// A client of a remote service that may be busy. The service is an interface,
// so that tests can put a mock in its place.

namespace mocked_service {

class PriceService {
 public:
  virtual ~PriceService() = default;
  virtual asupersync::Task<absl::StatusOr<int>> Fetch(asupersync::Cx& cx,
                                                      std::string item) = 0;
};

inline constexpr int kAttemptsMax = 3;

// The price of `item`. An Unavailable answer is asked for again, after 10 ms,
// then 20 ms; after kAttemptsMax attempts it is the result. Other errors are
// the result at once.
asupersync::Task<absl::StatusOr<int>> FetchPrice(asupersync::Cx& cx,
                                                 PriceService& service,
                                                 std::string item);

}  // namespace mocked_service

#endif  // ASUPERSYNC_EXAMPLES_MOCKED_SERVICE_PRICE_CLIENT_H_
