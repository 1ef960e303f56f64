#include "asupersync/cli/export_perfetto.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/cli/event_fields.h"
#include "asupersync/cli/json_writer.h"
#include "asupersync/cli/perfetto_writer.h"

namespace asupersync::cli {
namespace {

constexpr uint64_t kTimeMax = std::numeric_limits<int64_t>::max();

uint64_t AddClamped(uint64_t a, uint64_t b) {
  return b > kTimeMax || a > kTimeMax - b ? kTimeMax : a + b;
}

// "bank_test.cc:42 Transfer"; the file without its folders.
std::string ShortSite(const Site& site) {
  if (site == Site()) return "unknown site";
  const size_t slash = site.file.rfind('/');
  return absl::StrCat(
      slash == std::string::npos ? site.file : site.file.substr(slash + 1), ":",
      site.line, " ", ShortFunctionName(site.function));
}

// A wake or spawn whose step has not come yet.
struct Pending {
  const char* name;
  PerfettoPlace from;
};

struct TaskState {
  uint64_t region = 0;
  bool announced = false;
  std::string waits_at;  // not empty: its wait is drawn
  std::vector<Pending> pending;
};

// 0: no region is known.
PerfettoTrack TrackIn(uint64_t region, uint64_t task) {
  return {region == 0 ? PerfettoTrack::kLab : region, task};
}

// Numbers of tasks and regions as they are, 0 for none.
class FieldWriter : public FieldVisitor {
 public:
  explicit FieldWriter(JsonWriter& json) : json_(json) {}
  void Id(absl::string_view name, uint64_t id) override {
    json_.Field(name, id);
  }
  void Number(absl::string_view name, uint64_t value) override {
    json_.Field(name, value);
  }
  void Signed(absl::string_view name, int64_t value) override {
    json_.Field(name, value);
  }
  void Text(absl::string_view name, absl::string_view text) override {
    json_.Field(name, text);
  }

 private:
  JsonWriter& json_;
};

class PerfettoSink : public ExportSink {
 public:
  PerfettoSink(std::ostream& out, PerfettoTime time)
      : writer_(out), time_(time) {}

  void Begin(const TraceMetadata& metadata) override;
  void Add(const EventRecord& record, const Site& site,
           const EventRenderer& renderer, Part part) override;
  void End(const std::optional<TraceSummary>& summary) override;

 private:
  // Moves now_ on to the time of `record`.
  void MoveTime(const EventRecord& record);
  // The track of a task; names it the first time.
  PerfettoTrack TrackOf(CompactTaskId task, const EventRenderer& renderer);
  PerfettoTrack LabTrack();

  void OpenStep(const EventRecord& record, const Site& site,
                const EventRenderer& renderer);
  void OpenLabSlice(absl::string_view name);
  // Ends the slice that is open, and draws the wait that follows from it.
  void CloseSlice();
  void Instant(const EventRecord& record, const Site& site);
  void OpenAsync(const char* category, uint64_t id, std::string name) {
    writer_.OpenAsync(category, id, std::move(name), {slice_, now_});
  }
  void CloseAsync(const char* category, uint64_t id, absl::string_view how) {
    writer_.CloseAsync(category, id, how, now_);
  }
  void Structure(const EventRecord& record, const Site& site,
                 const EventRenderer& renderer);
  void NoteAccess(const ObjectAccessed& access);
  void Learn(const ReplayEvent& event);
  void Leave(const ReplayEvent& event);

  PerfettoWriter writer_;
  const PerfettoTime time_;
  uint64_t now_ = 0;
  uint64_t virtual_now_ = 0;
  uint64_t tick_ = 0;
  uint64_t events_in_tick_ = 0;

