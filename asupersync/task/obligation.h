#ifndef ASUPERSYNC_TASK_OBLIGATION_H_
#define ASUPERSYNC_TASK_OBLIGATION_H_

#include <cstdint>
#include <ostream>
#include <source_location>
#include <string>

#include "asupersync/base/ids.h"
#include "asupersync/base/intrusive_list.h"
#include "asupersync/base/obligation_kind.h"  // IWYU pragma: export
#include "asupersync/task/task_label.h"

namespace asupersync {

class Runtime;
struct RegionNode;
struct TaskNode;

struct ObligationsTag;

// Something that a task has reserved and must commit or abort exactly once.
// Every guard, permit and lease holds one; so may a program for resources of
// its own:
//
//   Obligation lease(cx, ObligationKind::kLease, object_id, site);
//   ...
//   lease.Commit();                       // or Abort(), or let it die
//
//   state     meaning                                leaves by
//   none      nothing is owed                        construction, a move to it
//   pending   the runtime knows it                   Commit, Abort, destruction
//
// Determinism: events ObligationReserved, then ObligationCommitted or
// ObligationAborted, in the current step.
//
// Lifetime: move-only; a moved-from one is none. Destruction aborts. It must be
// resolved before the region of the Cx that it was reserved with closes: the
// task's, or that of a scope. The oracle "obligation_leak" reports one that is
// not, with the places of its reservation and of the region.
// It may outlive the runtime: then it is none.
//
// Invariants
//   1. The runtime's list holds exactly the pending ones, in order of
//      reservation, wherever they were moved.
//   2. region()'s count of pending obligations includes this one.
class [[nodiscard]] Obligation : public ListNode<ObligationsTag> {
 public:
  Obligation() = default;
  // `Context` is Cx.
  template <class Context>
  Obligation(const Context& cx, ObligationKind kind, ObjectId object,
             std::source_location where)
      : Obligation(cx.node(where), cx.region(), kind, object, where) {}
  // For operations, which know both. Defined in runtime.cc, as is Resolve():
  // they talk to the runtime.
  Obligation(TaskNode& holder, RegionNode& region, ObligationKind kind,
             ObjectId object, std::source_location where);
  Obligation(Obligation&& other) noexcept;
  // Aborts what this one held.
  Obligation& operator=(Obligation&& other) noexcept;
  ~Obligation() { Abort(); }

  bool pending() const { return linked(); }
  // Does nothing if this is none.
  void Commit() {
    if (linked()) Resolve(/*committed=*/true);
  }
  void Abort() {
    if (linked()) Resolve(/*committed=*/false);
  }

  // REQUIRES of the rest: pending().
  std::uint64_t number() const { return number_; }  // as in the trace
  ObligationKind kind() const { return kind_; }
  ObjectId object() const { return object_; }
  const TaskLabel& holder() const { return holder_; }
  std::source_location where() const { return where_; }
  // The step in which it was reserved.
  std::uint64_t reserved_at() const { return reserved_at_; }
  // Whether it was moved last by another task than the one that reserved it, by
  // somebody outside any task, or into a task that was being spawned.
  bool was_handed_over() const { return handed_over_; }
  // Null when that region is closed, which is a leak.
  const RegionNode* region() const { return region_; }

  // "lock of T3 'writer', reserved at file.cc:12 in step 7".
  std::string ToString() const;

  // ToString(), or "none".
  friend std::ostream& operator<<(std::ostream& out,
                                  const Obligation& obligation);

 private:
  friend class Runtime;

  void TakeFrom(Obligation& other) noexcept;
  void Resolve(bool committed);

  Runtime* runtime_ = nullptr;
  RegionNode* region_ = nullptr;
  std::uint64_t number_ = 0;
  std::uint64_t reserved_at_ = 0;
  ObjectId object_;
  TaskLabel holder_;
  std::source_location where_;
  ObligationKind kind_ = ObligationKind::kLease;
  bool handed_over_ = false;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TASK_OBLIGATION_H_
