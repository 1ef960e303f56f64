// The row layout of events (docs/trace_format.md, "Block payload"): how one
// event becomes bytes, and bytes become events again.
//
//   RowState state; state.tick = first_tick;
//   p = EncodeEvent(p, state, TaskYielded{task}, site);   // p += 1 .. 64
//
//   RowDecoder rows(payload, first_tick);
//   while (rows.Next(&record)) Use(record);
//   if (!rows.status().ok()) ...  // the payload is corrupt
//
// Determinism: equal events give equal bytes.
//
// Invariants:
// 1. Encoder and decoder update the same RowState by the same rules; it is
//    fresh at the start of every block.
// 2. An encoder stores a row's tag byte after the rest of the row, and beyond
//    the row nothing but zeros. So in memory that was zero, a process that dies
//    at any instruction leaves whole rows, then a tag of 0.
// 3. The decoder accepts any bytes: it reads nothing outside of the payload
//    and allocates nothing beyond kEventTextBytesMax.
#ifndef ASUPERSYNC_TRACE_EVENT_CODEC_H_
#define ASUPERSYNC_TRACE_EVENT_CODEC_H_

#include <atomic>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/base/attributes.h"
#include "absl/base/optimization.h"
#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "asupersync/base/ids.h"
#include "asupersync/trace/event.h"
#include "asupersync/trace/site_table.h"

