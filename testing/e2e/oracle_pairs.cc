#include "testing/e2e/oracle_pairs.h"

#include <vector>

namespace asupersync {
namespace e2e {

const std::vector<OraclePair>& OraclePairs() {
  static const auto* const pairs = new std::vector<OraclePair>{
      {"task_leak", "TaskLeak.RunThatStopsTooEarly", "TaskLeak.RunToTheEnd",
       ""},
      {"obligation_leak", "ObligationLeak.LeaseThatOutlivesItsScope",
       "ObligationLeak.LeaseThatASiblingGivesBack", ""},
      {"region_quiescence", "RegionQuiescence.NurseryThatDoesNotWait",
       "RegionQuiescence.NurseryThatWaits", ""},
      {"finalizers", "Finalizers.FinalizerThatIsLost",
       "Finalizers.FinalizerThatRuns", ""},
      {"region_tree", "RegionTree.RegionBelowAnotherTasksScope",
       "RegionTree.RegionBelowItsOwn", ""},
      {"loser_drain", "LoserDrain.RaceThatLeavesItsLoser",
       "LoserDrain.RaceThatDrainsItsLoser", ""},
      {"cancel_protocol", "CancelProtocol.CancellationThatIsWeakened",
       "CancelProtocol.CancellationThatIsObeyed", ""},
      {"deadline_monotone", "DeadlineMonotone.DeadlineThatIsPutOff",
       "DeadlineMonotone.DeadlineThatIsKept", ""},
      {"channel_atomicity", "ChannelAtomicity.MailboxThatIsAStack",
       "ChannelAtomicity.MailboxThatIsAQueue", ""},
      {"futurelock", "Futurelock.WaitThatKeepsALock",
       "Futurelock.WaitThatKeepsNothing", ""},
      {"starvation", "Starvation.StrategyWithAFavourite",
       "Starvation.StrategyThatIsFair", ""},
      {"ambient_authority", "AmbientAuthority.ClockOfTheMachine",
       "AmbientAuthority.ClockOfTheRuntime", ""},
      {"determinism", "Determinism.StateOfTheProcess",
       "Determinism.StateOfTheTest", "--lab_check_determinism"},
      {"unseen_panic", "UnseenPanic.ExceptionOfATaskThatNobodyJoins",
       "UnseenPanic.ExceptionOfATaskThatIsJoined", ""},
      {"unseen_error", "UnseenError.ErrorOfATaskThatNobodyJoins",
       "UnseenError.ErrorOfATaskThatAScopeEndsBy", ""},
      {"step_limit", "StepLimit.LoopWithoutEnd", "StepLimit.LoopThatEnds", ""},
      {"deadlock", "Deadlock.EventThatForgetsToWake", "Deadlock.EventThatWakes",
       ""},
  };
  return *pairs;
}

}  // namespace e2e
}  // namespace asupersync
