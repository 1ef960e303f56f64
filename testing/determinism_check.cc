#include "asupersync/testing/determinism_check.h"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/string_view.h"
#include "asupersync/asupersync.h"
#include "asupersync/lab/memory_shaper.h"
#include "asupersync/testing/execution_record.h"
#include "asupersync/testing/trace_comparer.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace testing_internal {
namespace {

using Execute = std::function<void(const DrivenExecution&)>;

constexpr std::uint8_t kFirstFill = 0x5a;
constexpr std::uint8_t kSecondFill = 0xa5;
constexpr MemoryShaper::Form kFirstForm = {false, kFirstFill, 1};
constexpr MemoryShaper::Form kSecondForm = {true, kSecondFill, 2};
// The first one's addresses with the second one's bytes.
constexpr MemoryShaper::Form kRefilledForm = {false, kSecondFill, 1};
// A single one may agree by chance, where something takes few values.
constexpr int kTrials = 3;

// A failure without its text, which may show addresses.
using FailurePlace = std::tuple<std::string, int, bool>;

struct Rerun {
  std::optional<TraceDifference> difference;
  std::vector<FailurePlace> failures;
  std::string first_message;
  std::vector<AmbientUse> ambient_uses;
};

// A copy that shares no memory: what was allocated in the execution shall all
// be freed, so that the next one can have the same addresses.
std::shared_ptr<ExecutionRecord> CopyOf(const ExecutionRecord& record) {
  auto copy = std::make_shared<ExecutionRecord>(record);
  if (record.trace.has_value()) {
    const ReplayTrace& trace = *record.trace;
    copy->trace.emplace(trace.metadata(), trace.sites(), trace.blocks(),
                        trace.summary(), trace.recovered());
  }
  return copy;
}

std::vector<FailurePlace> PlacesOf(const ExecutionRecord& record) {
  std::vector<FailurePlace> places;
  for (const FailedAssertion& failure : record.failures) {
    places.emplace_back(failure.file, failure.line, failure.fatal);
  }
  return places;
}

std::string Indented(absl::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  return absl::StrReplaceAll(text, {{"\n", "\n    "}});
}

// Executes again, beside the first one's trace, and forgets what the test
// would notice.
Rerun Repeat(const std::shared_ptr<ExecutionRecord>& first,
             DrivenExecution driven, const Execute& execute,
             const MemoryShaper::Form& form, MemoryShaper* shaper) {
  LabSession& session = LabSession::Get();
  Rerun rerun;
  TraceComparer comparer(*first->trace);
  ::testing::TestPartResultArray failures;
  driven.comparer = &comparer;
  session.set_rerun_failures(&failures);
  {
    ::testing::ScopedFakeTestPartResultReporter reporter(
        ::testing::ScopedFakeTestPartResultReporter::
            INTERCEPT_ONLY_CURRENT_THREAD,
        &failures);
    shaper->Begin(form);
    execute(driven);
    shaper->End();
  }
  session.set_rerun_failures(nullptr);
  rerun.difference = comparer.difference();
  for (int i = 0; i < failures.size(); ++i) {
    const ::testing::TestPartResult& failure = failures.GetTestPartResult(i);
    if (!failure.failed()) continue;
    if (rerun.failures.empty()) rerun.first_message = failure.message();
    rerun.failures.emplace_back(
        failure.file_name() == nullptr ? "" : failure.file_name(),
        failure.line_number(), failure.fatally_failed());
  }
  if (session.record() != nullptr) {
    rerun.ambient_uses = session.record()->ambient_uses;
  }
  session.RestoreRecord(first);
  return rerun;
}

// The last thing taken from outside before event `index`.
const AmbientUse* LastBefore(const std::vector<AmbientUse>& uses,
                             std::uint64_t index) {
  const AmbientUse* last = nullptr;
  for (const AmbientUse& use : uses) {
    if (use.position.events <= index) last = &use;
  }
  return last;
}

std::string AmbientCause(const AmbientUse& use) {
  return absl::StrCat(Name(use.call.kind),
                      ", which is not the same in each execution\n    ",
                      Indented(use.call.ToString()));
}

bool DiffersBy(const Rerun& rerun, std::uint64_t index) {
  return rerun.difference.has_value() && rerun.difference->index <= index;
}

// Finds out by trial what the difference at event `index` depends on.
std::string CauseByTrial(const std::shared_ptr<ExecutionRecord>& first,
                         std::uint64_t index, const DrivenExecution& driven,
                         const Execute& execute, MemoryShaper* shaper) {
  bool outlives = false;
  for (int trial = 0; trial < kTrials && !outlives; ++trial) {
    outlives =
        DiffersBy(Repeat(first, driven, execute, kFirstForm, shaper), index);
  }
  if (outlives) {
    return "state that outlives an execution: with the same memory as in the "
           "first one, a later execution differs as well\n"
           "    look for static and global variables, singletons and files "
           "that an execution leaves changed,\n"
           "    and let the fixture or the body own them; also for loops "
           "over absl's hash tables, each of which has an order of its own";
  }
  if (DiffersBy(Repeat(first, driven, execute, kRefilledForm, shaper),
                index)) {
    return "uninitialised memory: it is gone with the same bytes in fresh "
           "memory, and comes back with others at the same addresses\n"
           "    look for variables and members that are read before they are "
           "written; valgrind and clang's -fsanitize=memory find them,\n"
           "    --config=ubsan those of type bool or of an enumeration";
  }
  return "addresses: it is gone with the same memory addresses, and depends "
         "on nothing else that is known\n"
         "    look for containers that are ordered or hashed by pointers "
         "(std::set<T*>, std::unordered_map<T*, U>),\n"
         "    for loops over those, and for comparisons of pointers; order by "
         "a name or a number instead";
}

std::string DifferenceText(const TraceDifference& difference,
                           const std::string& cause) {
  std::string text = absl::StrCat(
      "determinism: a second execution with the same seed differs from event ",
      difference.index, " on, in step ", difference.tick, "\n");
  const auto append = [&](const char* which, const std::string& what,
                          const std::string& site, const std::string& task) {
    absl::StrAppend(&text, "  ", which, " ", what, "\n          at ", site,
                    ", in ", task, "\n");
  };
  append("first: ", difference.expected, difference.expected_site,
         difference.expected_task);
  append("second:", difference.actual, difference.actual_site,
         difference.actual_task);
  absl::StrAppend(&text, "  likely cause: ", cause, "\n");
  const std::vector<std::string>& before = difference.report.before;
  absl::StrAppend(&text, "  the ", before.size(), " events before agree:\n");
  for (const std::string& event : before) {
    absl::StrAppend(&text, "    ", event, "\n");
  }
  return text;
}

std::string OutcomeText(const ExecutionRecord& first, const Rerun& second) {
  const auto describe = [](std::size_t failures, const std::string& message) {
    return failures == 0
               ? std::string("passes")
               : absl::StrCat("has ", failures, " failure",
                              failures == 1 ? "" : "s", ", first: ",
                              Indented(message));
  };
  return absl::StrCat(
      "determinism: of two executions with the same seed and equal events,\n"
      "  the first ",
      describe(first.failures.size(),
               first.failures.empty() ? "" : first.failures[0].message),
      "\n  the second ",
      describe(second.failures.size(), second.first_message),
      "\n  likely cause: state that outlives an execution, addresses or "
      "uninitialised memory, used where no event tells of it\n");
}

void Report(ExecutionRecord* record, const std::string& message) {
  record->AddViolation(OracleId::kDeterminism);
  FailCurrentTest(message);
}

}  // namespace

