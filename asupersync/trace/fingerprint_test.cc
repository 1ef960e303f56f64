#include "asupersync/trace/fingerprint.h"

#include <cstdint>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace asupersync {
namespace {

struct TouchedObject {
  int object;
  bool write;
  bool is_task = false;  // WriteTask(object)
};
using Footprint = std::vector<TouchedObject>;
using Program = std::vector<std::vector<Footprint>>;  // [task][step]
using Schedule = std::vector<int>;                    // tasks

Footprint R(int object) { return {{object, false}}; }
Footprint W(int object) { return {{object, true}}; }
Footprint Wake(int task) { return {{task, true, true}}; }

// The definition, against which the fingerprint is checked: schedules are
// equivalent if swaps of adjacent independent steps turn one into the other.
class SwapClosure {
 public:
  explicit SwapClosure(const Program& program) : program_(program) {
    Schedule prefix;
    Enumerate(prefix);
    for (const auto& [schedule, number] : number_) {
      for (size_t i = 0; i + 1 < schedule.size(); ++i) {
        if (!Independent(schedule, i)) continue;
        Schedule swapped = schedule;
        std::swap(swapped[i], swapped[i + 1]);
        parent_[Find(number)] = Find(number_.at(swapped));
      }
    }
  }

  const std::map<Schedule, int>& schedules() const { return number_; }
  int ClassOf(const Schedule& schedule) { return Find(number_.at(schedule)); }

 private:
  void Enumerate(Schedule& prefix) {
    bool complete = true;
    for (size_t task = 0; task < program_.size(); ++task) {
      if (StepNumber(prefix, prefix.size(), task) < program_[task].size()) {
        complete = false;
        prefix.push_back(static_cast<int>(task));
        Enumerate(prefix);
        prefix.pop_back();
      }
    }
    if (!complete) return;
    const int number = static_cast<int>(number_.size());
    number_[prefix] = number;
    parent_.push_back(number);
  }
  static size_t StepNumber(const Schedule& schedule, size_t end, int task) {
    size_t steps = 0;
    for (size_t i = 0; i < end; ++i) steps += schedule[i] == task;
    return steps;
  }
  // Steps i and i + 1 of the schedule.
  bool Independent(const Schedule& schedule, size_t i) const {
    const int a = schedule[i], b = schedule[i + 1];
    if (a == b) return false;
    for (const auto& x : program_[a][StepNumber(schedule, i, a)]) {
      if (x.is_task && x.object == b) return false;
      for (const auto& y : program_[b][StepNumber(schedule, i + 1, b)]) {
        if (x.is_task == y.is_task && x.object == y.object &&
            (x.write || y.write)) {
          return false;
        }
      }
    }
    for (const auto& y : program_[b][StepNumber(schedule, i + 1, b)]) {
      if (y.is_task && y.object == a) return false;
    }
    return true;
  }
  int Find(int i) {
    while (parent_[i] != i) i = parent_[i];
    return i;
  }

  const Program& program_;
  std::map<Schedule, int> number_;
  std::vector<int> parent_;
};

class Runner {
 public:
  uint64_t Run(const Program& program, const Schedule& schedule) {
    fingerprint_.Reset();
    std::vector<size_t> next(program.size());
    for (const int task : schedule) {
      fingerprint_.BeginStep(tasks_[task], 100 + task);
      for (const auto& access : program[task][next[task]++]) {
        if (access.is_task) {
          fingerprint_.WriteTask(tasks_[access.object], 100 + access.object);
        } else {
          fingerprint_.Access(objects_[access.object], 200 + access.object,
                              access.write);
        }
      }
      fingerprint_.EndStep();
    }
    return fingerprint_.value();
  }

