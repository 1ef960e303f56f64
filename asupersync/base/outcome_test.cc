#include "asupersync/base/outcome.h"

#include <exception>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "asupersync/base/cancel_reason.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct Unprintable {};

static_assert(std::is_same_v<OutcomeOf<int>, Outcome<int>>);
static_assert(std::is_same_v<OutcomeOf<void>, Outcome<void>>);
static_assert(std::is_same_v<OutcomeOf<absl::Status>, Outcome<void>>);
static_assert(std::is_same_v<OutcomeOf<absl::StatusOr<int>>, Outcome<int>>);
static_assert(std::is_same_v<OutcomeOf<Outcome<int>>, Outcome<int>>);
static_assert(std::is_same_v<OutcomeOf<Outcome<void>>, Outcome<void>>);
static_assert(std::is_copy_constructible_v<Outcome<int>>);
static_assert(!std::is_copy_constructible_v<Outcome<std::unique_ptr<int>>>);
static_assert(!std::is_default_constructible_v<Outcome<int>>);
// The outcome lives in every task: failures are kept out of line.
static_assert(sizeof(Outcome<void>) <= 24 && sizeof(Outcome<int>) <= 24);

template <class T>
std::string Print(const Outcome<T>& outcome) {
  std::ostringstream os;
  os << outcome;
  return os.str();
}

Outcome<int> Of(OutcomeKind kind, const std::string& text) {
  switch (kind) {
    case OutcomeKind::kOk:
      return 5;
    case OutcomeKind::kErr:
      return absl::NotFoundError(text);
    case OutcomeKind::kCancelled:
      return CancelReason(CancelKind::kUser, text);
    case OutcomeKind::kPanicked:
      break;
  }
  return PanicInfo{text, nullptr};
}

constexpr OutcomeKind kKinds[] = {OutcomeKind::kOk, OutcomeKind::kErr,
                                  OutcomeKind::kCancelled,
                                  OutcomeKind::kPanicked};

TEST(OutcomeTest, KindsHaveTheNumbersAndNamesOfTraces) {
  const char* kNames[] = {"ok", "err", "cancelled", "panicked"};
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(static_cast<int>(kKinds[i]), i);
    EXPECT_STREQ(Name(kKinds[i]), kNames[i]);
    EXPECT_EQ(Of(kKinds[i], "x").kind(), kKinds[i]);
  }
  EXPECT_STREQ(Name(static_cast<OutcomeKind>(9)), "unknown");
}

TEST(OutcomeTest, HoldsAValue) {
  Outcome<std::string> outcome = "hello";
  ASSERT_TRUE(outcome.ok());
  EXPECT_EQ(outcome.value(), "hello");
  EXPECT_EQ(outcome->size(), 5u);
  *outcome += "!";
  const std::string moved = *std::move(outcome);
  EXPECT_EQ(moved, "hello!");
  EXPECT_TRUE(outcome.status().ok());
}

TEST(OutcomeTest, HoldsAMoveOnlyValue) {
  Outcome<std::unique_ptr<int>> outcome = std::make_unique<int>(7);
  Outcome<std::unique_ptr<int>> moved = std::move(outcome);
  std::unique_ptr<int> value = std::move(moved).value();
  EXPECT_EQ(*value, 7);
  Outcome<std::unique_ptr<int>> joined =
      Join(Outcome<std::unique_ptr<int>>(std::move(value)),
           Outcome<std::unique_ptr<int>>(std::make_unique<int>(8)));
  EXPECT_EQ(**joined, 7);
}

TEST(OutcomeTest, StatusesConvert) {
  Outcome<int> err = absl::NotFoundError("x");
  EXPECT_EQ(err.kind(), OutcomeKind::kErr);
  EXPECT_EQ(err.status(), absl::NotFoundError("x"));
  Outcome<void> ok = absl::OkStatus();
  EXPECT_TRUE(ok.ok());
  ok.value();
  Outcome<void> void_err = absl::AbortedError("y");
  EXPECT_EQ(void_err.kind(), OutcomeKind::kErr);
  EXPECT_EQ(Outcome<int>(absl::StatusOr<int>(3)).value(), 3);
  const absl::StatusOr<int> failed = absl::NotFoundError("z");
  EXPECT_EQ(Outcome<int>(failed).status(), failed.status());
}

