// The oracles by name: what each claims, and which of them watch an execution.
//
//   OracleSelection quiet = OracleSelection::All().Without(
//       OracleId::kFuturelock);
//   absl::StatusOr<OracleSelection> parsed =
//       OracleSelection::Parse("-futurelock");                   // the same
//
// Determinism: values. An oracle changes nothing in the execution that it
// watches, so a selection is no part of what a replay must agree on.
#ifndef ASUPERSYNC_LAB_ORACLE_TABLE_H_
#define ASUPERSYNC_LAB_ORACLE_TABLE_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace asupersync {

// In the order in which they judge the end of an execution. The deadlock
// oracle is last: it attempts operations, which the others must not see.
enum class OracleId : std::uint8_t {
  kTaskLeak,
  kObligationLeak,
  kRegionQuiescence,
  kFinalizers,
  kRegionTree,
  kLoserDrain,
  kCancelProtocol,
  kDeadlineMonotone,
  kChannelAtomicity,
  kFuturelock,
  kStarvation,
  kAmbientAuthority,
  kDeterminism,
  kUnseenPanic,
  kUnseenError,
  kStepLimit,
  kDeadlock,
};
inline constexpr int kOracleCount = 17;

// What is known of an oracle; literals.
struct OracleInfo {
  const char* name;    // "task_leak"
  const char* claim;   // what holds in a correct execution, one line
  const char* fed_by;  // who tells it, one line
};
// REQUIRES: one of the above.
const OracleInfo& Info(OracleId oracle);

// "task_leak"; "unknown" for a number that is no oracle.
const char* Name(OracleId oracle);
// nullopt: there is none of this name.
std::optional<OracleId> FindOracle(absl::string_view name);
std::ostream& operator<<(std::ostream& out, OracleId oracle);

// A set of oracles.
class OracleSelection {
 public:
  static OracleSelection All() {
    return OracleSelection((std::uint32_t{1} << kOracleCount) - 1);
  }
  static OracleSelection None() { return OracleSelection(0); }
  // Names, "-name", "all" and "none", with commas between: what comes later
  // counts. A text that starts with a "-name" starts from all of them, others
  // from none. InvalidArgument names the word that is not known, and the
  // oracles that there are.
  static absl::StatusOr<OracleSelection> Parse(absl::string_view text);

  OracleSelection With(OracleId oracle) const {
    return OracleSelection(bits_ | Bit(oracle));
  }
  OracleSelection Without(OracleId oracle) const {
    return OracleSelection(bits_ & ~Bit(oracle));
  }
  bool Has(OracleId oracle) const { return (bits_ & Bit(oracle)) != 0; }

  // "all", "none", or names as Parse() reads them.
  std::string ToString() const;

  friend bool operator==(OracleSelection, OracleSelection) = default;

 private:
  explicit OracleSelection(std::uint32_t bits) : bits_(bits) {}
  static std::uint32_t Bit(OracleId oracle) {
    return std::uint32_t{1} << static_cast<int>(oracle);
  }

  std::uint32_t bits_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLE_TABLE_H_