namespace asupersync {

// No event but one with text takes more bytes than this, its tick row
// included; text adds its own length.
inline constexpr size_t kEventBytesMax = 64;
// Nor does the definition of a site.
inline constexpr size_t kSiteRowBytesMax = 2 * kSiteTextBytesMax + 64;

// The last step that a trace can hold. Ticks never descend: counting the steps
// of a block one by one from here stays below 2^64.
inline constexpr uint64_t kTickMax = (uint64_t{1} << 63) - 1;

// What the coding of a row depends on.
struct RowState {
  uint64_t tick = 0;
  uint64_t task = 0;
  uint64_t spawned = 0;
  uint64_t now = 0;
  uint64_t timer = 0;
  uint64_t obligation = 0;
  uint32_t site[kEventKindCount + 1] = {};
};

namespace internal_codec {

inline constexpr uint8_t kTickRow = 60;
inline constexpr uint8_t kSiteRow = 61;
inline constexpr uint8_t kCurrent = 1 << 6;
inline constexpr uint8_t kSameSite = 1 << 7;

// Completes the row whose tag belongs at p; no store of the row moves behind
// it. Costs no instruction: the reader is this thread's death.
inline void CommitRow(uint8_t* p, uint8_t tag) {
  std::atomic_signal_fence(std::memory_order_release);
  *p = tag;
  std::atomic_signal_fence(std::memory_order_release);
}

uint8_t* PutLongVarint(uint8_t* p, uint64_t value);

// Without a branch that depends on the value below 2^14, so that a mix of one
// and two bytes costs no mispredictions.
inline uint8_t* PutVarint(uint8_t* p, uint64_t value) {
  if (ABSL_PREDICT_FALSE(value >= 1u << 14)) return PutLongVarint(p, value);
  const bool two = value >= 1u << 7;
  p[0] = static_cast<uint8_t>(value | (two << 7));
  p[1] = static_cast<uint8_t>(value >> 7);
  return p + 1 + two;
}

inline uint64_t ZigZag(uint64_t difference) {
  return (difference << 1) ^
         static_cast<uint64_t>(static_cast<int64_t>(difference) >> 63);
}

inline uint64_t UnZigZag(uint64_t value) {
  return (value >> 1) ^ (~(value & 1) + 1);
}

inline uint8_t* PutZigZag(uint8_t* p, uint64_t difference) {
  return PutVarint(p, ZigZag(difference));
}

inline uint8_t* PutU64(uint8_t* p, uint64_t value) {
  for (int i = 0; i < 8; ++i) p[i] = static_cast<uint8_t>(value >> (8 * i));
  return p + 8;
}

// Texts are at most kEventTextBytesMax long here.
inline uint8_t* PutText(uint8_t* p, absl::string_view text) {
  p = PutVarint(p, text.size());
  if (!text.empty()) std::memcpy(p, text.data(), text.size());
  return p + text.size();
}

// The kind's fields at p; *current tells whether the tag's flag is to be set.
// All state but tick and site is updated here.
template <class E>
uint8_t* PutFields(uint8_t* p, RowState& s, const E& e, bool* current) {
  const auto optional_task = [&](CompactTaskId task, uint64_t same) {
    *current = task.AsRaw() == same;
    if (!*current) p = PutVarint(p, task.AsRaw());
  };
  const auto delta = [&](uint64_t value, uint64_t& last) {
    p = PutZigZag(p, value - last);
    last = value;
  };
  if constexpr (std::is_same_v<E, TaskScheduled>) {
    p = PutVarint(p, e.task.AsRaw());
    s.task = e.task.AsRaw();
  } else if constexpr (std::is_same_v<E, TaskYielded> ||
                       std::is_same_v<E, TaskBlocked> ||
                       std::is_same_v<E, WakerWake>) {
    optional_task(e.task, s.task);
  } else if constexpr (std::is_same_v<E, TaskCompleted>) {
    optional_task(e.task, s.task);
    *p++ = e.outcome;
  } else if constexpr (std::is_same_v<E, TaskSpawned>) {
    delta(e.task.AsRaw(), s.spawned);
    p = PutVarint(p, e.region.AsRaw());
    optional_task(e.parent, s.task);
  } else if constexpr (std::is_same_v<E, TaskNamed>) {
    optional_task(e.task, s.spawned);
    p = PutText(p, e.text);
  } else if constexpr (std::is_same_v<E, TaskCancelRequested>) {
    optional_task(e.task, s.task);
    *p++ = e.kind;
  } else if constexpr (std::is_same_v<E, TimeAdvanced>) {
    *current = e.from_nanos == s.now;
    if (!*current) p = PutZigZag(p, e.from_nanos - s.now);
    p = PutZigZag(p, e.to_nanos - e.from_nanos);
    s.now = e.to_nanos;
  } else if constexpr (std::is_same_v<E, TimerCreated>) {
    delta(e.timer_id, s.timer);
    p = PutZigZag(p, e.deadline_nanos - s.now);
  } else if constexpr (std::is_same_v<E, TimerFired> ||
                       std::is_same_v<E, TimerCancelled>) {
    delta(e.timer_id, s.timer);
  } else if constexpr (std::is_same_v<E, IoReady>) {
    p = PutVarint(p, e.token);
    *p++ = e.readiness;
  } else if constexpr (std::is_same_v<E, IoResult>) {
    p = PutVarint(p, e.token);
    p = PutZigZag(p, static_cast<uint64_t>(e.bytes));
  } else if constexpr (std::is_same_v<E, IoError>) {
    p = PutVarint(p, e.token);
    *p++ = e.error_kind;
  } else if constexpr (std::is_same_v<E, RngSeed>) {
    p = PutU64(p, e.seed);
  } else if constexpr (std::is_same_v<E, RngValue>) {
    p = PutU64(p, e.value);
  } else if constexpr (std::is_same_v<E, ChaosInjection>) {
    *p++ = e.kind;
    *current = e.task.has_value();
    if (e.task.has_value()) p = PutVarint(p, e.task->AsRaw());
    p = PutVarint(p, e.data);
  } else if constexpr (std::is_same_v<E, WakerBatchWake>) {
    p = PutVarint(p, e.count);
  } else if constexpr (std::is_same_v<E, RegionCreated>) {
    p = PutVarint(p, e.region.AsRaw());
    p = PutVarint(p, e.parent.AsRaw());
  } else if constexpr (std::is_same_v<E, RegionClosed>) {
    p = PutVarint(p, e.region.AsRaw());
  } else if constexpr (std::is_same_v<E, RegionCancelled>) {
    p = PutVarint(p, e.region.AsRaw());
    *p++ = e.kind;
  } else if constexpr (std::is_same_v<E, ObligationReserved>) {
    delta(e.obligation, s.obligation);
    *p++ = e.kind;
    optional_task(e.task, s.task);
  } else if constexpr (std::is_same_v<E, ObligationCommitted> ||
                       std::is_same_v<E, ObligationAborted>) {
    delta(e.obligation, s.obligation);
  } else if constexpr (std::is_same_v<E, Choice>) {
    *p++ = e.kind;
    p = PutVarint(p, e.chosen);
    p = PutVarint(p, e.of);
  } else if constexpr (std::is_same_v<E, ObjectAccessed>) {
    *current = e.mode != 0;
    p = PutU64(p, e.object);
  } else if constexpr (std::is_same_v<E, UserTrace>) {
    p = PutText(p, e.text);
  } else {
    static_assert(std::is_same_v<E, RegionNamed>);
    p = PutVarint(p, e.region.AsRaw());
    p = PutText(p, e.text);
  }
  return p;
}

uint8_t* PutTickRow(uint8_t* p, RowState& state, uint64_t tick);

}  // namespace internal_codec

// Writes `event`, which happens at `tick`, at p and returns the end. Moves
// state.tick to `tick`.
// REQUIRES: kEventBytesMax bytes of room, and the length of its text, which is
// at most kEventTextBytesMax.
template <class E>
uint8_t* EncodeEvent(uint8_t* p, RowState& state, const E& event, uint64_t tick,
                     SiteId site) {
  constexpr uint8_t kKindNumber = static_cast<uint8_t>(E::kKind);
  bool current = false;
  constexpr bool kStartsStep = std::is_same_v<E, TaskScheduled>;
  if (ABSL_PREDICT_FALSE(tick != state.tick + kStartsStep)) {
    // A step that does not follow the last one: tick 0, or after a gap.
    p = internal_codec::PutTickRow(p, state, tick);
  } else if constexpr (kStartsStep) {
    current = true;
    state.tick = tick;
  }
  uint8_t* const tag = p++;
  // The site is written in any case, as one zero byte if it is the same, which
  // then does not count: which of the two depends on the schedule, so no branch
  // could foresee it.
  const uint64_t same_site = state.site[kKindNumber] == site.AsRaw();
  state.site[kKindNumber] = site.AsRaw();
  p = internal_codec::PutVarint(p, site.AsRaw() & (same_site - 1)) - same_site;
  bool fields_current = false;
  p = internal_codec::PutFields(p, state, event, &fields_current);
  current |= fields_current;
  internal_codec::CommitRow(
      tag,
      static_cast<uint8_t>(kKindNumber | (current << 6) | (same_site << 7)));
  return p;
}

// The same bytes for the events that make up most of a trace, without a call
// or an unforeseeable branch: about 30 instructions. Returns null and changes
// nothing if the event is not of the small form, which is
//   TaskScheduled            of the step after the last one
//   TaskYielded, TaskBlocked of the scheduled task, in its step
// with task and site below 2^14. Other kinds never are.
// REQUIRES: kEventBytesMax bytes of room; bytes after the event become zero.
template <class E>
ABSL_ATTRIBUTE_ALWAYS_INLINE inline uint8_t* EncodeSmallEvent(
    uint8_t* p, RowState& state, const E& event, uint64_t tick, SiteId site) {
  constexpr bool kStartsStep = std::is_same_v<E, TaskScheduled>;
  constexpr bool kEndsStep =
      std::is_same_v<E, TaskYielded> || std::is_same_v<E, TaskBlocked>;
  if constexpr (std::endian::native != std::endian::little ||
                !(kStartsStep || kEndsStep)) {
    return nullptr;
  } else {
    constexpr uint64_t kKindNumber = static_cast<uint64_t>(E::kKind);
    const uint64_t task = event.task.AsRaw();
    const uint64_t number = site.AsRaw();
    const uint64_t large = kStartsStep ? (task | number) >> 14 : number >> 14;
    if (ABSL_PREDICT_FALSE(large != 0 || tick != state.tick + kStartsStep)) {
      return nullptr;
    }
    if (kEndsStep && ABSL_PREDICT_FALSE(task != state.task)) return nullptr;
    // A varint of at most two bytes as a number.
    const auto varint = [](uint64_t v) {
      return v + (v & 0x3f80) + (uint64_t{v >= 0x80} << 7);
    };
    const uint64_t same_site = state.site[kKindNumber] == number;
    const uint64_t site_bytes = (1 + (number >= 0x80)) & (same_site - 1);
    uint64_t word = kKindNumber | internal_codec::kCurrent | (same_site << 7) |
                    (varint(number) & (same_site - 1)) << 8;
    uint64_t size = 1 + site_bytes;
    if constexpr (kStartsStep) {
      word |= varint(task) << (8 * size);
      size += 1 + (task >= 0x80);
      state.task = task;
      state.tick = tick;
    }
    state.site[kKindNumber] = site.AsRaw();
    // One store, so the row is there or not. It stays in its place among the
    // program's other stores.
    std::memcpy(p, &word, sizeof(word));
    std::atomic_signal_fence(std::memory_order_release);
    return p + size;
  }
}

// Writes the definition of a site. REQUIRES: kSiteRowBytesMax bytes of room.
uint8_t* EncodeSite(uint8_t* p, SiteId id, const SiteView& site);

// Yields the events of one block's payload. The payload must outlive it.
class RowDecoder {
 public:
  RowDecoder() = default;
  // `first_index` is the index of the block's first event. Sites up to
  // `sites_known` were defined in earlier blocks. With kAllSites, every site
  // is known and the definitions in the block are skipped.
  static constexpr uint32_t kAllSites = UINT32_MAX;
  RowDecoder(absl::string_view payload, uint64_t first_tick,
             uint64_t first_index, uint32_t sites_known = kAllSites);

