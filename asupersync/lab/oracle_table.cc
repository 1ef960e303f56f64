#include "asupersync/lab/oracle_table.h"

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"

namespace asupersync {
namespace {

// By OracleId.
constexpr OracleInfo kTable[kOracleCount] = {
    {"task_leak", "every task that was spawned is run to its end",
     "the tasks that are left when the execution is over"},
    {"obligation_leak",
     "what a task reserves is committed or aborted before its region closes",
     "Obligation: every guard, permit and lease"},
    {"region_quiescence",
     "a region that ends was closed, and nothing was left in it",
     "regions as they close and are freed"},
    {"finalizers",
     "each finalizer runs exactly once, last added first, after the region's "
     "tasks and before it closes",
     "finalizers as they are added, start and end"},
    {"region_tree",
     "a region lives within its parent and within the task that opened it",
     "regions as they open, close and are freed"},
    {"loser_drain", "the losers of a race are done when the race is over",
     "RaceGroup: every combinator that leaves branches behind"},
    {"cancel_protocol",
     "a cancellation is requested, seen and finished in this order and within "
     "its clean-up budget, and never weakens",
     "requests, the first time that a task sees one, its steps after that"},
    {"deadline_monotone", "no deadline is later than that of what encloses it",
     "tasks and regions as they begin and end"},
    {"channel_atomicity",
     "each message that was sent is delivered once, in order, or dropped",
     "MessageLog: every channel"},
    {"futurelock",
     "what a task waits for is not held by one that stays blocked while others "
     "run",
     "pending obligations and waits, looked at every so many steps"},
    {"starvation", "a task that can run is run",
     "runnable tasks, looked at every so many steps"},
    {"ambient_authority",
     "a step asks the runtime for time, randomness and concurrency",
     "AmbientGuard: calls of the C library within a step"},
    {"determinism", "the same seed gives the same execution",
     "--lab_check_determinism: a second execution"},
    {"unseen_panic", "an exception that ends a task is seen by somebody",
     "tasks that ended with an exception, and joins"},
    {"unseen_error", "an error that ends a task is seen by somebody",
     "tasks that ended with an error, joins, races and scopes"},
    {"step_limit", "the execution ends within its step limit",
     "how the last run ended"},
    {"deadlock",
     "no task waits for ever, and none for something that has happened",
     "how the last run ended; then each wait is attempted once more"},
};

std::vector<absl::string_view> Names() {
  std::vector<absl::string_view> names;
  for (const OracleInfo& info : kTable) names.push_back(info.name);
  return names;
}

}  // namespace

const OracleInfo& Info(OracleId oracle) {
  return kTable[static_cast<int>(oracle)];
}

const char* Name(OracleId oracle) {
  const int index = static_cast<int>(oracle);
  return index < kOracleCount ? kTable[index].name : "unknown";
}

std::optional<OracleId> FindOracle(absl::string_view name) {
  for (int i = 0; i < kOracleCount; ++i) {
    if (name == kTable[i].name) return static_cast<OracleId>(i);
  }
  return std::nullopt;
}

std::ostream& operator<<(std::ostream& out, OracleId oracle) {
  return out << Name(oracle);
}

absl::StatusOr<OracleSelection> OracleSelection::Parse(
    absl::string_view text) {
  OracleSelection selection =
      absl::StartsWith(absl::StripAsciiWhitespace(text), "-") ? All() : None();
  for (absl::string_view word : absl::StrSplit(text, ',')) {
    word = absl::StripAsciiWhitespace(word);
    if (word == "all") {
      selection = All();
      continue;
    }
    if (word == "none") {
      selection = None();
      continue;
    }
    const bool without = absl::ConsumePrefix(&word, "-");
    const std::optional<OracleId> oracle = FindOracle(word);
    if (!oracle.has_value()) {
      return absl::InvalidArgumentError(
          absl::StrCat("there is no oracle \"", word,
                       "\"; expected all, none, or with commas between and "
                       "optionally a '-' before: ",
                       absl::StrJoin(Names(), ", ")));
    }
    selection = without ? selection.Without(*oracle) : selection.With(*oracle);
  }
  return selection;
}

std::string OracleSelection::ToString() const {
  if (*this == All()) return "all";
  if (*this == None()) return "none";
  std::vector<absl::string_view> in;
  std::vector<std::string> out;
  for (int i = 0; i < kOracleCount; ++i) {
    if (Has(static_cast<OracleId>(i))) {
      in.push_back(kTable[i].name);
    } else {
      out.push_back(absl::StrCat("-", kTable[i].name));
    }
  }
  return in.size() <= out.size() ? absl::StrJoin(in, ",")
                                 : absl::StrJoin(out, ",");
}

}  // namespace asupersync
