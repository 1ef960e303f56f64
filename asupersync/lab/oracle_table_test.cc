#include "asupersync/lab/oracle_table.h"

#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

TEST(OracleTableTest, EveryOracleHasANameOfItsOwnAndIsFoundByIt) {
  std::set<std::string> names;
  for (int i = 0; i < kOracleCount; ++i) {
    const auto oracle = static_cast<OracleId>(i);
    EXPECT_TRUE(names.insert(Name(oracle)).second) << Name(oracle);
    EXPECT_EQ(FindOracle(Name(oracle)), oracle);
    EXPECT_STRNE(Info(oracle).claim, "");
    EXPECT_STRNE(Info(oracle).fed_by, "");
  }
  EXPECT_EQ(FindOracle("unknown"), std::nullopt);
  EXPECT_STREQ(Name(static_cast<OracleId>(kOracleCount)), "unknown");
}

TEST(OracleTableTest, TheLastOracleIsTheOneThatAttemptsOperations) {
  EXPECT_EQ(static_cast<int>(OracleId::kDeadlock), kOracleCount - 1);
}

TEST(OracleSelectionTest, ASelectionHasWhatItWasGiven) {
  const OracleSelection one =
      OracleSelection::None().With(OracleId::kStarvation);
  EXPECT_TRUE(one.Has(OracleId::kStarvation));
  EXPECT_FALSE(one.Has(OracleId::kDeadlock));
  EXPECT_EQ(one.Without(OracleId::kStarvation), OracleSelection::None());
  for (int i = 0; i < kOracleCount; ++i) {
    EXPECT_TRUE(OracleSelection::All().Has(static_cast<OracleId>(i)));
  }
}

TEST(OracleSelectionTest, TextIsParsedFromLeftToRight) {
  const auto parse = [](const char* text) {
    return OracleSelection::Parse(text).value();
  };
  EXPECT_EQ(parse("all"), OracleSelection::All());
  EXPECT_EQ(parse("none"), OracleSelection::None());
  EXPECT_EQ(parse("deadlock, task_leak"), OracleSelection::None()
                                              .With(OracleId::kTaskLeak)
                                              .With(OracleId::kDeadlock));
  EXPECT_EQ(parse("-futurelock"),
            OracleSelection::All().Without(OracleId::kFuturelock));
  EXPECT_EQ(parse("none,deadlock"),
            OracleSelection::None().With(OracleId::kDeadlock));
  EXPECT_EQ(parse("deadlock,none"), OracleSelection::None());
}

TEST(OracleSelectionTest, AnUnknownNameIsRefusedWithTheOnesThatThereAre) {
  for (const char* text : {"deadlok", "", "all,", "--deadlock", "-all"}) {
    const absl::Status status = OracleSelection::Parse(text).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_TRUE(absl::StrContains(status.message(), "channel_atomicity"));
  }
}

TEST(OracleSelectionTest, TextIsReadBackAsItWasWritten) {
  const OracleSelection all = OracleSelection::All();
  const OracleSelection none = OracleSelection::None();
  EXPECT_EQ(all.ToString(), "all");
  EXPECT_EQ(none.ToString(), "none");
  EXPECT_EQ(all.Without(OracleId::kFuturelock).ToString(), "-futurelock");
  EXPECT_EQ(none.With(OracleId::kDeadlock).ToString(), "deadlock");
  for (int i = 0; i < kOracleCount; ++i) {
    const auto id = static_cast<OracleId>(i);
    EXPECT_EQ(OracleSelection::Parse(all.Without(id).ToString()).value(),
              all.Without(id));
  }
}

}  // namespace
}  // namespace asupersync
