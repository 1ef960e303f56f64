// What a task is and what happens to it does not change when independent steps
// of others are reordered: identities of tasks, regions, objects and timers,
// random values, fault decisions, and the class of the execution.
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/lab/chaos_config.h"
#include "asupersync/lab/lab_config.h"
#include "asupersync/lab/lab_runtime.h"
#include "asupersync/lab/run_result.h"
#include "asupersync/sync/mutex.h"
#include "asupersync/task/cx.h"
#include "asupersync/task/scope.h"
#include "asupersync/task/shared_object.h"
#include "asupersync/task/task.h"
#include "asupersync/task/try.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "gtest/gtest.h"

namespace asupersync {
namespace {

// Per task, by its name in the program: everything that happened, in order.
class Facts final : public EventObserver {
 public:
  // From within the task, before anything else.
  void Begin(const Cx& cx, const std::string& name) {
    names_[cx.node().compact] = name;
    Add(cx, absl::StrCat("task ", cx.node().identity));
  }
  void Add(const Cx& cx, const std::string& fact) {
    of_task_[names_[cx.node().compact]].push_back(fact);
  }

  bool OnEvent(const EventRecord& record) override {
    if (const auto* scheduled = std::get_if<TaskScheduled>(&record.event)) {
      running_ = scheduled->task.AsRaw();
    } else if (const auto* fault = std::get_if<ChaosInjection>(&record.event)) {
      ++faults_[fault->kind];
      if (fault->task.has_value()) {
        AddTo(fault->task->AsRaw(),
              absl::StrCat("fault ", fault->kind, " ", fault->data));
      }
    } else if (const auto* timer = std::get_if<TimerCreated>(&record.event)) {
      // With chaos its jitter depends on the timer's identity; `timer_id` is
      // a number in the trace.
      AddTo(running_, absl::StrCat("timer at ", timer->deadline_nanos));
    }
    return true;
  }

  const std::map<std::string, std::vector<std::string>>& of_task() const {
    return of_task_;
  }
  std::uint64_t faults(ChaosKind kind) const {
    const auto found = faults_.find(static_cast<std::uint8_t>(kind));
    return found == faults_.end() ? 0 : found->second;
  }

 private:
  void AddTo(std::uint32_t compact, const std::string& fact) {
    of_task_[names_[compact]].push_back(fact);
  }

