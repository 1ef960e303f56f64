#ifndef ASUPERSYNC_TASK_RACE_GROUP_H_
#define ASUPERSYNC_TASK_RACE_GROUP_H_

#include <source_location>
#include <vector>

#include "asupersync/task/task_handle.h"
#include "asupersync/task/task_node.h"

namespace asupersync {

// The branches of one race: tasks of which the losers must be cancelled and
// drained before the operation that started them gives its result.
//
//   RaceGroup race(cx.node(site), "Race", site);
//   for (...) race.Add(handle);
//   ... decide, cancel the losers, wait for them ...
//   // its destruction ends the race; the oracle "loser_drain" then finds a
//   // branch that is not done.
//
// Every combinator that leaves something behind on purpose declares one; so may
// combinators of a program's own.
//
// Lifetime: keeps the branches' control blocks, not their frames.
class RaceGroup {
 public:
  RaceGroup(TaskNode& owner, const char* what, std::source_location site)
      : owner_(owner), what_(what), site_(site) {}
  RaceGroup(const RaceGroup&) = delete;
  RaceGroup& operator=(const RaceGroup&) = delete;
  ~RaceGroup();

  template <class T>
  void Add(const TaskHandle<T>& branch) {
    Add(branch.node());
  }
  void Add(TaskNode& branch);

  const TaskNode& owner() const { return owner_; }
  const char* what() const { return what_; }  // "Race", "Timeout"; a literal
  std::source_location site() const { return site_; }
  const std::vector<TaskNode*>& branches() const { return branches_; }

 private:
  TaskNode& owner_;
  const char* what_;
  std::source_location site_;
  std::vector<TaskNode*> branches_;  // each referenced
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_RACE_GROUP_H_
