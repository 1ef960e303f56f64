// Outcome<T>: how a task ended: Ok(T) < Err(Status) < Cancelled(CancelReason)
// < Panicked(what was thrown), from best to worst.
//
//   Outcome<int> outcome = co_await handle.Join(cx);
//   if (outcome.ok()) Use(*outcome);
//   Outcome<void> worst = Join(ToOutcome(a_status), ToOutcome(b_status));
//
// Determinism: values only.
//
// Lifetime: a value. Copying shares the reason or the panic, which are
// immutable. A moved-from Outcome can only be destroyed or assigned to.
//
// Invariants:
//  1. An Err is never OK and never of code kCancelled: that is a Cancelled.
//  2. The numbers of OutcomeKind are in traces and never change.
#ifndef ASUPERSYNC_BASE_OUTCOME_H_
#define ASUPERSYNC_BASE_OUTCOME_H_

#include <cstdint>
#include <exception>
#include <memory>
#include <ostream>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/base/cancel_reason.h"

namespace asupersync {

// In order of badness.
enum class OutcomeKind : uint8_t {
  kOk = 0,
  kErr = 1,
  kCancelled = 2,
  kPanicked = 3,
};
inline constexpr int kOutcomeKindCount = 4;

// "ok", "err", "cancelled", "panicked"; "unknown" for other numbers.
const char* Name(OutcomeKind kind);
// Prints the name.
std::ostream& operator<<(std::ostream& os, OutcomeKind kind);

// The worse of the two.
constexpr OutcomeKind Join(OutcomeKind a, OutcomeKind b) {
  return a < b ? b : a;
}

// An exception that escaped from a task.
struct PanicInfo {
  // What the exception's what() said, or which type it had.
  std::string what;
  // The exception, to rethrow it; null if there is none at hand.
  std::exception_ptr exception;

  // REQUIRES: `exception` is not null.
  static PanicInfo FromException(std::exception_ptr exception);
};
// Prints `what`.
std::ostream& operator<<(std::ostream& os, const PanicInfo& panic);

template <class T>
class Outcome;

namespace internal_outcome {

template <class T>
struct Trait {
  using Type = Outcome<T>;
};
template <>
struct Trait<absl::Status> {
  using Type = Outcome<void>;
};
template <class T>
struct Trait<absl::StatusOr<T>> {
  using Type = Outcome<T>;
};
template <class T>
struct Trait<Outcome<T>> {
  using Type = Outcome<T>;
};

// Types that an Outcome takes as something else than its value.
template <class T>
inline constexpr bool kIsReserved =
    !std::is_same_v<typename Trait<T>::Type, Outcome<T>> ||
    std::is_same_v<T, CancelReason> || std::is_same_v<T, PanicInfo>;

// Prints the outcome, what was wanted of it, and aborts.
[[noreturn]] void FailAccess(const char* wanted, const std::string& outcome);

// Everything that does not depend on T. The alternatives of `Rep` are in
// the order of OutcomeKind, so that the index is the kind.
template <class Value>
class Base {
 public:
  OutcomeKind kind() const { return static_cast<OutcomeKind>(rep_.index()); }
  bool ok() const { return kind() == OutcomeKind::kOk; }

  // Ok: OkStatus. Err: the error. Cancelled: reason().ToStatus(). Panicked: an
  // InternalError "panicked: <what>".
  absl::Status status() const {
    switch (kind()) {
      case OutcomeKind::kErr:
        return std::get<1>(rep_);
      case OutcomeKind::kCancelled:
        return reason().ToStatus();
      case OutcomeKind::kPanicked:
        return absl::InternalError("panicked: " + panic().what);
      default:
        return absl::OkStatus();
    }
  }

  // REQUIRES: kind() is kCancelled, else aborts.
  const CancelReason& reason() const {
    if (kind() != OutcomeKind::kCancelled) [[unlikely]] {
      FailAccess("reason()", DescribeWithoutValue());
    }
    return *std::get<2>(rep_);
  }

  // REQUIRES: kind() is kPanicked, else aborts.
  const PanicInfo& panic() const {
    if (kind() != OutcomeKind::kPanicked) [[unlikely]] {
      FailAccess("panic()", DescribeWithoutValue());
    }
    return *std::get<3>(rep_);
  }

 protected:
  using Rep = std::variant<Value, absl::Status,
                           std::shared_ptr<const CancelReason>,
                           std::shared_ptr<const PanicInfo>>;

  explicit Base(Rep rep) : rep_(std::move(rep)) {}

  // REQUIRES: `status` is not OK, else aborts.
  static Rep RepOf(absl::Status status) {
    if (status.ok()) [[unlikely]] {
      FailAccess("an error", "Ok without a value");
    }
    if (status.code() == absl::StatusCode::kCancelled) {
      return RepOf(*CancelReason::FromStatus(status));
    }
    return Rep(std::in_place_index<1>, std::move(status));
  }
  static Rep RepOf(CancelReason reason) {
    return Rep(std::in_place_index<2>,
               std::make_shared<const CancelReason>(std::move(reason)));
  }
  static Rep RepOf(PanicInfo panic) {
    return Rep(std::in_place_index<3>,
               std::make_shared<const PanicInfo>(std::move(panic)));
  }

