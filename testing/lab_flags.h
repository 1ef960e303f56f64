#ifndef ASUPERSYNC_TESTING_LAB_FLAGS_H_
#define ASUPERSYNC_TESTING_LAB_FLAGS_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/lab/oracle_table.h"

namespace asupersync {
namespace testing_internal {

// Where --lab_break_at stops, in the debugger: the start of the step `number`,
// or where the event with this index was recorded.
struct BreakAt {
  enum class Kind : std::uint8_t { kTick, kEvent };
  Kind kind = Kind::kTick;
  std::uint64_t number = 0;

  // "N" and "tick:N" with N >= 1 (there is no step 0), "event:N".
  // InvalidArgument: anything else.
  static absl::StatusOr<BreakAt> Parse(absl::string_view text);
  // "tick:17", "event:40".
  std::string ToString() const;
  friend bool operator==(const BreakAt&, const BreakAt&) = default;
};

// What the command line and the environment say about lab tests.
//
//   flag                                  environment
//   --lab_seed=SEED                       ASUPERSYNC_SEED, CI_SEED
//   --lab_replay=MANIFEST_OR_TRACE        ASUPERSYNC_REPLAY
//   --lab_replay_mode=strict|resync       ASUPERSYNC_REPLAY_MODE
//   --lab_explore=sweep:N                 ASUPERSYNC_EXPLORE
//   --lab_oracles=all|none|[-]NAME,...    ASUPERSYNC_ORACLES
//   --lab_chaos=off|light|heavy|KIND=P,...  ASUPERSYNC_CHAOS
//   --lab_record=default|accesses         ASUPERSYNC_RECORD
//   --lab_artifacts_dir=FOLDER            ASUPERSYNC_TEST_ARTIFACTS_DIR
//   --lab_artifacts=on_failure|always     ASUPERSYNC_ARTIFACTS
//   --lab_check_determinism[=0|1]         ASUPERSYNC_LAB_CHECK_DETERMINISM
//   --lab_watchdog=SECONDS                ASUPERSYNC_LAB_WATCHDOG
//   --lab_break_at=N|tick:N|event:N       ASUPERSYNC_BREAK_AT
//
// A flag beats the environment, ASUPERSYNC_SEED beats CI_SEED. The last of
// several equal flags counts.
struct LabFlags {
  struct Seed {
    std::uint64_t value = 0;
    std::string source;  // "--lab_seed", "ASUPERSYNC_SEED" or "CI_SEED"
  };
  struct Chaos {
    ChaosConfig config;
    std::string text;    // as it was given
    std::string source;  // "--lab_chaos" or "ASUPERSYNC_CHAOS"
  };
  std::optional<Seed> seed;
  std::optional<std::string> replay;
  // Follows the recording as far as it still fits the program.
  bool resync = false;
  std::optional<std::uint64_t> sweep;
  std::optional<std::string> artifacts_dir;
  bool artifacts_always = false;
  // What ConfigureLab() starts from; see OracleSelection::Parse.
  std::optional<OracleSelection> oracles;
  // What ConfigureLab() starts from; see ChaosConfig::Parse.
  std::optional<Chaos> chaos;
  // Traces have accesses to shared objects, too.
  bool record_accesses = false;
  bool check_determinism = false;
  absl::Duration watchdog = absl::Seconds(10);  // zero: off
  // In the first execution of each test that is not a repetition.
  std::optional<BreakAt> break_at;
};

// nullopt: the variable is not set.
using GetVariable =
    std::function<std::optional<std::string>(const std::string& name)>;
// The process's own environment.
std::optional<std::string> ProcessVariable(const std::string& name);

// What --help says of them.
std::string LabFlagsHelp();

// A line for each variable of `environment` ("NAME=value") that has our prefix
// and is none of the above, which therefore does nothing; with the name that it
// was probably meant to have.
std::vector<std::string> UnknownVariables(
    const std::vector<std::string>& environment);
// The process's own environment, in its order.
std::vector<std::string> ProcessEnvironment();

// Reads the variables and the arguments (without the program's name), from
// which it takes every --lab_ flag, up to a "--".
// InvalidArgument, naming the flag or variable, the text and what is accepted:
// an unknown --lab_ flag; a value that is missing, empty or malformed.
// Unimplemented: a form of exploration that this version does not have.
absl::StatusOr<LabFlags> ParseLabFlags(const GetVariable& get_variable,
                                       std::vector<std::string>* arguments);

}  // namespace testing_internal
}  // namespace asupersync

#endif  // ASUPERSYNC_TESTING_LAB_FLAGS_H_
