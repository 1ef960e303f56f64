#include "asupersync/trace/event.h"

#include <array>
#include <cinttypes>
#include <sstream>
#include <type_traits>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "asupersync/base/cancel_reason.h"
#include "asupersync/base/chaos_kind.h"
#include "asupersync/base/choice_kind.h"
#include "asupersync/base/obligation_kind.h"
#include "asupersync/base/outcome.h"
#include "asupersync/base/stable_hash.h"

namespace asupersync {
namespace {

constexpr std::array<const char*, kEventKindCount + 1> kNames = {
    "unknown",
    "TaskScheduled",
    "TaskYielded",
    "TaskBlocked",
    "TaskCompleted",
    "TaskSpawned",
    "TaskNamed",
    "TaskCancelRequested",
    "TimeAdvanced",
    "TimerCreated",
    "TimerFired",
    "TimerCancelled",
    "IoReady",
    "IoResult",
    "IoError",
    "RngSeed",
    "RngValue",
    "ChaosInjection",
    "WakerWake",
    "WakerBatchWake",
    "RegionCreated",
    "RegionClosed",
    "RegionCancelled",
    "ObligationReserved",
    "ObligationCommitted",
    "ObligationAborted",
    "Choice",
    "ObjectAccessed",
    "UserTrace",
    "RegionNamed",
};

// Invariant 1, for every alternative.
template <size_t... I>
constexpr bool KindsFollowIndices(std::index_sequence<I...>) {
  return ((static_cast<size_t>(
               std::variant_alternative_t<I, ReplayEvent>::kKind) == I + 1) &&
          ...);
}
static_assert(KindsFollowIndices(std::make_index_sequence<kEventKindCount>()));

std::string Task(CompactTaskId id) {
  return id.IsValid() ? absl::StrCat("T", id.AsRaw()) : "none";
}

std::string Region(CompactRegionId id) {
  return id.IsValid() ? absl::StrCat("R", id.AsRaw()) : "none";
}

std::string Text(absl::string_view text) {
  constexpr size_t kShown = 120;
  if (text.size() <= kShown)
    return absl::StrCat("\"", absl::CEscape(text), "\"");
  return absl::StrFormat("\"%s...\" (%d bytes, hash %016x)",
                         absl::CEscape(text.substr(0, kShown)), text.size(),
                         StableHash64(text));
}

// The name of the value of E that has this number, in quotes if it has spaces;
// for a number of a later version "unknown(9)".
template <class E>
std::string NameOf(uint8_t number) {
  const absl::string_view name = Name(static_cast<E>(number));
  if (name == "unknown") return absl::StrCat(name, "(", number, ")");
  const bool words = name.find(' ') != absl::string_view::npos;
  return words ? absl::StrCat("\"", name, "\"") : std::string(name);
}

struct Fields {
  std::string operator()(const TaskScheduled& e) const {
    return absl::StrCat(" task=", Task(e.task), " tick=", e.at_tick);
  }
  std::string operator()(const TaskYielded& e) const {
    return absl::StrCat(" task=", Task(e.task));
  }
  std::string operator()(const TaskBlocked& e) const {
    return absl::StrCat(" task=", Task(e.task));
  }
  std::string operator()(const TaskCompleted& e) const {
    return absl::StrCat(" task=", Task(e.task), " outcome=",
                        NameOf<OutcomeKind>(e.outcome));
  }
  std::string operator()(const TaskSpawned& e) const {
    return absl::StrCat(" task=", Task(e.task), " region=", Region(e.region),
                        " tick=", e.at_tick, " parent=", Task(e.parent));
  }
  std::string operator()(const TaskNamed& e) const {
    return absl::StrCat(" task=", Task(e.task), " name=", Text(e.text));
  }
  std::string operator()(const TaskCancelRequested& e) const {
    return absl::StrCat(" task=", Task(e.task),
                        " kind=", NameOf<CancelKind>(e.kind));
  }
  std::string operator()(const TimeAdvanced& e) const {
    return absl::StrCat(" from=", e.from_nanos, "ns to=", e.to_nanos, "ns");
  }
  std::string operator()(const TimerCreated& e) const {
    return absl::StrCat(" timer=", e.timer_id, " deadline=", e.deadline_nanos,
                        "ns");
  }
  std::string operator()(const TimerFired& e) const {
    return absl::StrCat(" timer=", e.timer_id);
  }
  std::string operator()(const TimerCancelled& e) const {
    return absl::StrCat(" timer=", e.timer_id);
  }
  std::string operator()(const IoReady& e) const {
    return absl::StrCat(" token=", e.token, " readiness=", e.readiness);
  }
  std::string operator()(const IoResult& e) const {
    return absl::StrCat(" token=", e.token, " bytes=", e.bytes);
  }
  std::string operator()(const IoError& e) const {
    return absl::StrCat(" token=", e.token, " error=", e.error_kind);
  }
  std::string operator()(const RngSeed& e) const {
    return absl::StrFormat(" seed=0x%016x", e.seed);
  }
  std::string operator()(const RngValue& e) const {
    return absl::StrFormat(" value=0x%016x", e.value);
  }
  std::string operator()(const ChaosInjection& e) const {
    return absl::StrCat(" kind=", NameOf<ChaosKind>(e.kind),
                        " task=", e.task.has_value() ? Task(*e.task) : "any",
                        " data=", e.data);
  }
  std::string operator()(const WakerWake& e) const {
    return absl::StrCat(" task=", Task(e.task));
  }
  std::string operator()(const WakerBatchWake& e) const {
    return absl::StrCat(" count=", e.count);
  }
  std::string operator()(const RegionCreated& e) const {
    return absl::StrCat(" region=", Region(e.region),
                        " parent=", Region(e.parent));
  }
  std::string operator()(const RegionClosed& e) const {
    return absl::StrCat(" region=", Region(e.region));
  }
  std::string operator()(const RegionCancelled& e) const {
    return absl::StrCat(" region=", Region(e.region),
                        " kind=", NameOf<CancelKind>(e.kind));
  }
  std::string operator()(const ObligationReserved& e) const {
    return absl::StrCat(" obligation=", e.obligation,
                        " kind=", NameOf<ObligationKind>(e.kind),
                        " task=", Task(e.task));
  }
  std::string operator()(const ObligationCommitted& e) const {
    return absl::StrCat(" obligation=", e.obligation);
  }
  std::string operator()(const ObligationAborted& e) const {
    return absl::StrCat(" obligation=", e.obligation);
  }
  std::string operator()(const Choice& e) const {
    return absl::StrCat(" kind=", NameOf<ChoiceKind>(e.kind),
                        " chosen=", e.chosen, " of=", e.of);
  }
  std::string operator()(const ObjectAccessed& e) const {
    return absl::StrFormat(" object=0x%016x mode=%s", e.object,
                           e.mode == 0 ? "read" : "write");
  }
  std::string operator()(const UserTrace& e) const {
    return absl::StrCat(" text=", Text(e.text));
  }
  std::string operator()(const RegionNamed& e) const {
    return absl::StrCat(" region=", Region(e.region), " name=", Text(e.text));
  }
};

}  // namespace

absl::string_view KindName(EventKind kind) {
  const size_t number = static_cast<size_t>(kind);
  return kNames[number <= kEventKindCount ? number : 0];
}

std::string ToString(const ReplayEvent& event) {
  return absl::StrCat(KindName(Kind(event)), std::visit(Fields(), event));
}

std::ostream& operator<<(std::ostream& out, EventKind kind) {
  return out << KindName(kind);
}

std::ostream& operator<<(std::ostream& out, const ReplayEvent& event) {
  return out << ToString(event);
}

std::ostream& operator<<(std::ostream& out, const EventRecord& record) {
  return out << "#" << record.index << " tick=" << record.tick
             << " site=" << record.site.AsRaw() << " "
             << ToString(record.event);
}

std::optional<CompactTaskId> TaskOf(const ReplayEvent& event) {
  return std::visit(
      [](const auto& e) -> std::optional<CompactTaskId> {
        if constexpr (requires { e.task; }) {
          return e.task;
        } else {
          return std::nullopt;
        }
      },
      event);
}

std::optional<CompactRegionId> RegionOf(const ReplayEvent& event) {
  return std::visit(
      [](const auto& e) -> std::optional<CompactRegionId> {
        if constexpr (requires { e.region; }) {
          return e.region;
        } else {
          return std::nullopt;
        }
      },
      event);
}

}  // namespace asupersync
