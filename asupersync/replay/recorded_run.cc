#include "asupersync/replay/recorded_run.h"

#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "asupersync/base/ids.h"

namespace asupersync {

class RecordedRun::Reader {
 public:
  Reader(RecordedRun& run, bool from_the_start)
      : run_(run), from_the_start_(from_the_start) {
    run_.tasks_.emplace_back();  // the outside
    live_.emplace_back();
  }

  void Read(const EventRecord& record) {
    std::visit([&](const auto& event) { On(event, record); }, record.event);
  }

 private:
  // What is needed while reading only.
  struct Live {
    uint64_t spawned = 0;
    bool seen_to_suspend = false;
    bool blocked = false;
  };

  // The task with this number, made if the trace has not named it before.
  uint32_t IndexOf(CompactTaskId number) {
    if (number.AsRaw() == 0) return 0;
    const auto [it, is_new] =
        by_number_.emplace(number.AsRaw(), run_.tasks_.size());
    if (is_new) {
      run_.tasks_.emplace_back().number = number;
      live_.emplace_back();
    }
    return it->second;
  }
  RecordedTask& Current() { return run_.tasks_[current_]; }

  template <class Other>
  void On(const Other&, const EventRecord&) {}

  void On(const TaskSpawned& event, const EventRecord& record) {
    const uint32_t parent = IndexOf(event.parent);
    const uint32_t index = IndexOf(event.task);
    RecordedTask& task = run_.tasks_[index];
    task.parent = parent;
    task.spawn_site = record.site;
    const uint64_t parent_identity = run_.tasks_[parent].identity;
    if (parent == 0 ? from_the_start_ : parent_identity != 0) {
      task.identity =
          ChildIdentity<TaskId>(parent_identity, live_[parent].spawned++)
              .AsRaw();
    }
    live_[index].seen_to_suspend = true;
    run_.tasks_[parent].children.push_back(index);
  }
  void On(const TaskNamed& event, const EventRecord&) {
    run_.tasks_[IndexOf(event.task)].name = event.text;
  }
  void On(const TaskScheduled& event, const EventRecord& record) {
    current_ = IndexOf(event.task);
    RecordedStep step;
    step.event = record.index;
    step.tick = event.at_tick;
    step.task = current_;
    step.site = record.site;
    step.is_retry = live_[current_].blocked;
    step.is_unknown = !live_[current_].seen_to_suspend;
    Current().steps.push_back(static_cast<uint32_t>(run_.steps_.size()));
    run_.steps_.push_back(step);
    site_ = record.site;
  }
  void On(const TaskYielded& event, const EventRecord&) {
    Suspended(event.task, /*blocked=*/false);
  }
  void On(const TaskBlocked& event, const EventRecord&) {
    Suspended(event.task, /*blocked=*/true);
  }
  void Suspended(CompactTaskId number, bool blocked) {
    Live& live = live_[IndexOf(number)];
    live.blocked = blocked;
    live.seen_to_suspend = true;
    current_ = 0;
  }
  void On(const TaskCompleted& event, const EventRecord&) {
    run_.tasks_[IndexOf(event.task)].completed = true;
    if (current_ != 0 && Current().number == event.task) current_ = 0;
  }
  void On(const RngValue& event, const EventRecord&) {
    Current().random_values.push_back(event.value);
  }
  void On(const TimerCreated& event, const EventRecord&) {
    by_timer_[event.timer_id] = {current_, Current().timers.size()};
    RecordedTimer timer;
    if (current_ != 0) timer.site = site_;
    Current().timers.push_back(timer);
  }
  void On(const TimerFired& event, const EventRecord& record) {
    const auto it = by_timer_.find(event.timer_id);
    if (it == by_timer_.end()) return;
    RecordedTimer& timer =
        run_.tasks_[it->second.first].timers[it->second.second];
    timer.fired = true;
    timer.fired_event = record.index;
  }
  void On(const Choice& event, const EventRecord&) {
    if (event.kind >= kChoiceKindCount) return;
    Current().choices[event.kind].push_back(event.chosen);
  }

  RecordedRun& run_;
  // Else the outside may have spawned before.
  const bool from_the_start_;
  std::vector<Live> live_;
  uint32_t current_ = 0;
  SiteId site_;
  // Looked up only, never iterated.
  absl::flat_hash_map<uint64_t, uint32_t> by_number_;
  absl::flat_hash_map<uint64_t, std::pair<uint32_t, size_t>> by_timer_;
};

RecordedRun::RecordedRun(const ReplayTrace& trace) {
  Reader reader(*this, trace.metadata().start_tick == 0);
  for (const EventRecord& record : trace.events()) reader.Read(record);
}

}  // namespace asupersync
