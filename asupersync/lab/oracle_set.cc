#include "asupersync/lab/oracle_set.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <type_traits>
#include <utility>

#include "asupersync/lab/oracles/cancel_protocol.h"
#include "asupersync/lab/oracles/channel_atomicity.h"
#include "asupersync/lab/oracles/deadline_monotone.h"
#include "asupersync/lab/oracles/deadlock.h"
#include "asupersync/lab/oracles/finalizers.h"
#include "asupersync/lab/oracles/futurelock.h"
#include "asupersync/lab/oracles/loser_drain.h"
#include "asupersync/lab/oracles/obligation_leak.h"
#include "asupersync/lab/oracles/region_quiescence.h"
#include "asupersync/lab/oracles/region_tree.h"
#include "asupersync/lab/oracles/starvation.h"
#include "asupersync/lab/oracles/step_limit.h"
#include "asupersync/lab/oracles/task_leak.h"
#include "asupersync/lab/oracles/unseen_error.h"
#include "asupersync/lab/oracles/unseen_panic.h"

namespace asupersync {
namespace {

constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
// Between two looks at all tasks: long enough to cost nothing.
constexpr std::uint64_t kCheckSteps = 4096;
constexpr std::uint64_t kCheckStepsPerTask = 16;

template <class Function>
struct ClassOf;
template <class Class, class... Arguments>
struct ClassOf<void (Class::*)(Arguments...)> {
  using Type = Class;
};

// Whether T has a function of its own where `Base` has an empty one: naming an
// inherited member gives a pointer to a member of the class that declares it.
template <auto kFunction, class Base>
constexpr bool kOverrides =
    !std::is_same_v<typename ClassOf<decltype(kFunction)>::Type, Base>;

}  // namespace

template <class T>
void OracleSet::Add(OracleId id) {
  if (!selection_.Has(id)) return;
  oracles_.push_back(
      std::make_unique<T>(OracleContext{&runtime_, &log_, idle_steps_}));
  Oracle* const oracle = oracles_.back().get();
  const auto add = [&](Hook hook, bool overrides) {
    if (!overrides) return;
    lists_[static_cast<std::size_t>(hook)].push_back(oracle);
    observes_ |= hook < Hook::kReset;
  };
  add(Hook::kTaskSpawned, kOverrides<&T::OnTaskSpawned, RuntimeObserver>);
  add(Hook::kTaskDone, kOverrides<&T::OnTaskDone, RuntimeObserver>);
  add(Hook::kCancelRequested,
      kOverrides<&T::OnCancelRequested, RuntimeObserver>);
  add(Hook::kCancelSeen, kOverrides<&T::OnCancelSeen, RuntimeObserver>);
  add(Hook::kRegionOpened, kOverrides<&T::OnRegionOpened, RuntimeObserver>);
  add(Hook::kRegionCancelled,
      kOverrides<&T::OnRegionCancelled, RuntimeObserver>);
  add(Hook::kRegionClosed, kOverrides<&T::OnRegionClosed, RuntimeObserver>);
  add(Hook::kRegionFreed, kOverrides<&T::OnRegionFreed, RuntimeObserver>);
  add(Hook::kFinalizerAdded, kOverrides<&T::OnFinalizerAdded, RuntimeObserver>);
  add(Hook::kFinalizerStarted,
      kOverrides<&T::OnFinalizerStarted, RuntimeObserver>);
  add(Hook::kFinalizerDone, kOverrides<&T::OnFinalizerDone, RuntimeObserver>);
  add(Hook::kObligationReserved,
      kOverrides<&T::OnObligationReserved, RuntimeObserver>);
  add(Hook::kObligationResolved,
      kOverrides<&T::OnObligationResolved, RuntimeObserver>);
  add(Hook::kObligationOutlivesRegion,
      kOverrides<&T::OnObligationOutlivesRegion, RuntimeObserver>);
  add(Hook::kMessageSent, kOverrides<&T::OnMessageSent, RuntimeObserver>);
  add(Hook::kMessageReceived,
      kOverrides<&T::OnMessageReceived, RuntimeObserver>);
  add(Hook::kMessageDropped, kOverrides<&T::OnMessageDropped, RuntimeObserver>);
  add(Hook::kChannelGone, kOverrides<&T::OnChannelGone, RuntimeObserver>);
  add(Hook::kRaceOver, kOverrides<&T::OnRaceOver, RuntimeObserver>);
  add(Hook::kTimeAdvanced, kOverrides<&T::OnTimeAdvanced, RuntimeObserver>);
  add(Hook::kReset, kOverrides<&T::Reset, Oracle>);
  add(Hook::kCheck, kOverrides<&T::OnCheck, Oracle>);
  add(Hook::kCancelledStep, kOverrides<&T::OnCancelledStep, Oracle>);
  add(Hook::kConcluded, kOverrides<&T::OnConcluded, Oracle>);
}

template <auto kFunction, class... Arguments>
void OracleSet::Tell(Hook hook, Arguments&... arguments) const {
  for (Oracle* oracle : Of(hook)) (oracle->*kFunction)(arguments...);
}

OracleSet::OracleSet(const Runtime& runtime, OracleSelection selection,
                     std::uint64_t idle_steps)
    : runtime_(runtime), selection_(selection), idle_steps_(idle_steps) {
  Add<TaskLeakOracle>(OracleId::kTaskLeak);
  Add<ObligationLeakOracle>(OracleId::kObligationLeak);
  Add<RegionQuiescenceOracle>(OracleId::kRegionQuiescence);
  Add<FinalizersOracle>(OracleId::kFinalizers);
  Add<RegionTreeOracle>(OracleId::kRegionTree);
  Add<LoserDrainOracle>(OracleId::kLoserDrain);
  Add<CancelProtocolOracle>(OracleId::kCancelProtocol);
  Add<DeadlineMonotoneOracle>(OracleId::kDeadlineMonotone);
  Add<ChannelAtomicityOracle>(OracleId::kChannelAtomicity);
  Add<FuturelockOracle>(OracleId::kFuturelock);
  Add<StarvationOracle>(OracleId::kStarvation);
  // kAmbientAuthority and kDeterminism are reported from outside.
  Add<UnseenPanicOracle>(OracleId::kUnseenPanic);
  Add<UnseenErrorOracle>(OracleId::kUnseenError);
  Add<StepLimitOracle>(OracleId::kStepLimit);
  Add<DeadlockOracle>(OracleId::kDeadlock);
  Reset();
}

OracleSet::~OracleSet() = default;

void OracleSet::Reset() {
  log_.Clear();
  for (Oracle* oracle : Of(Hook::kReset)) oracle->Reset();
  next_check_ = Of(Hook::kCheck).empty()
                    ? kNever
                    : std::min(kCheckSteps, std::max<std::uint64_t>(
                                                idle_steps_, 1));
}

void OracleSet::Check(std::uint64_t step) {
  std::uint64_t tasks = 0;
  VisitTasks(runtime_.root_region(), [&](const TaskNode&) { ++tasks; });
  for (Oracle* oracle : Of(Hook::kCheck)) oracle->OnCheck(tasks);
  const std::uint64_t bound = std::max<std::uint64_t>(idle_steps_, 1);
  next_check_ = step + std::max(std::min(kCheckSteps, bound),
                                tasks * std::min(kCheckStepsPerTask, bound));
}

void OracleSet::Conclude(const Conclusion& end) {
  for (Oracle* oracle : Of(Hook::kConcluded)) oracle->OnConcluded(end);
}

void OracleSet::Report(Violation violation) {
  if (!selection_.Has(violation.oracle)) return;
  violation.step = runtime_.recorder().tick();
  violation.event = runtime_.recorder().event_count();
  log_.Add(std::move(violation));
}

void OracleSet::OnTaskSpawned(const TaskNode& task) {
  Tell<&Oracle::OnTaskSpawned>(Hook::kTaskSpawned, task);
}

void OracleSet::OnTaskDone(const TaskNode& task) {
  Tell<&Oracle::OnTaskDone>(Hook::kTaskDone, task);
}

void OracleSet::OnCancelRequested(const TaskNode& task,
                                  const CancelReason& reason) {
  Tell<&Oracle::OnCancelRequested>(Hook::kCancelRequested, task, reason);
}

void OracleSet::OnCancelSeen(const TaskNode& task) {
  Tell<&Oracle::OnCancelSeen>(Hook::kCancelSeen, task);
}

void OracleSet::OnRegionOpened(const RegionNode& region) {
  Tell<&Oracle::OnRegionOpened>(Hook::kRegionOpened, region);
}

void OracleSet::OnRegionCancelled(const RegionNode& region) {
  Tell<&Oracle::OnRegionCancelled>(Hook::kRegionCancelled, region);
}

void OracleSet::OnRegionClosed(const RegionNode& region) {
  Tell<&Oracle::OnRegionClosed>(Hook::kRegionClosed, region);
}

void OracleSet::OnRegionFreed(const RegionNode& region) {
  Tell<&Oracle::OnRegionFreed>(Hook::kRegionFreed, region);
}

void OracleSet::OnFinalizerAdded(const RegionNode& region,
                                 std::uint64_t finalizer) {
  Tell<&Oracle::OnFinalizerAdded>(Hook::kFinalizerAdded, region, finalizer);
}

void OracleSet::OnFinalizerStarted(const RegionNode& region,
                                   std::uint64_t finalizer) {
  Tell<&Oracle::OnFinalizerStarted>(Hook::kFinalizerStarted, region, finalizer);
}

void OracleSet::OnFinalizerDone(const RegionNode& region,
                                std::uint64_t finalizer) {
  Tell<&Oracle::OnFinalizerDone>(Hook::kFinalizerDone, region, finalizer);
}

void OracleSet::OnObligationReserved(const Obligation& obligation) {
  Tell<&Oracle::OnObligationReserved>(Hook::kObligationReserved, obligation);
}

void OracleSet::OnObligationResolved(const Obligation& obligation,
                                     bool committed) {
  Tell<&Oracle::OnObligationResolved>(
      Hook::kObligationResolved, obligation, committed);
}

void OracleSet::OnObligationOutlivesRegion(const Obligation& obligation,
                                           const RegionNode& region) {
  Tell<&Oracle::OnObligationOutlivesRegion>(
      Hook::kObligationOutlivesRegion, obligation, region);
}

void OracleSet::OnMessageSent(const SharedObject& channel,
                              std::uint64_t message) {
  Tell<&Oracle::OnMessageSent>(Hook::kMessageSent, channel, message);
}

void OracleSet::OnMessageReceived(const SharedObject& channel,
                                  std::uint64_t message) {
  Tell<&Oracle::OnMessageReceived>(Hook::kMessageReceived, channel, message);
}

void OracleSet::OnMessageDropped(const SharedObject& channel,
                                 std::uint64_t message) {
  Tell<&Oracle::OnMessageDropped>(Hook::kMessageDropped, channel, message);
}

void OracleSet::OnChannelGone(const SharedObject& channel, bool complete) {
  Tell<&Oracle::OnChannelGone>(Hook::kChannelGone, channel, complete);
}

void OracleSet::OnRaceOver(const RaceGroup& race) {
  Tell<&Oracle::OnRaceOver>(Hook::kRaceOver, race);
}

void OracleSet::OnTimeAdvanced(std::int64_t from_ns, std::int64_t to_ns) {
  Tell<&Oracle::OnTimeAdvanced>(Hook::kTimeAdvanced, from_ns, to_ns);
}

}  // namespace asupersync
