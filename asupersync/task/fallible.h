#ifndef ASUPERSYNC_TASK_FALLIBLE_H_
#define ASUPERSYNC_TASK_FALLIBLE_H_

#include <exception>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/outcome.h"

namespace asupersync {

// What a combinator gives for a body that ends with a T, so that it can add
// errors of its own: absl::Status for void, Status and Outcome<void>,
// StatusOr<U> for U, StatusOr<U> and Outcome<U>.
template <class T>
using FallibleOf =
    std::conditional_t<std::is_void_v<typename OutcomeOf<T>::ValueType>,
                       absl::Status,
                       absl::StatusOr<typename OutcomeOf<T>::ValueType>>;

// The outcome as a FallibleOf; throws what a panicked one holds.
template <class U>
FallibleOf<Outcome<U>> ToFallible(Outcome<U> outcome) {
  if (outcome.kind() == OutcomeKind::kPanicked &&
      outcome.panic().exception != nullptr) {
    std::rethrow_exception(outcome.panic().exception);
  }
  if (!outcome.ok()) return outcome.status();
  if constexpr (std::is_void_v<U>) {
    return absl::OkStatus();
  } else {
    return std::move(outcome).value();
  }
}

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_FALLIBLE_H_
