// ReplayChoiceSource drives an execution by a trace and verifies that it does
// what the trace says: every answer is taken from the trace, every event is
// compared with it, and the first difference ends the run.
//
//   ReplayChoiceSource source(trace);
//   source.Watch({.sites = &recorder.sites(), .certificate = [&] { ... }});
//   runtime.DriveBy(source, /*observer=*/&source);
//   runtime.RunUntilQuiescent();
//   switch (source.Finish(runtime.certificate(), runtime.fingerprint())) ...
//   if (source.diverged()) std::cerr << source.report().ToString();
//
// Determinism: a function of the trace and of what is asked. Answers:
//   schedule      the task of the next TaskScheduled
//   other kinds   `chosen` of the next Choice event (choices of one: 0)
//   entropy       the next RngValue if the trace has them, else the entropy
//                 seed's stream
//   fault         the fault seed's stream
// Random values and fault streams come from the seeds in the metadata.
//
// A trace that began in mid-run (start_tick > 0): the steps up to start_tick
// are answered by a RandomChoiceSource with the recorded seeds; verification
// begins with the decision for the step after, or before that with the first
// event after the program has enabled recording again (its index is 0).
//
// A flight recorder's trace (first_index() > 0): the same up to the event with
// that index; the certificate there is not known.
//
// A recovered trace, whose end is missing, and one that was stopped at a limit
// of its recording drive the execution up to its end,
// with the verdict kPrefix, which is no failure. There the run is stopped or,
// after SetContinuesPrefix(true), goes on with what a RandomChoiceSource of the
// recorded seeds would answer that was asked from the first choice on: as the
// recorded run did, if it was driven by its seed.
//
// The schedule's certificate is compared at every scheduling decision: a trace
// tells the identity of each task (the n-th spawn of its parent), so that
// another task under the same number is found when it is first scheduled, and
// not only at the end. What the trace does not tell (tasks from before its
// start, timers) is compared at its end.
//
// Lifetime: keeps the trace alive; must outlive the run. What Watch() refers
// to must outlive the run, too.
//
// Invariants:
// 1. next_ is the first event of the trace that no observed event has matched.
//    Choose() and Draw() look at it and leave it; OnEvent() passes it.
// 2. After the first difference nothing is compared: answers are 0 (random
//    values: the seeded ones) and OnEvent() asks to stop.
#ifndef ASUPERSYNC_REPLAY_REPLAY_SOURCE_H_
#define ASUPERSYNC_REPLAY_REPLAY_SOURCE_H_

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/lane.h"
#include "asupersync/base/seed.h"
#include "asupersync/choice/choice_source.h"
#include "asupersync/choice/random_source.h"
#include "asupersync/replay/divergence.h"
#include "asupersync/trace/certificate.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/recorder.h"
#include "asupersync/trace/replay_trace.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

enum class ReplayVerdict : uint8_t {
  kIdentical,  // every event, the certificate and the fingerprint agree
  kDiverged,   // see report()
  kPrefix,     // agrees up to the end of a recovered trace
};

// "identical", "diverged", "prefix".
const char* Name(ReplayVerdict verdict);

class ReplayChoiceSource final : public ChoiceSource, public EventObserver {
 public:
  // What the execution can tell beyond its events. All of it is optional and
  // makes reports more telling; `certificate` also verifies the start of a
  // trace that began in mid-run.
  struct Witness {
    const SiteTable* sites = nullptr;  // that event sites belong to
    std::function<uint64_t()> certificate;
    std::function<uint64_t()> fingerprint;
  };

  explicit ReplayChoiceSource(ReplayTrace trace);
  ReplayChoiceSource(const ReplayChoiceSource&) = delete;
  ReplayChoiceSource& operator=(const ReplayChoiceSource&) = delete;

  void Watch(Witness witness) { witness_ = std::move(witness); }

  // Sites count, too: an event from another file or function is a difference.
  // By default they are only shown, and lines may always move.
  void SetStrictSites(bool strict) { strict_sites_ = strict; }

  // See above. Before the run.
  void SetContinuesPrefix(bool continues) { continues_prefix_ = continues; }

  const ReplayTrace& trace() const { return trace_; }

