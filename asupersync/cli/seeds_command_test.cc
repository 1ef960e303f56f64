#include "asupersync/cli/seeds_command.h"

#include <string>

#include "absl/strings/match.h"
#include "asupersync/base/seed.h"
#include "asupersync/cli/exit_code.h"
#include "asupersync/cli/toy_traces.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace asupersync::cli {
namespace {

TEST(SeedsCommandTest, TheSeedsAreThoseOfTheTest) {
  const CliResult r =
      Call(SeedsCommand(), {"0x2a", "Bank.Transfer", "--format=json"});
  EXPECT_EQ(r.code, ExitCode::kOk);
  const nlohmann::json json = nlohmann::json::parse(r.out);
  const DerivedSeeds seeds = DeriveSeeds(42, "Bank.Transfer");
  EXPECT_EQ(json["test_seed"], 42);
  EXPECT_EQ(json["schedule_seed"], seeds.schedule);
  EXPECT_EQ(json["entropy_seed"], seeds.entropy);
  EXPECT_EQ(json["fault_seed"], seeds.fault);
  EXPECT_EQ(json["fuzz_seed"], seeds.fuzz);
}

// Written down, so that a change of the derivation is seen.
TEST(SeedsCommandTest, TheTextIsHexadecimalAndDecimal) {
  const CliResult r =
      Call(SeedsCommand(), {"2", "MessageOrdering.ArrivesInOrder"});
  EXPECT_EQ(r.out,
            "test_id        MessageOrdering.ArrivesInOrder\n"
            "test_seed      0x0000000000000002 2\n"
            "scope_id       0x291643c66f01a3e9 2960628324587643881\n"
            "schedule_seed  0x9da853d1eb7e08d9 11360422221106251993\n"
            "entropy_seed   0xac4af2aa069583e3 12415002134869017571\n"
            "fault_seed     0xe3af74453e2eb01d 16406459808278818845\n"
            "fuzz_seed      0x14079fcdf199b203 1443297912466027011\n");
}

TEST(SeedsCommandTest, WithoutATestTheIdIsEmpty) {
  const CliResult r = Call(SeedsCommand(), {"1'000", "--format=json"});
  const nlohmann::json json = nlohmann::json::parse(r.out);
  EXPECT_EQ(json["test_id"], "");
  EXPECT_EQ(json["schedule_seed"], DeriveSeeds(1000, "").schedule);
}

TEST(SeedsCommandTest, WhatIsNoSeedIsAUsageError) {
  for (const char* bad : {"", "x", "0x", "1__0", "18446744073709551616"}) {
    const CliResult r = Call(SeedsCommand(), {bad});
    EXPECT_EQ(r.code, ExitCode::kUsage) << bad;
    EXPECT_EQ(r.out, "");
  }
}

}  // namespace
}  // namespace asupersync::cli
