#include "asupersync/replay/replay_source.h"

#include <utility>
#include <variant>
#include <vector>

#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"
#include "asupersync/replay/divergence_cause.h"

namespace asupersync {
namespace {

// What an event says about the schedule, into a rolling hash.
void AddSchedule(const ReplayEvent& event, Certificate* certificate) {
  if (const auto* e = std::get_if<TaskScheduled>(&event)) {
    certificate->Add(0, e->task.AsRaw());
  } else if (const auto* e = std::get_if<Choice>(&event)) {
    certificate->Add(e->kind, e->chosen);
  } else if (const auto* e = std::get_if<TimerFired>(&event)) {
    certificate->Add(static_cast<uint8_t>(ChoiceKind::kTimer), e->timer_id);
  }
}

std::string TaskName(uint64_t compact) { return absl::StrCat("T", compact); }

}  // namespace

const char* Name(ReplayVerdict verdict) {
  switch (verdict) {
    case ReplayVerdict::kIdentical:
      return "identical";
    case ReplayVerdict::kDiverged:
      return "diverged";
    case ReplayVerdict::kPrefix:
      return "prefix";
  }
  return "unknown";
}

ReplayChoiceSource::ReplayChoiceSource(ReplayTrace trace)
    : trace_(std::move(trace)), seeded_(trace_.metadata().Seeds()) {
  Reset(DerivedSeeds());
}

void ReplayChoiceSource::Reset(const DerivedSeeds&) {
  next_ = trace_.events().begin();
  verified_ = 0;
  begun_ = IsFromTheStart();
  finished_ = draw_pending_ = draw_diverged_ = prefix_ended_ = false;
  steps_ = seen_ = tick_ = 0;
  lane_.reset();
  expected_schedule_.Reset();
  actual_schedule_.Reset();
  seeded_.Reset(trace_.metadata().Seeds());
  tasks_.clear();
  report_.reset();
}

bool ReplayChoiceSource::EndsEarly() const {
  if (!trace_.complete()) return true;
  const RecordingLimit limit = trace_.summary()->limit;
  return limit != RecordingLimit::kNone && limit != RecordingLimit::kDropped;
}

bool ReplayChoiceSource::Holds(EventKind kind) const {
  switch (kind) {
    case EventKind::kRngValue:
      return trace_.metadata().rng_recorded;
    case EventKind::kWakerWake:
    case EventKind::kWakerBatchWake:
      return trace_.metadata().wakers_recorded;
    case EventKind::kObjectAccessed:
      return trace_.metadata().accesses_recorded;
    default:
      return true;
  }
}

std::string ReplayChoiceSource::SiteText(SiteId actual) const {
  return ToString(witness_.sites == nullptr ? Site()
                                            : witness_.sites->Get(actual));
}

void ReplayChoiceSource::Diverge(DivergenceCategory category,
                                 std::string actual,
                                 absl::string_view actual_site,
                                 std::string cause) {
  DivergenceReport& report = report_.emplace();
  DescribePlace(trace_, NextIndex(), &report);
  report.tick = tick_;
  report.category = category;
  report.actual = std::move(actual);
  report.actual_site = std::string(actual_site);
  report.lane = lane_;
  report.likely_cause = std::move(cause);
  Certificate expected = expected_schedule_;
  if (!AtEnd()) AddSchedule(next_->event, &expected);
  report.certificate_expected = expected.value();
  report.certificate_actual = actual_schedule_.value();
  if (witness_.fingerprint) report.fingerprint_actual = witness_.fingerprint();
}

bool ReplayChoiceSource::ComesLater(const EventRecord& actual) const {
  const std::string site = SiteText(actual.site);
  for (const EventRecord& later : trace_.From(NextIndex())) {
    if (later.index > NextIndex() + DivergenceReport::kBeforeMax) break;
    if (Kind(later.event) == Kind(actual.event) &&
        TaskOf(later.event) == TaskOf(actual.event) &&
        ToString(trace_.site(later.site)) == site) {
      return true;
    }
  }
  return false;
}

void ReplayChoiceSource::NameMovedLines() {
  if (witness_.sites == nullptr) return;
  const Site* stayed = nullptr;
  bool told = false;
  const uint64_t shown = report_->before.size();
  for (const EventRecord& record : trace_.From(NextIndex() - shown)) {
    if (record.index >= NextIndex()) break;
    const SiteId id =
        came_from_[(record.index - trace_.first_index()) % came_from_.size()];
    const Site& was = trace_.site(record.site);
    const Site is = witness_.sites->Get(id);
    if (!id.IsValid() || was.line == is.line || was.file != is.file) {
      if (id.IsValid()) stayed = &was;
      continue;
    }
    absl::StrAppend(&report_->before[record.index + shown - NextIndex()],
                    ", here line ", is.line);
    // Where all lines have moved, something was edited that does nothing.
    if (told || stayed == nullptr || stayed->file != was.file) continue;
    told = true;
    absl::StrAppend(&report_->likely_cause, "; already event #", record.index,
                    " came from line ", is.line, " of ", is.file, ", not from ",
                    was.line);
  }
}

void ReplayChoiceSource::TraceEnded(std::string actual,
                                    absl::string_view actual_site) {
  if (EndsEarly()) {
    prefix_ended_ = true;
    return;
  }
  Diverge(DivergenceCategory::kLength, std::move(actual), actual_site,
          "the program does more than when it was recorded: it has changed, "
          "or the recorded run was stopped here");
}

void ReplayChoiceSource::Begin() {
  begun_ = true;
  if (!witness_.certificate || trace_.first_index() > 0) return;
  const uint64_t actual = witness_.certificate();
  const uint64_t expected = trace_.metadata().start_certificate;
  if (actual == expected) return;
  Diverge(DivergenceCategory::kCertificate,
          "another schedule before recording began", ToString(Site()),
          absl::StrCat("the first ", trace_.metadata().start_tick,
                       " steps, which are not in the trace, went another way: "
                       "the program, its seed or its configuration is not the "
                       "recorded one"));
  report_->certificate_expected = expected;
  report_->certificate_actual = actual;
}

void ReplayChoiceSource::LearnIdentity(const TaskSpawned& spawned) {
  const bool from_outside = spawned.parent.AsRaw() == 0;
  // What the outside or a task did before the trace began is not known.
  if (from_outside && !IsFromTheStart()) return;
  const auto parent = tasks_.find(spawned.parent.AsRaw());
  if (parent == tasks_.end() && !from_outside) return;
  Task& spawner = tasks_[spawned.parent.AsRaw()];
  const uint64_t identity =
      ChildIdentity<TaskId>(spawner.identity, spawner.spawned++).AsRaw();
  tasks_[spawned.task.AsRaw()].identity = identity;
}

void ReplayChoiceSource::Pass(SiteId came_from) {
  came_from_[verified_ % came_from_.size()] = came_from;
  if (const auto* spawned = std::get_if<TaskSpawned>(&next_->event)) {
    LearnIdentity(*spawned);
  }
  AddSchedule(next_->event, &expected_schedule_);
  ++next_;
  ++verified_;
  draw_pending_ = false;
}

void ReplayChoiceSource::PassUnrecordedDraw() {
  if (draw_pending_) Pass(SiteId());
}

std::string ReplayChoiceSource::WhyNotRunnable(CompactTaskId task) const {
  if (verified_ == 0) {
    return "the first step differs: the seed, the configuration or the test is "
           "not the recorded one";
  }
  std::string last;
  for (const EventRecord& record : trace_.events()) {
    if (record.index >= NextIndex()) break;
    if (TaskOf(record.event) == task) {
      last = Summarize(record, trace_.site(record.site));
    }
  }
  if (last.empty()) {
    return absl::StrCat(TaskName(task.AsRaw()),
                        " was never spawned in this execution");
  }
  return absl::StrCat(TaskName(task.AsRaw()),
                      " is not runnable here; the last that it did was ", last,
                      ": what it waits for now or what it is made to run by "
                      "has changed");
}

bool ReplayChoiceSource::IsRecordedTask(const Candidate& candidate) {
  const auto known = tasks_.find(candidate.compact);
  if (known == tasks_.end() || known->second.identity == candidate.identity) {
    return true;
  }
  const std::string name = TaskName(candidate.compact);
  Diverge(DivergenceCategory::kCertificate,
          absl::StrCat("another task is ", name), ToString(Site()),
          absl::StrCat("all events agree up to here, the identities do not: ",
                       name, " was made by another parent, or as another of "
                       "its children, than when it was recorded"));
  // The schedules agree up to this step; the certificates part with it.
  Certificate expected = actual_schedule_;
  if (witness_.certificate) {
    expected = Certificate::FromState(witness_.certificate());
  }
  Certificate actual = expected;
  expected.Add(static_cast<uint8_t>(ChoiceKind::kSchedule),
               known->second.identity);
  actual.Add(static_cast<uint8_t>(ChoiceKind::kSchedule), candidate.identity);
  report_->certificate_expected = expected.value();
  report_->certificate_actual = actual.value();
  return false;
}

uint32_t ReplayChoiceSource::ChooseTask(uint32_t count,
                                        const CandidateView& candidates) {
  constexpr uint32_t kShown = 16;
  const auto runnable = [&] {
    std::vector<std::string> names;
    for (uint32_t i = 0; i < count && i < kShown; ++i) {
      const Candidate candidate = candidates.At(i);
      names.push_back(absl::StrCat(TaskName(candidate.compact), " (",
                                   Name(candidate.lane), ")"));
    }
    if (count > kShown) {
      names.push_back(absl::StrCat(count - kShown, " more"));
    }
    return names;
  };
  ++tick_;  // of the step that is about to begin
  if (AtEnd()) {
    TraceEnded("the execution schedules another step", ToString(Site()));
    if (report_.has_value()) report_->runnable = runnable();
    return 0;
  }
  const auto* expected = std::get_if<TaskScheduled>(&next_->event);
  if (expected == nullptr) {
    Diverge(
        CategoryOf(next_->event), "the execution schedules another step",
        ToString(Site()),
        absl::StrCat("the recorded run did ", KindName(Kind(next_->event)),
                     " before its next step: ", WhatIsMissing(next_->event)));
    report_->runnable = runnable();
    return 0;
  }
  const CompactTaskId task = expected->task;
  const std::optional<uint32_t> index = candidates.IndexOf(task.AsRaw());
  if (!index.has_value()) {
    Diverge(DivergenceCategory::kSchedule,
            absl::StrCat(TaskName(task.AsRaw()), " is not runnable"),
            ToString(Site()), WhyNotRunnable(task));
    report_->runnable = runnable();
    return 0;
  }
  const Candidate chosen = candidates.At(*index);
  lane_ = chosen.lane;
  if (!IsRecordedTask(chosen)) report_->runnable = runnable();
  return *index;
}

uint32_t ReplayChoiceSource::ChooseOther(ChoiceKind kind, uint32_t count,
                                         const CandidateView& candidates) {
  if (count == 1) return 0;  // not recorded: there was nothing to choose
  const std::string asked =
      absl::StrCat("a choice of kind ", Name(kind), " among ", count);
  if (AtEnd()) {
    TraceEnded(asked, ToString(Site()));
    return 0;
  }
  const auto* expected = std::get_if<Choice>(&next_->event);
  if (expected != nullptr && expected->kind == static_cast<uint8_t>(kind) &&
      expected->of == count && expected->chosen < count) {
    return expected->chosen;
  }
  Diverge(CategoryOf(
              expected != nullptr
                  ? next_->event
                  : ReplayEvent(Choice{static_cast<uint8_t>(kind), 0, count})),
          asked, ToString(Site()),
          expected != nullptr
              ? absl::StrCat("more or fewer things to choose from than when it "
                             "was recorded: ",
                             kind == ChoiceKind::kTimer
                                 ? "other timers are due together"
                             : kind == ChoiceKind::kIo
                                 ? "another amount of bytes can be moved"
                                 : "the program has changed")
              : "the recorded run had nothing to choose here");
  std::vector<std::string> names;
  for (uint32_t i = 0; i < count && i < 16; ++i) {
    names.push_back(absl::StrCat("#", candidates.At(i).compact));
  }
  report_->runnable = std::move(names);
  return 0;
}

bool ReplayChoiceSource::IsBefore(ChoiceKind kind) const {
  if (trace_.first_index() > 0) return seen_ < trace_.first_index();
  // Steps up to start_tick; after them choices that belong to no step, as long
  // as the program has not enabled recording.
  const uint64_t start = trace_.metadata().start_tick;
  if (kind == ChoiceKind::kSchedule) return steps_ <= start;
  return AtEnd() || Kind(next_->event) != EventKind::kChoice || steps_ < start;
}

uint32_t ReplayChoiceSource::Choose(ChoiceKind kind, uint32_t count,
                                    const CandidateView& candidates) {
  const bool schedule = kind == ChoiceKind::kSchedule;
  // Asked always, so that it stands where the recorded run's stood.
  const uint32_t seeded = seeded_.Choose(kind, count, candidates);
  if (schedule) ++steps_;
  if (prefix_ended_ && continues_prefix_) return seeded;
  if (Over() || finished_) return 0;
  if (!begun_) {
    if (IsBefore(kind)) {
      if (schedule) ++tick_;
      return seeded;
    }
    Begin();
    if (Over()) return 0;
  }
  PassUnrecordedDraw();
  const uint32_t answer = schedule ? ChooseTask(count, candidates)
                                   : ChooseOther(kind, count, candidates);
  return prefix_ended_ && continues_prefix_ ? seeded : answer;
}

uint64_t ReplayChoiceSource::Draw(DrawPurpose purpose, uint64_t stream,
                                  uint64_t index) {
  const uint64_t seeded = seeded_.Draw(purpose, stream, index);
  if (purpose != DrawPurpose::kEntropy || !trace_.metadata().rng_recorded ||
      !begun_ || Over() || finished_) {
    return seeded;
  }
  PassUnrecordedDraw();
  if (AtEnd()) {
    TraceEnded("the execution draws a random value", ToString(Site()));
    draw_diverged_ = report_.has_value();
    return seeded;
  }
  if (const auto* expected = std::get_if<RngValue>(&next_->event)) {
    draw_pending_ = true;
    return expected->value;
  }
  Diverge(DivergenceCategory::kRandom, "the execution draws a random value",
          ToString(Site()),
          "the program draws more random values than when it was recorded");
  draw_diverged_ = true;
  return seeded;
}

bool ReplayChoiceSource::OnEvent(const EventRecord& record) {
  if (finished_ || (prefix_ended_ && continues_prefix_)) return true;
  if (Over()) {
    if (std::exchange(draw_diverged_, false) &&
        std::holds_alternative<RngValue>(record.event)) {
      // The value that was not recorded: only now it says where.
      report_->actual_site = SiteText(record.site);
    }
    return false;
  }
  seen_ = record.index + 1;
  if (!begun_ && trace_.first_index() > 0) {
    if (record.index < trace_.first_index()) return true;
    Begin();
  } else if (!begun_) {
    // Recording restarts its count: the trace's first event.
    if (record.index != 0 || record.tick < trace_.metadata().start_tick ||
        steps_ < trace_.metadata().start_tick) {
      return true;
    }
    Begin();
    if (Over()) return false;
  }
  if (!Holds(Kind(record.event))) return true;
  if (!std::holds_alternative<RngValue>(record.event)) PassUnrecordedDraw();
  tick_ = record.tick;
  const std::string site = AtEnd() || next_->event != record.event ||
                                   next_->tick != record.tick || strict_sites_
                               ? SiteText(record.site)
                               : std::string();
  AddSchedule(record.event, &actual_schedule_);
  if (AtEnd()) {
    TraceEnded(ToString(record.event), site);
    return prefix_ended_ && continues_prefix_;
  }
  const EventRecord& expected = *next_;
  bool same = expected.event == record.event && expected.tick == record.tick;
  if (same && strict_sites_ && witness_.sites != nullptr) {
    const Site& was = trace_.site(expected.site);
    const Site is = witness_.sites->Get(record.site);
    same = was.file == is.file && was.function == is.function;
  }
  if (!same) {
    std::string actual = ToString(record.event);
    if (expected.event == record.event && expected.tick != record.tick) {
      absl::StrAppend(&actual, " in step ", record.tick, " instead of ",
                      expected.tick);
    }
    Diverge(CategoryOf(expected.event, record.event), std::move(actual), site,
            CauseOfDifference(expected, record, NextIndex() == 0,
                              ComesLater(record)));
    NameMovedLines();
    return false;
  }
  Pass(record.site);
  return true;
}

ReplayVerdict ReplayChoiceSource::Finish(uint64_t certificate,
                                         uint64_t fingerprint) {
  if (!finished_ && !Over()) {
    PassUnrecordedDraw();
    if (!begun_ && steps_ >= trace_.metadata().start_tick && AtEnd() &&
        trace_.first_index() == 0) {
      Begin();
    }
    if (Over()) {
      // Begin() found another certificate.
    } else if (!AtEnd() || !begun_) {
      Diverge(DivergenceCategory::kLength, "the execution ended",
              ToString(Site()),
              begun_ ? "the program does less than when it was recorded, or "
                       "was stopped early"
                     : absl::StrCat("the trace begins after step ",
                                    trace_.metadata().start_tick,
                                    "; the execution never got there or did "
                                    "not enable recording"));
    } else if (EndsEarly()) {
      prefix_ended_ = true;
    } else if (trace_.summary()->certificate != certificate ||
               trace_.summary()->fingerprint != fingerprint) {
      const bool schedule = trace_.summary()->certificate != certificate;
      Diverge(DivergenceCategory::kCertificate, "the execution ended",
              ToString(Site()),
              schedule ? "all events agree, the identities of what was chosen "
                         "do not: a task or timer was made by another parent"
                       : "all events agree, the footprints do not: a step "
                         "touched other objects than when it was recorded");
      report_->certificate_expected = trace_.summary()->certificate;
      report_->certificate_actual = certificate;
      report_->fingerprint_expected = trace_.summary()->fingerprint;
      report_->fingerprint_actual = fingerprint;
    }
  }
  finished_ = true;
  if (report_.has_value()) return ReplayVerdict::kDiverged;
  return prefix_ended_ ? ReplayVerdict::kPrefix : ReplayVerdict::kIdentical;
}

std::string ReplayChoiceSource::Summary() const {
  if (report_.has_value()) {
    return absl::StrCat("diverged at event ", report_->index, " (",
                        Name(report_->category), ")");
  }
  if (prefix_ended_) {
    return absl::StrCat("prefix: the trace ended at event ", NextIndex(),
                        continues_prefix_
                            ? "; the execution went on by the seed"
                            : "");
  }
  return absl::StrCat(finished_ ? "identical" : "agrees so far", ": ",
                      verified_, " events");
}

}  // namespace asupersync
