#include "asupersync/cli/trace_alignment.h"

#include <algorithm>
#include <limits>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/stable_hash.h"
#include "asupersync/cli/event_fields.h"
#include "asupersync/cli/event_renderer.h"
#include "asupersync/cli/trace_input.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync::cli {
namespace {

using Space = Identities::Space;

// Bytes to hash; every part says its length or has a fixed one.
class Bytes {
 public:
  void Add(uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes_.push_back(static_cast<char>(value >> shift));
    }
  }
  void Add(absl::string_view text) {
    Add(text.size());
    bytes_.append(text.data(), text.size());
  }
  uint64_t Take() {
    const uint64_t hash = StableHash64(bytes_);
    bytes_.clear();
    return hash;
  }

 private:
  std::string bytes_;
};

// Reads one trace.
class Reading : public FieldVisitor {
 public:
  Reading(Identities& identities, CausalTrace* trace)
      : identities_(identities), trace_(trace) {}

  void Add(const EventRecord& record, const Site& site, bool taken) {
    Move(record.event);
    const uint32_t cause = CauseOf(record.event);
    if (!taken) return;  // nor is it a cause
    if (trace_->sequences.size() <= running_) {
      trace_->sequences.resize(running_ + 1);
    }
    std::vector<uint32_t>& sequence = trace_->sequences[running_];
    const auto position = static_cast<uint32_t>(trace_->events.size());
    CausalEvent event;
    event.index = record.index;
    event.owner = running_;
    event.ordinal = static_cast<uint32_t>(sequence.size());
    event.cause = cause;
    bytes_.Add(static_cast<uint64_t>(Kind(record.event)));
    VisitFields(record.event, *this);
    if (cause != 0) {
      const CausalEvent& before = trace_->events[cause - 1];
      bytes_.Add(before.owner);
      bytes_.Add(before.ordinal);
    }
    event.hash = bytes_.Take();
    event.site = SiteHash(record.site, site);
    sequence.push_back(position);
    trace_->events.push_back(event);
    BecomeCause(record.event, position + 1);
  }

 private:
  struct TaskState {
    uint32_t identity = 0;
    uint32_t cause = 0;  // of its next step
  };

  void Id(absl::string_view name, uint64_t id) override {
    if (id == 0) {
      bytes_.Add(uint64_t{0});
    } else if (name == "task" || name == "parent") {
      bytes_.Add(uint64_t{1} + TaskOf(id).identity);
    } else {
      bytes_.Add(uint64_t{1} + Look(regions_, id));
    }
  }
  void Number(absl::string_view name, uint64_t value) override {
    if (name == "at_tick") return;
    if (name == "timer_id") {
      bytes_.Add(Look(timers_, value));
    } else if (name == "obligation") {
      bytes_.Add(Look(obligations_, value));
    } else {
      bytes_.Add(value);
    }
  }
  void Signed(absl::string_view, int64_t value) override {
    bytes_.Add(static_cast<uint64_t>(value));
  }
  void Text(absl::string_view, absl::string_view text) override {
    bytes_.Add(text);
  }

  TaskState& TaskOf(uint64_t task) {
    const auto [at, is_new] = tasks_.try_emplace(task);
    if (is_new) {
      at->second.identity =
          identities_.Of(Space::kUnknownTask, Identities::kLab, task);
      trace_->tasks.emplace_back(task, at->second.identity);
    }
    return at->second;
  }
  uint64_t Look(const absl::flat_hash_map<uint64_t, uint32_t>& map,
                uint64_t id) {
    const auto at = map.find(id);
    if (at != map.end()) return at->second;
    return identities_.Of(Space::kUnknownOther, Identities::kLab, id);
  }
  uint32_t NextOf(Space space, uint32_t parent) {
    return identities_.Of(
        space, parent, ++counts_[{static_cast<uint8_t>(space), parent}]);
  }

  // Whose step it is from this event on, and what comes into being.
  void Move(const ReplayEvent& event) {
    if (const auto* e = std::get_if<TaskScheduled>(&event)) {
      running_ = TaskOf(e->task.AsRaw()).identity;
    } else if (std::holds_alternative<TimeAdvanced>(event) ||
               std::holds_alternative<TimerFired>(event)) {
      running_ = Identities::kLab;
    } else if (const auto* e = std::get_if<TaskSpawned>(&event)) {
      const uint32_t parent = e->parent.IsValid()
                                  ? TaskOf(e->parent.AsRaw()).identity
                                  : Identities::kLab;
      const uint32_t identity = NextOf(Space::kTask, parent);
      tasks_[e->task.AsRaw()] = {identity, 0};
      trace_->tasks.emplace_back(e->task.AsRaw(), identity);
    } else if (const auto* e = std::get_if<RegionCreated>(&event)) {
      const uint64_t parent =
          e->parent.IsValid() ? Look(regions_, e->parent.AsRaw()) : 0;
      regions_[e->region.AsRaw()] =
          NextOf(Space::kRegion, static_cast<uint32_t>(parent));
    } else if (const auto* e = std::get_if<TimerCreated>(&event)) {
      timers_[e->timer_id] = NextOf(Space::kTimer, running_);
    } else if (const auto* e = std::get_if<ObligationReserved>(&event)) {
      obligations_[e->obligation] = NextOf(Space::kObligation, running_);
    }
  }

