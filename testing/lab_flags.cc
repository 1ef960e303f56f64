#include "asupersync/testing/lab_flags.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/lab/oracle_table.h"
#include "asupersync/testing/nearest_name.h"

namespace asupersync {
namespace testing_internal {
namespace {

// May stand without a value.
constexpr char kCheckDeterminism[] = "--lab_check_determinism";

struct Setting {
  const char* flag;
  const char* variable;
  absl::Status (*set)(const std::string& text, const std::string& source,
                      LabFlags* flags);
  const char* values;  // that the flag takes, for --help
};

absl::Status SetSeed(const std::string& text, const std::string& source,
                     LabFlags* flags) {
  absl::StatusOr<std::uint64_t> seed = ParseSeed(text);
  if (!seed.ok()) return seed.status();
  flags->seed = LabFlags::Seed{*seed, source};
  return absl::OkStatus();
}

absl::Status SetReplay(const std::string& text, const std::string&,
                       LabFlags* flags) {
  flags->replay = text;
  return absl::OkStatus();
}

absl::Status SetReplayMode(const std::string& text, const std::string&,
                           LabFlags* flags) {
  if (text != "strict" && text != "resync") {
    return absl::InvalidArgumentError("expected strict or resync");
  }
  flags->resync = text == "resync";
  return absl::OkStatus();
}

absl::Status SetExplore(const std::string& text, const std::string&,
                        LabFlags* flags) {
  absl::string_view count = text;
  std::uint64_t executions = 0;
  if (absl::ConsumePrefix(&count, "sweep:") &&
      count.find_first_not_of("0123456789") == absl::string_view::npos &&
      absl::SimpleAtoi(count, &executions) && executions > 0) {
    flags->sweep = executions;
    return absl::OkStatus();
  }
  for (absl::string_view form : {"pct", "dpor", "cancel"}) {
    if (text == form || absl::StartsWith(text, absl::StrCat(form, ":"))) {
      return absl::UnimplementedError(
          absl::StrCat("exploration by ", form,
                       " is not available in this version; use sweep:N"));
    }
  }
  return absl::InvalidArgumentError(
      "expected sweep:N with a number N of executions, 1 or more");
}

absl::Status SetArtifactsDir(const std::string& text, const std::string&,
                             LabFlags* flags) {
  flags->artifacts_dir = text;
  return absl::OkStatus();
}

absl::Status SetArtifacts(const std::string& text, const std::string&,
                          LabFlags* flags) {
  if (text != "always" && text != "on_failure") {
    return absl::InvalidArgumentError("expected on_failure or always");
  }
  flags->artifacts_always = text == "always";
  return absl::OkStatus();
}

absl::Status SetRecord(const std::string& text, const std::string&,
                       LabFlags* flags) {
  if (text != "default" && text != "accesses") {
    return absl::InvalidArgumentError("expected default or accesses");
  }
  flags->record_accesses = text == "accesses";
  return absl::OkStatus();
}

absl::Status SetCheckDeterminism(const std::string& text, const std::string&,
                                 LabFlags* flags) {
  if (!absl::SimpleAtob(text, &flags->check_determinism)) {
    return absl::InvalidArgumentError("expected 0 or 1");
  }
  return absl::OkStatus();
}

absl::Status SetWatchdog(const std::string& text, const std::string&,
                         LabFlags* flags) {
  constexpr double kSecondsMax = 1e6;
  double seconds = 0;
  if (text.find_first_not_of("0123456789.") != std::string::npos ||
      !absl::SimpleAtod(text, &seconds) || seconds > kSecondsMax) {
    return absl::InvalidArgumentError(
        "expected a number of seconds, at most 1000000; 0 switches the "
        "watchdog off");
  }
  flags->watchdog = absl::Seconds(seconds);
  return absl::OkStatus();
}

absl::Status SetOracles(const std::string& text, const std::string&,
                        LabFlags* flags) {
  absl::StatusOr<OracleSelection> oracles = OracleSelection::Parse(text);
  if (!oracles.ok()) return oracles.status();
  flags->oracles = *oracles;
  return absl::OkStatus();
}

absl::Status SetChaos(const std::string& text, const std::string& source,
                      LabFlags* flags) {
  absl::StatusOr<ChaosConfig> chaos = ChaosConfig::Parse(text);
  if (!chaos.ok()) return chaos.status();
  flags->chaos = LabFlags::Chaos{*chaos, text, source};
  return absl::OkStatus();
}

absl::Status SetBreakAt(const std::string& text, const std::string&,
                        LabFlags* flags) {
  absl::StatusOr<BreakAt> at = BreakAt::Parse(text);
  if (!at.ok()) return at.status();
  flags->break_at = *at;
  return absl::OkStatus();
}

// In the order in which the environment is read: what comes later counts.
constexpr Setting kSettings[] = {
    {nullptr, "CI_SEED", SetSeed, ""},
    {"--lab_seed", "ASUPERSYNC_SEED", SetSeed, "=SEED (decimal or 0x...)"},
    {"--lab_explore", "ASUPERSYNC_EXPLORE", SetExplore,
     "=sweep:N (N seeds, until one fails)"},
    {"--lab_replay", "ASUPERSYNC_REPLAY", SetReplay, "=MANIFEST_OR_TRACE"},
    {"--lab_replay_mode", "ASUPERSYNC_REPLAY_MODE", SetReplayMode,
     "=strict|resync"},
    {"--lab_break_at", "ASUPERSYNC_BREAK_AT", SetBreakAt,
     "=tick:N|event:N (stop there in a debugger)"},
    {"--lab_chaos", "ASUPERSYNC_CHAOS", SetChaos,
     "=off|light|heavy|KIND=PROBABILITY,..."},
    {"--lab_oracles", "ASUPERSYNC_ORACLES", SetOracles, "=all|none|-NAME,..."},
    {kCheckDeterminism, "ASUPERSYNC_LAB_CHECK_DETERMINISM",
     SetCheckDeterminism, " (execute each test twice and compare)"},
    {"--lab_record", "ASUPERSYNC_RECORD", SetRecord,
     "=default|accesses (what else a trace has, for trace diff)"},
    {"--lab_artifacts_dir", "ASUPERSYNC_TEST_ARTIFACTS_DIR", SetArtifactsDir,
     "=FOLDER"},
    {"--lab_artifacts", "ASUPERSYNC_ARTIFACTS", SetArtifacts,
     "=on_failure|always"},
    {"--lab_watchdog", "ASUPERSYNC_LAB_WATCHDOG", SetWatchdog,
     "=SECONDS (the longest step; 0: no bound)"},
};

absl::Status Apply(const Setting& setting, const std::string& source,
                   const std::string& text, LabFlags* flags) {
  absl::Status status =
      text.empty() ? absl::InvalidArgumentError("the value is empty")
                   : setting.set(text, source, flags);
  if (status.ok()) return status;
  return absl::Status(status.code(), absl::StrCat(source, "=", text, ": ",
                                                  status.message()));
}

absl::Status ApplyFlag(const std::string& argument, LabFlags* flags) {
  const std::size_t equals = argument.find('=');
  const std::string name = argument.substr(0, equals);
  std::vector<absl::string_view> known;
  for (const Setting& setting : kSettings) {
    if (setting.flag == nullptr) continue;
    known.push_back(setting.flag);
    if (name != setting.flag) continue;
    if (argument == kCheckDeterminism) return Apply(setting, name, "1", flags);
    if (equals == std::string::npos) {
      return absl::InvalidArgumentError(
          absl::StrCat(name, " needs a value: ", name, "=VALUE"));
    }
    return Apply(setting, name, argument.substr(equals + 1), flags);
  }
  const std::string meant = NearestName("--lab_", name, known);
  return absl::InvalidArgumentError(absl::StrCat(
      "unknown flag ", name, meant.empty() ? "" : "; did you mean ", meant,
      meant.empty() ? "" : "?", "; this version has ",
      absl::StrJoin(known, ", ")));
}

}  // namespace

absl::StatusOr<BreakAt> BreakAt::Parse(absl::string_view text) {
  BreakAt at;
  absl::string_view number = text;
  if (absl::ConsumePrefix(&number, "event:")) {
    at.kind = Kind::kEvent;
  } else {
    absl::ConsumePrefix(&number, "tick:");
  }
  const bool is_number =
      number.find_first_not_of("0123456789") == absl::string_view::npos &&
      absl::SimpleAtoi(number, &at.number);
  if (is_number && (at.kind == Kind::kEvent || at.number > 0)) return at;
  return absl::InvalidArgumentError(
      "expected a step, 17 or tick:17, which are numbered from 1, or an event, "
      "event:40");
}

std::string BreakAt::ToString() const {
  return absl::StrCat(kind == Kind::kTick ? "tick:" : "event:", number);
}

std::optional<std::string> ProcessVariable(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  if (value == nullptr) return std::nullopt;
  return std::string(value);
}

std::string LabFlagsHelp() {
  std::string text =
      "\nLab tests take these flags, and variables of the environment in their "
      "place:\n";
  for (const Setting& setting : kSettings) {
    if (setting.flag == nullptr) continue;
    absl::StrAppend(&text, "  ", setting.flag, setting.values, "\n      ",
                    setting.variable, "\n");
  }
  return text;
}

std::vector<std::string> UnknownVariables(
    const std::vector<std::string>& environment) {
  constexpr absl::string_view kPrefix = "ASUPERSYNC_";
  std::vector<absl::string_view> known;
  for (const Setting& setting : kSettings) {
    if (setting.flag != nullptr) known.push_back(setting.variable);
  }
  std::vector<std::string> lines;
  for (const std::string& entry : environment) {
    const absl::string_view name =
        absl::string_view(entry).substr(0, entry.find('='));
    if (!absl::StartsWith(name, kPrefix) ||
        std::find(known.begin(), known.end(), name) != known.end()) {
      continue;
    }
    const std::string meant = NearestName(kPrefix, name, known);
    lines.push_back(absl::StrCat(
        "the variable ", name, " is not known and does nothing; ",
        meant.empty() ? "--help shows those that are"
                      : absl::StrCat("did you mean ", meant, "?")));
  }
  return lines;
}

std::vector<std::string> ProcessEnvironment() {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    all.emplace_back(*entry);
  }
  return all;
}

absl::StatusOr<LabFlags> ParseLabFlags(const GetVariable& get_variable,
                                       std::vector<std::string>* arguments) {
  LabFlags flags;
  for (const Setting& setting : kSettings) {
    std::optional<std::string> text = get_variable(setting.variable);
    if (!text.has_value()) continue;
    // A variable that CI systems set for many programs, also to nothing.
    const bool is_ours = setting.flag != nullptr;
    if (!is_ours && (text->empty() ||
                     get_variable("ASUPERSYNC_SEED").has_value())) {
      continue;
    }
    absl::Status status = Apply(setting, setting.variable, *text, &flags);
    if (!status.ok()) return status;
  }
  std::vector<std::string> rest;
  bool ended = false;
  for (std::string& argument : *arguments) {
    ended |= argument == "--";
    if (!ended && absl::StartsWith(argument, "-lab_")) {
      return absl::InvalidArgumentError(
          absl::StrCat(argument, ": flags begin with two dashes; write -",
                       argument));
    }
    if (ended || !absl::StartsWith(argument, "--lab_")) {
      rest.push_back(std::move(argument));
      continue;
    }
    absl::Status status = ApplyFlag(argument, &flags);
    if (!status.ok()) return status;
  }
  *arguments = std::move(rest);
  if (flags.resync && !flags.replay.has_value()) {
    return absl::InvalidArgumentError(
        "--lab_replay_mode=resync says how to follow a recording, but none is "
        "given; name one with --lab_replay (also of ASUPERSYNC_REPLAY_MODE "
        "and ASUPERSYNC_REPLAY)");
  }
  if (flags.replay.has_value() && flags.sweep.has_value()) {
    return absl::InvalidArgumentError(
        "--lab_replay repeats one execution, --lab_explore asks for many; "
        "give one of the two (also of ASUPERSYNC_REPLAY and "
        "ASUPERSYNC_EXPLORE)");
  }
  if (flags.replay.has_value() && flags.check_determinism) {
    return absl::InvalidArgumentError(
        "--lab_replay compares an execution with a recorded one, "
        "--lab_check_determinism with another of its own; give one of the two "
        "(also of ASUPERSYNC_REPLAY and ASUPERSYNC_LAB_CHECK_DETERMINISM)");
  }
  return flags;
}

}  // namespace testing_internal
}  // namespace asupersync
