#ifndef ASUPERSYNC_EXAMPLES_REQUEST_HEDGER_REQUEST_HEDGER_H_
#define ASUPERSYNC_EXAMPLES_REQUEST_HEDGER_REQUEST_HEDGER_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "asupersync/asupersync.h"

namespace request_hedger {

// One of several servers that have the same data.
class Replica {
 public:
  virtual ~Replica() = default;
  virtual asupersync::Task<absl::StatusOr<std::string>> Get(
      asupersync::Cx& cx, std::string key) = 0;
};

struct HedgeOptions {
  // How long an attempt may take before another replica is asked as well.
  absl::Duration hedge_after = absl::Milliseconds(10);
  // Per request. REQUIRES: at least 1, and not more than there are replicas.
  std::size_t attempts_max = 2;
  // How many attempts may be under way, over all requests, beside the first
  // one of each: what hedging may cost when every replica is slow.
  std::uint64_t extra_max = 10;
  // When a request is given up.
  absl::Duration timeout = absl::Seconds(1);
};

// Asks one replica, and another one if that is slow or fails; the first answer
// wins.
//
//   RequestHedger hedger({&near, &far}, HedgeOptions());
//   std::string value = co_await Try(hedger.Get(cx, "key"));
//
// May be used by many tasks at the same time, all of which must have ended
// before it is destroyed.
class RequestHedger {
 public:
  RequestHedger(std::vector<Replica*> replicas, HedgeOptions options)
      : replicas_(std::move(replicas)),
        options_(options),
        extra_(options.extra_max) {}

  // The first answer. DeadlineExceeded if there is none in time; else, if every
  // attempt failed, an error that lists theirs. When this returns, no attempt
  // of it is under way. Each attempt asks another replica.
  asupersync::Task<absl::StatusOr<std::string>> Get(asupersync::Cx& cx,
                                                    std::string key);

 private:
  // ResourceExhausted if it is an extra one and there are too many.
  asupersync::Task<absl::StatusOr<std::string>> Attempt(asupersync::Cx& cx,
                                                        const std::string& key,
                                                        std::size_t first,
                                                        std::size_t number);

  const std::vector<Replica*> replicas_;
  const HedgeOptions options_;
  asupersync::Semaphore extra_;
  std::size_t requests_ = 0;
};

}  // namespace request_hedger

#endif  // ASUPERSYNC_EXAMPLES_REQUEST_HEDGER_REQUEST_HEDGER_H_
