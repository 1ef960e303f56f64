#include "asupersync/lab/chaos_config.h"

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "asupersync/base/prng.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/lab/fault_injector.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

using ::testing::HasSubstr;

TEST(ChaosConfigTest, NothingIsInjectedUnlessAsked) {
  EXPECT_FALSE(ChaosConfig().enabled());
  EXPECT_EQ(ChaosConfig(), ChaosConfig::Off());
  EXPECT_EQ(ChaosConfig::Off().ToString(), "off");
  EXPECT_TRUE(ChaosConfig::Light().enabled());
}

TEST(ChaosConfigTest, ItsTextIsReadBack) {
  for (const ChaosConfig& config :
       {ChaosConfig::Off(), ChaosConfig::Light(), ChaosConfig::Heavy(),
        ChaosConfig::Off().With(ChaosKind::kIoError, 0.000001),
        ChaosConfig::Off().With(ChaosKind::kCancel, 1),
        ChaosConfig::Heavy().WithDelayMax(absl::Nanoseconds(1))}) {
    EXPECT_EQ(ChaosConfig::Parse(config.ToString()).value(), config)
        << config.ToString();
  }
  EXPECT_EQ(ChaosConfig::Off().With(ChaosKind::kCancel, 0.05).ToString(),
            "cancel=0.05,delay_max=1ms,jitter_max=1ms");
}

TEST(ChaosConfigTest, LaterPartsChangeEarlierOnes) {
  EXPECT_EQ(ChaosConfig::Parse("heavy,cancel=0,delay_max=5ms").value(),
            ChaosConfig::Heavy()
                .With(ChaosKind::kCancel, 0)
                .WithDelayMax(absl::Milliseconds(5)));
}

TEST(ChaosConfigTest, BadTextIsRefusedWithWhatIsExpected) {
  for (const char* text :
       {"", "heavvy", "cancel", "cancel=", "cancel=2", "cancel=-1",
        "cancel=0.1=2", "cancel=nan", "cancel=1e-2", "heavy,", "delay_max=0",
        "delay_max=2h", "delay_max=soon", "jitter_max=-1ms"}) {
    const auto parsed = ChaosConfig::Parse(text);
    EXPECT_EQ(parsed.status().code(), absl::StatusCode::kInvalidArgument)
        << text;
    EXPECT_THAT(std::string(parsed.status().message()), HasSubstr("expected"))
        << text;
  }
  EXPECT_THAT(
      std::string(
          ChaosConfig::Parse("cancel=0.6,delay=0.6").status().message()),
      HasSubstr("add up to more than 1"));
}

TEST(ChaosConfigDeathTest, ImpossibleProbabilitiesAbort) {
  EXPECT_DEATH((void)ChaosConfig().With(ChaosKind::kDelay, 1.5),
               "a probability lies between 0 and 1");
  EXPECT_DEATH((void)ChaosConfig()
                   .With(ChaosKind::kDelay, 0.7)
                   .With(ChaosKind::kBudget, 0.7),
               "add up to more than 1");
  EXPECT_DEATH((void)ChaosConfig().WithDelayMax(absl::ZeroDuration()),
               "between 1ns and 1h");
}

TEST(FaultInjectorTest, InjectsAsOftenAsItSays) {
  FaultInjector faults(ChaosConfig::Heavy());
  constexpr int kDraws = 200'000;
  Prng prng(7);
  for (int i = 0; i < kDraws; ++i) {
    (void)faults.BeforeOperation(prng.Next(), /*may_end=*/true);
    (void)faults.Decide(ChaosKind::kIoError, prng.Next());
  }
  const auto rate = [&](ChaosKind kind) {
    return static_cast<double>(
               faults.stats().injected[static_cast<std::size_t>(kind)]) /
           kDraws;
  };
  EXPECT_NEAR(rate(ChaosKind::kCancel), 0.02, 0.002);
  EXPECT_NEAR(rate(ChaosKind::kDelay), 0.1, 0.005);
  EXPECT_NEAR(rate(ChaosKind::kBudget), 0.01, 0.002);
  EXPECT_NEAR(rate(ChaosKind::kIoError), 0.1, 0.005);
  EXPECT_EQ(faults.stats().opportunities, 2u * kDraws);
}

TEST(FaultInjectorTest, NoFaultInjectsNothingAtAnyRate) {
  FaultInjector faults(ChaosConfig::Off()
                           .With(ChaosKind::kDelay, 1)
                           .With(ChaosKind::kIoError, 1));
  EXPECT_EQ(faults.BeforeOperation(kNoFault, true), std::nullopt);
  EXPECT_EQ(faults.Decide(ChaosKind::kIoError, kNoFault), std::nullopt);
  EXPECT_TRUE(faults.BeforeOperation(kNoFault - 1, true).has_value());
  EXPECT_TRUE(faults.Decide(ChaosKind::kIoError, 0).has_value());
  EXPECT_EQ(faults.stats().ToString(), "2 of 4: delay 1, io_error 1");
}

TEST(FaultInjectorTest, WhatNoKindMayHitIsNoOpportunity) {
  FaultInjector io_only(ChaosConfig::Off().With(ChaosKind::kIoError, 0.5));
  EXPECT_EQ(io_only.BeforeOperation(0, /*may_end=*/true), std::nullopt);
  EXPECT_EQ(io_only.stats().opportunities, 0u);
  FaultInjector ends_only(ChaosConfig::Off().With(ChaosKind::kBudget, 0.5));
  EXPECT_EQ(ends_only.BeforeOperation(0, /*may_end=*/false), std::nullopt);
  EXPECT_EQ(ends_only.stats().opportunities, 0u);
  EXPECT_TRUE(ends_only.BeforeOperation(0, /*may_end=*/true).has_value());
  EXPECT_EQ(ends_only.stats().opportunities, 1u);
}

TEST(FaultInjectorTest, AmountsLieWithinTheirBounds) {
  FaultInjector faults(ChaosConfig::Off()
                           .With(ChaosKind::kDelay, 1)
                           .WithDelayMax(absl::Nanoseconds(10)));
  bool seen[11] = {};
  Prng prng(3);
  for (int i = 0; i < 1000; ++i) {
    const std::optional<Fault> fault =
        faults.BeforeOperation(prng.Next(), false);
    ASSERT_TRUE(fault.has_value());
    ASSERT_GE(fault->amount, 1u);
    ASSERT_LE(fault->amount, 10u);
    seen[fault->amount] = true;
  }
  for (int amount = 1; amount <= 10; ++amount) EXPECT_TRUE(seen[amount]);
}

TEST(FaultInjectorTest, WhatMustNotEndIsNeitherCancelledNorExhausted) {
  FaultInjector faults(ChaosConfig::Off()
                           .With(ChaosKind::kCancel, 0.5)
                           .With(ChaosKind::kBudget, 0.5));
  Prng prng(3);
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(faults.BeforeOperation(prng.Next(), /*may_end=*/false),
              std::nullopt);
  }
  EXPECT_EQ(faults.stats().total(), 0u);
}

}  // namespace
}  // namespace asupersync
