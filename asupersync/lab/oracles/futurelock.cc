#include "asupersync/lab/oracles/futurelock.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "asupersync/base/place.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"

namespace asupersync {
namespace {

// A sleep with an end: the clock will wake it.
bool Sleeps(const WaitDescription& wait) {
  return absl::StartsWith(wait.what, "sleep until");
}

}  // namespace

void FuturelockOracle::Reset() {
  clock_moved_ = 0;
  reported_.clear();
}

void FuturelockOracle::OnTimeAdvanced(std::int64_t, std::int64_t) {
  clock_moved_ = step();
}

void FuturelockOracle::OnCheck(std::uint64_t tasks) {
  if (runtime().obligations().empty()) return;
  const std::uint64_t bound = idle_steps() * std::max<std::uint64_t>(tasks, 1);
  const auto now = static_cast<std::uint32_t>(step());
  idle_.clear();
  VisitTasks(runtime().root_region(), [&](const TaskNode& task) {
    if (task.state == TaskNode::State::kBlocked &&
        now - task.last_step >= bound) {
      idle_.push_back(&task);
    }
  });
  if (idle_.empty()) return;
  const auto number = [](const TaskNode* task) { return task->compact; };
  std::sort(idle_.begin(), idle_.end(),
            [&](const TaskNode* a, const TaskNode* b) {
              return number(a) < number(b);
            });
  for (const Obligation& obligation : runtime().obligations()) {
    const std::uint32_t holder = obligation.holder().id.AsRaw();
    const auto found = std::lower_bound(
        idle_.begin(), idle_.end(), holder,
        [&](const TaskNode* task, std::uint32_t n) {
          return number(task) < n;
        });
    if (found == idle_.end() || number(*found) != holder) continue;
    if (obligation.was_handed_over()) continue;
    const TaskNode& task = **found;
    const WaitDescription wait = task.operation->Describe();
    if (Sleeps(wait) && step() - clock_moved_ < bound) continue;
    if (!reported_.insert(obligation.number()).second) continue;
    Report(absl::StrCat(task.DisplayName(), " holds a ", obligation.ToString(),
                        ", but has been blocked for ", now - task.last_step,
                        " steps of other tasks: it waits to ", wait.what,
                        " at ", PlaceOf(task.operation->site())),
           {obligation.holder().id},
           {PlaceOf(obligation.where()), PlaceOf(task.operation->site())});
  }
}

}  // namespace asupersync