void RunWithDeterminismCheck(const DrivenExecution& driven,
                             const Execute& execute) {
  LabSession& session = LabSession::Get();
  MemoryShaper shaper;
  TraceComparer silent;
  DrivenExecution observed = driven;
  observed.comparer = &silent;
  shaper.Begin(kFirstForm);
  execute(observed);
  shaper.End();
  if (session.record() == nullptr || ::testing::Test::IsSkipped()) return;
  const std::shared_ptr<ExecutionRecord> first = CopyOf(*session.record());
  session.RestoreRecord(first);
  if (!first->oracles.Has(OracleId::kDeterminism)) return;
  if (!first->trace.has_value() ||
      first->trace->metadata().start_tick != 0) {
    std::printf("[   NOTE   ] %s is not checked: --lab_check_determinism "
                "needs a recording from the first step on\n",
                first->test_id.c_str());
    return;
  }
  const std::vector<FailurePlace> failures = PlacesOf(*first);
  const Rerun second =
      Repeat(first, driven, execute, kSecondForm, &shaper);
  std::string message;
  if (second.difference.has_value()) {
    const TraceDifference& difference = *second.difference;
    const AmbientUse* use = LastBefore(second.ambient_uses, difference.index);
    if (use == nullptr) use = LastBefore(first->ambient_uses, difference.index);
    const std::string cause =
        use != nullptr ? AmbientCause(*use)
                       : CauseByTrial(first, difference.index, driven,
                                      execute, &shaper);
    message = DifferenceText(difference, cause);
    first->difference = difference.report;
    first->difference->likely_cause = cause;
  } else if (failures != second.failures) {
    message = OutcomeText(*first, second);
  }
  if (!message.empty()) Report(first.get(), message);
  first->is_checked = true;
}

}  // namespace testing_internal
}  // namespace asupersync
