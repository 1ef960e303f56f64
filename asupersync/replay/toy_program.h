// A program of a few lines that asks a ChoiceSource and records events, as a
// runtime does, without coroutines: for tests of replay.
#ifndef ASUPERSYNC_REPLAY_TOY_PROGRAM_H_
#define ASUPERSYNC_REPLAY_TOY_PROGRAM_H_

#include <cstdint>
#include <optional>
#include <source_location>
#include <vector>

#include "asupersync/base/ids.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/trace/certificate.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/fingerprint.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/recorder_config.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// What the program does; the defaults are the "recorded" program, and tests
// change one thing at a time.
struct ToyOptions {
  int tasks = 3;
  int steps = 4;          // of each task
  bool draws = true;      // every second step draws a random value
  uint64_t draw_xor = 0;  // changes what is drawn
  int timers = 2;         // due together after all tasks are done
  uint64_t deadline = 100;
  int blocked_task = 0;  // this task never becomes runnable again after
                         // its first step; 0 = none
  uint8_t outcome = 0;   // of every task
  bool says_something = false;
  uint64_t spawn_offset = 0;            // shifts the identities of tasks
  uint64_t object = 7;                  // that every step writes
  uint64_t enable_recording_after = 0;  // steps; 0 = records from the start
};

class ToyProgram {
 public:
  ToyProgram(ChoiceSource& source, Recorder& recorder)
      : source_(source), recorder_(recorder) {}

  uint64_t certificate() const { return certificate_.value(); }
  uint64_t fingerprint() const { return fingerprint_.value(); }
  const std::vector<uint64_t>& drawn() const { return drawn_; }
  const std::vector<uint64_t>& schedule() const { return schedule_; }

  void Run(const ToyOptions& options) {
    Tasks live(options);
    for (int i = 1; i <= options.tasks; ++i) {
      live.site[i] = Site();
      recorder_.Record(TaskSpawned{CompactTaskId(i), CompactRegionId(1),
                                   recorder_.tick(), CompactTaskId()},
                       live.site[i]);
    }
    while (!live.runnable.empty() && !recorder_.stop_requested()) {
      Step(options, live);
      if (tick_ == options.enable_recording_after) {
        recorder_.EnableRecording(RecorderConfig::Enabled(), tick_,
                                  certificate());
      }
    }
    if (!recorder_.stop_requested()) FireTimers(options);
  }

 private:
  struct Tasks final : CandidateView {
    explicit Tasks(const ToyOptions& options)
        : state(options.tasks + 1),
          done(options.tasks + 1),
          draws(options.tasks + 1),
          site(options.tasks + 1) {
      for (int i = 1; i <= options.tasks; ++i) {
        identity.push_back(
            ChildIdentity<TaskId>(0, i - 1 + options.spawn_offset).AsRaw());
        runnable.push_back(i);
      }
    }
    Candidate At(uint32_t i) const override {
      return {identity[runnable[i] - 1], runnable[i], Lane::kReady};
    }
    std::optional<uint32_t> IndexOf(uint64_t compact) const override {
      for (uint32_t i = 0; i < runnable.size(); ++i) {
        if (runnable[i] == compact) return i;
      }
      return std::nullopt;
    }
    std::vector<uint64_t> identity;
    std::vector<uint64_t> runnable;
    std::vector<TaskFoata> state;
    std::vector<int> done;  // steps
    std::vector<uint64_t> draws;
    std::vector<SiteId> site;  // of what the task does next
  };
  struct Timers final : CandidateView {
    Candidate At(uint32_t i) const override {
      return {due[i], due[i], Lane::kTimed};
    }
    std::optional<uint32_t> IndexOf(uint64_t) const override {
      return std::nullopt;
    }
    std::vector<uint64_t> due;
  };

  SiteId Site(std::source_location location = std::source_location::current()) {
    return recorder_.Intern(location);
  }

  void Step(const ToyOptions& options, Tasks& live) {
    const uint32_t chosen =
        source_.Choose(ChoiceKind::kSchedule,
                       static_cast<uint32_t>(live.runnable.size()), live);
    const uint64_t number = live.runnable[chosen];
    const uint64_t identity = live.identity[number - 1];
    const CompactTaskId task(number);
    schedule_.push_back(number);
    certificate_.Add(0, identity);
    recorder_.Record(TaskScheduled{task, ++tick_}, live.site[number]);
    fingerprint_.BeginStep(live.state[number], identity);
    fingerprint_.Access(object_, options.object, true);
    const int done = ++live.done[number];
    if (options.draws && done % 2 == 0) {
      const uint64_t value =
          source_.Draw(DrawPurpose::kEntropy, identity, live.draws[number]++) ^
          options.draw_xor;
      recorder_.Record(RngValue{value}, Site());
      drawn_.push_back(value);
    }
    recorder_.Record(WakerWake{task}, Site());
    if (options.says_something) {
      recorder_.Record(UserTrace{"something"}, Site());
    }
    fingerprint_.EndStep();
    live.site[number] = Site();
    if (done == options.steps) {
      recorder_.Record(TaskCompleted{task, options.outcome}, Site());
      live.runnable.erase(live.runnable.begin() + chosen);
    } else if (static_cast<int>(number) == options.blocked_task) {
      recorder_.Record(TaskYielded{task}, live.site[number]);
      live.runnable.erase(live.runnable.begin() + chosen);
    } else {
      recorder_.Record(TaskYielded{task}, live.site[number]);
    }
  }

  void FireTimers(const ToyOptions& options) {
    recorder_.Record(TimeAdvanced{0, options.deadline}, SiteId());
    Timers timers;
    for (int i = 1; i <= options.timers; ++i) timers.due.push_back(i);
    while (!timers.due.empty()) {
      const uint32_t of = static_cast<uint32_t>(timers.due.size());
      uint32_t chosen = 0;
      if (of > 1) {
        chosen = source_.Choose(ChoiceKind::kTimer, of, timers);
        recorder_.Record(Choice{1, chosen, of}, SiteId());
      }
      certificate_.Add(1, timers.due[chosen]);
      recorder_.Record(TimerFired{timers.due[chosen]}, SiteId());
      timers.due.erase(timers.due.begin() + chosen);
    }
  }

  ChoiceSource& source_;
  Recorder& recorder_;
  Certificate certificate_;
  FoataFingerprint fingerprint_;
  ObjectFoata object_;
  uint64_t tick_ = 0;
  std::vector<uint64_t> drawn_;
  std::vector<uint64_t> schedule_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_TOY_PROGRAM_H_
