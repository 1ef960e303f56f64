// ResyncChoiceSource drives an execution along a trace of a program that has
// been edited since: it keeps the recorded interleaving wherever that still
// makes sense, and goes on by the recorded seed where it does not.
//
//   ResyncChoiceSource source(trace);
//   source.Watch(&recorder.sites());
//   runtime.DriveBy(source, /*observer=*/&source);
//   runtime.RunUntilQuiescent();
//   std::cout << source.report().ToString();
//
// Tasks are matched by their path from the root: the n-th spawn of a parent,
// where a task with a name is the one of that name, and spawns at places that
// the trace does not have are left aside. Operations are matched, task by
// task, by their place in the source (SiteMatcher); what is added or left out
// between two that match is found by looking ahead a little.
//
// Determinism: a function of the trace and of what is asked. Answers:
//   schedule      1. The task that has just taken a recorded step goes on as
//                    long as what it does next is not in the trace (at most
//                    kAddedMax steps): what was added to a step belongs to it.
//                 2. Else the task of the oldest recorded step that was not
//                    taken and can be taken now, unless it is more than
//                    kAheadMax steps further than anything taken. Recorded
//                    steps of other tasks wait until theirs are runnable.
//                    While the next recorded step's task is not runnable, at
//                    most kAddedMax steps of tasks that the trace does not
//                    know come first, for it may wait for one of them.
//                 3. Else what RandomChoiceSource would answer with the
//                    recorded seeds, asked from the first choice on. So at
//                    the end of a truncated trace of an unchanged program the
//                    run goes on as the recorded one did.
//   timer         the one that fired first in the trace; timers are matched by
//                 the task and operation that made them
//   other kinds   the n-th choice of this kind of the same task
//   entropy       the n-th value of the same task, if the trace has it
//   fault         the recorded seed's stream of the same task; added steps get
//                 none and use none up
//
// A trace that began in mid-run: the steps up to start_tick are seeded; tasks
// spawned before are matched by number.
//
// Lifetime: copies what it needs of the trace; O(steps) memory. What Watch()
// refers to must outlive the run. Never stops the run.
//
// Invariants:
// 1. taken_[i]: recorded step i was taken, or will not be.
// 2. For every matched task, the steps before its head are taken_.
// 3. progress_ is one more than the highest index of a step that was taken by
//    its turn; first_open_ the lowest index of one that is not taken_.
#ifndef ASUPERSYNC_REPLAY_RESYNC_SOURCE_H_
#define ASUPERSYNC_REPLAY_RESYNC_SOURCE_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/replay/recorded_run.h"
#include "asupersync/replay/site_matcher.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/metadata.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// How far an execution followed a trace.
struct ResyncReport {
  uint64_t recorded = 0;   // steps of the trace
  uint64_t followed = 0;   // of them, those taken by their turn
  uint64_t postponed = 0;  // of those followed, after a later one
  uint64_t left_out = 0;   // of the recorded, what is not done any more
  uint64_t added = 0;      // steps that the trace does not have
  uint64_t seeded = 0;     // steps that the seed decided
  uint64_t tasks_recorded = 0;
  uint64_t tasks_matched = 0;
  // The index of the trace's event at which the execution first departed from
  // it, and how; nullopt: it took all recorded steps in order.
  std::optional<uint64_t> differs_at;
  std::string difference;

  // 0 to 100, rounded down; 100 for a trace without steps.
  int PercentFollowed() const;
  // One line: "38 of 40 recorded steps followed (95%), 2 added; first
  // difference at event 57: ...".
  std::string ToString() const;
};

class ResyncChoiceSource final : public ChoiceSource, public EventObserver {
 public:
  static constexpr uint32_t kAddedMax = 16;
  static constexpr uint64_t kAheadMax = 64;

  explicit ResyncChoiceSource(const ReplayTrace& trace);
  ResyncChoiceSource(const ResyncChoiceSource&) = delete;
  ResyncChoiceSource& operator=(const ResyncChoiceSource&) = delete;

  // The table that event sites belong to. Without it no operation is matched
  // by its place, and only the tasks count.
  void Watch(const SiteTable* sites) { sites_ = sites; }