 private:
  // Never cleared: Reset() must be enough.
  std::map<int, TaskFoata> tasks_;
  std::map<int, ObjectFoata> objects_;
  FoataFingerprint fingerprint_;
};

// Checks that fingerprints are equal exactly within classes, over all
// schedules; returns the number of classes.
size_t CheckAll(const Program& program) {
  SwapClosure closure(program);
  Runner runner;
  std::map<int, uint64_t> of_class;
  std::set<uint64_t> values;
  for (const auto& [schedule, number] : closure.schedules()) {
    const uint64_t value = runner.Run(program, schedule);
    const auto [it, is_new] =
        of_class.emplace(closure.ClassOf(schedule), value);
    EXPECT_EQ(it->second, value) << "equivalent schedules differ";
    values.insert(value);
  }
  EXPECT_EQ(values.size(), of_class.size()) << "two classes look the same";
  return of_class.size();
}

TEST(FingerprintTest, IndependentStepsAreOneClass) {
  EXPECT_EQ(CheckAll({{W(0), W(0)}, {W(1), W(1)}, {W(2), W(2)}}), 1u);
  EXPECT_EQ(CheckAll({{{}, {}}, {{}, {}}}), 1u);
}

TEST(FingerprintTest, ReadsCommute) {
  EXPECT_EQ(CheckAll({{R(0), R(0)}, {R(0), R(0)}, {R(0)}}), 1u);
}

TEST(FingerprintTest, WritesOfOneObjectAreOrdered) {
  EXPECT_EQ(CheckAll({{W(0)}, {W(0)}, {W(0)}, {W(0)}}), 24u);
}

// The benchmark readers(3): one writer, each reader before or after it.
TEST(FingerprintTest, ReadersAndAWriterGiveTwoToTheN) {
  EXPECT_EQ(CheckAll({{W(0)}, {R(0)}, {R(0)}, {R(0)}}), 8u);
}

TEST(FingerprintTest, WorkBesidesTheConflictDoesNotCount) {
  EXPECT_EQ(CheckAll({{W(1), W(0), W(1)}, {W(2), W(0), W(2)}}), 2u);
}

TEST(FingerprintTest, StepsMayTouchSeveralObjects) {
  EXPECT_EQ(CheckAll({{{{0, true}, {1, false}}, {{1, true}}},
                      {{{1, true}, {0, false}}, {{0, true}}},
                      {{{0, false}, {0, true}}}}),
            16u);
}

TEST(FingerprintTest, MixedProgramsAgreeWithTheDefinition) {
  CheckAll({{W(0), R(1), W(2)}, {R(0), W(1)}, {W(2), R(0), W(1)}});
  CheckAll({{R(0), W(0)}, {R(0), W(0)}, {R(0), W(0)}});
  CheckAll({{W(0), W(1)}, {W(1), W(2)}, {W(2), W(3)}, {W(3), W(0)}});
}

TEST(FingerprintTest, ChangingATasksFateIsOrderedWithItsSteps) {
  EXPECT_EQ(CheckAll({{Wake(1)}, {{}, {}}}), 3u);
  EXPECT_EQ(CheckAll({{Wake(2)}, {Wake(2)}, {{}}}), 6u);
  CheckAll({{Wake(1), W(0)}, {W(0), Wake(2)}, {R(0), {}}});
}

TEST(FingerprintTest, ABarrierIsOrderedWithEveryStep) {
  // Three independent steps; the barrier comes after so many of them.
  const auto run = [](const Schedule& schedule, size_t barrier_after) {
    FoataFingerprint fingerprint;
    TaskFoata tasks[3];
    for (size_t i = 0; i <= schedule.size(); ++i) {
      if (i == barrier_after) fingerprint.Barrier();
      if (i == schedule.size()) break;
      fingerprint.BeginStep(tasks[schedule[i]], 1 + schedule[i]);
      fingerprint.EndStep();
    }
    return fingerprint.value();
  };
  std::set<uint64_t> values;
  std::set<std::set<int>> before;
  for (const Schedule& schedule : {Schedule{0, 1, 2},
                                   {0, 2, 1},
                                   {1, 0, 2},
                                   {1, 2, 0},
                                   {2, 0, 1},
                                   {2, 1, 0}}) {
    for (size_t after = 0; after <= 3; ++after) {
      values.insert(run(schedule, after));
      before.insert({schedule.begin(), schedule.begin() + after});
    }
  }
  EXPECT_EQ(before.size(), 8u);
  EXPECT_EQ(values.size(), before.size());
  // Also between two steps of one task.
  EXPECT_NE(run({0, 0}, 1), run({0, 0}, 2));
}

TEST(FingerprintTest, AnObjectMayDieWithinAStep) {
  FoataFingerprint fingerprint;
  TaskFoata task;
  {
    ObjectFoata object;
    fingerprint.BeginStep(task, 1);
    fingerprint.Access(object, 1, true);
    fingerprint.Forget(object);
  }
  fingerprint.EndStep();
  EXPECT_NE(fingerprint.value(), 0u);
}

TEST(FingerprintTest, DependsOnIdentities) {
  const auto run = [](uint64_t task, uint64_t object, bool write) {
    FoataFingerprint fingerprint;
    TaskFoata foata;
    ObjectFoata touched;
    fingerprint.BeginStep(foata, task);
    fingerprint.Access(touched, object, write);
    fingerprint.EndStep();
    return fingerprint.value();
  };
  const std::set<uint64_t> values = {run(1, 2, true), run(1, 2, false),
                                     run(2, 1, true), run(1, 3, true),
                                     run(2, 2, true)};
  EXPECT_EQ(values.size(), 5u);
}

// A step that wakes many wakes them in the order in which they began to wait.
TEST(FingerprintTest, AFootprintIsASetWithoutOrder) {
  const auto run = [](bool backwards) {
    FoataFingerprint fingerprint;
    TaskFoata task, woken[2];
    ObjectFoata objects[2];
    fingerprint.BeginStep(task, 1);
    for (int i : {0, 1}) {
      const int which = backwards ? 1 - i : i;
      fingerprint.WriteTask(woken[which], 2 + which);
      fingerprint.Access(objects[which], 4 + which, which == 0);
    }
    fingerprint.EndStep();
    return fingerprint.value();
  };
  EXPECT_EQ(run(false), run(true));
}

TEST(FingerprintTest, AccessOutsideOfAStepDoesNotCount) {
  FoataFingerprint fingerprint;
  ObjectFoata object;
  TaskFoata task;
  fingerprint.Access(object, 1, true);
  fingerprint.WriteTask(task, 1);
  fingerprint.EndStep();
  EXPECT_EQ(fingerprint.value(), 0u);
}

// A mutex made outside of the runtime may be used by one runtime after another.
TEST(FingerprintTest, ObjectsAreFreshInEveryFingerprint) {
  ObjectFoata shared;
  const auto run = [](ObjectFoata& object) {
    FoataFingerprint fingerprint;
    TaskFoata task;
    for (int i = 0; i < 3; ++i) {
      fingerprint.BeginStep(task, 1);
      fingerprint.Access(object, 1, true);
      fingerprint.EndStep();
    }
    return fingerprint.value();
  };
  ObjectFoata fresh;
  run(shared);
  EXPECT_EQ(run(shared), run(fresh));
}

}  // namespace
}  // namespace asupersync
