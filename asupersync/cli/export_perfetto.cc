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

// Where something is drawn. Numbers of the trace begin with 1, and Perfetto
// takes 0 for the idle process.
struct Track {
  uint64_t pid = 999999999;  // the lab itself
  uint64_t tid = 999999999;
  friend bool operator==(const Track&, const Track&) = default;
};

struct Place {
  Track track;
  uint64_t ts = 0;
};

// A wake or spawn whose step has not come yet.
struct Pending {
  const char* name;
  Place from;
};

struct TaskState {
  uint64_t region = 0;
  bool announced = false;
  std::string waits_at;  // not empty: its wait is drawn
  std::vector<Pending> pending;
};

class ArgsWriter : public FieldVisitor {
 public:
  explicit ArgsWriter(JsonWriter& json) : json_(json) {}
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
      : out_(out), json_(out), time_(time) {}

  void Begin(const TraceMetadata& metadata) override;
  void Add(const EventRecord& record, const Site& site,
           const EventRenderer& renderer, Part part) override;
  void End(const std::optional<TraceSummary>& summary) override;

 private:
  // Moves now_ on to the time of `record`.
  void MoveTime(const EventRecord& record);
  // Begins an element of "traceEvents"; the caller ends it.
  void BeginEvent(char ph, absl::string_view name, absl::string_view category,
                  const Place& place);
  void NameProcess(uint64_t pid, absl::string_view name, int sort_index);
  // The track of a task; names it the first time.
  Track TrackOf(CompactTaskId task, const EventRenderer& renderer);
  Track LabTrack();

  void OpenStep(const EventRecord& record, const Site& site,
                const EventRenderer& renderer);
  void OpenLabSlice(absl::string_view name);
  // Ends the slice that is open, and draws the wait that follows from it.
  void CloseSlice();
  void Flow(const char* name, const Place& from);
  void Instant(const EventRecord& record, const Site& site);
  void OpenAsync(const char* category, uint64_t id, std::string name);
  void CloseAsync(const char* category, uint64_t id, absl::string_view how);
  void Counter();
  void Structure(const EventRecord& record, const Site& site,
                 const EventRenderer& renderer);
  void NoteAccess(const ObjectAccessed& access);
  void Learn(const ReplayEvent& event);
  void Leave(const ReplayEvent& event);

  std::ostream& out_;
  JsonWriter json_;
  const PerfettoTime time_;
  uint64_t now_ = 0;
  uint64_t virtual_now_ = 0;
  uint64_t tick_ = 0;
  uint64_t events_in_tick_ = 0;
  uint64_t next_flow_ = 1;

  // The slice that is open; every event lies in one.
  bool open_ = false;
  Track slice_;
  CompactTaskId stepping_;       // none: a slice of the lab
  std::string ended_;            // how the step has ended
  std::string blocked_at_;       // not empty: blocked there
  bool lab_announced_ = false;
  std::map<uint64_t, TaskState> tasks_;
  std::set<uint64_t> regions_announced_;
  std::map<uint64_t, std::string> region_names_;
  // What is open, with its track and name; by category and number.
  std::map<std::pair<std::string, uint64_t>, std::pair<Track, std::string>>
      async_;
  absl::flat_hash_map<uint64_t, Place> last_write_;  // looked up only
};

