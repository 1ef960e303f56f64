#ifndef ASUPERSYNC_TASK_RUNTIME_OBSERVER_H_
#define ASUPERSYNC_TASK_RUNTIME_OBSERVER_H_

#include <cstdint>

namespace asupersync {

class CancelReason;
class Obligation;
class RaceGroup;
class SharedObject;
struct RegionNode;
struct TaskNode;

// Sees what a runtime and its primitives do, as it happens: what oracles are
// fed by.
//
// Each call stands at the moment that its name says; what it is given is valid
// during the call. An observer changes nothing, wakes nobody and runs no user
// code. Nothing is called while a runtime is destroyed.
//
// Cost: a runtime without an observer pays one test of a pointer per call; no
// call stands on the path of an ordinary step.
class RuntimeObserver {
 public:
  virtual ~RuntimeObserver() = default;

  // --- Tasks. `task` has its identity, region and budget.
  virtual void OnTaskSpawned(const TaskNode& task) { (void)task; }
  // The result is stored, the frames are gone; it still is in its region.
  virtual void OnTaskDone(const TaskNode& task) { (void)task; }
  // A request that reached a task which is not done.
  virtual void OnCancelRequested(const TaskNode& task,
                                 const CancelReason& reason) {
    (void)task, (void)reason;
  }
  // The task was told for the first time: an operation or a checkpoint gave
  // it the error, or it never starts.
  virtual void OnCancelSeen(const TaskNode& task) { (void)task; }

  // --- Regions.
  virtual void OnRegionOpened(const RegionNode& region) { (void)region; }
  virtual void OnRegionCancelled(const RegionNode& region) { (void)region; }
  virtual void OnRegionClosed(const RegionNode& region) { (void)region; }
  // The region goes; what is left in it is still there, and its links are.
  virtual void OnRegionFreed(const RegionNode& region) { (void)region; }
  // Finalizers of a region have numbers in order of registration.
  virtual void OnFinalizerAdded(const RegionNode& region,
                                std::uint64_t finalizer) {
    (void)region, (void)finalizer;
  }
  virtual void OnFinalizerStarted(const RegionNode& region,
                                  std::uint64_t finalizer) {
    (void)region, (void)finalizer;
  }
  virtual void OnFinalizerDone(const RegionNode& region,
                               std::uint64_t finalizer) {
    (void)region, (void)finalizer;
  }

  // --- Obligations.
  virtual void OnObligationReserved(const Obligation& obligation) {
    (void)obligation;
  }
  virtual void OnObligationResolved(const Obligation& obligation,
                                    bool committed) {
    (void)obligation, (void)committed;
  }
  // The region that it was reserved in closes while it is pending.
  virtual void OnObligationOutlivesRegion(const Obligation& obligation,
                                          const RegionNode& region) {
    (void)obligation, (void)region;
  }

  // --- Messages of a channel; see MessageLog.
  virtual void OnMessageSent(const SharedObject& channel,
                             std::uint64_t message) {
    (void)channel, (void)message;
  }
  virtual void OnMessageReceived(const SharedObject& channel,
                                 std::uint64_t message) {
    (void)channel, (void)message;
  }
  virtual void OnMessageDropped(const SharedObject& channel,
                                std::uint64_t message) {
    (void)channel, (void)message;
  }
  // Every message must have been received or dropped, if `complete`: not if
  // the channel was also used from outside the runtime.
  virtual void OnChannelGone(const SharedObject& channel, bool complete) {
    (void)channel, (void)complete;
  }

  // --- Races: losers must be done when the race is over.
  virtual void OnRaceOver(const RaceGroup& race) { (void)race; }

  // --- Time.
  virtual void OnTimeAdvanced(std::int64_t from_ns, std::int64_t to_ns) {
    (void)from_ns, (void)to_ns;
  }
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_RUNTIME_OBSERVER_H_