  // ChoiceSource
  uint32_t Choose(ChoiceKind kind, uint32_t count,
                  const CandidateView& candidates) override;
  uint64_t Draw(DrawPurpose purpose, uint64_t stream, uint64_t index) override;
  // Starts over with the trace's own seeds; `seeds` are not used.
  void Reset(const DerivedSeeds& seeds) override;

  // EventObserver
  bool OnEvent(const EventRecord& record) override;

  // So far; final after the run.
  ResyncReport report() const;

 private:
  // A task of the execution.
  struct Live {
    uint64_t number = 0;
    uint64_t identity = 0;
    uint32_t parent = 0;    // in live_
    uint32_t recorded = 0;  // in run_.tasks(); 0: not in the trace
    std::string name;
    SiteId site;  // of the operation that it attempts next; first the spawn's
    bool is_retry = false;
    uint32_t head = 0;   // in the recorded task's steps: the next to be taken
    uint32_t added = 0;  // steps in a row that are not in the trace
    uint64_t spawned = 0;
    uint64_t fault_draws = 0;
    std::array<uint32_t, kChoiceKindCount> choices = {};
  };
  enum class Fit { kMatches, kLater, kAdded };

  uint32_t ChooseTask(uint32_t count, const CandidateView& candidates,
                      uint32_t seeded);
  std::optional<uint32_t> ChooseOpen(const CandidateView& candidates);
  std::optional<uint32_t> ChooseInOrder(const CandidateView& candidates);
  std::optional<uint32_t> ChooseUnknown(uint32_t count,
                                        const CandidateView& candidates);
  std::optional<uint32_t> ChooseOldest(uint32_t count,
                                       const CandidateView& candidates);
  uint32_t ChooseTimer(uint32_t count, const CandidateView& candidates,
                       uint32_t seeded) const;
  uint32_t ChooseOther(ChoiceKind kind, uint32_t count, uint32_t seeded);

  // How what the task does next stands to its recorded steps. Passes those
  // that it will not take.
  Fit Align(Live& task);
  Fit AlignRetry(Live& task);
  bool Same(const Live& task, const RecordedStep& step) const;
  // The task's next recorded step, in run_.steps(); nullopt if there is none.
  std::optional<uint64_t> Head(const Live& task) const;
  // The task takes its next step now.
  void Take(uint32_t live, bool by_turn);
  void LeaveOut(Live& task, uint32_t count);
  void Pass(uint64_t step);
  void Differ(std::string how);
  // The task of the first open step is not runnable.
  void DifferAsNotRunnable();
  std::string Describe(const Live& task) const;

  // Finds the recorded task of the one that was spawned last.
  void MatchSpawned();
  uint32_t FindRecorded(const Live& task, const RecordedTask& parent) const;
  uint32_t FindByNumber(const Live& task) const;
  uint32_t LiveOf(CompactTaskId number);
  void Note(SiteId site);
  void OnSpawned(const TaskSpawned& event, SiteId site);
  void OnSuspended(CompactTaskId number, SiteId site, bool blocked);
  void OnTimerCreated(uint64_t timer);
  uint64_t DrawFault(uint64_t stream, uint64_t index);

  const TraceMetadata metadata_;
  const std::vector<Site> recorded_sites_;
  const RecordedRun run_;
  const SiteTable* sites_ = nullptr;
  SiteMatcher matcher_;
  RandomChoiceSource seeded_source_;

  std::vector<Live> live_;  // [0]: the outside
  std::optional<uint32_t> spawned_;  // its recorded task is not looked for yet
  std::vector<uint32_t> live_of_;    // by recorded task; 0: none
  std::vector<std::vector<bool>> timer_made_;  // by recorded task
  std::vector<bool> taken_;
  uint64_t first_open_ = 0;
  uint64_t progress_ = 0;
  uint64_t steps_ = 0;
  uint32_t current_ = 0;          // in live_
  bool current_is_added_ = false;
  uint32_t open_ = 0;  // in live_: has taken a recorded step; 0: none
  uint32_t unknown_in_a_row_ = 0;
  ResyncReport report_;
  // Looked up only, never iterated.
  absl::flat_hash_map<uint64_t, uint32_t> by_number_;
  absl::flat_hash_map<uint64_t, uint32_t> by_identity_;
  absl::flat_hash_map<uint64_t, uint64_t> timer_fired_;  // at which event
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_RESYNC_SOURCE_H_