TEST(OutcomeTest, ACancelledErrorBecomesCancelledWithItsReason) {
  const CancelReason reason(CancelKind::kDeadline, "late");
  const Outcome<int> a = reason.ToStatus();
  ASSERT_EQ(a.kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(a.reason(), reason);
  EXPECT_EQ(a.status(), reason.ToStatus());
  const Outcome<void> b = absl::CancelledError("plain");
  ASSERT_EQ(b.kind(), OutcomeKind::kCancelled);
  EXPECT_EQ(b.reason().kind(), CancelKind::kUser);
  const Outcome<int> c = absl::StatusOr<int>(reason.ToStatus());
  EXPECT_EQ(c.kind(), OutcomeKind::kCancelled);
}

TEST(OutcomeTest, APanicKeepsWhatWasThrown) {
  const Outcome<int> outcome = PanicInfo::FromException(
      std::make_exception_ptr(std::runtime_error("boom")));
  ASSERT_EQ(outcome.kind(), OutcomeKind::kPanicked);
  EXPECT_EQ(outcome.panic().what, "boom");
  EXPECT_EQ(outcome.status(), absl::InternalError("panicked: boom"));
  EXPECT_THROW(std::rethrow_exception(outcome.panic().exception),
               std::runtime_error);
  EXPECT_EQ(PanicInfo::FromException(std::make_exception_ptr(5)).what,
            "an exception of type int");
}

TEST(OutcomeTest, JoinTakesTheWorseAndOfEqualsTheFirst) {
  for (OutcomeKind a : kKinds) {
    for (OutcomeKind b : kKinds) {
      const OutcomeKind worse = a < b ? b : a;
      EXPECT_EQ(Join(a, b), worse);
      const Outcome<int> joined = Join(Of(a, "first"), Of(b, "second"));
      EXPECT_EQ(joined.kind(), worse);
      if (!joined.ok()) {
        EXPECT_TRUE(absl::StrContains(joined.status().message(),
                                      a < b ? "second" : "first"));
      }
    }
  }
}

TEST(OutcomeTest, JoinOfCancellationsTakesTheMoreSevere) {
  const CancelReason user(CancelKind::kUser);
  const CancelReason timeout(CancelKind::kTimeout);
  const CancelReason deadline(CancelKind::kDeadline);
  using Void = Outcome<void>;
  EXPECT_EQ(Join(Void(user), Void(timeout)).reason(), timeout);
  EXPECT_EQ(Join(Void(timeout), Void(user)).reason(), timeout);
  EXPECT_EQ(Join(Void(timeout), Void(deadline)).reason(), timeout);
  EXPECT_EQ(Join(Void(deadline), Void(timeout)).reason(), deadline);
}

TEST(OutcomeTest, ToOutcomeAcceptsWhatATaskReturns) {
  EXPECT_EQ(ToOutcome(5).value(), 5);
  EXPECT_TRUE(ToOutcome(absl::OkStatus()).ok());
  const absl::StatusOr<int> value = 6;
  EXPECT_EQ(ToOutcome(value).value(), 6);
  EXPECT_EQ(ToOutcome(Outcome<int>(7)).value(), 7);
  EXPECT_EQ(*ToOutcome(std::make_unique<int>(8)).value(), 8);
  EXPECT_EQ(ToOutcome(absl::StatusOr<std::unique_ptr<int>>(
                          absl::DataLossError("d"))).kind(),
            OutcomeKind::kErr);
}

TEST(OutcomeTest, PrintsItsKindAndContent) {
  EXPECT_EQ(Print(Of(OutcomeKind::kOk, "")), "Ok(5)");
  EXPECT_EQ(Print(Of(OutcomeKind::kErr, "x")), "Err(NOT_FOUND: x)");
  EXPECT_EQ(Print(Of(OutcomeKind::kPanicked, "x")), "Panicked(x)");
  EXPECT_TRUE(absl::StartsWith(Print(Of(OutcomeKind::kCancelled, "x")),
                               "Cancelled(user: x (at "));
  EXPECT_EQ(Print(Outcome<void>()), "Ok");
  EXPECT_EQ(Print(Outcome<Unprintable>(Unprintable())), "Ok");
}

TEST(OutcomeTest, CopiesAreIndependentOfTheOriginal) {
  Outcome<std::vector<int>> a = std::vector<int>{1, 2};
  Outcome<std::vector<int>> b = a;
  b->push_back(3);
  EXPECT_EQ(a->size(), 2u);
  a = absl::NotFoundError("x");
  EXPECT_EQ(b->size(), 3u);
  b = a;
  EXPECT_EQ(b.status(), absl::NotFoundError("x"));
}

TEST(OutcomeDeathTest, AccessOfWhatIsNotThereAbortsWithTheOutcome) {
  Outcome<int> err = absl::NotFoundError("missing");
  EXPECT_DEATH(err.value(),
               "value\\(\\) was asked of .* Err\\(NOT_FOUND: missing\\)");
  EXPECT_DEATH(Outcome<void>(CancelReason(CancelKind::kUser, "stop")).value(),
               "Cancelled\\(user: stop");
  EXPECT_DEATH((void)err.reason(), "reason\\(\\) was asked of");
  EXPECT_DEATH((void)Outcome<int>(5).panic(), "panic\\(\\) was asked .* Ok");
  EXPECT_DEATH((void)Outcome<int>(absl::OkStatus()), "Ok without a value");
}

TEST(OutcomeTest, KindsPrintTheirNames) {
  std::ostringstream text;
  text << OutcomeKind::kOk << " " << OutcomeKind::kPanicked;
  EXPECT_EQ(text.str(), "ok panicked");
}

}  // namespace
}  // namespace asupersync
