// ChoiceSource: the one seam through which every nondeterministic answer of an
// execution comes.
//
//   uint32_t i = source.Choose(ChoiceKind::kSchedule, ready.size(), view);
//   Resume(ready[i]);
//
// Determinism: an execution is a function of the program and of the answers
// given here. An implementation answers from its seed, its input and the calls
// made so far, and from nothing else: no clock, no address, no other thread.
//
// Lifetime: whoever runs the execution owns the source; one execution at a
// time. Calls come from one thread and are never nested.
//
// Invariants:
//  1. Choose answers a number below `count`.
//  2. Draw is a function of the seeds and its arguments alone (in a replay, of
//     the trace): what a task draws does not depend on the other tasks.
//  3. The numbers of ChoiceKind, Lane and DrawPurpose are in traces and never
//     change.
#ifndef ASUPERSYNC_CHOICE_CHOICE_SOURCE_H_
#define ASUPERSYNC_CHOICE_CHOICE_SOURCE_H_

#include <cstdint>
#include <optional>

#include "asupersync/base/choice_kind.h"  // IWYU pragma: export
#include "asupersync/base/lane.h"
#include "asupersync/base/seed.h"

namespace asupersync {

// One of the things to choose from.
struct Candidate {
  uint64_t identity = 0;  // stable: does not depend on the schedule
  uint64_t compact = 0;   // the number that stands for it in the trace
  Lane lane = Lane::kReady;

  friend bool operator==(const Candidate&, const Candidate&) = default;
};

// The candidates of one choice, in the order that the runtime has them in.
// Looked at only by sources that need it: a random pick does not.
class CandidateView {
 public:
  virtual ~CandidateView() = default;

  // REQUIRES: i is below the `count` given with this view.
  virtual Candidate At(uint32_t i) const = 0;

  // The position of the candidate whose `compact` this is, or nullopt.
  virtual std::optional<uint32_t> IndexOf(uint64_t compact) const = 0;
};

// Which of a task's two streams of random values.
enum class DrawPurpose : uint8_t {
  kEntropy = 0,  // what the program asks for
  kFault = 1,    // what the lab injects
};

// The value of a fault stream that stands for "nothing is injected", whatever
// the configuration says.
inline constexpr uint64_t kNoFault = ~uint64_t{0};

class ChoiceSource {
 public:
  virtual ~ChoiceSource() = default;

  // The position of the chosen candidate, below `count`. The runtime asks for
  // every scheduling decision, also when there is nothing to choose.
  // REQUIRES: count >= 1; `candidates` has `count` candidates.
  virtual uint32_t Choose(ChoiceKind kind, uint32_t count,
                          const CandidateView& candidates) = 0;

  // Value `index`, counted from 0, of the stream `stream`, which is the stable
  // identity of the task that draws.
  virtual uint64_t Draw(DrawPurpose purpose, uint64_t stream,
                        uint64_t index) = 0;

  // Starts another execution, with these seeds. Keeps memory for reuse.
  virtual void Reset(const DerivedSeeds& seeds) = 0;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_CHOICE_CHOICE_SOURCE_H_