  // The slice that is open; every event lies in one.
  bool open_ = false;
  PerfettoTrack slice_;
  CompactTaskId stepping_;       // none: a slice of the lab
  std::string ended_;            // how the step has ended
  std::string blocked_at_;       // not empty: blocked there
  bool lab_announced_ = false;
  std::map<uint64_t, TaskState> tasks_;
  std::set<uint64_t> regions_announced_;
  std::map<uint64_t, std::string> region_names_;
  absl::flat_hash_map<uint64_t, PerfettoPlace> last_write_;  // looked up only
};

void PerfettoSink::Begin(const TraceMetadata& metadata) {
  writer_.Begin({{"test", metadata.test_id},
                 {"seed", absl::StrFormat("0x%016x", metadata.seed)},
                 {"time", time_ == PerfettoTime::kStep ? "1 us = 1 step"
                                                       : "virtual time"}});
}

void PerfettoSink::MoveTime(const EventRecord& record) {
  if (const auto* e = std::get_if<TimeAdvanced>(&record.event)) {
    virtual_now_ = e->to_nanos;
  }
  if (record.tick != tick_) {
    tick_ = record.tick;
    events_in_tick_ = 0;
  } else {
    ++events_in_tick_;
  }
  uint64_t ts = 0;
  if (time_ == PerfettoTime::kStep) {
    const uint64_t begin = tick_ > kTimeMax / 1000 ? kTimeMax : tick_ * 1000;
    ts = AddClamped(begin, std::min<uint64_t>(10 * events_in_tick_, 990));
    now_ = std::max(now_, ts);
  } else {
    now_ = std::max(AddClamped(now_, 1), std::min(virtual_now_, kTimeMax));
  }
}

PerfettoTrack PerfettoSink::LabTrack() {
  const PerfettoTrack track;
  if (!lab_announced_) {
    lab_announced_ = true;
    writer_.NameProcess(track.pid, "lab", -1);
    writer_.NameThread(track, "clock and timers");
  }
  return track;
}

PerfettoTrack PerfettoSink::TrackOf(CompactTaskId task,
                                    const EventRenderer& renderer) {
  TaskState& state = tasks_[task.AsRaw()];
  const PerfettoTrack track = TrackIn(state.region, task.AsRaw());
  if (state.announced) return track;
  state.announced = true;
  if (state.region == 0) {
    LabTrack();
  } else if (regions_announced_.insert(state.region).second) {
    const auto name = region_names_.find(state.region);
    writer_.NameProcess(
        track.pid,
        absl::StrCat("region R", state.region,
                     name == region_names_.end() ? "" : " ",
                     name == region_names_.end() ? "" : name->second),
        0);
  }
  writer_.NameThread(track, renderer.TaskText(task));
  return track;
}

void PerfettoSink::OpenStep(const EventRecord& record, const Site& site,
                            const EventRenderer& renderer) {
  CloseSlice();
  stepping_ = renderer.running();
  slice_ = TrackOf(stepping_, renderer);
  TaskState& state = tasks_[stepping_.AsRaw()];
  if (!state.waits_at.empty()) {
    writer_.EndSlice(state.waits_at, "wait", {slice_, now_});
    state.waits_at.clear();
  }
  writer_.BeginSlice(ShortSite(site), "step", {slice_, now_},
                     [&](JsonWriter& args) {
                       args.Field("step", record.tick);
                       args.Field("event", record.index);
                       args.Field("at", ToString(site));
                     });
  open_ = true;
  for (const Pending& pending : std::exchange(state.pending, {})) {
    writer_.Flow(pending.name, pending.from, {slice_, now_});
  }
}

void PerfettoSink::OpenLabSlice(absl::string_view name) {
  slice_ = LabTrack();
  stepping_ = CompactTaskId();
  writer_.BeginSlice(name, "lab", {slice_, now_});
  open_ = true;
}

void PerfettoSink::CloseSlice() {
  if (!open_) return;
  open_ = false;
  writer_.EndSlice("", stepping_.IsValid() ? "step" : "lab", {slice_, now_},
                   [&](JsonWriter& args) {
                     if (!ended_.empty()) args.Field("ended", ended_);
                   });
  if (!blocked_at_.empty()) {
    TaskState& state = tasks_[stepping_.AsRaw()];
    state.waits_at = absl::StrCat("waits at ", blocked_at_);
    writer_.BeginSlice(state.waits_at, "wait", {slice_, now_});
  }
  if (ended_ == "completed") tasks_.erase(stepping_.AsRaw());
  ended_.clear();
  blocked_at_.clear();
}

void PerfettoSink::Instant(const EventRecord& record, const Site& site) {
  std::string name(KindName(Kind(record.event)));
  if (const auto* e = std::get_if<UserTrace>(&record.event)) name = e->text;
  writer_.Instant(name, "event", {slice_, now_}, [&](JsonWriter& args) {
    args.Field("event", record.index);
    FieldWriter fields(args);
    VisitFields(record.event, fields);
    args.Field("at", ToString(site));
  });
}

void PerfettoSink::NoteAccess(const ObjectAccessed& access) {
  const auto last = last_write_.find(access.object);
  if (last != last_write_.end() && !(last->second.track == slice_)) {
    writer_.Flow("message", last->second, {slice_, now_});
  }
  // Every reader until the next write gets an arrow from the same one.
  if (access.mode != 0) last_write_[access.object] = {slice_, now_};
}

void PerfettoSink::Structure(const EventRecord& record, const Site& site,
                             const EventRenderer& renderer) {
  const ReplayEvent& event = record.event;
  const PerfettoPlace here = {slice_, now_};
  if (std::holds_alternative<TaskYielded>(event)) {
    ended_ = "yielded";
  } else if (std::holds_alternative<TaskBlocked>(event)) {
    ended_ = "blocked";
    if (stepping_.IsValid()) blocked_at_ = ShortSite(site);
  } else if (const auto* e = std::get_if<TaskCompleted>(&event)) {
    if (e->task == stepping_) ended_ = "completed";
  } else if (const auto* e = std::get_if<TaskSpawned>(&event)) {
    tasks_[e->task.AsRaw()].pending.push_back({"spawn", here});
  } else if (const auto* e = std::get_if<WakerWake>(&event)) {
    tasks_[e->task.AsRaw()].pending.push_back({"wake", here});
  } else if (std::holds_alternative<TimeAdvanced>(event)) {
    writer_.Counter("virtual time", "ns", virtual_now_, {LabTrack(), now_});
  } else if (const auto* e = std::get_if<RegionCreated>(&event)) {
    OpenAsync("region", e->region.AsRaw(),
              absl::StrCat("region R", e->region.AsRaw()));
  } else if (const auto* e = std::get_if<RegionClosed>(&event)) {
    CloseAsync("region", e->region.AsRaw(), "closed");
  } else if (const auto* e = std::get_if<ObligationReserved>(&event)) {
    OpenAsync("obligation", e->obligation,
              absl::StrCat("obligation ", e->obligation, " of ",
                           renderer.TaskText(e->task)));
  } else if (const auto* e = std::get_if<ObligationCommitted>(&event)) {
    CloseAsync("obligation", e->obligation, "committed");
  } else if (const auto* e = std::get_if<ObligationAborted>(&event)) {
    CloseAsync("obligation", e->obligation, "aborted");
  } else if (const auto* e = std::get_if<TimerCreated>(&event)) {
    OpenAsync("timer", e->timer_id,
              absl::StrCat("timer ", e->timer_id, " due at ", e->deadline_nanos,
                           " ns"));
  } else if (const auto* e = std::get_if<TimerFired>(&event)) {
    CloseAsync("timer", e->timer_id, "fired");
  } else if (const auto* e = std::get_if<TimerCancelled>(&event)) {
    CloseAsync("timer", e->timer_id, "cancelled");
  } else if (const auto* e = std::get_if<ObjectAccessed>(&event)) {
    NoteAccess(*e);
  }
}

void PerfettoSink::Learn(const ReplayEvent& event) {
  if (const auto* e = std::get_if<TaskSpawned>(&event)) {
    tasks_[e->task.AsRaw()].region = e->region.AsRaw();
  } else if (const auto* e = std::get_if<RegionNamed>(&event)) {
    region_names_[e->region.AsRaw()] =
        e->text.substr(0, EventRenderer::kNameBytesMax);
  }
}

void PerfettoSink::Add(const EventRecord& record, const Site& site,
                       const EventRenderer& renderer, Part part) {
  MoveTime(record);
  Learn(record.event);
  if (part == Part::kOutside) {
    if (const auto* e = std::get_if<TaskCompleted>(&record.event)) {
      tasks_.erase(e->task.AsRaw());
    }
    return;
  }
  // A range may begin within a step.
  const bool cut_off = !open_ && renderer.running().IsValid();
  if (cut_off || std::holds_alternative<TaskScheduled>(record.event)) {
    OpenStep(record, site, renderer);
    if (!cut_off) return;
  }
  if (const auto* e = std::get_if<TimeAdvanced>(&record.event)) {
    CloseSlice();
    OpenLabSlice(absl::StrCat("to ", e->to_nanos, " ns"));
  } else if (!open_) {
    OpenLabSlice("before the first step");
  } else if (std::holds_alternative<TimerFired>(record.event) &&
             stepping_.IsValid()) {
    CloseSlice();
    OpenLabSlice("timers");
  }
  Structure(record, site, renderer);
  const bool is_end = std::holds_alternative<TaskYielded>(record.event) ||
                      std::holds_alternative<TaskBlocked>(record.event);
  if (part == Part::kShown && !is_end) Instant(record, site);
}

void PerfettoSink::End(const std::optional<TraceSummary>&) {
  now_ = AddClamped(now_, time_ == PerfettoTime::kStep ? 1000 : 1);
  CloseSlice();
  for (const auto& [task, state] : tasks_) {
    if (state.waits_at.empty()) continue;
    writer_.EndSlice(state.waits_at, "wait",
                     {TrackIn(state.region, task), now_});
  }
  writer_.End(now_);
}

}  // namespace

std::unique_ptr<ExportSink> MakePerfettoSink(std::ostream& out,
                                             PerfettoTime time) {
  return std::make_unique<PerfettoSink>(out, time);
}

}  // namespace asupersync::cli