  // Reads the next event into *record and returns true; returns false at the
  // end and at the first malformed row, see status().
  bool Next(EventRecord* record);

  // Reads all that is left as Next() would until it returns false, but makes no
  // events of it, which takes most of the time.
  void Check();

  // OK, or DataLoss with the offset in the payload and what is wrong there.
  const absl::Status& status() const { return status_; }

  // Bytes of the rows read so far; of a malformed one, none. So this is the
  // length of what is good when Next() has returned false.
  size_t whole_row_bytes() const {
    return static_cast<size_t>((status_.ok() ? p_ : row_) - begin_);
  }

  // Events read so far.
  uint64_t events_read() const { return index_ - first_index_; }

  // The tick after the rows read so far.
  uint64_t tick() const { return state_.tick; }

  // Definitions read so far: element i is site `sites_known` + i + 1.
  const std::vector<Site>& new_sites() const { return new_sites_; }

 private:
  template <class E>
  bool GetFields(bool current, E* event);
  bool GetKind(uint8_t tag, uint32_t* site);
  bool GetEvent(uint8_t tag, EventRecord* record);
  bool CheckEvent(uint8_t tag);
  // Reads on to the tag of an event; false: there is none.
  bool FindEvent(uint8_t* tag);
  bool GetSite();
  bool GetVarint(uint64_t* value);
  bool GetVarint32(uint32_t* value);
  bool GetZigZag(uint64_t base, uint64_t* value);
  bool GetByte(uint8_t* value);
  bool GetU64(uint64_t* value);
  bool GetText(size_t bytes_max, std::string* text);
  bool Fail(absl::string_view what);
  bool FailKind(uint8_t kind);
  bool FailSite(uint32_t site);

  const uint8_t* begin_ = nullptr;
  const uint8_t* p_ = nullptr;
  const uint8_t* row_ = nullptr;  // where the row that is being read begins
  const uint8_t* end_ = nullptr;
  RowState state_;
  uint64_t first_index_ = 0;
  uint64_t index_ = 0;
  uint32_t sites_known_ = kAllSites;
  std::vector<Site> new_sites_;
  absl::Status status_;
};

}  // namespace asupersync

#endif  // ASUPERSYNC_TRACE_EVENT_CODEC_H_