  uint32_t CauseOf(const ReplayEvent& event) {
    if (const auto* e = std::get_if<TaskScheduled>(&event)) {
      return std::exchange(TaskOf(e->task.AsRaw()).cause, 0);
    }
    if (const auto* e = std::get_if<ObjectAccessed>(&event)) {
      const auto at = writes_.find(e->object);
      return at == writes_.end() ? 0 : at->second;
    }
    return 0;
  }

  void BecomeCause(const ReplayEvent& event, uint32_t number) {
    const auto cause_of = [&](CompactTaskId task) {
      uint32_t& cause = TaskOf(task.AsRaw()).cause;
      if (cause == 0) cause = number;
    };
    if (const auto* e = std::get_if<TaskSpawned>(&event)) {
      cause_of(e->task);
    } else if (const auto* e = std::get_if<WakerWake>(&event)) {
      cause_of(e->task);
    } else if (const auto* e = std::get_if<ObjectAccessed>(&event)) {
      if (e->mode != 0) writes_[e->object] = number;
    }
  }

  uint32_t SiteHash(SiteId id, const Site& site) {
    const auto [at, is_new] = sites_.try_emplace(id.AsRaw());
    if (is_new) {
      bytes_.Add(site.file);
      bytes_.Add(site.function);
      bytes_.Add(site.line);
      bytes_.Add(site.column);
      at->second = static_cast<uint32_t>(bytes_.Take());
    }
    return at->second;
  }

  Identities& identities_;
  CausalTrace* const trace_;
  Bytes bytes_;
  uint32_t running_ = Identities::kLab;
  // All looked up only.
  absl::flat_hash_map<uint64_t, TaskState> tasks_;
  absl::flat_hash_map<uint64_t, uint32_t> regions_;
  absl::flat_hash_map<uint64_t, uint32_t> timers_;
  absl::flat_hash_map<uint64_t, uint32_t> obligations_;
  absl::flat_hash_map<uint64_t, uint32_t> writes_;
  absl::flat_hash_map<uint32_t, uint32_t> sites_;
  absl::flat_hash_map<std::pair<uint8_t, uint32_t>, uint64_t> counts_;
};

// How many events of each sequence are in common.
using Prefixes = std::vector<uint32_t>;

Prefixes CommonPrefixes(const CausalTrace& a, const CausalTrace& b) {
  Prefixes common(std::max(a.sequences.size(), b.sequences.size()), 0);
  for (const CausalEvent& event : a.events) {
    const std::vector<uint32_t>& other = b.SequenceOf(event.owner);
    uint32_t& length = common[event.owner];
    if (length != event.ordinal || length >= other.size()) continue;
    if (b.events[other[length]].hash != event.hash) continue;
    if (event.cause != 0) {
      const CausalEvent& cause = a.events[event.cause - 1];
      if (cause.ordinal >= common[cause.owner]) continue;
    }
    ++length;
  }
  return common;
}

// The event behind the common prefix; null: the sequence ends there.
const CausalEvent* Next(const CausalTrace& trace, const Prefixes& common,
                        uint32_t owner) {
  const std::vector<uint32_t>& sequence = trace.SequenceOf(owner);
  if (common[owner] >= sequence.size()) return nullptr;
  return &trace.events[sequence[common[owner]]];
}

bool FollowsFromAnother(const CausalTrace& trace, const Prefixes& common,
                        const CausalEvent& event) {
  if (event.cause == 0) return false;
  const CausalEvent& cause = trace.events[event.cause - 1];
  return cause.ordinal >= common[cause.owner];
}

// Smaller comes first: differences that follow from no other one, then those
// where a sequence ends (it may only wait for what another does not do), then
// the others; among equals the one that happens first in either trace.
struct Rank {
  int order;
  uint64_t index;
  bool follows() const { return order > 1; }
  friend auto operator<=>(const Rank&, const Rank&) = default;
};

Rank RankOf(const CausalTrace& a, const CausalTrace& b, const Prefixes& common,
            const CausalEvent* in_a, const CausalEvent* in_b) {
  constexpr uint64_t kNever = std::numeric_limits<uint64_t>::max();
  int follow = 0;
  if (in_a != nullptr && FollowsFromAnother(a, common, *in_a)) ++follow;
  if (in_b != nullptr && FollowsFromAnother(b, common, *in_b)) ++follow;
  const bool ends = in_a == nullptr || in_b == nullptr;
  const int order = follow > 0 ? 1 + follow + (ends ? 1 : 0) : ends ? 1 : 0;
  return {order, std::min(in_a == nullptr ? kNever : in_a->index,
                          in_b == nullptr ? kNever : in_b->index)};
}

