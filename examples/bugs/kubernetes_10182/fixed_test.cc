// The deadlock of buggy_test.cc, mended as Kubernetes did: the refused status
// is forgotten in a task of its own, so the syncing task goes on to make room.

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/bugs/kubernetes_10182/status_manager.h"

namespace {

using asupersync::Cx;
using asupersync::Explore;
using asupersync::Task;
using kubernetes_10182::DeleteAllPods;
using kubernetes_10182::Pod;
using kubernetes_10182::StatusManager;

Task<absl::Status> ForgetLater(Cx& cx, StatusManager& manager, Pod pod) {
  cx.Spawn("forget", [&manager, pod](Cx& cx) {
    return manager.DeletePodStatus(cx, pod);
  });
  co_return absl::OkStatus();
}

LAB_TEST(Kubernetes10182, EveryStatusIsSynced, Explore::Sweep(1000)) {
  co_return co_await DeleteAllPods(cx, ForgetLater);
}

}  // namespace
