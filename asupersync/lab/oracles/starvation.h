#ifndef ASUPERSYNC_LAB_ORACLES_STARVATION_H_
#define ASUPERSYNC_LAB_ORACLES_STARVATION_H_

#include <cstdint>
#include <vector>

#include "asupersync/lab/oracle.h"

namespace asupersync {

// starvation: a task that can run is run. The bound is LabConfig::idle_steps()
// steps for each live task in which it was runnable and others ran, and up to a
// quarter more: the seeded schedule, which prefers some lanes but starves none,
// does not come near it.
//
// Judges the strategy that chooses as much as the program: one that prefers a
// task which never waits (a loop around Yield) starves the others.
//
// Cost: a look at all tasks every few thousand steps.
class StarvationOracle final : public Oracle {
 public:
  explicit StarvationOracle(const OracleContext& context)
      : Oracle(OracleId::kStarvation, context) {}
  void Reset() override { waiting_.clear(); }
  void OnCheck(std::uint64_t tasks) override;

 private:
  // A task that was runnable at a check, and had not run for long, and has not
  // run since.
  struct Waiting {
    std::uint32_t task;
    std::uint32_t last_step;
    std::uint64_t since;  // the step of that check
    bool reported;
  };

  std::vector<Waiting> waiting_;  // in order of task number
  std::vector<Waiting> next_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_STARVATION_H_