void PerfettoSink::Begin(const TraceMetadata& metadata) {
  json_.BeginObject();
  json_.Field("displayTimeUnit", "ns");
  json_.Key("otherData");
  json_.BeginObject(JsonWriter::kOneLine);
  json_.Field("test", metadata.test_id);
  json_.Field("seed", absl::StrFormat("0x%016x", metadata.seed));
  json_.Field("build_id", metadata.build_id);
  json_.Field("time", time_ == PerfettoTime::kStep ? "1 us = 1 step"
                                                   : "virtual time");
  json_.End();
  json_.Key("traceEvents");
  json_.BeginArray();
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

void PerfettoSink::BeginEvent(char ph, absl::string_view name,
                              absl::string_view category, const Place& place) {
  json_.BeginObject(JsonWriter::kOneLine);
  json_.Field("ph", std::string(1, ph));
  if (!name.empty()) json_.Field("name", name);
  if (!category.empty()) json_.Field("cat", category);
  json_.Key("ts");
  json_.Decimal(place.ts);
  json_.Field("pid", place.track.pid);
  json_.Field("tid", place.track.tid);
}

void PerfettoSink::NameProcess(uint64_t pid, absl::string_view name,
                               int sort_index) {
  const Place place = {{pid, pid}, 0};
  BeginEvent('M', "process_name", "", place);
  json_.Key("args");
  json_.BeginObject();
  json_.Field("name", name);
  json_.End();
  json_.End();
  BeginEvent('M', "process_sort_index", "", place);
  json_.Key("args");
  json_.BeginObject();
  json_.Field("sort_index", sort_index);
  json_.End();
  json_.End();
}

Track PerfettoSink::LabTrack() {
  const Track track;
  if (!lab_announced_) {
    lab_announced_ = true;
    NameProcess(track.pid, "lab", -1);
    BeginEvent('M', "thread_name", "", {track, 0});
    json_.Key("args");
    json_.BeginObject();
    json_.Field("name", "clock and timers");
    json_.End();
    json_.End();
  }
  return track;
}

Track PerfettoSink::TrackOf(CompactTaskId task, const EventRenderer& renderer) {
  TaskState& state = tasks_[task.AsRaw()];
  Track track = {state.region == 0 ? Track().pid : state.region, task.AsRaw()};
  if (state.announced) return track;
  state.announced = true;
  if (state.region == 0) {
    LabTrack();
  } else if (regions_announced_.insert(state.region).second) {
    const auto name = region_names_.find(state.region);
    NameProcess(track.pid,
                absl::StrCat("region R", state.region,
                             name == region_names_.end() ? "" : " ",
                             name == region_names_.end() ? "" : name->second),
                0);
  }
  BeginEvent('M', "thread_name", "", {track, 0});
  json_.Key("args");
  json_.BeginObject();
  json_.Field("name", renderer.TaskText(task));
  json_.End();
  json_.End();
  return track;
}

void PerfettoSink::OpenStep(const EventRecord& record, const Site& site,
                            const EventRenderer& renderer) {
  CloseSlice();
  stepping_ = renderer.running();
  slice_ = TrackOf(stepping_, renderer);
  TaskState& state = tasks_[stepping_.AsRaw()];
  if (!state.waits_at.empty()) {
    BeginEvent('E', state.waits_at, "wait", {slice_, now_});
    json_.End();
    state.waits_at.clear();
  }
  BeginEvent('B', ShortSite(site), "step", {slice_, now_});
  json_.Key("args");
  json_.BeginObject();
  json_.Field("step", record.tick);
  json_.Field("event", record.index);
  json_.Field("at", ToString(site));
  json_.End();
  json_.End();
  open_ = true;
  for (const Pending& pending : std::exchange(state.pending, {})) {
    Flow(pending.name, pending.from);
  }
}

void PerfettoSink::OpenLabSlice(absl::string_view name) {
  slice_ = LabTrack();
  stepping_ = CompactTaskId();
  BeginEvent('B', name, "lab", {slice_, now_});
  json_.End();
  open_ = true;
}

void PerfettoSink::CloseSlice() {
  if (!open_) return;
  open_ = false;
  BeginEvent('E', "", stepping_.IsValid() ? "step" : "lab", {slice_, now_});
  json_.Key("args");
  json_.BeginObject();
  if (!ended_.empty()) json_.Field("ended", ended_);
  json_.End();
  json_.End();
  if (!blocked_at_.empty()) {
    TaskState& state = tasks_[stepping_.AsRaw()];
    state.waits_at = absl::StrCat("waits at ", blocked_at_);
    BeginEvent('B', state.waits_at, "wait", {slice_, now_});
    json_.End();
  }
  if (ended_ == "completed") tasks_.erase(stepping_.AsRaw());
  ended_.clear();
  blocked_at_.clear();
}

void PerfettoSink::Flow(const char* name, const Place& from) {
  const uint64_t id = next_flow_++;
  BeginEvent('s', name, "flow", from);
  json_.Field("id", id);
  json_.End();
  BeginEvent('f', name, "flow", {slice_, now_});
  json_.Field("id", id);
  json_.Field("bp", "e");
  json_.End();
}

void PerfettoSink::Instant(const EventRecord& record, const Site& site) {
  std::string name(KindName(Kind(record.event)));
  if (const auto* e = std::get_if<UserTrace>(&record.event)) name = e->text;
  BeginEvent('i', name, "event", {slice_, now_});
  json_.Field("s", "t");
  json_.Key("args");
  json_.BeginObject();
  json_.Field("event", record.index);
  ArgsWriter args(json_);
  VisitFields(record.event, args);
  json_.Field("at", ToString(site));
  json_.End();
  json_.End();
}

void PerfettoSink::OpenAsync(const char* category, uint64_t id,
                             std::string name) {
  const auto [at, is_new] =
      async_.try_emplace({category, id}, slice_, std::move(name));
  if (!is_new) return;
  BeginEvent('b', at->second.second, category, {slice_, now_});
  json_.Field("id", absl::StrCat(category, " ", id));
  json_.End();
}

void PerfettoSink::CloseAsync(const char* category, uint64_t id,
                              absl::string_view how) {
  const auto at = async_.find({category, id});
  if (at == async_.end()) return;  // opened before the range
  BeginEvent('e', at->second.second, category, {at->second.first, now_});
  json_.Field("id", absl::StrCat(category, " ", id));
  json_.Key("args");
  json_.BeginObject();
  json_.Field("ended", how);
  json_.End();
  json_.End();
  async_.erase(at);
}

void PerfettoSink::Counter() {
  BeginEvent('C', "virtual time", "", {LabTrack(), now_});
  json_.Key("args");
  json_.BeginObject();
  json_.Field("ns", virtual_now_);
  json_.End();
  json_.End();
}

void PerfettoSink::NoteAccess(const ObjectAccessed& access) {
  const auto last = last_write_.find(access.object);
  if (last != last_write_.end() && !(last->second.track == slice_)) {
    Flow("message", last->second);
  }
  // Every reader until the next write gets an arrow from the same one.
  if (access.mode != 0) last_write_[access.object] = {slice_, now_};
}

void PerfettoSink::Structure(const EventRecord& record, const Site& site,
                             const EventRenderer& renderer) {
  const ReplayEvent& event = record.event;
  const Place here = {slice_, now_};
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
    Counter();
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
    const Track track = {state.region == 0 ? Track().pid : state.region, task};
    BeginEvent('E', state.waits_at, "wait", {track, now_});
    json_.End();
  }
  while (!async_.empty()) {
    const auto key = async_.begin()->first;
    CloseAsync(key.first.c_str(), key.second, "open at the end");
  }
  json_.End();
  json_.End();
  out_ << "\n";
}

}  // namespace

std::unique_ptr<ExportSink> MakePerfettoSink(std::ostream& out,
                                             PerfettoTime time) {
  return std::make_unique<PerfettoSink>(out, time);
}

}  // namespace asupersync::cli