  void CheckOk() const {
    if (!ok()) [[unlikely]] FailAccess("value()", DescribeWithoutValue());
  }

  // "Err(NOT_FOUND: x)" and so on; "Ok" alone for a value.
  std::string DescribeWithoutValue() const {
    switch (kind()) {
      case OutcomeKind::kErr:
        return "Err(" + std::get<1>(rep_).ToString() + ")";
      case OutcomeKind::kCancelled:
        return "Cancelled(" + std::get<2>(rep_)->ToString() + ")";
      case OutcomeKind::kPanicked:
        return "Panicked(" + std::get<3>(rep_)->what + ")";
      default:
        return "Ok";
    }
  }

  Rep rep_;
};

}  // namespace internal_outcome

// What a task that returns T ends with: Status -> Outcome<void>, StatusOr<U>
// and Outcome<U> -> Outcome<U>, void -> Outcome<void>, others -> Outcome<T>.
template <class T>
using OutcomeOf = typename internal_outcome::Trait<T>::Type;

// REQUIRES: T is void or a movable object type that is not itself a Status, a
// StatusOr, an Outcome, a CancelReason or a PanicInfo.
template <class T>
class [[nodiscard]] Outcome : public internal_outcome::Base<T> {
  using Base = internal_outcome::Base<T>;
  static_assert(std::is_object_v<T> && !std::is_const_v<T>);
  static_assert(!internal_outcome::kIsReserved<T>,
                "this type has a meaning of its own to Outcome: OutcomeOf<T>");

 public:
  using ValueType = T;

  // Ok.
  template <class U = T>
    requires(std::is_convertible_v<U &&, T> &&
             !internal_outcome::kIsReserved<std::remove_cvref_t<U>>)
  Outcome(U&& value)  // NOLINT: converts, as absl::StatusOr does
      : Base(typename Base::Rep(std::in_place_index<0>,
                                std::forward<U>(value))) {}
  // Err, or Cancelled if the code is kCancelled. REQUIRES: not OK, else aborts.
  Outcome(absl::Status status)  // NOLINT: converts
      : Base(Base::RepOf(std::move(status))) {}
  // Ok, Err or Cancelled.
  Outcome(absl::StatusOr<T> value)  // NOLINT: converts
      : Base(value.ok() ? typename Base::Rep(std::in_place_index<0>,
                                             *std::move(value))
                        : Base::RepOf(std::move(value).status())) {}
  Outcome(CancelReason reason)  // NOLINT: converts
      : Base(Base::RepOf(std::move(reason))) {}
  Outcome(PanicInfo panic)  // NOLINT: converts
      : Base(Base::RepOf(std::move(panic))) {}

  // REQUIRES: ok(), else aborts with the outcome printed.
  T& value() & {
    this->CheckOk();
    return *std::get_if<0>(&this->rep_);
  }
  const T& value() const& {
    this->CheckOk();
    return *std::get_if<0>(&this->rep_);
  }
  T&& value() && {
    this->CheckOk();
    return std::move(*std::get_if<0>(&this->rep_));
  }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

  // "Ok(5)", "Err(NOT_FOUND: x)", "Cancelled(user: stop ...)", "Panicked(x)";
  // "Ok" for a value that cannot be printed.
  friend std::ostream& operator<<(std::ostream& os, const Outcome& outcome) {
    if constexpr (requires(std::ostream& o, const T& v) { o << v; }) {
      if (outcome.ok()) return os << "Ok(" << *outcome << ")";
    }
    return os << outcome.DescribeWithoutValue();
  }
};

template <>
class [[nodiscard]] Outcome<void>
    : public internal_outcome::Base<std::monostate> {
  using Base = internal_outcome::Base<std::monostate>;

 public:
  using ValueType = void;

  // Ok.
  Outcome() : Base(Rep()) {}
  // Ok if the status is, else Err, or Cancelled if the code is kCancelled.
  Outcome(absl::Status status)  // NOLINT: converts
      : Base(status.ok() ? Rep() : RepOf(std::move(status))) {}
  Outcome(CancelReason reason)  // NOLINT: converts
      : Base(RepOf(std::move(reason))) {}
  Outcome(PanicInfo panic)  // NOLINT: converts
      : Base(RepOf(std::move(panic))) {}

  // REQUIRES: ok(), else aborts with the outcome printed.
  void value() const { CheckOk(); }

  friend std::ostream& operator<<(std::ostream& os, const Outcome& outcome) {
    return os << outcome.DescribeWithoutValue();
  }
};

// The worse of the two; of two of a kind the first, but of two cancellations
// the more severe.
template <class T>
Outcome<T> Join(Outcome<T> a, Outcome<T> b) {
  if (a.kind() == OutcomeKind::kCancelled &&
      b.kind() == OutcomeKind::kCancelled) {
    return Severity(a.reason().kind()) < Severity(b.reason().kind())
               ? std::move(b)
               : std::move(a);
  }
  return a.kind() < b.kind() ? std::move(b) : std::move(a);
}

// The Outcome of what a task's body returned.
template <class T>
OutcomeOf<std::remove_cvref_t<T>> ToOutcome(T&& returned) {
  return OutcomeOf<std::remove_cvref_t<T>>(std::forward<T>(returned));
}

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_OUTCOME_H_
