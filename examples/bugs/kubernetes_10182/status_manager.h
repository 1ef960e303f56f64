#ifndef ASUPERSYNC_EXAMPLES_BUGS_KUBERNETES_10182_STATUS_MANAGER_H_
#define ASUPERSYNC_EXAMPLES_BUGS_KUBERNETES_10182_STATUS_MANAGER_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace kubernetes_10182 {

using Pod = int;

// Keeps the last known status of each pod and queues every change of it for a
// task that tells the API server.
class StatusManager {
 public:
  // Records the status and queues it, all of it under the lock.
  asupersync::Task<absl::Status> SetPodStatus(asupersync::Cx& cx, Pod pod,
                                              std::string status);
  // Forgets the status, so that the next one is a change again.
  asupersync::Task<absl::Status> DeletePodStatus(asupersync::Cx& cx, Pod pod);
  // Waits for the next pod whose status is to be told to the API server.
  asupersync::Task<absl::StatusOr<Pod>> NextChange(asupersync::Cx& cx);

 private:
  asupersync::Mutex lock_;
  std::map<Pod, std::string> statuses_;
  // Room for as many changes as the busiest node was thought to have.
  asupersync::mpsc::ChannelEnds<Pod> changes_ =
      asupersync::mpsc::Channel<Pod>(2);
};

// What the syncing task does when the API server refuses a pod's status.
using OnRefusal = asupersync::Task<absl::Status> (*)(asupersync::Cx& cx,
                                                     StatusManager& manager,
                                                     Pod pod);

// Two workers report two pods each, all of which the API server has deleted
// already; returns when each report was refused.
asupersync::Task<absl::Status> DeleteAllPods(asupersync::Cx& cx,
                                             OnRefusal on_refusal);

}  // namespace kubernetes_10182

#endif  // ASUPERSYNC_EXAMPLES_BUGS_KUBERNETES_10182_STATUS_MANAGER_H_
