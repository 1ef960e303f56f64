#include "asupersync/base/cancel_reason.h"

#include <cstdint>
#include <optional>
#include <source_location>
#include <sstream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/cord.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

CancelKind Kind(int number) { return static_cast<CancelKind>(number); }

TEST(CancelReasonTest, SeveritiesAreInTheOrderOfTheDesign) {
  auto severity = [](CancelKind kind) { return Severity(kind); };
  EXPECT_LT(severity(CancelKind::kUser), severity(CancelKind::kTimeout));
  EXPECT_EQ(severity(CancelKind::kTimeout), severity(CancelKind::kDeadline));
  EXPECT_LT(severity(CancelKind::kDeadline), severity(CancelKind::kPollQuota));
  EXPECT_EQ(severity(CancelKind::kPollQuota),
            severity(CancelKind::kCostBudget));
  EXPECT_LT(severity(CancelKind::kCostBudget), severity(CancelKind::kFailFast));
  EXPECT_EQ(severity(CancelKind::kFailFast), severity(CancelKind::kRaceLost));
  EXPECT_LT(severity(CancelKind::kRaceLost),
            severity(CancelKind::kParentCancelled));
  EXPECT_LT(severity(CancelKind::kParentCancelled),
            severity(CancelKind::kShutdown));
  EXPECT_EQ(Severity(Kind(200)), Severity(CancelKind::kShutdown));
}

TEST(CancelReasonTest, KindsHaveTheNumbersAndNamesOfTraces) {
  const char* kNames[] = {"user",      "timeout",   "deadline",
                          "poll_quota", "cost_budget", "fail_fast",
                          "race_lost", "parent_cancelled", "shutdown"};
  for (int i = 0; i < kCancelKindCount; ++i) {
    EXPECT_STREQ(Name(Kind(i)), kNames[i]);
  }
  EXPECT_EQ(static_cast<int>(CancelKind::kShutdown), kCancelKindCount - 1);
  EXPECT_STREQ(Name(Kind(kCancelKindCount)), "unknown");
  EXPECT_STREQ(Name(Kind(255)), "unknown");
}

TEST(CancelReasonTest, KnowsTheLineThatMadeIt) {
  const CancelReason reason(CancelKind::kUser);
  const uint32_t line = std::source_location::current().line() - 1;
  EXPECT_EQ(reason.line(), line);
  EXPECT_TRUE(absl::EndsWith(reason.file(), "cancel_reason_test.cc"));
  EXPECT_FALSE(reason.origin().IsValid());
  EXPECT_EQ(reason.cause(), nullptr);
}

TEST(CancelReasonTest, AMoreSevereReasonReplacesAndKeepsTheOldAsCause) {
  CancelReason reason(CancelKind::kTimeout, "slow", CompactTaskId(3));
  const CancelReason before = reason;
  const CancelReason stronger(CancelKind::kShutdown, "bye", CompactTaskId(9));
  EXPECT_TRUE(reason.Strengthen(stronger));
  EXPECT_EQ(reason.kind(), CancelKind::kShutdown);
  EXPECT_EQ(reason.message(), "bye");
  EXPECT_EQ(reason.origin(), CompactTaskId(9));
  ASSERT_NE(reason.cause(), nullptr);
  EXPECT_EQ(*reason.cause(), before);
}

TEST(CancelReasonTest, StrengthenChangesExactlyWhenMoreSevere) {
  for (int i = 0; i < kCancelKindCount; ++i) {
    for (int j = 0; j < kCancelKindCount; ++j) {
      CancelReason reason(Kind(i), "first");
      const CancelReason before = reason;
      const bool more = Severity(Kind(j)) > Severity(Kind(i));
      EXPECT_EQ(reason.Strengthen(CancelReason(Kind(j), "second")), more);
      EXPECT_EQ(reason == before, !more);
      EXPECT_EQ(reason.kind(), more ? Kind(j) : Kind(i));
    }
  }
}

