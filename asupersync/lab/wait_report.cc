#include "asupersync/lab/wait_report.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/place.h"
#include "asupersync/task/obligation.h"
#include "asupersync/task/operation.h"
#include "asupersync/task/region_node.h"
#include "asupersync/task/runtime.h"
#include "asupersync/task/task_node.h"

namespace asupersync {
namespace {

// Enough to see what happens; a report is read by people.
constexpr std::size_t kTasksMax = 50;

std::string Place(const std::source_location& site) {
  return absl::StrCat(PlaceOf(site));
}

std::vector<const TaskNode*> LiveTasks(const RegionNode& root) {
  std::vector<const TaskNode*> tasks;
  VisitTasks(root, [&](const TaskNode& task) { tasks.push_back(&task); });
  std::sort(tasks.begin(), tasks.end(),
            [](const TaskNode* a, const TaskNode* b) {
              return a->compact < b->compact;
            });
  return tasks;
}

// The objects of which a share is in other hands than those that took it.
using HandedOver = absl::flat_hash_set<ObjectId>;

HandedOver HandedOverIn(const RegionNode& root) {
  HandedOver objects;
  for (const Obligation& obligation : root.runtime->obligations()) {
    if (obligation.was_handed_over() && obligation.object().IsValid()) {
      objects.insert(obligation.object());
    }
  }
  return objects;
}

std::string DescribeTask(const TaskNode& task, const HandedOver& handed_over) {
  std::string line = absl::StrCat("  ", task.DisplayName());
  if (task.state == TaskNode::State::kBlocked) {
    const WaitDescription wait = task.operation->Describe();
    absl::StrAppend(&line, " waits to ", wait.what);
    // A join names its task in `what` already.
    if (wait.object.IsValid() && wait.holder.id.IsValid()) {
      absl::StrAppend(
          &line, " held by ", wait.holder.ToString(),
          handed_over.contains(wait.object) ? ", which handed it over," : "");
    }
    absl::StrAppend(&line, " at ", Place(task.operation->site()));
  } else if (task.state == TaskNode::State::kRunning) {
    absl::StrAppend(&line, " is running");
  } else if (!task.started) {
    absl::StrAppend(&line, " has not started; spawned at ",
                    Place(task.spawned_at));
  } else {
    absl::StrAppend(&line, " is runnable at ",
                    Place(task.operation->site()));
  }
  if (task.region->parent != nullptr) {
    absl::StrAppend(&line, " in region ", task.region->DisplayName());
  }
  if (task.cancel != nullptr) {
    absl::StrAppend(&line, " (cancel requested: ", task.cancel->ToString(),
                    task.mask_depth > 0 ? ", masked)" : ")");
  }
  return line;
}

std::string DescribeAll(const std::vector<const TaskNode*>& tasks,
                        const HandedOver& handed_over) {
  std::string text;
  for (std::size_t i = 0; i < tasks.size() && i < kTasksMax; ++i) {
    absl::StrAppend(&text, DescribeTask(*tasks[i], handed_over), "\n");
  }
  if (tasks.size() > kTasksMax) {
    absl::StrAppend(&text, "  and ", tasks.size() - kTasksMax, " more\n");
  }
  return text;
}

constexpr std::size_t kNone = ~std::size_t{0};

// Which of the live tasks has this number; kNone if it is done.
std::size_t Find(const std::vector<const TaskNode*>& tasks, CompactTaskId id) {
  const auto found = std::lower_bound(
      tasks.begin(), tasks.end(), id.AsRaw(),
      [](const TaskNode* task, std::uint32_t number) {
        return task->compact < number;
      });
  const bool is_there = found != tasks.end() && (*found)->compact == id.AsRaw();
  return is_there ? static_cast<std::size_t>(found - tasks.begin()) : kNone;
}

// Which of the live tasks `task` waits for; kNone if that is not known.
std::size_t WaitsFor(const TaskNode& task,
                     const std::vector<const TaskNode*>& tasks,
                     const HandedOver& handed_over) {
  if (task.state != TaskNode::State::kBlocked) return kNone;
  const WaitDescription wait = task.operation->Describe();
  if (handed_over.contains(wait.object)) return kNone;
  return Find(tasks, wait.holder.id);
}

// A circle of "waits for", if there is one: the first that is reached from a
// task, in their order. O(tasks).
std::optional<std::string> FirstCycle(const std::vector<const TaskNode*>& tasks,
                                      const HandedOver& handed_over) {
  std::vector<std::size_t> waits_for;
  for (const TaskNode* task : tasks) {
    waits_for.push_back(WaitsFor(*task, tasks, handed_over));
  }
  std::vector<std::size_t> seen_from(tasks.size(), kNone);
  for (std::size_t start = 0; start < tasks.size(); ++start) {
    std::size_t at = start;
    while (at != kNone && seen_from[at] == kNone) {
      seen_from[at] = start;
      at = waits_for[at];
    }
    if (at == kNone || seen_from[at] != start) continue;
    std::vector<std::string> names = {tasks[at]->DisplayName()};
    for (std::size_t i = waits_for[at]; i != at; i = waits_for[i]) {
      names.push_back(tasks[i]->DisplayName());
    }
    names.push_back(names.front());
    return absl::StrJoin(names, " -> ");
  }
  return std::nullopt;
}

std::string Header(const char* what, std::size_t tasks, std::uint64_t steps,
                   std::int64_t now_ns) {
  return absl::StrCat(what, " after ", steps, " steps, at virtual time ",
                      absl::FormatDuration(absl::Nanoseconds(now_ns)), ": ",
                      tasks, tasks == 1 ? " task is" : " tasks are",
                      " not done\n");
}

}  // namespace

std::string DescribeWaits(const RegionNode& root) {
  return DescribeAll(LiveTasks(root), HandedOverIn(root));
}

std::string DeadlockReport(const RegionNode& root, std::uint64_t steps,
                           std::int64_t now_ns) {
  const std::vector<const TaskNode*> tasks = LiveTasks(root);
  const HandedOver handed_over = HandedOverIn(root);
  std::string text = Header("DEADLOCK", tasks.size(), steps, now_ns);
  absl::StrAppend(&text, DescribeAll(tasks, handed_over));
  if (std::optional<std::string> cycle = FirstCycle(tasks, handed_over)) {
    absl::StrAppend(&text, "  cycle of waits: ", *cycle, "\n");
  }
  return text;
}

std::string StepLimitReport(const RegionNode& root, std::uint64_t steps,
                            std::int64_t now_ns) {
  const std::vector<const TaskNode*> tasks = LiveTasks(root);
  return absl::StrCat(Header("STEP LIMIT", tasks.size(), steps, now_ns),
                      DescribeAll(tasks, HandedOverIn(root)));
}

}  // namespace asupersync
