#include "asupersync/lab/commute.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "asupersync/base/fatal.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/oracle_table.h"
#include "asupersync/lab/run_result.h"

namespace asupersync {
namespace commute {

std::uint32_t OrderSource::Choose(ChoiceKind kind, std::uint32_t count,
                                  const CandidateView& candidates) {
  if (kind == ChoiceKind::kSchedule && forced_.has_value()) {
    const std::optional<std::uint32_t> place = candidates.IndexOf(*forced_);
    if (!place.has_value()) Fatal("a task of the pair cannot run");
    forced_.reset();
    return *place;
  }
  std::uint32_t least = 0;
  for (std::uint32_t i = 1; i < count; ++i) {
    if (candidates.At(i).identity < candidates.At(least).identity) least = i;
  }
  return least;
}

bool Judge(const std::string& pair, const Observed& ab, const Observed& ba,
           Report& report) {
  const bool conflict = ab.pair_fingerprint != ba.pair_fingerprint;
  const bool differ = ab.pair != ba.pair || ab.end != ba.end;
  const std::string both =
      absl::StrCat("\n  A first: ", ab.pair, "; ", ab.end,
                   "\n  B first: ", ba.pair, "; ", ba.end);
  if (differ && conflict) {
    ++report.conflicting;
  } else if (differ) {
    report.errors.push_back(absl::StrCat(
        pair, ": the orders differ, the footprints do not conflict", both));
  } else if (conflict) {
    report.imprecise.push_back(pair);
  } else if (ab.end_fingerprint != ba.end_fingerprint) {
    report.errors.push_back(absl::StrCat(
        pair, ": one class after the pair, two at the end", both));
  } else {
    ++report.commuting;
  }
  return conflict;
}

Stage::Stage()
    : runtime_(LabConfig(0)
                   .WithLanePolicy(LanePolicy::kAny)
                   .WithOracles(OracleSelection::None())) {
  runtime_.DriveBy(source_);
}

void Stage::Clear() { runtime_.Reset(runtime_.config().seeds()); }

void Stage::StepOf(const TaskHandle<void>& task) {
  source_.Force(task.node().compact);
  if (!runtime_.Step()) Fatal("nothing can run");
}

Observed Stage::Run(const Play& play, int first) {
  constexpr std::uint64_t kStepsMax = 1000;  // a program of this size has less
  World& world = *play.world;
  runtime_.SpawnRoot("prepare", play.prepare);
  runtime_.StepN(kStepsMax);
  if (play.afterwards) play.afterwards();
  Slot slots[] = {{0}, {1}};
  std::vector<TaskHandle<void>> tasks;
  for (int i : {0, 1}) {
    auto body = [&, i](Cx& cx) { return play.operations[i](cx, slots[i]); };
    tasks.push_back(world.spawn_in == nullptr ? runtime_.SpawnRoot(body)
                                              : world.spawn_in->Spawn(body));
  }
  for (const auto& task : tasks) StepOf(task);
  StepOf(tasks[first]);
  StepOf(tasks[1 - first]);
  Observed observed;
  const auto see = [&](std::string& into) {
    for (int i : {0, 1}) {
      absl::StrAppend(&into, slots[i].name(), " ",
                      tasks[i].done() ? "" : "not done, ", "saw ",
                      slots[i].saw, "; ");
    }
  };
  see(observed.pair);
  observed.pair_fingerprint = runtime_.fingerprint().value();
  world.after_the_pair = true;
  runtime_.StepN(kStepsMax);
  runtime_.SpawnRoot("probe", play.probe);
  const RunResult result = runtime_.RunUntilQuiescent();
  see(observed.end);
  absl::StrAppend(&observed.end, Name(result.verdict), ": ", world.log);
  observed.end_fingerprint = runtime_.fingerprint().value();
  Clear();  // before the slots and the world die
  return observed;
}

}  // namespace commute
}  // namespace asupersync
