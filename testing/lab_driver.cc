#include "asupersync/testing/lab_driver.h"

#include <cstdint>
#include <optional>
#include <set>

#include "asupersync/testing/determinism_check.h"
#include "asupersync/testing/lab_session.h"

namespace asupersync {
namespace testing_internal {
namespace {

// Constructor, SetUp, body, TearDown and destructor of a fresh fixture.
void RunExecution(const MakeFixture& make, const DrivenExecution& driven,
                  void (*run)(LabTest&)) {
  LabSession& session = LabSession::Get();
  ::testing::Test* fixture = nullptr;
  session.set_driven(&driven);
  RunGuarded("the test fixture's constructor", [&] { fixture = make(); });
  session.set_driven(nullptr);
  if (fixture == nullptr) return;
  if (!session.HasFatalFailure() && !::testing::Test::IsSkipped()) {
    run(*static_cast<LabTest*>(fixture));
  }
  RunGuarded("the test fixture's destructor", [&] { delete fixture; });
}

}  // namespace

void LabDriver::TestBody() {
  LabSession& session = LabSession::Get();
  session.InitIfNeeded();
  std::optional<Explore> explore = explore_();
  const auto run = [](LabTest& fixture) { fixture.RunDriven(); };
  const auto execute = [&](const DrivenExecution& how) {
    RunExecution(make_, how, run);
  };
  const auto execute_checked = [&](const DrivenExecution& how) {
    if (session.flags().check_determinism) {
      RunWithDeterminismCheck(how, execute);
    } else {
      execute(how);
    }
  };
  DrivenExecution driven;
  if (explore.has_value()) driven.explicit_seed = explore->seed();
  driven.is_sweep = explore.has_value() && explore->is_sweep();
  if (session.ReplayOf(CurrentTestId()) != nullptr) {
    execute(driven);
    return;
  }
  if (session.flags().sweep.has_value()) {
    explore = Explore::Sweep(*session.flags().sweep);
    driven.is_sweep = true;
  }
  if (!driven.is_sweep) {
    execute_checked(driven);
    return;
  }
  SweepResult sweep;
  sweep.planned = explore->executions();
  std::set<std::uint64_t> fingerprints;
  while (sweep.executed < sweep.planned) {
    if (sweep.executed > 0) {
      driven.sweep_seed = SweepSeed(sweep.from_seed, sweep.executed);
    }
    execute_checked(driven);
    ++sweep.executed;
    ExecutionRecord* record = session.record();
    if (record == nullptr) return;
    if (sweep.executed == 1) sweep.from_seed = record->seeds.test_seed;
    if (record->has_runtime) fingerprints.insert(record->fingerprint);
    sweep.distinct = fingerprints.size();
    sweep.chaos_stats.Add(record->chaos_stats);
    record->sweep = sweep;
    if (HasFailure() || IsSkipped()) return;
  }
}

}  // namespace testing_internal
}  // namespace asupersync
