// A deadlock of Kubernetes' kubelet between a lock and a channel.
//
// Source: https://github.com/kubernetes/kubernetes/pull/10182 (2015), kernel
// "kubernetes#10182" of GoBench (Yuan et al., CGO 2021). When all pods of a
// node were deleted at once, reports of their statuses filled the channel to
// the task that tells the API server. A reporter waits for room in the channel
// while it holds the lock; the only task that makes room wants the same lock,
// because a report was refused. Both wait for ever, and every task that needs
// the lock after them.
//
// Kubernetes' channel had room for a number of reports too; that of GoBench's
// kernel has none, which only makes the bug more frequent. It takes a full
// channel, a reporter that holds the lock, and a refusal at that moment, which
// happens under 23 % of the seeds (234 of 1 to 1,000). With
// --lab_explore=sweep:1000 the test finds one and prints how to run it again.

#include "absl/status/status.h"
#include "asupersync/asupersync.h"
#include "asupersync/testing/lab_test.h"
#include "examples/bugs/kubernetes_10182/status_manager.h"

namespace {

using asupersync::Cx;
using asupersync::Task;
using asupersync::Try;
using kubernetes_10182::DeleteAllPods;
using kubernetes_10182::Pod;
using kubernetes_10182::StatusManager;

Task<absl::Status> ForgetAtOnce(Cx& cx, StatusManager& manager, Pod pod) {
  return manager.DeletePodStatus(cx, pod);
}

LAB_TEST(Kubernetes10182, EveryStatusIsSynced) {
  co_return co_await DeleteAllPods(cx, ForgetAtOnce);
}

}  // namespace
