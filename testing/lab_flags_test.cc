#include "asupersync/testing/lab_flags.h"

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/lab/chaos_config.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Variables = std::map<std::string, std::string>;

GetVariable From(const Variables& variables) {
  return [variables](const std::string& name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

absl::StatusOr<LabFlags> Parse(std::vector<std::string> arguments,
                               const Variables& variables = {}) {
  return ParseLabFlags(From(variables), &arguments);
}

std::string ErrorOf(std::vector<std::string> arguments,
                    const Variables& variables = {}) {
  absl::StatusOr<LabFlags> flags = Parse(std::move(arguments), variables);
  return flags.ok() ? "ok" : std::string(flags.status().message());
}

TEST(LabFlagsTest, NothingIsSetByDefault) {
  const LabFlags flags = Parse({}).value();
  EXPECT_FALSE(flags.seed.has_value());
  EXPECT_FALSE(flags.replay.has_value());
  EXPECT_FALSE(flags.sweep.has_value());
  EXPECT_FALSE(flags.artifacts_dir.has_value());
  EXPECT_FALSE(flags.artifacts_always);
  EXPECT_FALSE(flags.chaos.has_value());
  EXPECT_FALSE(flags.check_determinism);
  EXPECT_EQ(flags.watchdog, absl::Seconds(10));
}

TEST(LabFlagsTest, FlagsAreRead) {
  const LabFlags flags =
      Parse({"--lab_seed=0x2a", "--lab_explore=sweep:12",
             "--lab_artifacts_dir=/a b", "--lab_artifacts=always"})
          .value();
  EXPECT_EQ(flags.seed->value, 42u);
  EXPECT_EQ(flags.seed->source, "--lab_seed");
  EXPECT_EQ(flags.sweep, 12u);
  EXPECT_EQ(flags.artifacts_dir, "/a b");
  EXPECT_TRUE(flags.artifacts_always);
  EXPECT_EQ(Parse({"--lab_replay=x=y"}).value().replay, "x=y");
}

TEST(LabFlagsTest, VariablesAreRead) {
  const LabFlags flags = Parse({}, {{"ASUPERSYNC_SEED", "42"},
                                    {"ASUPERSYNC_REPLAY", "m.json"},
                                    {"ASUPERSYNC_TEST_ARTIFACTS_DIR", "/a"},
                                    {"ASUPERSYNC_ARTIFACTS", "always"}})
                             .value();
  EXPECT_EQ(flags.seed->value, 42u);
  EXPECT_EQ(flags.seed->source, "ASUPERSYNC_SEED");
  EXPECT_EQ(flags.replay, "m.json");
  EXPECT_EQ(flags.artifacts_dir, "/a");
  EXPECT_TRUE(flags.artifacts_always);
}

TEST(LabFlagsTest, AFlagBeatsItsVariable) {
  const LabFlags flags =
      Parse({"--lab_artifacts=on_failure", "--lab_explore=sweep:3"},
            {{"ASUPERSYNC_ARTIFACTS", "always"},
             {"ASUPERSYNC_EXPLORE", "sweep:9"}})
          .value();
  EXPECT_FALSE(flags.artifacts_always);
  EXPECT_EQ(flags.sweep, 3u);
}

TEST(LabFlagsTest, TheLastOfEqualFlagsCounts) {
  EXPECT_EQ(Parse({"--lab_seed=1", "--lab_seed=2"}).value().seed->value, 2u);
}

TEST(LabFlagsTest, TheArgumentsOfOthersStay) {
  std::vector<std::string> arguments = {"--x", "--lab_seed=1", "y", "--",
                                        "--lab_seed=2"};
  ASSERT_TRUE(ParseLabFlags(From({}), &arguments).ok());
  EXPECT_THAT(arguments, ElementsAre("--x", "y", "--", "--lab_seed=2"));
}

TEST(LabFlagsTest, ErrorsNameSourceAndText) {
  EXPECT_THAT(ErrorOf({}, {{"CI_SEED", "4x"}}),
              AllOf(HasSubstr("CI_SEED"), HasSubstr("4x")));
  EXPECT_THAT(ErrorOf({"--lab_explore=deep"}),
              AllOf(HasSubstr("--lab_explore=deep"), HasSubstr("sweep:N")));
  EXPECT_THAT(ErrorOf({"--lab_artifacts_dir="}), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf({"--lab_seed"}), HasSubstr("--lab_seed=VALUE"));
  EXPECT_THAT(ErrorOf({"--lab_sed=1"}),
              AllOf(HasSubstr("unknown flag --lab_sed"),
                    HasSubstr("--lab_seed")));
}

TEST(LabFlagsTest, AFlagThatIsNearlyAnotherIsToldWhich) {
  EXPECT_THAT(ErrorOf({"--lab_sed=1"}), HasSubstr("did you mean --lab_seed?"));
  EXPECT_THAT(ErrorOf({"--lab_home=1"}),
              ::testing::Not(HasSubstr("did you mean")));
}

TEST(LabFlagsTest, VariablesThatDoNothingAreTold) {
  EXPECT_THAT(
      UnknownVariables({"ASUPERSYNC_SEEED=1", "ASUPERSYNC_SEED=1", "HOME=/",
                        "ASUPERSYNC_WATCHDOG=3", "ASUPERSYNC=x", "CI_SEED=2",
                        "ASUPERSYNC_ARTIFACTS_DIR=/a", "ASUPERSYNC_HOME"}),
      ElementsAre(
          "the variable ASUPERSYNC_SEEED is not known and does nothing; did "
          "you mean ASUPERSYNC_SEED?",
          HasSubstr("ASUPERSYNC_WATCHDOG is not known and does nothing; did "
                    "you mean ASUPERSYNC_LAB_WATCHDOG?"),
          HasSubstr("did you mean ASUPERSYNC_TEST_ARTIFACTS_DIR?"),
          "the variable ASUPERSYNC_HOME is not known and does nothing; --help "
          "shows those that are"));
}

// Each variable that --help shows is read: the two come from one table.
TEST(LabFlagsTest, EveryVariableOfTheHelpIsKnown) {
  int count = 0;
  for (const absl::string_view line :
       absl::StrSplit(LabFlagsHelp(), '\n')) {
    const absl::string_view name = absl::StripAsciiWhitespace(line);
    if (!absl::StartsWith(name, "ASUPERSYNC_")) continue;
    ++count;
    EXPECT_THAT(UnknownVariables({absl::StrCat(name, "=x")}), IsEmpty());
    EXPECT_THAT(ErrorOf({}, {{std::string(name), ""}}),
                HasSubstr("the value is empty"))
        << name;
  }
  EXPECT_GT(count, 10);
}

TEST(LabFlagsTest, OneDashIsTooFew) {
  EXPECT_THAT(ErrorOf({"-lab_seed=3"}), HasSubstr("write --lab_seed=3"));
}

// It belongs to whoever set up the CI system.
TEST(LabFlagsTest, CiSeedIsReadOnlyIfItSaysSomethingAndNothingElseDoes) {
  EXPECT_FALSE(Parse({}, {{"CI_SEED", ""}}).value().seed.has_value());
  EXPECT_EQ(Parse({}, {{"CI_SEED", "abc"}, {"ASUPERSYNC_SEED", "3"}})
                .value()
                .seed->value,
            3u);
}

TEST(LabFlagsTest, HelpHasEveryFlagAndVariable) {
  const std::string help = LabFlagsHelp();
  for (const char* name :
       {"--lab_seed", "--lab_explore", "--lab_replay=", "--lab_replay_mode",
        "--lab_break_at", "--lab_chaos", "--lab_oracles",
        "--lab_check_determinism", "--lab_artifacts_dir", "--lab_artifacts=",
        "--lab_watchdog", "ASUPERSYNC_SEED", "ASUPERSYNC_BREAK_AT"}) {
    EXPECT_THAT(help, HasSubstr(name));
  }
  EXPECT_THAT(help, ::testing::Not(HasSubstr("CI_SEED")));
}

TEST(LabFlagsTest, AMalformedVariableIsAnErrorAlsoIfAFlagBeatsIt) {
  EXPECT_THAT(ErrorOf({"--lab_seed=1"}, {{"ASUPERSYNC_SEED", "?"}}),
              HasSubstr("ASUPERSYNC_SEED"));
}

TEST(LabFlagsTest, NumbersOfASweepAreChecked) {
  for (const char* text : {"sweep:", "sweep:-1", "sweep:0", "sweep:1e3",
                           "sweep: 7", "sweep:99999999999999999999"}) {
    EXPECT_EQ(Parse({std::string("--lab_explore=") + text}).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(LabFlagsTest, ExplorationsOfOtherVersionsAreUnimplemented) {
  for (const char* text : {"pct:3:100", "dpor", "dpor:5", "cancel"}) {
    EXPECT_EQ(Parse({std::string("--lab_explore=") + text}).status().code(),
              absl::StatusCode::kUnimplemented)
        << text;
  }
}

TEST(LabFlagsTest, ReplayAndExplorationExcludeEachOther) {
  EXPECT_THAT(ErrorOf({"--lab_replay=a"}, {{"ASUPERSYNC_EXPLORE", "sweep:2"}}),
              HasSubstr("one of the two"));
}

TEST(LabFlagsTest, AccessesAreRecordedIfAskedFor) {
  EXPECT_FALSE(Parse({}).value().record_accesses);
  const Variables on = {{"ASUPERSYNC_RECORD", "accesses"}};
  EXPECT_TRUE(Parse({}, on).value().record_accesses);
  EXPECT_FALSE(Parse({"--lab_record=default"}, on).value().record_accesses);
  EXPECT_THAT(ErrorOf({"--lab_record=all"}),
              HasSubstr("--lab_record=all: expected default or accesses"));
}

TEST(LabFlagsTest, TheCheckOfDeterminismNeedsNoValue) {
  EXPECT_TRUE(Parse({"--lab_check_determinism"}).value().check_determinism);
  EXPECT_TRUE(Parse({"--lab_check_determinism=1"}).value().check_determinism);
  const Variables on = {{"ASUPERSYNC_LAB_CHECK_DETERMINISM", "true"}};
  EXPECT_TRUE(Parse({}, on).value().check_determinism);
  EXPECT_FALSE(
      Parse({"--lab_check_determinism=0"}, on).value().check_determinism);
  EXPECT_THAT(ErrorOf({"--lab_check_determinism=2x"}),
              HasSubstr("--lab_check_determinism=2x: expected 0 or 1"));
}

TEST(LabFlagsTest, ReplayAndTheCheckOfDeterminismExcludeEachOther) {
  EXPECT_THAT(ErrorOf({"--lab_replay=a", "--lab_check_determinism"}),
              HasSubstr("one of the two"));
}

TEST(LabFlagsTest, ChaosIsReadFromTheFlagOrTheVariable) {
  const Variables light = {{"ASUPERSYNC_CHAOS", "light"}};
  EXPECT_EQ(Parse({}, light).value().chaos->config, ChaosConfig::Light());
  EXPECT_EQ(Parse({}, light).value().chaos->source, "ASUPERSYNC_CHAOS");
  const LabFlags flags =
      Parse({"--lab_chaos=heavy,cancel=0.5,delay=0"}, light).value();
  EXPECT_EQ(flags.chaos->config, ChaosConfig::Heavy()
                                     .With(ChaosKind::kDelay, 0)
                                     .With(ChaosKind::kCancel, 0.5));
  EXPECT_EQ(flags.chaos->text, "heavy,cancel=0.5,delay=0");
  EXPECT_EQ(flags.chaos->source, "--lab_chaos");
  EXPECT_FALSE(Parse({"--lab_chaos=off"}, light)->chaos->config.enabled());
}

TEST(LabFlagsTest, AMistakeInChaosIsToldWithWhatIsAccepted) {
  EXPECT_EQ(Parse({"--lab_chaos=wild"}).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(ErrorOf({"--lab_chaos=heavy,wild"}),
              AllOf(HasSubstr("--lab_chaos=heavy,wild: \"wild\": expected off, "
                              "light, heavy"),
                    HasSubstr("cancel, delay, ")));
  EXPECT_THAT(ErrorOf({}, {{"ASUPERSYNC_CHAOS", "cancel=2"}}),
              HasSubstr("ASUPERSYNC_CHAOS=cancel=2: \"cancel=2\": expected a "
                        "probability from 0 to 1"));
  EXPECT_THAT(ErrorOf({"--lab_chaos="}), HasSubstr("empty"));
  EXPECT_THAT(ErrorOf({"--lab_chaos"}), HasSubstr("--lab_chaos=VALUE"));
}

TEST(LabFlagsTest, AReplayIsStrictUnlessResyncIsAskedFor) {
  EXPECT_FALSE(Parse({"--lab_replay=t"})->resync);
  EXPECT_FALSE(Parse({"--lab_replay=t", "--lab_replay_mode=strict"})->resync);
  EXPECT_TRUE(Parse({"--lab_replay=t", "--lab_replay_mode=resync"})->resync);
  EXPECT_TRUE(Parse({"--lab_replay=t"}, {{"ASUPERSYNC_REPLAY_MODE", "resync"}})
                  ->resync);
  EXPECT_THAT(ErrorOf({"--lab_replay=t", "--lab_replay_mode=lax"}),
              HasSubstr("--lab_replay_mode=lax: expected strict or resync"));
  EXPECT_THAT(ErrorOf({"--lab_replay_mode=resync"}),
              HasSubstr("name one with --lab_replay"));
}

TEST(LabFlagsTest, TheWatchdogIsGivenInSeconds) {
  EXPECT_EQ(Parse({"--lab_watchdog=2.5"}).value().watchdog,
            absl::Milliseconds(2500));
  EXPECT_EQ(Parse({}, {{"ASUPERSYNC_LAB_WATCHDOG", "0"}}).value().watchdog,
            absl::ZeroDuration());
  for (const char* text : {"-1", "soon", "1e3", "nan", "inf", "10s", "1e99",
                           "99999999999"}) {
    EXPECT_THAT(ErrorOf({std::string("--lab_watchdog=") + text}),
                HasSubstr("number of seconds"))
        << text;
  }
}

TEST(LabFlagsTest, AStepOrAnEventToBreakAtIsRead) {
  const auto at = [](const std::string& text) {
    return Parse({"--lab_break_at=" + text}).value().break_at;
  };
  EXPECT_EQ(at("17"), (BreakAt{BreakAt::Kind::kTick, 17}));
  EXPECT_EQ(at("tick:17"), (BreakAt{BreakAt::Kind::kTick, 17}));
  EXPECT_EQ(at("event:0"), (BreakAt{BreakAt::Kind::kEvent, 0}));
  EXPECT_EQ(Parse({}, {{"ASUPERSYNC_BREAK_AT", "event:40"}})
                .value()
                .break_at->ToString(),
            "event:40");
  EXPECT_FALSE(Parse({}).value().break_at.has_value());
  for (const char* text : {"0", "tick:0", "x", "tick:", "event:", "-1", "1 ",
                           "step:3", "99999999999999999999"}) {
    EXPECT_THAT(ErrorOf({std::string("--lab_break_at=") + text}),
                HasSubstr("expected a step, 17 or tick:17"))
        << text;
  }
}

}  // namespace
}  // namespace testing_internal
}  // namespace asupersync
