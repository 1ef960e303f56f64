#include "examples/bugs/kubernetes_10182/status_manager.h"

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "asupersync/asupersync.h"

namespace kubernetes_10182 {

using asupersync::Cx;
using asupersync::MutexGuard;
using asupersync::Task;
using asupersync::Try;

Task<absl::Status> StatusManager::SetPodStatus(Cx& cx, Pod pod,
                                               std::string status) {
  MutexGuard guard = co_await Try(lock_.Lock(cx));
  statuses_[pod] = std::move(status);
  co_return co_await changes_.sender.Send(cx, pod);
}

Task<absl::Status> StatusManager::DeletePodStatus(Cx& cx, Pod pod) {
  MutexGuard guard = co_await Try(lock_.Lock(cx));
  statuses_.erase(pod);
  co_return absl::OkStatus();
}

Task<absl::StatusOr<Pod>> StatusManager::NextChange(Cx& cx) {
  co_return co_await changes_.receiver.Recv(cx);
}

Task<absl::Status> DeleteAllPods(Cx& cx, OnRefusal on_refusal) {
  StatusManager manager;
  co_await Try(asupersync::Scope(cx, [&](Cx& cx) -> Task<absl::Status> {
    cx.Spawn("status sync", [&](Cx& cx) -> Task<absl::Status> {
      for (int i = 0; i < 4; ++i) {
        Pod pod = co_await Try(manager.NextChange(cx));
        co_await Try(on_refusal(cx, manager, pod));
      }
      co_return absl::OkStatus();
    });
    for (Pod first : {0, 2}) {
      cx.Spawn("pod worker", [&, first](Cx& cx) -> Task<absl::Status> {
        co_await Try(manager.SetPodStatus(cx, first, "terminated"));
        co_return co_await manager.SetPodStatus(cx, first + 1, "terminated");
      });
    }
    co_return absl::OkStatus();
  }));
  co_return absl::OkStatus();
}

}  // namespace kubernetes_10182
