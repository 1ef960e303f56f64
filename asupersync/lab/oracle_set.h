#ifndef ASUPERSYNC_LAB_ORACLE_SET_H_
#define ASUPERSYNC_LAB_ORACLE_SET_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "asupersync/lab/oracle.h"
#include "asupersync/lab/oracle_table.h"
#include "asupersync/lab/violation.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/runtime_observer.h"

namespace asupersync {

// The oracles that watch the executions of one runtime, and what they found.
//
//   OracleSet oracles(runtime, OracleSelection::All(), idle_steps);
//   ... the runtime tells `oracles` what happens ...
//   oracles.Conclude(end);
//   for (const Violation& violation : oracles.violations()) ...
//
// Each call of the runtime is passed on to the oracles that override it, in the
// order of OracleId, and to no others.
//
// Determinism: equal executions have equal violations.
class OracleSet final : public RuntimeObserver {
 public:
  OracleSet(const Runtime& runtime, OracleSelection selection,
            std::uint64_t idle_steps);
  ~OracleSet() override;

  // Whether anything that the runtime tells is of interest.
  bool observes() const { return observes_; }
  OracleSelection selection() const { return selection_; }

  // Another execution begins.
  void Reset();

  // The step after which Check() is to be called; ~0: never.
  std::uint64_t next_check() const { return next_check_; }
  // Looks at the tasks; `step` is the last one.
  void Check(std::uint64_t step);
  void OnCancelledStep(const TaskNode& task) {
    for (Oracle* oracle : Of(Hook::kCancelledStep)) {
      oracle->OnCancelledStep(task);
    }
  }
  void Conclude(const Conclusion& end);

  // For those that watch from outside the runtime: a violation of an oracle
  // that is not selected is dropped. Step and event are filled in.
  void Report(Violation violation);

  const std::vector<Violation>& violations() const {
    return log_.violations();
  }
  const ViolationLog& log() const { return log_; }

  // --- RuntimeObserver.
  void OnTaskSpawned(const TaskNode& task) override;
  void OnTaskDone(const TaskNode& task) override;
  void OnCancelRequested(const TaskNode& task,
                         const CancelReason& reason) override;
  void OnCancelSeen(const TaskNode& task) override;
  void OnRegionOpened(const RegionNode& region) override;
  void OnRegionCancelled(const RegionNode& region) override;
  void OnRegionClosed(const RegionNode& region) override;
  void OnRegionFreed(const RegionNode& region) override;
  void OnFinalizerAdded(const RegionNode& region,
                        std::uint64_t finalizer) override;
  void OnFinalizerStarted(const RegionNode& region,
                          std::uint64_t finalizer) override;
  void OnFinalizerDone(const RegionNode& region,
                       std::uint64_t finalizer) override;
  void OnObligationReserved(const Obligation& obligation) override;
  void OnObligationResolved(const Obligation& obligation,
                            bool committed) override;
  void OnObligationOutlivesRegion(const Obligation& obligation,
                                  const RegionNode& region) override;
  void OnMessageSent(const SharedObject& channel,
                     std::uint64_t message) override;
  void OnMessageReceived(const SharedObject& channel,
                         std::uint64_t message) override;
  void OnMessageDropped(const SharedObject& channel,
                        std::uint64_t message) override;
  void OnChannelGone(const SharedObject& channel, bool complete) override;
  void OnRaceOver(const RaceGroup& race) override;
  void OnTimeAdvanced(std::int64_t from_ns, std::int64_t to_ns) override;

 private:
  // What an oracle can override.
  enum class Hook : std::uint8_t {
    kTaskSpawned,
    kTaskDone,
    kCancelRequested,
    kCancelSeen,
    kRegionOpened,
    kRegionCancelled,
    kRegionClosed,
    kRegionFreed,
    kFinalizerAdded,
    kFinalizerStarted,
    kFinalizerDone,
    kObligationReserved,
    kObligationResolved,
    kObligationOutlivesRegion,
    kMessageSent,
    kMessageReceived,
    kMessageDropped,
    kChannelGone,
    kRaceOver,
    kTimeAdvanced,
    // Of Oracle itself, from here on.
    kReset,
    kCheck,
    kCancelledStep,
    kConcluded,
  };
  static constexpr std::size_t kHookCount =
      static_cast<std::size_t>(Hook::kConcluded) + 1;
  // Made for each execution of a test, so without allocating for most.
  using OracleList = absl::InlinedVector<Oracle*, 6>;

  // Makes an oracle, if it is selected, and finds out what it overrides.
  template <class T>
  void Add(OracleId id);
  // Calls the function of every oracle that overrides it.
  template <auto kFunction, class... Arguments>
  void Tell(Hook hook, Arguments&... arguments) const;
  const OracleList& Of(Hook hook) const {
    return lists_[static_cast<std::size_t>(hook)];
  }

  const Runtime& runtime_;
  const OracleSelection selection_;
  const std::uint64_t idle_steps_;
  ViolationLog log_;
  std::vector<std::unique_ptr<Oracle>> oracles_;
  std::array<OracleList, kHookCount> lists_;
  bool observes_ = false;
  std::uint64_t next_check_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_ORACLE_SET_H_
