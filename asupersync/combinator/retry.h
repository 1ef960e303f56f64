#ifndef ASUPERSYNC_COMBINATOR_RETRY_H_
#define ASUPERSYNC_COMBINATOR_RETRY_H_

#include <functional>
#include <optional>
#include <source_location>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/outcome.h"
#include "asupersync/combinator/branches.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/fallible.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"

// Retry(cx, policy, f): runs f(cx) again, after a growing delay, until it
// succeeds, fails for good, or was tried often enough.
//
//   RetryPolicy policy;
//   policy.attempts_max = 5;
//   Page page = co_await Try(Retry(cx, policy, [&](Cx& cx) {
//     return Timeout(cx, absl::Seconds(1),
//                    [&](Cx& cx) { return Fetch(cx, url); });
//   }));
//
// Gives a FallibleOf<T>: absl::Status or absl::StatusOr<U>. An error that the
// policy does not retry is given as it is; the error of the last attempt gets
// "(attempt 5 of 5)" appended to its message and keeps code and payloads. A
// cancelled attempt is never repeated. An exception passes through.
//
// Determinism: each attempt runs in the caller's task. The jitter of each delay
// is one value of the task's random stream, none if `jitter` is 0 or the Cx is
// without kRandom.
//
// Lifetime and cancellation: f is called once per attempt; an attempt has ended
// and its frames are gone before the next. Cancelling the caller ends the
// attempt or the delay.

namespace asupersync {

struct RetryPolicy {
  int attempts_max = 3;  // the first one included; REQUIRES: > 0
  absl::Duration backoff_initial = absl::Milliseconds(100);
  double backoff_factor = 2.0;  // each delay by the one before; REQUIRES: >= 1
  absl::Duration backoff_max = absl::Seconds(10);
  // The part of each delay that is left to chance: a delay d becomes a uniform
  // value in [d - jitter * d, d]. REQUIRES: 0 <= jitter <= 1.
  double jitter = 0.5;
  // Which errors are worth another attempt; null: Unavailable, Aborted,
  // ResourceExhausted and DeadlineExceeded.
  std::function<bool(const absl::Status&)> retryable;
};

namespace combinator_internal {

// Aborts if the policy breaks a REQUIRES.
void CheckPolicy(const RetryPolicy& policy, std::source_location site);
bool IsRetryable(const RetryPolicy& policy, const absl::Status& error);
// The delays before attempts 2, 3, ..., without jitter.
absl::Duration FirstBackoff(const RetryPolicy& policy);
absl::Duration NextBackoff(const RetryPolicy& policy, absl::Duration backoff);
// What is left of such a delay; draws the jitter.
absl::Duration WithJitter(const RetryPolicy& policy, absl::Duration backoff,
                          Cx& cx);
// With "(attempt n of n)".
absl::Status LastError(const absl::Status& error, int attempts);

template <class F>
Task<FallibleOf<BranchValue<F>>> RunRetry(Cx& cx, RetryPolicy policy, F f,
                                          std::source_location site) {
  using T = BranchValue<F>;
  absl::Duration backoff = FirstBackoff(policy);
  for (int attempt = 1;; ++attempt) {
    std::optional<OutcomeOf<T>> outcome;
    if constexpr (std::is_void_v<T>) {
      co_await std::invoke(f, cx);
      outcome.emplace();
    } else {
      outcome.emplace(ToOutcome(co_await std::invoke(f, cx)));
    }
    if (outcome->kind() != OutcomeKind::kErr ||
        !IsRetryable(policy, outcome->status())) {
      co_return ToFallible(*std::move(outcome));
    }
    if (attempt == policy.attempts_max) {
      co_return LastError(outcome->status(), attempt);
    }
    outcome.reset();
    co_await Try(cx.Sleep(WithJitter(policy, backoff, cx), site));
    backoff = NextBackoff(policy, backoff);
  }
}

}  // namespace combinator_internal

template <combinator_internal::Branch F>
auto Retry(Cx& cx, RetryPolicy policy, F f,
           std::source_location site = std::source_location::current()) {
  combinator_internal::CheckPolicy(policy, site);
  return combinator_internal::RunRetry<F>(cx, std::move(policy), std::move(f),
                                          site);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_COMBINATOR_RETRY_H_
