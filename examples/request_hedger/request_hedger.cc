#include "examples/request_hedger/request_hedger.h"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace request_hedger {

using asupersync::Cx;
using asupersync::Hedge;
using asupersync::SemaphorePermit;
using asupersync::Task;
using asupersync::Timeout;
using asupersync::Try;

Task<absl::StatusOr<std::string>> RequestHedger::Attempt(
    Cx& cx, const std::string& key, std::size_t first, std::size_t number) {
  std::optional<SemaphorePermit> extra;  // held until the attempt ends
  if (number > 0) {
    extra = co_await Try(extra_.TryAcquire(cx));
  }
  const std::size_t chosen = (first + number) % replicas_.size();
  co_return co_await replicas_[chosen]->Get(cx, key);
}

Task<absl::StatusOr<std::string>> RequestHedger::Get(Cx& cx, std::string key) {
  const std::size_t first = requests_++;
  std::size_t attempts = 0;
  auto attempt = [&](Cx& cx) { return Attempt(cx, key, first, attempts++); };
  auto hedged = [&](Cx& cx) {
    return Hedge(cx, options_.hedge_after, attempt, options_.attempts_max);
  };
  co_return co_await Timeout(cx, options_.timeout, hedged);
}

}  // namespace request_hedger
