#include "asupersync/replay/resync_source.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "asupersync/base/ids.h"

namespace asupersync {
namespace {

// How many operations of a task may be missing in a row.
constexpr uint32_t kLeftOutMax = 8;

}  // namespace

int ResyncReport::PercentFollowed() const {
  return recorded == 0 ? 100 : static_cast<int>(followed * 100 / recorded);
}

std::string ResyncReport::ToString() const {
  std::string text =
      absl::StrCat(followed, " of ", recorded, " recorded steps followed (",
                   PercentFollowed(), "%)");
  const auto count = [&](uint64_t number, const char* what) {
    if (number > 0) absl::StrAppend(&text, ", ", number, " ", what);
  };
  count(postponed, "postponed");
  count(left_out, "left out");
  count(added, "added");
  count(seeded, "by the seed");
  if (tasks_matched < tasks_recorded) {
    absl::StrAppend(&text, "; ", tasks_matched, " of ", tasks_recorded,
                    " tasks are there");
  }
  if (differs_at.has_value()) {
    absl::StrAppend(&text, "; first difference at event ", *differs_at, ": ",
                    difference);
  }
  return text;
}

ResyncChoiceSource::ResyncChoiceSource(const ReplayTrace& trace)
    : metadata_(trace.metadata()),
      recorded_sites_(trace.sites()),
      run_(trace),
      matcher_(trace.sites()),
      seeded_source_(trace.metadata().Seeds()) {
  Reset(DerivedSeeds());
}

void ResyncChoiceSource::Reset(const DerivedSeeds&) {
  matcher_.Reset();
  seeded_source_.Reset(metadata_.Seeds());
  live_.assign(1, Live());
  spawned_.reset();
  live_of_.assign(run_.tasks().size(), 0);
  timer_made_.clear();
  for (const RecordedTask& task : run_.tasks()) {
    timer_made_.emplace_back(task.timers.size());
  }
  taken_.assign(run_.steps().size(), false);
  first_open_ = progress_ = steps_ = 0;
  current_ = open_ = unknown_in_a_row_ = 0;
  current_is_added_ = false;
  report_ = ResyncReport();
  report_.recorded = run_.steps().size();
  report_.tasks_recorded = run_.tasks().size() - 1;
  by_number_.clear();
  by_identity_.clear();
  timer_fired_.clear();
}

std::string ResyncChoiceSource::Describe(const Live& task) const {
  std::string text = absl::StrCat("T", task.number);
  if (!task.name.empty()) absl::StrAppend(&text, " '", task.name, "'");
  return text;
}

void ResyncChoiceSource::Differ(std::string how) {
  if (report_.differs_at.has_value() || first_open_ >= run_.steps().size()) {
    return;
  }
  report_.differs_at = run_.steps()[first_open_].event;
  report_.difference = std::move(how);
}

void ResyncChoiceSource::DifferAsNotRunnable() {
  const uint32_t recorded = run_.steps()[first_open_].task;
  const uint32_t live = live_of_[recorded];
  Differ(live == 0 ? absl::StrCat("T", run_.tasks()[recorded].number.AsRaw(),
                                  " of the trace is not there")
                   : absl::StrCat(Describe(live_[live]),
                                  " is not runnable when its turn comes"));
}

// --- Steps.

bool ResyncChoiceSource::Same(const Live& task,
                              const RecordedStep& step) const {
  return sites_ == nullptr || matcher_.Same(task.site, step.site);
}

std::optional<uint64_t> ResyncChoiceSource::Head(const Live& task) const {
  const std::vector<uint32_t>& steps = run_.tasks()[task.recorded].steps;
  if (task.head >= steps.size()) return std::nullopt;
  return steps[task.head];
}

void ResyncChoiceSource::Pass(uint64_t step) {
  taken_[step] = true;
  // What a task does that is not there, or not yet, holds nobody up.
  while (first_open_ < taken_.size() &&
         (taken_[first_open_] ||
          (first_open_ < progress_ &&
           live_of_[run_.steps()[first_open_].task] == 0))) {
    ++first_open_;
  }
}

void ResyncChoiceSource::LeaveOut(Live& task, uint32_t count) {
  for (uint32_t i = 0; i < count; ++i) {
    const uint64_t step = *Head(task);
    const RecordedStep& recorded = run_.steps()[step];
    // That a task need not wait any more is no operation less.
    if (!recorded.is_retry) ++report_.left_out;
    Differ(absl::StrCat(Describe(task),
                        recorded.is_retry ? " does not wait at "
                                          : " leaves out the operation at ",
                        recorded.site.AsRaw() == 0 ||
                                recorded.site.AsRaw() > recorded_sites_.size()
                            ? ToString(Site())
                            : ToString(
                                  recorded_sites_[recorded.site.AsRaw() - 1])));
    ++task.head;
    Pass(step);
  }
}

ResyncChoiceSource::Fit ResyncChoiceSource::AlignRetry(Live& task) {
  const std::vector<uint32_t>& steps = run_.tasks()[task.recorded].steps;
  const uint32_t end = static_cast<uint32_t>(
      std::min<size_t>(steps.size(), task.head + kLeftOutMax));
  for (uint32_t i = task.head; i < end; ++i) {
    const RecordedStep& step = run_.steps()[steps[i]];
    if (!step.is_retry) break;
    if (!Same(task, step)) continue;
    const uint32_t missing = i - task.head;
    LeaveOut(task, missing);
    return missing == 0 ? Fit::kMatches : Fit::kLater;
  }
  return Fit::kAdded;
}

ResyncChoiceSource::Fit ResyncChoiceSource::Align(Live& task) {
  if (task.recorded == 0) return Fit::kAdded;
  const std::vector<uint32_t>& steps = run_.tasks()[task.recorded].steps;
  if (task.head >= steps.size()) return Fit::kAdded;
  if (run_.steps()[steps[task.head]].is_unknown) return Fit::kMatches;
  if (task.is_retry) return AlignRetry(task);
  // Attempts that are not needed a second time.
  bool later = false;
  while (task.head < steps.size() &&
         run_.steps()[steps[task.head]].is_retry) {
    LeaveOut(task, 1);
    later = true;
  }
  if (task.head >= steps.size()) return Fit::kAdded;
  if (Same(task, run_.steps()[steps[task.head]])) {
    return later ? Fit::kLater : Fit::kMatches;
  }
  uint32_t skipped = 1;
  for (uint32_t i = task.head + 1; i < steps.size() && skipped <= kLeftOutMax;
       ++i) {
    const RecordedStep& step = run_.steps()[steps[i]];
    if (step.is_retry) continue;
    if (matcher_.SameAfter(task.site, step.site, skipped)) {
      LeaveOut(task, i - task.head);
      return Fit::kLater;
    }
    ++skipped;
  }
  return Fit::kAdded;
}

void ResyncChoiceSource::Take(uint32_t live, bool by_turn) {
  Live& task = live_[live];
  const Fit fit = Align(task);
  const std::optional<uint64_t> head = Head(task);
  // Beyond the end of a truncated trace nothing is added.
  const bool is_beyond = task.recorded != 0 && !head.has_value() &&
                         !run_.tasks()[task.recorded].completed;
  current_is_added_ = fit == Fit::kAdded && !is_beyond;
  if (is_beyond) return;
  // A task that does nothing recorded any more has lost its place.
  const bool gives_up = current_is_added_ && task.added >= kAddedMax;
  if (current_is_added_) {
    ++report_.added;
    ++task.added;
    Differ(task.recorded == 0
               ? absl::StrCat(Describe(task), " is not in the trace")
               : absl::StrCat(Describe(task),
                              " takes a step that is not in the trace, at ",
                              sites_ == nullptr
                                  ? ToString(Site())
                                  : ToString(sites_->Get(task.site))));
    if (!gives_up || !head.has_value()) {
      if (task.recorded != 0) open_ = live;
      return;
    }
  } else {
    task.added = 0;
    matcher_.Learn(task.site, run_.steps()[*head].site);
  }
  ++task.head;
  open_ = live;
  if (by_turn && !current_is_added_) {
    ++report_.followed;
    if (*head < progress_) ++report_.postponed;
    if (*head >= progress_) {
      progress_ = *head + 1;
      unknown_in_a_row_ = 0;
    }
  }
  Pass(*head);
}

// --- Choices.

std::optional<uint32_t> ResyncChoiceSource::ChooseOpen(
    const CandidateView& candidates) {
  if (open_ == 0) return std::nullopt;
  const uint32_t live = std::exchange(open_, 0);
  Live& task = live_[live];
  const std::optional<uint32_t> index = candidates.IndexOf(task.number);
  if (!index.has_value() || task.added >= kAddedMax) return std::nullopt;
  // The trace may end before the task does.
  if (!Head(task).has_value() && !run_.tasks()[task.recorded].completed) {
    return std::nullopt;
  }
  if (Align(task) != Fit::kAdded) return std::nullopt;
  Take(live, /*by_turn=*/true);
  return index;
}

std::optional<uint32_t> ResyncChoiceSource::ChooseInOrder(
    const CandidateView& candidates) {
  while (first_open_ < run_.steps().size()) {
    const uint64_t step = first_open_;
    const uint32_t live = live_of_[run_.steps()[step].task];
    if (live == 0) return std::nullopt;
    Live& task = live_[live];
    const std::optional<uint32_t> index = candidates.IndexOf(task.number);
    if (!index.has_value() || Head(task) != step) return std::nullopt;
    (void)Align(task);
    if (first_open_ != step) continue;  // left out
    Take(live, /*by_turn=*/true);
    return index;
  }
  return std::nullopt;
}

std::optional<uint32_t> ResyncChoiceSource::ChooseUnknown(
    uint32_t count, const CandidateView& candidates) {
  if (first_open_ >= run_.steps().size()) return std::nullopt;
  if (unknown_in_a_row_ >= kAddedMax) return std::nullopt;
  for (uint32_t i = 0; i < count; ++i) {
    const auto it = by_number_.find(candidates.At(i).compact);
    if (it == by_number_.end() || live_[it->second].recorded != 0) continue;
    ++unknown_in_a_row_;
    Take(it->second, /*by_turn=*/true);
    return i;
  }
  return std::nullopt;
}

std::optional<uint32_t> ResyncChoiceSource::ChooseOldest(
    uint32_t count, const CandidateView& candidates) {
  std::optional<uint32_t> oldest;
  uint32_t live = 0;
  uint64_t oldest_step = progress_ + kAheadMax;
  for (uint32_t i = 0; i < count; ++i) {
    const auto it = by_number_.find(candidates.At(i).compact);
    if (it == by_number_.end()) continue;
    Live& task = live_[it->second];
    (void)Align(task);
    const std::optional<uint64_t> step = Head(task);
    if (!step.has_value() || *step >= oldest_step) continue;
    oldest_step = *step;
    oldest = i;
    live = it->second;
  }
  if (!oldest.has_value()) return std::nullopt;
  if (oldest_step > first_open_) DifferAsNotRunnable();
  Take(live, /*by_turn=*/true);
  return oldest;
}

uint32_t ResyncChoiceSource::ChooseTask(uint32_t count,
                                        const CandidateView& candidates,
                                        uint32_t seeded) {
  std::optional<uint32_t> chosen = ChooseOpen(candidates);
  if (!chosen.has_value()) chosen = ChooseInOrder(candidates);
  if (!chosen.has_value()) chosen = ChooseUnknown(count, candidates);
  if (!chosen.has_value()) chosen = ChooseOldest(count, candidates);
  if (chosen.has_value()) return *chosen;
  if (first_open_ < run_.steps().size()) {
    Differ("no task is runnable whose turn could come");
  }
  ++report_.seeded;
  const auto it = by_number_.find(candidates.At(seeded).compact);
  if (it != by_number_.end()) {
    Take(it->second, /*by_turn=*/false);
    if (live_[it->second].recorded == 0) open_ = 0;
  }
  return seeded;
}

uint32_t ResyncChoiceSource::ChooseTimer(uint32_t count,
                                         const CandidateView& candidates,
                                         uint32_t seeded) const {
  std::optional<uint32_t> first;
  uint64_t first_event = 0;
  for (uint32_t i = 0; i < count; ++i) {
    const auto it = timer_fired_.find(candidates.At(i).compact);
    if (it == timer_fired_.end()) continue;
    if (first.has_value() && it->second >= first_event) continue;
    first = i;
    first_event = it->second;
  }
  return first.value_or(seeded);
}

uint32_t ResyncChoiceSource::ChooseOther(ChoiceKind kind, uint32_t count,
                                         uint32_t seeded) {
  Live& task = live_[current_];
  if (current_ != 0 && task.recorded == 0) return seeded;
  const size_t which = static_cast<size_t>(kind);
  const std::vector<uint32_t>& recorded =
      run_.tasks()[task.recorded].choices[which];
  if (task.choices[which] >= recorded.size()) return seeded;
  const uint32_t chosen = recorded[task.choices[which]++];
  return chosen < count ? chosen : seeded;
}

uint32_t ResyncChoiceSource::Choose(ChoiceKind kind, uint32_t count,
                                    const CandidateView& candidates) {
  MatchSpawned();
  const uint32_t seeded = seeded_source_.Choose(kind, count, candidates);
  if (kind == ChoiceKind::kSchedule) {
    const bool before = steps_ < metadata_.start_tick;
    ++steps_;
    if (before) return seeded;
    return ChooseTask(count, candidates, seeded);
  }
  if (count == 1 || steps_ < metadata_.start_tick) return seeded;
  if (kind == ChoiceKind::kTimer) {
    return ChooseTimer(count, candidates, seeded);
  }
  return ChooseOther(kind, count, seeded);
}

// --- Random values and faults.

uint64_t ResyncChoiceSource::DrawFault(uint64_t stream, uint64_t index) {
  const auto it = by_identity_.find(stream);
  const uint32_t live = it == by_identity_.end() ? current_ : it->second;
  Live& task = live_[live];
  const uint64_t identity = run_.tasks()[task.recorded].identity;
  if (task.recorded == 0 || identity == 0) {
    return seeded_source_.Draw(DrawPurpose::kFault, stream, index);
  }
  if (live == current_ && current_is_added_) return kNoFault;
  if (it != by_identity_.end()) {
    return seeded_source_.Draw(DrawPurpose::kFault, identity,
                               task.fault_draws++);
  }
  // A timer's own stream: that of the same timer of the recorded task.
  const uint64_t timers_max = run_.tasks()[task.recorded].timers.size() + 16;
  for (uint64_t i = 0; i < timers_max; ++i) {
    if (ChildIdentity<TimerId>(task.identity, i).AsRaw() != stream) continue;
    stream = ChildIdentity<TimerId>(identity, i).AsRaw();
    break;
  }
  return seeded_source_.Draw(DrawPurpose::kFault, stream, index);
}

uint64_t ResyncChoiceSource::Draw(DrawPurpose purpose, uint64_t stream,
                                  uint64_t index) {
  MatchSpawned();
  if (steps_ < metadata_.start_tick) {
    return seeded_source_.Draw(purpose, stream, index);
  }
  if (purpose == DrawPurpose::kFault) return DrawFault(stream, index);
  const auto it = by_identity_.find(stream);
  if (it == by_identity_.end() || live_[it->second].recorded == 0) {
    return seeded_source_.Draw(purpose, stream, index);
  }
  const RecordedTask& task = run_.tasks()[live_[it->second].recorded];
  // Values drawn before recording began are not in the list.
  if (task.identity == 0) return seeded_source_.Draw(purpose, stream, index);
  if (index < task.random_values.size()) return task.random_values[index];
  return seeded_source_.Draw(purpose, task.identity, index);
}

// --- Tasks.

uint32_t ResyncChoiceSource::FindByNumber(const Live& task) const {
  for (uint32_t i = 1; i < run_.tasks().size(); ++i) {
    const RecordedTask& recorded = run_.tasks()[i];
    if (recorded.number.AsRaw() == task.number && recorded.identity == 0) {
      return i;
    }
  }
  return 0;
}

uint32_t ResyncChoiceSource::FindRecorded(const Live& task,
                                          const RecordedTask& parent) const {
  uint32_t same_name = 0;
  uint32_t same_site = 0;
  uint32_t unnamed = 0;
  int at_this_site = 0;
  for (const uint32_t child : parent.children) {
    const RecordedTask& recorded = run_.tasks()[child];
    const bool is_here =
        sites_ == nullptr || matcher_.Same(task.site, recorded.spawn_site);
    at_this_site += is_here;
    if (live_of_[child] != 0) continue;
    if (recorded.name == task.name) {
      if (is_here) return child;
      if (same_name == 0) same_name = child;
    }
    if (is_here && same_site == 0) same_site = child;
    if (recorded.name.empty() && unnamed == 0) unnamed = child;
  }
  if (same_name != 0 && !task.name.empty()) return same_name;
  // Its name is new: it is the same task if its place has no other.
  return at_this_site == 1 ? same_site : 0;
}

void ResyncChoiceSource::MatchSpawned() {
  if (!spawned_.has_value()) return;
  const uint32_t live = *std::exchange(spawned_, std::nullopt);
  Live& task = live_[live];
  Note(task.site);
  uint32_t found = 0;
  if (steps_ < metadata_.start_tick) {
    found = FindByNumber(task);
  } else if (task.parent == 0 || live_[task.parent].recorded != 0) {
    found = FindRecorded(task, run_.tasks()[live_[task.parent].recorded]);
  }
  if (found == 0) return;
  task.recorded = found;
  live_of_[found] = live;
  ++report_.tasks_matched;
}

uint32_t ResyncChoiceSource::LiveOf(CompactTaskId number) {
  const auto it = by_number_.find(number.AsRaw());
  return it == by_number_.end() ? 0 : it->second;
}

// --- Events.

void ResyncChoiceSource::Note(SiteId site) {
  if (sites_ != nullptr) matcher_.Note(site, *sites_);
}

void ResyncChoiceSource::OnSpawned(const TaskSpawned& event, SiteId site) {
  Live task;
  task.number = event.task.AsRaw();
  task.parent = LiveOf(event.parent);
  Live& parent = live_[task.parent];
  task.identity =
      ChildIdentity<TaskId>(parent.identity, parent.spawned++).AsRaw();
  task.site = site;
  const uint32_t live = static_cast<uint32_t>(live_.size());
  by_number_[task.number] = live;
  by_identity_[task.identity] = live;
  live_.push_back(std::move(task));
  spawned_ = live;
}

void ResyncChoiceSource::OnSuspended(CompactTaskId number, SiteId site,
                                     bool blocked) {
  const uint32_t live = LiveOf(number);
  live_[live].site = site;
  live_[live].is_retry = blocked;
  Note(site);
  current_ = 0;
}

void ResyncChoiceSource::OnTimerCreated(uint64_t timer) {
  const Live& task = live_[current_];
  if (current_ != 0 && task.recorded == 0) return;
  const std::vector<RecordedTimer>& timers =
      run_.tasks()[task.recorded].timers;
  std::vector<bool>& made = timer_made_[task.recorded];
  for (size_t i = 0; i < timers.size(); ++i) {
    if (made[i]) continue;
    if (sites_ != nullptr && current_ != 0 &&
        !matcher_.Same(task.site, timers[i].site)) {
      continue;
    }
    made[i] = true;
    if (timers[i].fired) timer_fired_[timer] = timers[i].fired_event;
    return;
  }
}

bool ResyncChoiceSource::OnEvent(const EventRecord& record) {
  if (const auto* spawned = std::get_if<TaskSpawned>(&record.event)) {
    MatchSpawned();
    OnSpawned(*spawned, record.site);
    return true;
  }
  if (const auto* named = std::get_if<TaskNamed>(&record.event)) {
    live_[LiveOf(named->task)].name = named->text;
    return true;
  }
  MatchSpawned();
  if (const auto* scheduled = std::get_if<TaskScheduled>(&record.event)) {
    current_ = LiveOf(scheduled->task);
  } else if (const auto* yielded = std::get_if<TaskYielded>(&record.event)) {
    OnSuspended(yielded->task, record.site, /*blocked=*/false);
  } else if (const auto* blocked = std::get_if<TaskBlocked>(&record.event)) {
    OnSuspended(blocked->task, record.site, /*blocked=*/true);
  } else if (const auto* done = std::get_if<TaskCompleted>(&record.event)) {
    if (current_ == LiveOf(done->task)) current_ = 0;
  } else if (const auto* timer = std::get_if<TimerCreated>(&record.event)) {
    OnTimerCreated(timer->timer_id);
  }
  return true;
}

ResyncReport ResyncChoiceSource::report() const {
  ResyncReport report = report_;
  if (!report.differs_at.has_value() && first_open_ < run_.steps().size()) {
    report.differs_at = run_.steps()[first_open_].event;
    report.difference = "the execution ended";
  }
  return report;
}

}  // namespace asupersync
