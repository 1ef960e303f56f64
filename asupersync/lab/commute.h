// Runs every pair of operations on a primitive in both orders from the same
// state and says which pairs commute and which conflict: the check that
// footprints are right.
//
//   CommuteReport report = CheckCommute(MutexTable());
//   EXPECT_THAT(report.errors, IsEmpty());
//
// Two tasks stand before one operation each; each then makes one step. The two
// orders differ if a task saw something else, waits in one order and not in the
// other, or if what happens afterwards differs (the rest runs in an order that
// depends on identities alone, then a probe takes the primitive apart). The
// pair conflicts if the fingerprints after the two steps differ.
//
//   orders differ   fingerprints differ   verdict
//   no              no                    commutes; the whole rest must then
//                                         have one fingerprint, too
//   yes             yes                   conflicts
//   yes             no                    an error: a footprint is missing
//   no              yes                   imprecise: explored twice for nothing
//
// Determinism: nothing is random. For tests only.
#ifndef ASUPERSYNC_LAB_COMMUTE_H_
#define ASUPERSYNC_LAB_COMMUTE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/task.h"
#include "asupersync/task/task_handle.h"

namespace asupersync {
namespace commute {

// What the tasks of one execution share; tables derive theirs from it. Made
// after the runtime was reset, so that its objects have the same identities in
// every execution.
struct World {
  // Notes that something happened after the two steps. Within them it does
  // nothing: that they have an order is no difference.
  void Log(absl::string_view text) {
    if (after_the_pair) absl::StrAppend(&log, text, " ");
  }

  std::string log;
  bool after_the_pair = false;
  Cx* spawn_in = nullptr;  // where the two tasks are spawned; null: as roots
};

// One of the two tasks.
struct Slot {
  int index;
  std::string saw = "-";  // what its operation gave

  // "A" or "B".
  const char* name() const { return index == 0 ? "A" : "B"; }
  void Saw(const absl::Status& status) {
    saw = absl::StatusCodeToString(status.code());
  }
};

// One visible operation: what a task does up to its first suspension, in which
// it waits for its turn, is not looked at. An operation that is no scheduling
// point follows a Yield.
template <class W>
struct Operation {
  const char* name;
  Task<> (*run)(Cx& cx, W& world, Slot& slot);
  // What one task at a time may use, as bits: a pair that has one in common is
  // left out, and so is an operation that needs what the state does not have.
  unsigned needs = 0;
};

template <class W>
struct State {
  const char* name;
  Task<> (*prepare)(Cx& cx, W& world);
  unsigned has = 0;
  // Called, outside any step, when nothing can run any more.
  void (*afterwards)(W& world) = nullptr;
};

template <class W>
struct Table {
  const char* primitive;
  std::vector<State<W>> states;
  std::vector<Operation<W>> operations;
  // Takes the primitive apart and logs what there was.
  Task<> (*probe)(Cx& cx, W& world);
};

// What came of one table.
struct Report {
  std::string primitive;
  int states = 0;
  int operations = 0;
  int with_footprint = 0;  // operations that conflict with some operation
  int commuting = 0;
  int conflicting = 0;
  std::vector<std::string> imprecise;  // "state: operation | operation"
  std::vector<std::string> errors;

  int pairs() const {
    return commuting + conflicting + static_cast<int>(imprecise.size() +
                                                      errors.size());
  }
};

// Runs the task that it is told to, else the one with the least identity.
class OrderSource final : public ChoiceSource {
 public:
  std::uint32_t Choose(ChoiceKind kind, std::uint32_t count,
                       const CandidateView& candidates) override;
  std::uint64_t Draw(DrawPurpose, std::uint64_t stream,
                     std::uint64_t index) override {
    return stream * 31 + index;
  }
  void Reset(const DerivedSeeds&) override {}

  // The next choice is this task; false later if it was no candidate.
  void Force(std::uint32_t compact) { forced_ = compact; }

 private:
  std::optional<std::uint64_t> forced_;
};

// What one order of a pair came to.
struct Observed {
  std::string pair;  // after the two steps
  std::string end;
  std::uint64_t pair_fingerprint = 0;
  std::uint64_t end_fingerprint = 0;
};

// Adds the verdict on a pair to the report; true if the pair conflicts.
bool Judge(const std::string& pair, const Observed& ab, const Observed& ba,
           Report& report);

// Runs one execution. `make` makes the world and gives the two operations.
class Stage {
 public:
  struct Play {
    World* world;
    std::function<Task<>(Cx&)> prepare;
    std::function<void()> afterwards;
    std::function<Task<>(Cx&, Slot&)> operations[2];
    std::function<Task<>(Cx&)> probe;
  };

  Stage();
  // Forgets the last execution; the world may be destroyed then.
  void Clear();
  Observed Run(const Play& play, int first);

 private:
  void StepOf(const TaskHandle<void>& task);

  OrderSource source_;
  LabRuntime runtime_;
};

template <class W>
Report Check(const Table<W>& table) {
  Report report;
  report.primitive = table.primitive;
  report.states = static_cast<int>(table.states.size());
  report.operations = static_cast<int>(table.operations.size());
  std::vector<bool> conflicts(table.operations.size(), false);
  Stage stage;
  for (const State<W>& state : table.states) {
    const auto missing = [&](const Operation<W>& operation) {
      return (operation.needs & ~state.has) != 0;
    };
    for (std::size_t a = 0; a < table.operations.size(); ++a) {
      for (std::size_t b = a; b < table.operations.size(); ++b) {
        const Operation<W>* pair[] = {&table.operations[a],
                                      &table.operations[b]};
        if (missing(*pair[0]) || missing(*pair[1])) continue;
        if ((pair[0]->needs & pair[1]->needs) != 0) continue;
        Observed observed[2];
        for (int first : {0, 1}) {
          auto world = std::make_unique<W>();
          Stage::Play play;
          play.world = world.get();
          play.prepare = [&](Cx& cx) { return state.prepare(cx, *world); };
          if (state.afterwards != nullptr) {
            play.afterwards = [&] { state.afterwards(*world); };
          }
          for (int i : {0, 1}) {
            play.operations[i] = [&, i](Cx& cx, Slot& slot) {
              return pair[i]->run(cx, *world, slot);
            };
          }
          play.probe = [&](Cx& cx) { return table.probe(cx, *world); };
          observed[first] = stage.Run(play, first);
          stage.Clear();
        }
        if (Judge(absl::StrCat(state.name, ": ", pair[0]->name, " | ",
                               pair[1]->name),
                  observed[0], observed[1], report)) {
          conflicts[a] = conflicts[b] = true;
        }
      }
    }
  }
  for (bool conflict : conflicts) report.with_footprint += conflict;
  return report;
}

}  // namespace commute
}  // namespace asupersync

#endif  // ASUPERSYNC_LAB_COMMUTE_H_
