// The identities of tasks, regions, timers and objects, and the small numbers
// that render them in a trace.
//
//   TaskId child = ChildIdentity<TaskId>(parent.AsRaw(), parent_spawn_count++);
//   std::cout << child;             // task:1f0c5b2a99e04d37
//   std::cout << CompactTaskId(7);  // T7
//
// Determinism: an identity derives from (the parent's identity, the index at
// the parent), never from a global counter. Two interleavings of independent
// steps therefore create the same identities. A compact number is given out
// by a runtime in the order of creation within one execution; it is only a
// shorter name for an identity.
//
// Invariants:
//  1. Identities of different kinds differ, also for the same parent and index.
//  2. A derived identity is never "none".
//  3. Identities are 64-bit hashes: two different (parent, kind, index) paths
//     collide with probability 2^-64 per pair; children of one parent and of
//     one kind never collide (but for one pair of indices in 2^64, see
//     ChildIdentity).
#ifndef ASUPERSYNC_BASE_IDS_H_
#define ASUPERSYNC_BASE_IDS_H_

#include <cstdint>
#include <ostream>

#include "absl/strings/string_view.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/base/strong_id.h"

namespace asupersync {

namespace internal_ids {

// Prints `name`:0123456789abcdef, or `name`:none for 0.
void PrintIdentity(std::ostream& os, absl::string_view name, uint64_t raw);

struct TaskTag {
  static constexpr uint64_t kKind = Mix64(0x7461736B);  // "task"
  static void Print(std::ostream& os, uint64_t raw) {
    PrintIdentity(os, "task", raw);
  }
};
struct RegionTag {
  static constexpr uint64_t kKind = Mix64(0x72656769);  // "regi"
  static void Print(std::ostream& os, uint64_t raw) {
    PrintIdentity(os, "region", raw);
  }
};
struct TimerTag {
  static constexpr uint64_t kKind = Mix64(0x74696D65);  // "time"
  static void Print(std::ostream& os, uint64_t raw) {
    PrintIdentity(os, "timer", raw);
  }
};
struct ObjectTag {
  static constexpr uint64_t kKind = Mix64(0x6F626A65);  // "obje"
  static void Print(std::ostream& os, uint64_t raw) {
    PrintIdentity(os, "object", raw);
  }
};
struct CompactTaskTag {
  static constexpr char kPrefix[] = "T";
};
struct CompactRegionTag {
  static constexpr char kPrefix[] = "R";
};

}  // namespace internal_ids

// Stable identities. They print as task:<16 hex digits> and so on.
using TaskId = StrongId<internal_ids::TaskTag>;
using RegionId = StrongId<internal_ids::RegionTag>;
using TimerId = StrongId<internal_ids::TimerTag>;
// Anything that tasks share: a channel, a lock, a Shared<T>, a file.
using ObjectId = StrongId<internal_ids::ObjectTag>;

// Small numbers for traces, from 1; they print as T7 and R2 (T- for none).
using CompactTaskId = StrongId<internal_ids::CompactTaskTag>;
using CompactRegionId = StrongId<internal_ids::CompactRegionTag>;

// The identity of child number `index` (counted from 0, for each kind of child
// on its own) of the parent whose identity is `parent_raw`, of whatever kind;
// a root has the parent 0. About 17 cycles of latency, no branch.
// The one index in 2^64 whose hash is 0 gets the identity 1.
template <class Id>
constexpr Id ChildIdentity(uint64_t parent_raw, uint64_t index) {
  const uint64_t hash = HashCombine(parent_raw ^ Id::TagType::kKind, index);
  return Id::FromRaw(hash + (hash == 0));
}

// The same for a parent with a typed identity.
template <class Id, class ParentTag>
constexpr Id ChildIdentity(StrongId<ParentTag, uint64_t> parent,
                           uint64_t index) {
  return ChildIdentity<Id>(parent.AsRaw(), index);
}

}  // namespace asupersync

#endif  // ASUPERSYNC_BASE_IDS_H_