  // ChoiceSource
  uint32_t Choose(ChoiceKind kind, uint32_t count,
                  const CandidateView& candidates) override;
  uint64_t Draw(DrawPurpose purpose, uint64_t stream, uint64_t index) override;
  // Starts over with the trace's own seeds; `seeds` are not used.
  void Reset(const DerivedSeeds& seeds) override;

  // EventObserver
  bool OnEvent(const EventRecord& record) override;

  // The execution has ended with these values. What happens afterwards (the
  // runtime's destruction) is not compared. Idempotent.
  ReplayVerdict Finish(uint64_t certificate, uint64_t fingerprint);

  bool diverged() const { return report_.has_value(); }
  // REQUIRES: diverged().
  const DivergenceReport& report() const { return *report_; }
  // Whether the end of a recovered trace was reached.
  bool prefix_ended() const { return prefix_ended_; }
  // One line: "identical: 120 events", "diverged at event 7 (schedule)",
  // "prefix: the trace ended at event 50; the execution went on by the seed".
  std::string Summary() const;

  // Events of the trace that were verified.
  uint64_t verified() const { return verified_; }

 private:
  bool Over() const { return report_.has_value() || prefix_ended_; }
  bool AtEnd() const { return next_ == ReplayTrace::Iterator(); }
  // Whether a trace with this metadata holds events of the kind.
  bool Holds(EventKind kind) const;
  // Verification begins here; compares the certificate.
  void Begin();
  // The index of the event that is expected next.
  uint64_t NextIndex() const { return trace_.first_index() + verified_; }
  // The trace holds the execution from its first event on.
  bool IsFromTheStart() const {
    return trace_.metadata().start_tick == 0 && trace_.first_index() == 0;
  }
  // The execution may go on where the trace ends.
  bool EndsEarly() const;
  // Whether a choice of this kind is of a time before the trace.
  bool IsBefore(ChoiceKind kind) const;
  // The drawn value that the execution does not record, if any, is passed.
  void PassUnrecordedDraw();
  // The execution's event came from `came_from`.
  void Pass(SiteId came_from);
  // Whether the trace soon has an event such as this one.
  bool ComesLater(const EventRecord& actual) const;
  // Adds to the report which of the events that agree came from other lines.
  void NameMovedLines();
  uint32_t ChooseTask(uint32_t count, const CandidateView& candidates);
  // The candidate is the task that was recorded, not one of the same number.
  bool IsRecordedTask(const Candidate& candidate);
  // Learns the identity of a task from the spawn that agreed.
  void LearnIdentity(const TaskSpawned& spawned);
  uint32_t ChooseOther(ChoiceKind kind, uint32_t count,
                       const CandidateView& candidates);
  // The trace has ended and the execution goes on with `actual`.
  void TraceEnded(std::string actual, absl::string_view actual_site);
  void Diverge(DivergenceCategory category, std::string actual,
               absl::string_view actual_site, std::string cause);
  std::string WhyNotRunnable(CompactTaskId task) const;
  std::string SiteText(SiteId actual) const;

  ReplayTrace trace_;
  Witness witness_;
  bool strict_sites_ = false;

  ReplayTrace::Iterator next_;
  uint64_t verified_ = 0;
  bool begun_ = false;
  bool finished_ = false;
  bool draw_pending_ = false;  // next_ was given out by Draw()
  bool draw_diverged_ = false;  // the report wants the next event's place
  bool prefix_ended_ = false;
  uint64_t steps_ = 0;  // scheduling decisions asked for
  uint64_t seen_ = 0;   // one more than the last observed event's index
  uint64_t tick_ = 0;   // of the event observed last
  // Of the events that agreed last, by their number; none: not known.
  std::array<SiteId, DivergenceReport::kBeforeMax> came_from_ = {};
  std::optional<Lane> lane_;
  Certificate expected_schedule_;
  Certificate actual_schedule_;
  RandomChoiceSource seeded_;  // for what the trace does not hold
  bool continues_prefix_ = false;
  // Of tasks, by number, as far as the trace tells; looked up only.
  struct Task {
    uint64_t identity = 0;
    uint64_t spawned = 0;
  };
  absl::flat_hash_map<uint64_t, Task> tasks_;
  std::optional<DivergenceReport> report_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_REPLAY_REPLAY_SOURCE_H_