  std::map<std::uint32_t, std::string> names_;
  std::map<std::string, std::vector<std::string>> of_task_;
  std::map<std::uint8_t, std::uint64_t> faults_;
  std::uint32_t running_ = 0;
};

// A random program of tasks that share nothing: its own objects, regions,
// timers and children, chosen by its own random values.
Task<absl::Status> Independent(Cx& cx, std::string name, int depth,
                               Facts& facts) {
  facts.Begin(cx, name);
  Mutex mutex;
  for (int i = 0; i < 6; ++i) {
    const std::uint64_t choice = cx.RandomBelow(depth > 0 ? 6 : 5);
    facts.Add(cx, absl::StrCat("operation ", choice));
    switch (choice) {
      case 0:
        co_await Try(cx.Sleep(absl::Milliseconds(cx.RandomBelow(20))));
        break;
      case 1: {
        MutexGuard guard = co_await Try(mutex.Lock(cx));
        co_await Try(cx.Yield());
        break;
      }
      case 2: {
        SharedObject object("made here");
        facts.Add(cx, absl::StrCat("object ", object.id().AsRaw()));
        co_await Try(cx.Yield());
        break;
      }
      case 3: {
        auto body = [&facts](Cx& cx) -> Task<absl::Status> {
          facts.Add(cx, absl::StrCat("region ", cx.region().identity));
          co_return co_await cx.Sleep(absl::Milliseconds(1));
        };
        co_await Try(Scope(cx, body));
        break;
      }
      case 4:
        facts.Add(cx, absl::StrCat("random ", cx.Random()()));
        co_await Try(cx.Yield());
        break;
      default:
        cx.Spawn([name = absl::StrCat(name, ".", i), depth, &facts](Cx& cx) {
          return Independent(cx, name, depth - 1, facts);
        });
        co_await Try(cx.Yield());
    }
    facts.Add(cx, absl::StrCat("now ", absl::ToUnixNanos(cx.Now())));
  }
  co_return absl::OkStatus();
}

// What came of running one program under many schedules.
struct Shuffled {
  std::set<std::uint64_t> fingerprints;
  std::set<std::uint64_t> certificates;
  std::map<ChaosKind, std::uint64_t> faults;
  std::size_t tasks = 0;
};

// Fails where a schedule changes a fact.
void Shuffle(const ChaosConfig& chaos, std::uint64_t program, int schedules,
             Shuffled& shuffled) {
  Facts facts;
  LabRuntime runtime(LabConfig(0)
                         .WithLanePolicy(LanePolicy::kAny)
                         .WithChaos(chaos)
                         .WithDefaultReplayRecording());
  DerivedSeeds seeds = DeriveSeeds(program, "");
  RandomChoiceSource source(seeds);
  std::map<std::string, std::vector<std::string>> expected;
  for (int i = 0; i < schedules; ++i) {
    seeds.schedule = DeriveSeeds(i, "").schedule;  // all others stay
    runtime.Reset(seeds);
    source.Reset(seeds);
    facts = Facts();
    runtime.DriveBy(source, &facts);
    for (const char* root : {"a", "b", "c"}) {
      runtime.SpawnRoot(
          [&, root](Cx& cx) { return Independent(cx, root, 2, facts); });
    }
    const RunResult result = runtime.RunUntilQuiescent();
    ASSERT_TRUE(result.quiescent()) << result;
    if (i == 0) expected = facts.of_task();
    for (const auto& [task, of_task] : expected) {
      const auto found = facts.of_task().find(task);
      ASSERT_NE(found, facts.of_task().end()) << task;
      ASSERT_EQ(found->second, of_task) << "task " << task;
    }
    ASSERT_EQ(facts.of_task().size(), expected.size());
    shuffled.fingerprints.insert(runtime.fingerprint().value());
    shuffled.certificates.insert(runtime.certificate());
    shuffled.tasks = expected.size();
    for (ChaosKind kind : {ChaosKind::kDelay, ChaosKind::kSpuriousWake,
                           ChaosKind::kTimerJitter, ChaosKind::kCancel,
                           ChaosKind::kBudget}) {
      shuffled.faults[kind] += facts.faults(kind);
    }
  }
}

constexpr int kPrograms = 20;
constexpr int kSchedules = 25;

TEST(ShuffleTest, AScheduleChangesNothingAboutATaskAndNoClass) {
  std::size_t tasks = 0;
  for (std::uint64_t program = 0; program < kPrograms; ++program) {
    Shuffled shuffled;
    Shuffle(ChaosConfig::Off(), program, kSchedules, shuffled);
    if (HasFatalFailure()) return;
    EXPECT_EQ(shuffled.fingerprints.size(), 1u) << "program " << program;
    EXPECT_EQ(shuffled.certificates.size(), std::size_t{kSchedules});
    tasks += shuffled.tasks;
  }
  EXPECT_GT(tasks, 5u * kPrograms);
}

TEST(ShuffleTest, FaultsOfATaskAreItsOwn) {
  // A cancellation ends an operation early, which is a fact, too: it has a
  // test of its own.
  const ChaosConfig chaos = ChaosConfig::Heavy()
                                .With(ChaosKind::kCancel, 0)
                                .With(ChaosKind::kBudget, 0);
  Shuffled all;
  for (std::uint64_t program = 0; program < kPrograms; ++program) {
    Shuffled shuffled;
    Shuffle(chaos, program, kSchedules, shuffled);
    if (HasFatalFailure()) return;
    EXPECT_EQ(shuffled.fingerprints.size(), 1u) << "program " << program;
    for (const auto& [kind, count] : shuffled.faults) all.faults[kind] += count;
  }
  EXPECT_GT(all.faults[ChaosKind::kDelay], 0u);
  EXPECT_GT(all.faults[ChaosKind::kSpuriousWake], 0u);
  EXPECT_GT(all.faults[ChaosKind::kTimerJitter], 0u);
  EXPECT_EQ(all.faults[ChaosKind::kCancel], 0u);
}

TEST(ShuffleTest, SoAreCancellationsThatChaosAsksFor) {
  const ChaosConfig chaos =
      ChaosConfig::Heavy().With(ChaosKind::kCancel, 0.05);
  Shuffled all;
  for (std::uint64_t program = 0; program < kPrograms; ++program) {
    Shuffled shuffled;
    Shuffle(chaos, program, kSchedules, shuffled);
    if (HasFatalFailure()) return;
    for (const auto& [kind, count] : shuffled.faults) all.faults[kind] += count;
  }
  EXPECT_GT(all.faults[ChaosKind::kCancel], 0u);
  EXPECT_GT(all.faults[ChaosKind::kBudget], 0u);
}

}  // namespace
}  // namespace asupersync
