// The vocabulary of a trace: everything that a recorded execution can say.
//
//   ReplayEvent event = TaskScheduled{CompactTaskId(3), /*at_tick=*/17};
//   if (const auto* s = std::get_if<TaskScheduled>(&event)) Use(s->task);
//   std::cout << event;  // TaskScheduled task=T3 tick=17
//
// Determinism: events are plain values. Two executions are the same exactly if
// their events compare equal one by one.
//
// Invariants:
// 1. The alternatives of ReplayEvent stand in the order of EventKind, which
//    starts at 1: Kind(event) == event.index() + 1.
// 2. Kind numbers are part of the file format (docs/trace_format.md) and never
//    change their meaning.
#ifndef ASUPERSYNC_TRACE_EVENT_H_
#define ASUPERSYNC_TRACE_EVENT_H_

#include <cstdint>
#include <optional>
#include <ostream>
#include <string>
#include <variant>

#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/base/strong_id.h"

namespace asupersync {

enum class EventKind : uint8_t {
  kTaskScheduled = 1,
  kTaskYielded = 2,
  kTaskBlocked = 3,
  kTaskCompleted = 4,
  kTaskSpawned = 5,
  kTaskNamed = 6,
  kTaskCancelRequested = 7,
  kTimeAdvanced = 8,
  kTimerCreated = 9,
  kTimerFired = 10,
  kTimerCancelled = 11,
  kIoReady = 12,
  kIoResult = 13,
  kIoError = 14,
  kRngSeed = 15,
  kRngValue = 16,
  kChaosInjection = 17,
  kWakerWake = 18,
  kWakerBatchWake = 19,
  kRegionCreated = 20,
  kRegionClosed = 21,
  kRegionCancelled = 22,
  kObligationReserved = 23,
  kObligationCommitted = 24,
  kObligationAborted = 25,
  kChoice = 26,
  kObjectAccessed = 27,
  kUserTrace = 28,
  kRegionNamed = 29,
};

inline constexpr int kEventKindCount = 29;

// The longest text that an event can carry; the recorder cuts longer ones.
inline constexpr size_t kEventTextBytesMax = 16384;

// A step begins: the scheduler resumes `task`. Starts step `at_tick`.
struct TaskScheduled {
  static constexpr EventKind kKind = EventKind::kTaskScheduled;
  CompactTaskId task;
  uint64_t at_tick = 0;
  friend bool operator==(const TaskScheduled&, const TaskScheduled&) = default;
};

// The step ended with the task still runnable.
struct TaskYielded {
  static constexpr EventKind kKind = EventKind::kTaskYielded;
  CompactTaskId task;
  friend bool operator==(const TaskYielded&, const TaskYielded&) = default;
};

// The step ended with the task waiting for something.
struct TaskBlocked {
  static constexpr EventKind kKind = EventKind::kTaskBlocked;
  CompactTaskId task;
  friend bool operator==(const TaskBlocked&, const TaskBlocked&) = default;
};

// The task is over. `outcome` is the number of its OutcomeKind.
struct TaskCompleted {
  static constexpr EventKind kKind = EventKind::kTaskCompleted;
  CompactTaskId task;
  uint8_t outcome = 0;
  friend bool operator==(const TaskCompleted&, const TaskCompleted&) = default;
};

// A task came into being. `parent` is none for tasks spawned from outside, so
// the n-th spawn of each parent gives the task's stable identity.
struct TaskSpawned {
  static constexpr EventKind kKind = EventKind::kTaskSpawned;
  CompactTaskId task;
  CompactRegionId region;
  uint64_t at_tick = 0;
  CompactTaskId parent;
  friend bool operator==(const TaskSpawned&, const TaskSpawned&) = default;
};

// A name for people, given to a task by the program.
struct TaskNamed {
  static constexpr EventKind kKind = EventKind::kTaskNamed;
  CompactTaskId task;
  std::string text;
  friend bool operator==(const TaskNamed&, const TaskNamed&) = default;
};

// Cancellation was requested of the task. `kind` is a CancelKind.
struct TaskCancelRequested {
  static constexpr EventKind kKind = EventKind::kTaskCancelRequested;
  CompactTaskId task;
  uint8_t kind = 0;
  friend bool operator==(const TaskCancelRequested&,
                         const TaskCancelRequested&) = default;
};

struct TimeAdvanced {
  static constexpr EventKind kKind = EventKind::kTimeAdvanced;
  uint64_t from_nanos = 0;
  uint64_t to_nanos = 0;
  friend bool operator==(const TimeAdvanced&, const TimeAdvanced&) = default;
};

struct TimerCreated {
  static constexpr EventKind kKind = EventKind::kTimerCreated;
  uint64_t timer_id = 0;
  uint64_t deadline_nanos = 0;
  friend bool operator==(const TimerCreated&, const TimerCreated&) = default;
};

struct TimerFired {
  static constexpr EventKind kKind = EventKind::kTimerFired;
  uint64_t timer_id = 0;
  friend bool operator==(const TimerFired&, const TimerFired&) = default;
};

struct TimerCancelled {
  static constexpr EventKind kKind = EventKind::kTimerCancelled;
  uint64_t timer_id = 0;
  friend bool operator==(const TimerCancelled&,
                         const TimerCancelled&) = default;
};

struct IoReady {
  static constexpr EventKind kKind = EventKind::kIoReady;
  uint64_t token = 0;
  uint8_t readiness = 0;
  friend bool operator==(const IoReady&, const IoReady&) = default;
};

struct IoResult {
  static constexpr EventKind kKind = EventKind::kIoResult;
  uint64_t token = 0;
  int64_t bytes = 0;
  friend bool operator==(const IoResult&, const IoResult&) = default;
};

struct IoError {
  static constexpr EventKind kKind = EventKind::kIoError;
  uint64_t token = 0;
  uint8_t error_kind = 0;
  friend bool operator==(const IoError&, const IoError&) = default;
};

struct RngSeed {
  static constexpr EventKind kKind = EventKind::kRngSeed;
  uint64_t seed = 0;
  friend bool operator==(const RngSeed&, const RngSeed&) = default;
};

// A random value that the program drew. Recorded if RecorderConfig says so.
struct RngValue {
  static constexpr EventKind kKind = EventKind::kRngValue;
  uint64_t value = 0;
  friend bool operator==(const RngValue&, const RngValue&) = default;
};

struct ChaosInjection {
  static constexpr EventKind kKind = EventKind::kChaosInjection;
  uint8_t kind = 0;
  std::optional<CompactTaskId> task;
  uint64_t data = 0;
  friend bool operator==(const ChaosInjection&,
                         const ChaosInjection&) = default;
};

// The task became runnable. Recorded if RecorderConfig says so.
struct WakerWake {
  static constexpr EventKind kKind = EventKind::kWakerWake;
  CompactTaskId task;
  friend bool operator==(const WakerWake&, const WakerWake&) = default;
};

struct WakerBatchWake {
  static constexpr EventKind kKind = EventKind::kWakerBatchWake;
  uint32_t count = 0;
  friend bool operator==(const WakerBatchWake&,
                         const WakerBatchWake&) = default;
};

struct RegionCreated {
  static constexpr EventKind kKind = EventKind::kRegionCreated;
  CompactRegionId region;
  CompactRegionId parent;
  friend bool operator==(const RegionCreated&, const RegionCreated&) = default;
};

struct RegionClosed {
  static constexpr EventKind kKind = EventKind::kRegionClosed;
  CompactRegionId region;
  friend bool operator==(const RegionClosed&, const RegionClosed&) = default;
};

// Cancellation was requested of the region. `kind` is a CancelKind.
struct RegionCancelled {
  static constexpr EventKind kKind = EventKind::kRegionCancelled;
  CompactRegionId region;
  uint8_t kind = 0;
  friend bool operator==(const RegionCancelled&,
                         const RegionCancelled&) = default;
};

struct ObligationReserved {
  static constexpr EventKind kKind = EventKind::kObligationReserved;
  uint64_t obligation = 0;
  uint8_t kind = 0;
  CompactTaskId task;
  friend bool operator==(const ObligationReserved&,
                         const ObligationReserved&) = default;
};

struct ObligationCommitted {
  static constexpr EventKind kKind = EventKind::kObligationCommitted;
  uint64_t obligation = 0;
  friend bool operator==(const ObligationCommitted&,
                         const ObligationCommitted&) = default;
};

struct ObligationAborted {
  static constexpr EventKind kKind = EventKind::kObligationAborted;
  uint64_t obligation = 0;
  friend bool operator==(const ObligationAborted&,
                         const ObligationAborted&) = default;
};

// An answer of the ChoiceSource other than a scheduling decision (which is a
// TaskScheduled), asked with at least two candidates. `kind` is a ChoiceKind.
struct Choice {
  static constexpr EventKind kKind = EventKind::kChoice;
  uint8_t kind = 0;
  uint32_t chosen = 0;
  uint32_t of = 0;
  friend bool operator==(const Choice&, const Choice&) = default;
};

// The step touched the object with this stable identity; mode is 0 for a read
// and 1 for a write. Recorded if RecorderConfig says so.
struct ObjectAccessed {
  static constexpr EventKind kKind = EventKind::kObjectAccessed;
  uint64_t object = 0;
  uint8_t mode = 0;
  friend bool operator==(const ObjectAccessed&,
                         const ObjectAccessed&) = default;
};

// Text of the program under test.
struct UserTrace {
  static constexpr EventKind kKind = EventKind::kUserTrace;
  std::string text;
  friend bool operator==(const UserTrace&, const UserTrace&) = default;
};

// A name for people, given to a region by the program.
struct RegionNamed {
  static constexpr EventKind kKind = EventKind::kRegionNamed;
  CompactRegionId region;
  std::string text;
  friend bool operator==(const RegionNamed&, const RegionNamed&) = default;
};

using ReplayEvent =
    std::variant<TaskScheduled, TaskYielded, TaskBlocked, TaskCompleted,
                 TaskSpawned, TaskNamed, TaskCancelRequested, TimeAdvanced,
                 TimerCreated, TimerFired, TimerCancelled, IoReady, IoResult,
                 IoError, RngSeed, RngValue, ChaosInjection, WakerWake,
                 WakerBatchWake, RegionCreated, RegionClosed, RegionCancelled,
                 ObligationReserved, ObligationCommitted, ObligationAborted,
                 Choice, ObjectAccessed, UserTrace, RegionNamed>;
static_assert(std::variant_size_v<ReplayEvent> == kEventKindCount);

// A number for a source location, given by a SiteTable. 0 = unknown.
struct SiteTag {};
using SiteId = StrongId<SiteTag, uint32_t>;

// An event and where it stands: its position in the execution since recording
// began, the step during which it happened, and the line that caused it.
struct EventRecord {
  uint64_t index = 0;
  uint64_t tick = 0;
  SiteId site;
  ReplayEvent event;
  friend bool operator==(const EventRecord&, const EventRecord&) = default;
};

inline EventKind Kind(const ReplayEvent& event) {
  return static_cast<EventKind>(event.index() + 1);
}

// "TaskScheduled"; "unknown" for a number that is no kind.
absl::string_view KindName(EventKind kind);

// One line: the kind's name and the fields. Text is quoted, escaped and, past
// 120 bytes, shortened with its length and hash.
std::string ToString(const ReplayEvent& event);

std::ostream& operator<<(std::ostream& out, EventKind kind);
std::ostream& operator<<(std::ostream& out, const ReplayEvent& event);
// "#12 tick=5 site=3 TaskYielded task=T2".
std::ostream& operator<<(std::ostream& out, const EventRecord& record);

// The task that an event is about, if it names exactly one.
std::optional<CompactTaskId> TaskOf(const ReplayEvent& event);
// The region that an event is about, if it names one.
std::optional<CompactRegionId> RegionOf(const ReplayEvent& event);

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_EVENT_H_
