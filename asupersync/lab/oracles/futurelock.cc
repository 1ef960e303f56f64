#include "asupersync/lab/oracles/futurelock.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/place.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
void FuturelockOracle::Reset() {
  clock_moved_ = 0;
  reported_.clear();
}

void FuturelockOracle::OnTimeAdvanced(std::int64_t, std::int64_t) {
  clock_moved_ = step();
}

void FuturelockOracle::FindIdle(std::uint64_t bound) {
  const auto now = static_cast<std::uint32_t>(step());
  idle_.clear();
  VisitTasks(runtime().root_region(), [&](const TaskNode& task) {
    if (task.state == TaskNode::State::kBlocked &&
        now - task.last_step >= bound) {
      idle_.push_back(&task);
    }
  });
  std::sort(idle_.begin(), idle_.end(),
            [](const TaskNode* a, const TaskNode* b) {
              return a->compact < b->compact;
            });
}

void FuturelockOracle::FindWants() {
  wants_.clear();
  for (const TaskNode* task : idle_) {
    const WaitDescription wait = task->operation->Describe();
    // Messages are withheld by nobody who has reserved the place of one.
    if (!wait.object.IsValid() || wait.for_message) continue;
    wants_.push_back({wait.object, task});
  }
  std::sort(wants_.begin(), wants_.end(), [](const Want& a, const Want& b) {
    return std::pair(a.object, a.task->compact) <
           std::pair(b.object, b.task->compact);
  });
}

const TaskNode* FuturelockOracle::IdleHolderOf(
    const Obligation& obligation) const {
  const std::uint32_t holder = obligation.holder().id.AsRaw();
  const auto found = std::lower_bound(
      idle_.begin(), idle_.end(), holder,
      [](const TaskNode* task, std::uint32_t n) { return task->compact < n; });
  const bool is_idle = found != idle_.end() && (*found)->compact == holder;
  return is_idle ? *found : nullptr;
}

const TaskNode* FuturelockOracle::WaiterFor(ObjectId object,
                                            const TaskNode& holder) const {
  auto want = std::lower_bound(
      wants_.begin(), wants_.end(), object,
      [](const Want& w, ObjectId wanted) { return w.object < wanted; });
  for (; want != wants_.end() && want->object == object; ++want) {
    if (want->task != &holder) return want->task;
  }
  return nullptr;
}

void FuturelockOracle::OnCheck(std::uint64_t tasks) {
  if (runtime().obligations().empty()) return;
  const std::uint64_t bound = idle_steps() * std::max<std::uint64_t>(tasks, 1);
  FindIdle(bound);
  // Of one task nobody waits for what it holds.
  if (idle_.size() < 2) return;
  bool wants_are_found = false;
  for (const Obligation& obligation : runtime().obligations()) {
    const TaskNode* const holder = IdleHolderOf(obligation);
    if (holder == nullptr || obligation.was_handed_over()) continue;
    if (!std::exchange(wants_are_found, true)) FindWants();
    Judge(obligation, *holder, bound);
  }
}

void FuturelockOracle::Judge(const Obligation& obligation,
                             const TaskNode& holder, std::uint64_t bound) {
  const TaskNode* const waiter = WaiterFor(obligation.object(), holder);
  if (waiter == nullptr) return;
  const WaitDescription wait = holder.operation->Describe();
  if (wait.ends_by_clock && step() - clock_moved_ < bound) return;
  if (!reported_.insert(obligation.number()).second) return;
  const auto now = static_cast<std::uint32_t>(step());
  const std::string waits_at = PlaceOf(holder.operation->site());
  const std::string wanted_at = PlaceOf(waiter->operation->site());
  Report(absl::StrCat(holder.DisplayName(), " holds a ", obligation.ToString(),
                      ", but has been blocked for ", now - holder.last_step,
                      " steps of other tasks: it waits to ", wait.what, " at ",
                      waits_at, ", while ", waiter->DisplayName(),
                      " waits to ", waiter->operation->Describe().what, " at ",
                      wanted_at),
         {obligation.holder().id, CompactTaskId(waiter->compact)},
         {PlaceOf(obligation.where()), waits_at, wanted_at});
}

}  // namespace asupersync
