#include "asupersync/base/seed.h"

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// The golden vectors were computed with the Python package xxhash 4.1.0:
// xxh64(struct.pack("<Q", seed) + tag + struct.pack("<Q", scope)).

TEST(SeedTest, DeriveSeedMatchesGoldenVectors) {
  EXPECT_EQ(DeriveSeed(0x2a, "schedule", 0x1a8772ba10852e05u),
            0xfe75a71f01af8ce4u);
  EXPECT_EQ(DeriveSeed(0, "fuzz", 0xef46db3751d8e999u), 0xf9d4cd70468e1cb4u);
}

TEST(SeedTest, DeriveSeedsMatchesGoldenVectors) {
  EXPECT_EQ(DeriveSeeds(0, ""),
            (DerivedSeeds{0, 0xcf8fbd706959e1b9u, 0x324f9f69e711cd9u,
                          0xa567fb0daf7900cbu, 0xf9d4cd70468e1cb4u}));
  EXPECT_EQ(DeriveSeeds(42, "PipelineTest.DeliversInOrder"),
            (DerivedSeeds{42, 0xfe75a71f01af8ce4u, 0x21c32aa82b70f0a3u,
                          0x2735f015d8e5a13u, 0x4074f0fa08693fd4u}));
  EXPECT_EQ(DeriveSeeds(kDefaultTestSeed, "Bank.Transfer"),
            (DerivedSeeds{0x123456789abcdef0u, 0x14004f88a945e28du,
                          0xd7d900e687096e25u, 0x4e1c7afb2acb5f6fu,
                          0x87b6e60708e34052u}));
  EXPECT_EQ(DeriveSeeds(UINT64_MAX, "\xC3\x9Cn\xC3\xAF/Suite.Name/3"),
            (DerivedSeeds{UINT64_MAX, 0x86e01f002196bf36u, 0x9dc84b46552aef81u,
                          0xb5f54ce2b43cd6e3u, 0x7e3d533a84b0bbb5u}));
}

TEST(SeedTest, TheDefaultSeedIsTheDocumentedOne) {
  EXPECT_EQ(kDefaultTestSeed, 0x123456789abcdef0u);
}

TEST(SeedTest, ParseSeedReadsDecimalAndHex) {
  const struct {
    absl::string_view text;
    uint64_t value;
  } kCases[] = {
      {"0", 0},
      {"42", 42},
      {"0042", 42},
      {"18446744073709551615", UINT64_MAX},
      {"000018446744073709551615", UINT64_MAX},
      {"0x2a", 42},
      {"0X2A", 42},
      {"0x0", 0},
      {"0xffffffffffffffff", UINT64_MAX},
      {"0x000000000000000000000001", 1},
      {"1_000_000", 1000000},
      {"1'000'000", 1000000},
      {"0xdead_beef", 0xdeadbeef},
      {"0x1234'5678'9abc'def0", kDefaultTestSeed},
  };
  for (const auto& c : kCases) {
    absl::StatusOr<uint64_t> seed = ParseSeed(c.text);
    ASSERT_TRUE(seed.ok()) << c.text << ": " << seed.status();
    EXPECT_EQ(*seed, c.value) << c.text;
  }
}

TEST(SeedTest, ParseSeedRefusesAnythingElse) {
  for (absl::string_view text :
       {"", " ", "0x", "0X", "x2a", "2a", "0xg", "-1", "+1", " 42", "42 ",
        "42\n", "4 2", "_42", "42_", "4__2", "4_'2", "0x_2a", "0x2a_", "0_x2a",
        "'", "1.5", "1e3", "42u", "0b101", "0x0x1", "random",
        "18446744073709551616", "99999999999999999999",
        "0x10000000000000000", "\xff\xfe"}) {
    absl::StatusOr<uint64_t> seed = ParseSeed(text);
    ASSERT_FALSE(seed.ok()) << text << " gave " << *seed;
    EXPECT_EQ(seed.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_TRUE(absl::StrContains(seed.status().message(), "decimal"));
  }
  EXPECT_FALSE(ParseSeed(absl::string_view("4\0" "2", 3)).ok());
}

TEST(SeedTest, AMalformedSeedIsQuotedWithTheReason) {
  EXPECT_TRUE(absl::StrContains(ParseSeed("12z4").status().message(),
                                "\"12z4\": 'z' is not a digit of base 10"));
  EXPECT_TRUE(absl::StrContains(ParseSeed("4\n").status().message(),
                                "\"4\\n\": '\\n' is not a digit"));
  EXPECT_TRUE(
      absl::StrContains(ParseSeed("18446744073709551616").status().message(),
                        "more than 64 bits"));
}

TEST(SeedTest, ALongMalformedSeedIsQuotedInPart) {
  const absl::Status status = ParseSeed(std::string(1 << 20, 'z')).status();
  EXPECT_LT(status.message().size(), 400u);
  EXPECT_TRUE(absl::StrContains(status.message(), "zzz...\""));
}

TEST(SeedTest, FormatSeedIsReadBackByParseSeed) {
  EXPECT_EQ(FormatSeed(42), "0x000000000000002a");
  EXPECT_EQ(FormatSeed(UINT64_MAX), "0xffffffffffffffff");
  for (uint64_t seed : {uint64_t{0}, uint64_t{42}, kDefaultTestSeed}) {
    absl::StatusOr<uint64_t> parsed = ParseSeed(FormatSeed(seed));
    ASSERT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_EQ(*parsed, seed);
  }
}

}  // namespace
}  // namespace asupersync
