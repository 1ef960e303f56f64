#ifndef ASUPERSYNC_LAB_ORACLES_CANCEL_PROTOCOL_H_
#define ASUPERSYNC_LAB_ORACLES_CANCEL_PROTOCOL_H_

#include <cstdint>
#include <string>
#include <vector>

#include "asupersync/base/cancel_reason.h"
#include "asupersync/lab/oracle.h"

namespace asupersync {

// How many steps of its own a task may make between the moment that it sees
// its cancellation and its end: twice CleanupStepsMax(), after which no mask
// hides the request any more, and 100. Those of its scopes' finalizers, which
// have bounds of their own, do not count.
//
//   severity  kinds                             steps
//   0         user                              2100
//   1         timeout, deadline                 1100
//   2         poll quota, cost budget            700
//   3, 4      fail fast, race lost, parent       500
//   5         shutdown                           200
std::uint32_t CleanupSteps(CancelKind kind);

// cancel_protocol: the cancellation of a task goes its way.
//
//   stage      enters by                             leaves by
//   none       the task's spawn                      a request
//   requested  OnCancelRequested, or a spawn into a  OnCancelSeen, OnTaskDone
//              cancelled region
//   seen       OnCancelSeen: the task was told       OnTaskDone, within
//                                                    CleanupSteps()
//   done       OnTaskDone, its scopes closed         -
//
// Violations: a stage that is entered from another one than the table says; a
// severity that becomes less; a clean-up that takes too long; a scope that is
// open when its task is done; a task that is spawned into a closed region.
class CancelProtocolOracle final : public Oracle {
 public:
  explicit CancelProtocolOracle(const OracleContext& context)
      : Oracle(OracleId::kCancelProtocol, context) {}
  void Reset() override { tasks_.clear(); }
  void OnTaskSpawned(const TaskNode& task) override;
  void OnCancelRequested(const TaskNode& task,
                         const CancelReason& reason) override;
  void OnCancelSeen(const TaskNode& task) override;
  void OnCancelledStep(const TaskNode& task) override;
  void OnTaskDone(const TaskNode& task) override;

 private:
  enum class Stage : std::uint8_t { kNone, kSeen, kTooLong, kDone };
  struct State {
    std::uint32_t cleanup_steps = 0;
    std::int8_t severity = -1;  // the greatest so far
    Stage stage = Stage::kNone;
  };

  State& At(const TaskNode& task);
  void CheckSeverity(const TaskNode& task, State& state);
  void ReportTask(const TaskNode& task, const std::string& what);

  std::vector<State> tasks_;  // by compact number; of cancelled tasks
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLES_CANCEL_PROTOCOL_H_