void FindOrder(const CausalTrace& a, const CausalTrace& b,
               Alignment* alignment) {
  const size_t length = std::min(a.events.size(), b.events.size());
  size_t i = 0;
  while (i < length && a.events[i].owner == b.events[i].owner &&
         a.events[i].hash == b.events[i].hash) {
    ++i;
  }
  if (i < a.events.size() || i < b.events.size()) {
    alignment->order_parts = static_cast<uint32_t>(i);
  }
}

void FindOtherSite(const CausalTrace& a, const CausalTrace& b,
                   const Prefixes& common, Alignment* alignment) {
  for (uint32_t i = 0; i < a.events.size(); ++i) {
    const CausalEvent& event = a.events[i];
    if (event.ordinal >= common[event.owner]) continue;
    const uint32_t other = b.SequenceOf(event.owner)[event.ordinal];
    if (b.events[other].site == event.site) continue;
    alignment->other_site = {i, other};
    return;
  }
}

}  // namespace

Identities::Identities() : keys_(1) {}

uint32_t Identities::Of(Space space, uint32_t parent, uint64_t n) {
  const Key key = {space, parent, n};
  const auto [at, is_new] =
      numbers_.try_emplace(key, static_cast<uint32_t>(keys_.size()));
  if (is_new) keys_.push_back(key);
  return at->second;
}

std::string Identities::PathOf(uint32_t identity) const {
  if (identity == kLab) return "the lab";
  if (keys_[identity].space == Space::kUnknownTask) {
    return absl::StrCat("T", keys_[identity].n, "?");
  }
  // Deep trees are cut at the front.
  constexpr int kPartsMax = 16;
  std::string path;
  for (int parts = 0; identity != kLab; ++parts) {
    const Key& key = keys_[identity];
    if (parts == kPartsMax) return absl::StrCat("...", path);
    if (key.space == Space::kUnknownTask) {
      return absl::StrCat("T", key.n, "?.", path);
    }
    path = absl::StrCat(key.n, path.empty() ? "" : ".", path);
    identity = key.parent;
  }
  return path;
}

const std::vector<uint32_t>& CausalTrace::SequenceOf(uint32_t owner) const {
  static const auto* const kEmpty = new std::vector<uint32_t>;
  return owner < sequences.size() ? sequences[owner] : *kEmpty;
}

absl::Status ReadCausalTrace(TraceReader& reader, const EventFilter& filter,
                             const Output& output, Identities& identities,
                             CausalTrace* trace, bool with_accesses) {
  constexpr size_t kEventsMax = std::numeric_limits<uint32_t>::max() - 1;
  Reading reading(identities, trace);
  EventRenderer renderer;
  absl::Status status;
  status.Update(WalkEvents(reader, output, [&](const EventRecord& record) {
    if (trace->events.size() == kEventsMax) {
      status = absl::ResourceExhaustedError(
          absl::StrCat(reader.path(), " has more events than can be compared; "
                                      "choose some with --from and --to"));
      return false;
    }
    if (filter.IsBehind(record)) return false;
    ++trace->read;
    const Site& site = SiteOf(reader, record.site);
    bool taken = with_accesses ||
                 !std::holds_alternative<ObjectAccessed>(record.event);
    if (filter.active()) {
      renderer.Enter(record);
      taken = taken && filter.Matches(record, site, renderer);
      renderer.Leave(record);
    }
    reading.Add(record, site, taken);
    return true;
  }));
  return status;
}

Alignment Align(const CausalTrace& a, const CausalTrace& b) {
  Alignment alignment;
  alignment.prefixes = CommonPrefixes(a, b);
  const Prefixes& common = alignment.prefixes;
  std::optional<Rank> best;
  for (uint32_t owner = 0; owner < common.size(); ++owner) {
    alignment.common += common[owner];
    const CausalEvent* in_a = Next(a, common, owner);
    const CausalEvent* in_b = Next(b, common, owner);
    if (in_a == nullptr && in_b == nullptr) continue;
    const Rank rank = RankOf(a, b, common, in_a, in_b);
    if (!rank.follows()) alignment.others.push_back(owner);
    if (best.has_value() && *best <= rank) continue;
    best = rank;
    alignment.first = CausalDifference{owner, common[owner]};
  }
  if (alignment.first.has_value()) {
    std::erase(alignment.others, alignment.first->owner);
  }
  FindOrder(a, b, &alignment);
  FindOtherSite(a, b, common, &alignment);
  return alignment;
}

}  // namespace asupersync::cli