TEST(CancelReasonTest, StrengthenKeepsTheCausesOfBoth) {
  CancelReason reason =
      CancelReason(CancelKind::kUser, "a").WithCause(
          CancelReason(CancelKind::kUser, "b"));
  reason.Strengthen(CancelReason(CancelKind::kFailFast, "c").WithCause(
      CancelReason(CancelKind::kTimeout, "d")));
  std::string messages;
  for (const CancelReason* r = &reason; r != nullptr; r = r->cause()) {
    messages += r->message();
  }
  EXPECT_EQ(messages, "cdab");
  EXPECT_EQ(reason.chain_length(), 4);
}

TEST(CancelReasonTest, ALongChainIsBoundedAndKeepsItsRoot) {
  CancelReason reason(CancelKind::kUser, "root");
  for (int i = 0; i < 1000; ++i) {
    reason = CancelReason(CancelKind::kParentCancelled, absl::StrCat(i))
                 .WithCause(reason);
  }
  EXPECT_EQ(reason.chain_length(), CancelReason::kChainMax);
  int length = 0;
  const CancelReason* last = nullptr;
  for (const CancelReason* r = &reason; r != nullptr; r = r->cause()) {
    if (r->cause() != nullptr) {
      EXPECT_EQ(r->message(), absl::StrCat(999 - length));
    }
    EXPECT_EQ(r->chain_length(), CancelReason::kChainMax - length);
    ++length;
    last = r;
  }
  EXPECT_EQ(length, CancelReason::kChainMax);
  EXPECT_EQ(last->message(), "root");
  EXPECT_EQ(CancelReason::FromStatus(reason.ToStatus()), reason);
}

TEST(CancelReasonTest, StatusCarriesTheWholeReason) {
  const CancelReason reason =
      CancelReason(CancelKind::kRaceLost, std::string("a\0b", 3),
                   CompactTaskId(UINT64_MAX))
          .WithCause(CancelReason(CancelKind::kDeadline));
  const absl::Status status = reason.ToStatus();
  EXPECT_EQ(status.code(), absl::StatusCode::kCancelled);
  EXPECT_EQ(status.message(), reason.ToString());
  const std::optional<CancelReason> again = CancelReason::FromStatus(status);
  ASSERT_TRUE(again.has_value());
  EXPECT_EQ(*again, reason);
  EXPECT_EQ(again->ToStatus(), status);
}

// What a user sees who prints the status.
TEST(CancelReasonTest, TheStatusPrintsAsText) {
  const CancelReason reason =
      CancelReason(CancelKind::kTimeout, "after 100ms; 5% over",
                   CompactTaskId(3))
          .WithCause(CancelReason(CancelKind::kUser));
  const std::string text = reason.ToStatus().ToString();
  EXPECT_TRUE(absl::StrContains(
      text, absl::StrCat("[asupersync/CancelReason='timeout T3 ",
                         reason.file(), ":", reason.line(),
                         " after 100ms%3b 5%25 over; user T0 ",
                         reason.file(), ":", reason.cause()->line(), "']")))
      << text;
  EXPECT_FALSE(absl::StrContains(text, "\\x")) << text;
}

TEST(CancelReasonTest, AnyBytesTravelInAMessage) {
  std::string message = "; user T1 a.cc:1 % %3b ";
  for (int byte = 0; byte < 256; ++byte) {
    message.push_back(static_cast<char>(byte));
  }
  for (const CancelReason& reason :
       {CancelReason(CancelKind::kUser, message),
        CancelReason(CancelKind::kUser, " "),
        CancelReason(CancelKind::kShutdown, "x").WithCause(
            CancelReason(CancelKind::kUser, message))}) {
    EXPECT_EQ(CancelReason::FromStatus(reason.ToStatus()), reason);
  }
}

