#ifndef ASUPERSYNC_LAB_ORACLES_LOSER_DRAIN_H_
#define ASUPERSYNC_LAB_ORACLES_LOSER_DRAIN_H_

#include "asupersync/lab/oracle.h"

namespace asupersync {

// loser_drain: when a race is over, every branch is done: the losers were
// cancelled and waited for. Fed by RaceGroup, which combinators declare.
class LoserDrainOracle final : public Oracle {
 public:
  explicit LoserDrainOracle(const OracleContext& context)
      : Oracle(OracleId::kLoserDrain, context) {}
  void OnRaceOver(const RaceGroup& race) override;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_LOSER_DRAIN_H_