TEST(CancelReasonTest, AReasonReadFromAStatusOutlivesTheStatus) {
  std::optional<CancelReason> reason;
  {
    const absl::Status status = CancelReason(CancelKind::kUser).ToStatus();
    reason = CancelReason::FromStatus(status);
  }
  EXPECT_TRUE(absl::EndsWith(reason->file(), "cancel_reason_test.cc"));
}

TEST(CancelReasonTest, APlainCancelledErrorIsAUserCancellation) {
  const auto reason = CancelReason::FromStatus(absl::CancelledError("stop"));
  ASSERT_TRUE(reason.has_value());
  EXPECT_EQ(reason->kind(), CancelKind::kUser);
  EXPECT_EQ(reason->message(), "stop");
  EXPECT_EQ(reason->ToString(), "user: stop");
}

TEST(CancelReasonTest, OtherStatusesHoldNoReason) {
  EXPECT_FALSE(CancelReason::FromStatus(absl::OkStatus()).has_value());
  absl::Status status = absl::AbortedError("x");
  status.SetPayload(
      CancelReason::kPayloadUrl,
      *CancelReason(CancelKind::kUser).ToStatus().GetPayload(
          CancelReason::kPayloadUrl));
  EXPECT_FALSE(CancelReason::FromStatus(status).has_value());
}

TEST(CancelReasonTest, MalformedPayloadsAreReadAsPlainCancellations) {
  const CancelReason reason = CancelReason(CancelKind::kShutdown, "m")
                                  .WithCause(CancelReason(CancelKind::kUser));
  const std::string good(
      *reason.ToStatus().GetPayload(CancelReason::kPayloadUrl));
  auto read = [](absl::string_view payload) {
    absl::Status status = absl::CancelledError("plain");
    status.SetPayload(CancelReason::kPayloadUrl, absl::Cord(payload));
    return *CancelReason::FromStatus(status);
  };
  ASSERT_EQ(read(good), reason);
  for (const char* malformed :
       {"", ";", "shutdown", "shutdown T0", "shutdown T0 a.cc", "never T0 a:1",
        "user 0 a:1", "user T a:1", "user Tx a:1", "user T0 a:", "user T0 a:x",
        "user T0 a:4294967296", "user T18446744073709551616 a:1",
        "user T0 a:1 %", "user T0 a:1 %2", "user T0 a:1 %zz", "user T0 %:1",
        "user T0 a:1;", "user T0 a:1; ", "\x01\x01\x00"}) {
    EXPECT_EQ(read(malformed).ToString(), "user: plain") << malformed;
  }
  std::string longest = "user T0 a:1";
  for (int i = 1; i < CancelReason::kChainMax; ++i) longest += "; user T0 a:1";
  EXPECT_EQ(read(longest).chain_length(), CancelReason::kChainMax);
  EXPECT_EQ(read(longest + "; user T0 a:1").ToString(), "user: plain");
  for (size_t length = 0; length < good.size(); ++length) {
    EXPECT_NE(read(good.substr(0, length)), reason);
  }
  // Every single-byte change is either refused or another well-formed reason.
  for (size_t i = 0; i < good.size(); ++i) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = good;
      changed[i] = static_cast<char>(value);
      EXPECT_LE(read(changed).chain_length(), CancelReason::kChainMax);
    }
  }
}

TEST(CancelReasonTest, ToStringNamesWhoAndWhereAndTheCauses) {
  const CancelReason cause(CancelKind::kUser, "stop", CompactTaskId(3));
  const CancelReason reason =
      CancelReason(CancelKind::kParentCancelled).WithCause(cause);
  EXPECT_EQ(reason.ToString(),
            absl::StrCat("parent_cancelled (at ", reason.file(), ":",
                         reason.line(), "); caused by user: stop (by T3 at ",
                         cause.file(), ":", cause.line(), ")"));
}

TEST(CancelReasonTest, KindsPrintTheirNames) {
  std::ostringstream text;
  text << CancelKind::kUser << " " << CancelKind::kFailFast;
  EXPECT_EQ(text.str(), "user fail_fast");
}

}  // namespace
}  // namespace asupersync
